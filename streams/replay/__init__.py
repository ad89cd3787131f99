"""A log folded again: results, verification."""
