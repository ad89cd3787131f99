"""Reads dictionaries of medical terms, and writes the groups of a plan from them."""
