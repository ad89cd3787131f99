"""Verdicts become duties: an alert, its life, its audience and its delivery."""
