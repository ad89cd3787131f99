"""Formats tables and text for terminals."""
