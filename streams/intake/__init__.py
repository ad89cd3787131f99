"""Receives records over HTTP and produces them to the log; its own process and principal."""
