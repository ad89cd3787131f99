"""Person-time, time to first event, risk sets."""
