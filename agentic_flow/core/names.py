"""What the providers are called, in configurations, in targets and in price tables."""

ANTHROPIC = "anthropic"
OPENROUTER = "openrouter"
LOCAL = "onnx"
"""Models of this machine."""
SCRIPTED = "scripted"
"""Plays a file: for tests, demos and dry runs. No configuration knows it."""

HOSTED = (ANTHROPIC, OPENROUTER)
PROVIDERS = (ANTHROPIC, LOCAL, OPENROUTER)
"""All that can be configured."""
