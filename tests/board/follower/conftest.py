"""Fixtures of a real broker and a real store for the follower."""

from __future__ import annotations

from tests.contract.conftest import admin
from tests.contract.worker_sites import site

__all__ = ["admin", "site"]
