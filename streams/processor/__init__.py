"""One partition at work: the only thing that folds records of a log into a store."""

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
