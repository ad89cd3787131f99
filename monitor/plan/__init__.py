"""The monitoring plan: treatments, groups, watches, alpha."""
