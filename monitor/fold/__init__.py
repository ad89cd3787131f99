"""One record into the state."""
