"""Settings of the property tests: 150 examples, or TOCSIN_EXAMPLES in a campaign."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

# Each example is a whole trial: it is large and slow to draw, which is no defect of a property.
SLOW = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example)

CAMPAIGN = settings(
    max_examples=int(os.environ.get("TOCSIN_EXAMPLES", "150")),
    deadline=None,
    print_blob=True,
    suppress_health_check=SLOW,
)
