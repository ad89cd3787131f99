"""Producers of the log: files of records, ticks and reviews."""
