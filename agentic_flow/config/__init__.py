"""router.config.json, .env, the environment and flags -> `Settings`; the front door of this stage."""

from agentic_flow.config.loading import Flags, load_settings, scrubbed

__all__ = ["Flags", "load_settings", "scrubbed"]
