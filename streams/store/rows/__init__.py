"""The row of a study: its state as the fields of one hash."""
