"""Sends what the API's own description allows, and what it does not: no answer is a 5xx."""

from __future__ import annotations
