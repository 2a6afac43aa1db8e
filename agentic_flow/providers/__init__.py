"""Prompt -> a stream of events: hosted models, local ones, and one that plays a script."""
