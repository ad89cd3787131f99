"""``tocsin plan``: a plan as the record that puts it into force."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import orjson
from cyclopts import App

from monitor.errors import Refusal
from monitor.plan.plan import Plan
from monitor.plan.section import IDENTIFIER_PATTERN
from monitor.records import PlanRecord as PlanRecord
from monitor.records import Record
from streams.records.decode import decode
from streams.records.encode import encode_record
from streams.records.signing import Fields, Signer
from tocsin.commands.keys import read_signer
from tocsin.common.exits import Exit, Stop
from tocsin.common.plan_file import read_plan_file
from tocsin.common.terminal import printable

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
    fields = read_plan_record(plan)
    if fields is None:
        plan_version = 1 if version is None else version
        fields = build_plan_record(
            read_plan_file(plan), plan_version, source or "sponsor/plan", known_at
        )
    elif (version, source, known_at) != (None, None, None):
        message = f"{plan} is a record: its version, source and hour are part of what was signed"
        raise Stop(Exit.USAGE, f"{message}. Leave --version, --source and --known-at out.")
    print(add_signature(fields, read_signer(key)).decode())


def add_signature(fields: Fields, signer: Signer) -> bytes:
    """The record with the signature of *signer* beside others', which is said, or the stop."""
    signatures: list[Fields] = fields.get("signatures") or []
    key_ids: list[str] = [each["key"] for each in signatures]
    if signer.key_id in key_ids:
        message = f"the key {signer.key_id} has signed the record already"
        raise Stop(Exit.USAGE, f"{message}: a second signature is another person's.")
    signed_record = encode_record(signer.sign(fields))
    check_record(signed_record)
    print_signed(fields, [*key_ids, signer.key_id])
    return signed_record


def read_plan_record(path: Path) -> Fields | None:
    """The record of a plan in the file at *path*; None where it is a plan in TOML."""
    try:
        content = path.read_bytes().strip()
    except OSError:
        return None  # Whoever reads the plan says it.
    if not content.startswith(b"{"):
        return None
    if b"\n" in content:
        raise Stop(Exit.USAGE, f"{path} holds more than one line: give the record alone.")
    if not isinstance(check_record(content).body, PlanRecord):
        raise Stop(Exit.USAGE, f"{path} is a record, and not that of a plan.")
    return orjson.loads(content)


def check_record(record_bytes: bytes) -> Record:
    """The record in *line*, or the stop where nobody would take it."""
    decoded = decode(record_bytes)
    if isinstance(decoded, Refusal):
        raise Stop(Exit.USAGE, f"Nobody would take this record: {decoded.message}")
    return decoded


def print_signed(fields: Fields, key_ids: list[str]) -> None:
    """Say what was signed, and by which keys: whoever signs second should look."""
    description = f"version {fields['source']['version']} of the plan of {fields['study']}"
    signers = " and ".join(key_ids)
    message = f"{description}, sha256 {fields['sha256']}, signed by {signers}"
    print(f"tocsin: {printable(message)}", file=sys.stderr)


def build_plan_record(plan: Plan, version: int, source: str, known_at: str | None) -> Fields:
    """The record of *plan*, which nobody has signed yet."""
    system, _, name = source.partition("/")
    if not (IDENTIFIER_PATTERN.fullmatch(system) and IDENTIFIER_PATTERN.fullmatch(name)):
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
