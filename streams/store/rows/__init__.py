"""A study as the fields of one Redis hash."""
