"""A study at work beside its row: which fields the row must be given for what was folded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice
from zlib import crc32

from monitor.errors import Refusal
from monitor.fold.restore import verdicts
from monitor.state.dirty import Trace
from monitor.state.entities import Outcome
from monitor.state.study import Running, Study
from streams.store import Fields
from streams.store.rows.alerts import duty_value
from streams.store.rows.digest import SUM, SUM_BITS, digits
from streams.store.rows.fields import (
    Named,
    cell_name,
    cell_value,
    episode_value,
    exposures,
    head_value,
    plans_value,
    state,
    subject_value,
    term_of,
    thing_name,
    thing_value,
    verdict_value,
)

ALWAYS = 4
"""Fields that every write of a row has: `pos`, `head`, `digest`, and the cursor's `pos`."""

BYTES_A_THING, BYTES_A_FIELD = 1_400, 400
"""Of memory, about: a live case takes a kilobyte, and the sums of its row the rest."""


@dataclass(slots=True)
class Row:
    """A study, and what its row says of it but for what ``changes`` has yet to say.

    *pos* is the last offset folded and *stored* the `pos` in the store; *began* is the offset of
    the plan that opened the study.  *sums* holds the checksum of each field, *things* of each
    thing ``ordinal << 32 | checksum``: of old values the digest needs no more.  A row *afresh*
    replaces whatever the store has.
    """

    study: Study
    began: int
    pos: int
    stored: bytes = b""
    afresh: bool = False
    outcomes: Counter[str] = field(default_factory=Counter[str])
    refusals: Counter[str] = field(default_factory=Counter[str])
    plans: list[str] = field(default_factory=list[str])
    things: dict[str, int] = field(default_factory=dict[str, int])
    sums: dict[str, int] = field(default_factory=dict[str, int])
    total: int = 0
    shown: int | None = None
    names: dict[tuple[int, int], str] = field(default_factory=dict[tuple[int, int], str])
    watches: dict[str, Running] = field(default_factory=dict[str, Running])

    @property
    def trace(self) -> Trace:
        """What has changed since the row was last written."""
        assert self.study.trace is not None
        return self.study.trace

    @property
    def bytes(self) -> int:
        """Of memory, about."""
        return BYTES_A_THING * len(self.things) + BYTES_A_FIELD * len(self.sums)

    @property
    def pairs(self) -> int:
        """How many fields ``changes`` will have at most, unless everything has changed."""
        return len(self.trace) + len(self.study.exposure) + ALWAYS

    def account(self, offset: int, outcome: Outcome, refusal: Refusal | None) -> None:
        """Note what became of the record at *offset*."""
        self.pos = offset
        self.outcomes[outcome] += 1
        if refusal is not None:
            self.refusals[refusal.reason] += 1
        toml = self.study.plan.toml
        if not self.plans or self.plans[-1] is not toml:
            self.plans.append(toml)

    def changes(self) -> Fields:
        """The fields to write for all that was folded since they were last asked for.

        What is not there any more is emptied.
        """
        if self.trace.whole or not self.sums:
            gone = self.sums.keys() - {"began"}
            self.names.clear()
            self.watches.clear()
            fields = self._entered(dict.fromkeys(gone, b"") | self._standing())
            things = self.study.ledger.things.keys()
        else:
            fields = self._entered(self._moved())
            things = self.trace.things
        fields.update(self._told(things))
        fields["digest"] = digits(self.total)
        self.shown = self.study.latest
        self.trace.clear()
        return fields

    def everything(self) -> Fields:
        """All fields of the row as ``changes`` has left it, for a row written afresh."""
        ledger = self.study.ledger.things
        fields = self._standing()
        for thing, held in ledger.items():
            fields[thing_name(thing, held)] = thing_value(self.things[thing] >> SUM_BITS, held)
        fields["digest"] = digits(self.total)
        return fields

    def _standing(self) -> Fields:
        """Every field but those of the things and the digest."""
        fields = state(self.study, verdicts(self.study))
        fields["began"] = b"%d" % self.began
        fields["plan"] = plans_value(self.plans)
        return self._with_head(fields)

    def _moved(self) -> Fields:
        """The fields that the trace names, but for the things'."""
        study, trace, names, tables = self.study, self.trace, self.names, self.study.tables
        fields: Fields = {}
        for cell in trace.cells:
            number, term = cell
            name = names.get(cell)
            if name is None:
                name = names[cell] = cell_name(study, number, term)
            fields[name] = cell_value(tables[number][term])
        for name in trace.subjects:
            fields[f"s|{name}"] = subject_value(study, study.subjects.get(name))
        for watch in trace.watches:
            fields[f"w|{watch}"] = verdict_value(self._running(watch).verdict)
        for name in trace.duties:
            fields[name] = duty_value(study, name)
        for watch in trace.episodes:
            fields[f"a|{watch}"] = episode_value(study, watch, study.episodes[watch])
        if trace.subjects or study.latest != self.shown:
            fields.update(exposures(study))
        return self._with_head(fields)

    def _with_head(self, fields: Fields) -> Fields:
        """*fields* with those that change at every record."""
        fields["pos"] = b"%d" % self.pos
        fields["head"] = head_value(self.study.latest, self.outcomes, self.refusals)
        return fields

    def _running(self, watch: str) -> Running:
        """The watch at work: the study's own list of them is made anew for whoever asks."""
        found = self.watches.get(watch)
        if found is None:
            found = self.watches[watch] = running_as(self.study, watch)
        return found

    def _entered(self, fields: Fields) -> Fields:
        """Those of *fields* that are to be written, the digest brought up to them.

        An empty value is not, where there is none: it is equal to an absent one.
        """
        sums, total = self.sums, self.total
        written: Fields = {}
        for name, value in fields.items():
            before = sums.get(name)
            if value:
                now = sums[name] = crc32(value, crc32(name.encode()))
                total += now if before is None else now - before
            elif before is not None:
                del sums[name]
                total -= before
            else:
                continue
            written[name] = value
        self.total = total
        return written

    def _told(self, things: Iterable[str]) -> Named:
        """The fields of *things*, the digest brought up to them."""
        self._number()
        ledger, known = self.study.ledger.things, self.things
        for thing in things:
            held, before = ledger[thing], known[thing]
            name, value = thing_name(thing, held), thing_value(before >> SUM_BITS, held)
            now = crc32(value, crc32(name.encode()))
            self.total += now - (before & SUM)
            known[thing] = before - (before & SUM) + now
            yield name, value

    def _number(self) -> None:
        """Give each new thing its ordinal: it came in after all that are known."""
        ledger = self.study.ledger.things
        first = len(self.things)
        new = list(islice(reversed(ledger), len(ledger) - first))
        for ordinal, thing in enumerate(reversed(new), first):
            self.things[thing] = ordinal << SUM_BITS


def running_as(study: Study, watch: str) -> Running:
    """The watch of *study* that is called *watch*, found by the term that its id names."""
    term = term_of(watch)
    if term is None:
        return study.watches[watch]
    scopes = study.first_events[study.vocabulary.number(term)]
    return next(each for events in scopes for each in events.watches if each.id == watch)
