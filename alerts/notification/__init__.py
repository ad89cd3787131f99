"""Which audience is notified of which alert revision, and with which visibility."""
