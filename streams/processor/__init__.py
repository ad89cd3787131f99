"""Folds one partition of the log into its store; no other code folds into a store.

The worker, `tocsin rebuild`, `tocsin verify` and `tocsin replay --space` share this code.  A replay
of a file imports parts of it, so this package imports none: asyncio would take time at its start.
"""
