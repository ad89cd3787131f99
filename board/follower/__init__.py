"""Folds the log read-only, compares it with the store, and renders views for the web process."""
