"""The estimates of likelihoods that the views of one process show again and again."""

from __future__ import annotations

from monitor.evidence.summary import EstimateMemory

ESTIMATES = EstimateMemory()
"""Shared by all views of a follower; estimates depend on likelihood and alpha alone."""
