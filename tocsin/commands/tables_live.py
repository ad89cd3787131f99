"""Loads a study from the live store for ``tocsin tables``."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from monitor.state.study import Study
from streams.audit.audit_log import AuditAction
from streams.kafka.partitioner import partition_of
from streams.settings import Settings
from streams.store.keys import NAME_PATTERN
from streams.store.rows.load import load_row
from streams.store.rows.query import list_studies
from tocsin.common.audit import audit_command
from tocsin.common.exits import Exit, Stop
from tocsin.common.services import load_settings_quietly, open_stores, run_or_stop
from tocsin.common.terminal import printable


@contextmanager
def live_study(name: str) -> Generator[Study]:
    """Yield the study *name* of the live store, after an audit entry; raises Stop."""
    settings = load_settings_quietly()
    with audit_command(settings, AuditAction.READ, {"study": name}):
        yield run_or_stop(_load(settings, name))


async def _load(settings: Settings, name: str) -> Study:
    if not NAME_PATTERN.fullmatch(name):
        raise Stop(Exit.USAGE, f"{printable(name)}: give the name that the records have.")
    async with open_stores(settings) as store_of:
        fields = await store_of(partition_of(name, settings.log_partitions)).row(name)
        if not fields:
            names = ", ".join(await list_studies(store_of, settings.log_partitions)) or "none"
            raise Stop(Exit.REJECTED, f"The store has no study {name}; it has {names}.")
    return load_row(name, fields).study
