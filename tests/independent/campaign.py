"""Set how many drawn trials a property meets: 150 by default, TOCSIN_EXAMPLES in a campaign."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

# A whole trial is a large example; that it takes a while to draw is no fault of the property.
SLOW = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example)

CAMPAIGN = settings(
    max_examples=int(os.environ.get("TOCSIN_EXAMPLES", "150")),
    deadline=None,
    print_blob=True,
    suppress_health_check=SLOW,
)
