"""What is exported in numbers: one catalogue, an open registry and a closed one."""

from __future__ import annotations

from streams.metrics.delivery import DeliveryMeter
from streams.metrics.meter import Meter
from streams.metrics.pages import NoToken, Page, pages

__all__ = ["DeliveryMeter", "Meter", "NoToken", "Page", "pages"]
