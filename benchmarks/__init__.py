"""Benchmarks of the product on synthetic logs; they are not installed, and no test is timed."""
