"""Folds one record into the state of its study."""
