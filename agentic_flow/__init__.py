"""A command-line agent runner: a task meets an agent, a model answers, files are written safely."""

__version__ = "0.1.0"
