"""Arguments in, drawing out: one file a command."""
