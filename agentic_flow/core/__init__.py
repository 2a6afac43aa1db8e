"""The words every stage shares. Imports nothing of ours."""
