"""Estimates and tests of rates and risks that some boards and journals ask for.

They are nominal: none is adjusted for repeated looks.  The product calls none of them.
"""
