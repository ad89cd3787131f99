"""A report as data: what stands on each page, and its sections of tables and charts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import NamedTuple

import orjson

from board.views.table import Table


class Chart(NamedTuple):
    """A chart as SVG markup, with its heading."""

    title: str
    svg: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A section: *text* in paragraphs, *charts*, *tables*, and *attached* tables for CSV only."""

    id: str
    title: str
    text: Sequence[str] = ()
    charts: Sequence[Chart] = ()
    tables: Sequence[Table] = ()
    attached: Sequence[Table] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportHead:
    """What each page says: the study, the look, and what the numbers were computed from.

    *digest* is that of the study's state in a closed report, and of the report's own content in an
    open one: the state depends on treatments.  *since* is the first day of the interval.
    """

    study: str
    title: str
    zone: str
    as_of: str
    since: str | None
    plan_sha256: str
    digest: str
    facts: Sequence[str] = ()

    @property
    def page_line(self) -> str:
        """The line at the foot of each page."""
        return (
            f"{self.study} · {self.zone} · as of {self.as_of} · plan {self.plan_sha256[:16]} · "
            f"digest {self.digest[:16]}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A report of one look."""

    head: ReportHead
    sections: Sequence[Section] = field(default_factory=tuple[Section, ...])

    @property
    def tables(self) -> Iterator[Table]:
        """Every table, in order."""
        for section in self.sections:
            yield from section.tables
            yield from section.attached

    def with_own_digest(self) -> Report:
        """Return the report with the digest of its own content in its head."""
        content = orjson.dumps([replace(self.head, digest=""), self.sections])
        return replace(self, head=replace(self.head, digest=sha256(content).hexdigest()))
