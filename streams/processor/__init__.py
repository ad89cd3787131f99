"""Folds one partition of the log into its store; no other code folds into a store.

The worker, `tocsin rebuild`, `tocsin verify` and `tocsin replay --space` share this code.
"""

from __future__ import annotations

from streams.processor.counts import BatchCounts
from streams.processor.cursor import FOLD_VERSION
from streams.processor.limits import Limits
from streams.processor.processor import PartitionProcessor
from streams.processor.stop import CursorMoved, OffsetGap, PartitionStop, StopReason

__all__ = [
    "FOLD_VERSION",
    "BatchCounts",
    "CursorMoved",
    "Limits",
    "OffsetGap",
    "PartitionProcessor",
    "PartitionStop",
    "StopReason",
]
