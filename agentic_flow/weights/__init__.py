"""Catalogue name to a model folder on disk."""
