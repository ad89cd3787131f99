"""Reads records of REDCap: its flat JSON exports, and pulls of them by its API."""
