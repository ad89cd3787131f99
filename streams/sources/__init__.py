"""Readers of foreign formats: each turns a data set into records in order of arrival."""
