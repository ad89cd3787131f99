"""Compares the records of a snapshot with an earlier log: only what changed is a new version."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import groupby
from typing import Any, NamedTuple, cast

import orjson

from monitor.errors import Refusal
from streams.records.decode import decode
from streams.sources.report import IngestReport, Problem, UnreadableSource
from streams.sources.rows import Place
from streams.sources.staging import Staging, record_row
from streams.sources.wire import JsonRecord

GONE = Problem(
    "gone_from_source",
    "a record of the earlier log is no longer in the source",
    "it stays as it was; where it was withdrawn, send a retraction",
)

PLAN_ENTITY = ("plan", "plan")
"""Source system and id of a plan that an ingest writes."""

JOIN = "give the whole log so far: join the first log and its changes"

NOT_COMPARED = ("known_at", "source", "schema")
TABLE = (
    "CREATE TABLE earlier"
    " (system TEXT, id TEXT, version INTEGER, digest TEXT, known TEXT, place INTEGER)"
)
INSERT = "INSERT INTO earlier VALUES (?, ?, ?, ?, ?, ?)"


class Version(NamedTuple):
    """One version of an entity: its number, the digest of its content, and when it was known."""

    number: int
    digest: str
    known: str


@dataclass(slots=True)
class EarlierLog:
    """The log of an earlier ingest of the study, in the database of *staging*.

    *plan* is the last plan in it, empty where it has none; *reached* the last day that two of its
    subjects reach.  Of a topic, *is_file* false, lines that a worker refuses are passed over.
    """

    staging: Staging
    name: str
    is_file: bool = False
    has_records: bool = False
    plan: str = ""
    plan_version: int = 0
    reached: str = ""

    def load(self, lines: Iterable[bytes], study: str) -> None:
        """Store the versions of the records of *study* in *lines*; other studies are passed over.

        Raises `UnreadableSource` where a line of a file is no record, or the file has not all
        records of the study since its first plan.
        """
        database = self.staging.database
        database.execute(TABLE)
        days: dict[str, str] = {}
        database.executemany(INSERT, self._versions(lines, study, days))
        if self.is_file and not self.plan:
            raise UnreadableSource(f"{self.name} has no plan of study {study}: {JOIN}")
        database.execute("CREATE INDEX entity ON earlier (system, id, version)")
        last_days = sorted(days.values())[-2:]
        self.reached = last_days[0] if len(last_days) > 1 else ""

    def _versions(
        self, lines: Iterable[bytes], study: str, days: dict[str, str]
    ) -> Iterator[tuple[Any, ...]]:
        for number, record in self._records(lines, study):
            source = record["source"]
            if record["type"] == "plan":
                self._note_plan(number, record)
            if subject := record.get("subject"):
                days[subject] = max(days.get(subject, ""), record["known_at"][:10])
            self.has_records = True
            yield (
                source["system"], source["id"], source["version"], content_digest(record),
                record["known_at"], number,
            )  # fmt: skip

    def _records(self, lines: Iterable[bytes], study: str) -> Iterator[tuple[int, JsonRecord]]:
        """Yield the records of *study* with the numbers of their lines."""
        for number, line in enumerate(lines, start=1):
            decoded = decode(line)
            if not isinstance(decoded, Refusal):
                if decoded.study == study:
                    yield number, orjson.loads(line)
            elif self.is_file:
                raise UnreadableSource(
                    f"{self.name}, line {number}: {decoded.reason.value}: {decoded.detail}"
                    " Give the log that an earlier ingest of the study wrote"
                )

    def _note_plan(self, number: int, record: JsonRecord) -> None:
        version = record["source"]["version"]
        if self.is_file and not self.plan and is_ingested_plan(record) and version > 1:
            raise UnreadableSource(
                f"{self.name}, line {number}: the first plan is version {version}, so earlier"
                f" records are missing: {JOIN}"
            )
        self.plan, self.plan_version = record["toml"], version

    def select_changes(self, report: IngestReport) -> None:
        """Leave in the staging only what the earlier log does not have, as its next versions."""
        database = self.staging.database
        database.execute("CREATE INDEX by_entity ON records (system, id, version)")
        database.execute("CREATE TABLE changed AS SELECT * FROM records WHERE 0")
        self._report_gone(report)
        changed = (record_row(record) for record in self._changes())
        database.executemany("INSERT INTO changed VALUES (?, ?, ?, ?, ?, ?, ?)", changed)
        database.execute("DROP TABLE records")
        database.execute("ALTER TABLE changed RENAME TO records")

    def _changes(self) -> Iterator[JsonRecord]:
        found = self.staging.database.execute(
            "SELECT system, id, line FROM records ORDER BY system, id, version"
        )
        rows = cast(Iterator[tuple[str, str, bytes]], found)
        for (system, entity), group in groupby(rows, key=lambda row: row[:2]):
            records: list[JsonRecord] = [orjson.loads(line) for _, _, line in group]
            yield from new_versions(records, self._known_versions(system, entity), self.reached)

    def _known_versions(self, system: str, entity: str) -> list[Version]:
        found = self.staging.database.execute(
            "SELECT version, digest, known FROM earlier WHERE system = ? AND id = ?"
            " ORDER BY version",
            (system, entity),
        )
        return [Version(*row) for row in found]

    def _report_gone(self, report: IngestReport) -> None:
        """Add what the same source systems no longer have."""
        gone = self.staging.database.execute(
            "SELECT max(place) AS place FROM earlier"
            " WHERE system IN (SELECT DISTINCT system FROM records) AND NOT EXISTS (SELECT 1 FROM"
            " records WHERE records.system = earlier.system AND records.id = earlier.id)"
            " GROUP BY system, id ORDER BY place"
        )
        for (place,) in gone:
            report.find(GONE, Place(self.name, place))


def new_versions(
    records: Sequence[JsonRecord], earlier: Sequence[Version], reached: str
) -> Iterator[JsonRecord]:
    """Yield of the versions *records* of one entity those that *earlier* ones do not have.

    Where they go on from the earlier ones, as they are; else the last one as the next version, if
    its content differs.  A change that the source does not date became known after *reached*, the
    last day of the earlier log.
    """
    digests = [content_digest(record) for record in records]
    known = [version.digest for version in earlier]
    if digests[: len(known)] == known:
        yield from records[len(known) :]
    elif digests[-1] != known[-1]:
        last = records[-1]
        source = {**last["source"], "version": earlier[-1].number + 1}
        is_dated = last["known_at"] > earlier[-1].known
        undated = max(last["known_at"], f"{reached}T00:00:00Z") if reached else last["known_at"]
        since = last["known_at"] if is_dated else undated
        yield {**last, "source": source, "known_at": since}


def content_digest(record: JsonRecord) -> str:
    """Return the digest of what *record* says of its entity, whenever it became known."""
    content = {name: value for name, value in record.items() if name not in NOT_COMPARED}
    raw = orjson.dumps(content, option=orjson.OPT_SORT_KEYS)
    return blake2b(raw, digest_size=16).hexdigest()


def is_ingested_plan(record: JsonRecord) -> bool:
    """Whether an ingest wrote the plan *record*: then its versions begin with 1."""
    return (record["source"]["system"], record["source"]["id"]) == PLAN_ENTITY
