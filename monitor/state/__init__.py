"""Holds the state of one study: entities at their latest version, cells, verdicts."""
