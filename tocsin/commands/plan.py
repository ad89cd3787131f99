"""``tocsin plan``: a plan as the record that puts it into force."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import orjson
from cyclopts import App

from monitor.errors import Refusal
from monitor.plan.plan import Plan
from monitor.plan.section import IDENTIFIER
from monitor.records import Plan as PlanRecord
from monitor.records import Record
from streams.records.decode import decode
from streams.records.encode import wire
from streams.records.signing import Fields, Signer
from tocsin.commands.keys import signer_in
from tocsin.common.exits import Exit, Stop
from tocsin.common.plan_file import plan_in
from tocsin.common.terminal import plain

app = App(name="plan", help="A plan as the record that puts it into force.")


@app.command
def sign(
    plan: Path,
    /,
    *,
    key: Path,
    version: int | None = None,
    source: str | None = None,
    known_at: str | None = None,
) -> None:
    """Print PLAN as a signed record: a line for `tocsin produce`, or the first of a log.

    Where PLAN is such a record already, as somebody else has signed it, it is printed with this
    signature beside theirs.  What is signed is said on stderr.

    Exit codes: 0 done, 2 the plan, the key or a flag is wrong.

    Parameters
    ----------
    plan
        A monitoring plan in TOML, which is checked as `tocsin check` does; or the record of one.
    key
        The private key that signs: a file that `tocsin keys new` made.
    version
        1 for a study's first plan, which it is unless it is given, one more for each amendment.
    source
        Who says it, and under which name: sponsor/plan, unless it is given; amendments keep both.
    known_at
        When the plan was decided, as in 2017-03-05T10:00:00Z; now, unless it is given.
    """
    fields = record_in(plan)
    if fields is None:
        made = 1 if version is None else version
        fields = record_of(plan_in(plan), made, source or "sponsor/plan", known_at)
    elif (version, source, known_at) != (None, None, None):
        says = f"{plan} is a record: its version, source and hour are part of what was signed"
        raise Stop(Exit.USAGE, f"{says}. Leave --version, --source and --known-at out.")
    print(signed(fields, signer_in(key)).decode())


def signed(fields: Fields, signer: Signer) -> bytes:
    """The record with the signature of *signer* beside others', which is said, or the stop."""
    given: list[Fields] = fields.get("signatures") or []
    keys: list[str] = [each["key"] for each in given]
    if signer.key_id in keys:
        says = f"the key {signer.key_id} has signed the record already"
        raise Stop(Exit.USAGE, f"{says}: a second signature is another person's.")
    line = wire(signer.sign(fields))
    checked(line)
    say(fields, [*keys, signer.key_id])
    return line


def record_in(path: Path) -> Fields | None:
    """The record of a plan in the file at *path*; None where it is a plan in TOML."""
    try:
        text = path.read_bytes().strip()
    except OSError:
        return None  # Whoever reads the plan says it.
    if not text.startswith(b"{"):
        return None
    if b"\n" in text:
        raise Stop(Exit.USAGE, f"{path} holds more than one line: give the record alone.")
    if not isinstance(checked(text).body, PlanRecord):
        raise Stop(Exit.USAGE, f"{path} is a record, and not that of a plan.")
    return orjson.loads(text)


def checked(line: bytes) -> Record:
    """The record in *line*, or the stop where nobody would take it."""
    told = decode(line)
    if isinstance(told, Refusal):
        raise Stop(Exit.USAGE, f"Nobody would take this record: {told.message}")
    return told


def say(fields: Fields, keys: list[str]) -> None:
    """Say what was signed, and by which keys: whoever signs second should look."""
    what = f"version {fields['source']['version']} of the plan of {fields['study']}"
    names = " and ".join(keys)
    says = f"{what}, sha256 {fields['sha256']}, signed by {names}"
    print(f"tocsin: {plain(says)}", file=sys.stderr)


def record_of(plan: Plan, version: int, source: str, known_at: str | None) -> Fields:
    """The record of *plan*, which nobody has signed yet."""
    system, _, name = source.partition("/")
    if not (IDENTIFIER.fullmatch(system) and IDENTIFIER.fullmatch(name)):
        raise Stop(Exit.USAGE, f"--source {source}: give a system and a name, as sponsor/plan.")
    return {
        "schema": "trial.log/1",
        "type": "plan",
        "study": plan.study,
        "source": {"system": system, "id": name, "version": version},
        "known_at": known_at or f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "toml": plan.toml,
        "sha256": plan.sha256,
    }
