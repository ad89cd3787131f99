"""Publishes alerts and dead letters; reads them back."""
