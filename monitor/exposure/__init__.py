"""Computes person-time, first events and risk sets."""
