"""Answers that were given before: what they answered, and where they are kept."""
