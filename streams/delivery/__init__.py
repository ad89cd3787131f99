"""Telling of alerts: who delivers which partition, and what each audience is yet to be told."""
