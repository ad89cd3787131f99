"""The part of aiokafka's fetcher that Tocsin replaces, private attributes included."""

from typing import Any

class FetchResult:
    _partition_records: Any

class FetchError:
    def __init__(self, *, error: Exception, backoff: float) -> None: ...
