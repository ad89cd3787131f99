"""Sets the hypothesis profile, the same examples every time in CI, and loads shared fixtures."""

from __future__ import annotations

import os

from hypothesis import settings

settings.register_profile("laptop", deadline=None, print_blob=True)
settings.register_profile("ci", settings.get_profile("laptop"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "laptop")

pytest_plugins = ["tests.services", "tests.event_loops", "tests.skipped", "pytester"]
