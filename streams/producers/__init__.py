"""Whatever writes to the log."""
