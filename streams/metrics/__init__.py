"""Exported metrics: one catalogue, with an open and a closed registry."""

from __future__ import annotations

from streams.metrics.delivery import DeliveryMeter
from streams.metrics.meter import Meter
from streams.metrics.pages import MetricsPage, NoToken, build_pages

__all__ = ["DeliveryMeter", "Meter", "MetricsPage", "NoToken", "build_pages"]
