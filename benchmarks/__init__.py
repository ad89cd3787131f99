"""Measurements of the product on synthetic logs; nothing here is shipped, and no test is timed."""
