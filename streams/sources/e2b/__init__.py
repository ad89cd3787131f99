"""Reads individual case safety reports in ICH E2B(R3): each reaction becomes a case."""
