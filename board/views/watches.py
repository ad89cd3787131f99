"""The watches of tier 1 with their evidence, and the strongest screened term; for the API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from board.views.evidence_now import LadderRow, current_summaries, ladder_rows
from board.views.facts import StudyFacts
from board.views.overview import ladder_table
from board.views.table import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchesView:
    """The watches by falling evidence."""

    watches: tuple[LadderRow, ...]
    tables: tuple[Table, ...]


def build(facts: StudyFacts, arguments: Mapping[str, str]) -> WatchesView:
    """Return the view; it has no arguments."""
    watches = ladder_rows(facts.study, current_summaries(facts.study))
    return WatchesView(watches=watches, tables=(ladder_table(watches),))
