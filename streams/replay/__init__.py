"""Folds a log again: replay with its results, and verification of a store."""
