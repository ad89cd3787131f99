"""A study's state in one number that does not depend on the order in which it is read."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b

from monitor.state.study import Study

SIZE = 16


def fields(study: Study) -> Iterator[tuple[str, str]]:
    """The state as named values, each a function of the log and of nothing else.

    Evidence is left out: its last bits differ between processors, its verdicts do not.
    """
    yield "plan", study.plan.sha256
    yield "as_of", str(study.as_of)
    for thing, held in study.ledger.things.items():
        yield f"r|{thing}", f"{held.version} {held.versions} {held.digest}"
    for subject in study.subjects.values():
        # A name that was only ever mentioned by what is void by now is not remembered by a row.
        if subject.allocated is not None or subject.spells:
            yield f"s|{subject.name}", f"{subject.allocated} {subject.spells}"
    width = len(study.treatments)
    for number, table in enumerate(study.tables):
        for term, cell in table.items():
            kind, name = study.vocabulary[term]
            counts = (cell.subjects, cell.events, cell.versions, cell.serious_subjects)
            more = (cell.serious_events, cell.related_subjects, cell.related_events)
            if cell.events:
                yield f"t|{number // width}|{number % width}|{kind}|{name}", str(counts + more)
    for watch, running in study.watches.items():
        if running.verdict is not None:
            yield f"w|{watch}", f"{running.verdict.level.word}"
    for watch, episode in study.episodes.items():
        levels = f"{episode.level.word} {episode.stands.word}"
        closed = " closed" if episode.closed else ""
        yield f"a|{watch}", f"{episode.number} {episode.revision} {levels}{closed}"
    if study.beside is not None:
        yield from study.beside.fields()


def digest(study: Study) -> str:
    """The sum of the hashes of all fields, as 32 hexadecimal digits."""
    total = 0
    for name, value in fields(study):
        field = f"{study.name}\x1f{name}\x1f{value}".encode()
        total += int.from_bytes(blake2b(field, digest_size=SIZE).digest(), "big")
    return f"{total % (1 << 8 * SIZE):032x}"
