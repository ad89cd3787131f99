"""Readers of foreign formats: each converts a data set into records in order of arrival."""
