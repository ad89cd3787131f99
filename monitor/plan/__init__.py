"""Reads the monitoring plan: treatments, periods, groups, watches, rules, board, alpha."""
