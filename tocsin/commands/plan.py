"""``tocsin plan``: signs a plan as the record that puts it into force."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import orjson
from cyclopts import App

from monitor.errors import Refusal
from monitor.plan.plan import Plan
from monitor.plan.section import IDENTIFIER_PATTERN
from monitor.records import PlanRecord, Record
from streams.records.decode import decode
from streams.records.encode import encode_record
from streams.records.signing import Fields, Signer
from tocsin.commands.keys import read_signer
from tocsin.common.exits import Exit, Stop
from tocsin.common.plan_file import read_plan_file
from tocsin.common.terminal import printable

app = App(name="plan", help="Sign a plan as a record of the log.")


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
    """Print PLAN as a signed record: a line for `tocsin produce`, or the first line of a log.

    If PLAN is a signed record already, this signature is added to the existing ones.  stderr shows
    the signed version, the sha256 of the plan and the keys.

    Exit codes: 0 done, 2 the plan, the key or a flag is invalid.

    Parameters
    ----------
    plan
        A monitoring plan in TOML, validated as by `tocsin check`, or the record of a plan.
    key
        File of the private key, as created by `tocsin keys new`.
    version
        Version of the plan; default 1, one more for each amendment.
    source
        Source system and id of the plan; default sponsor/plan. Amendments keep both.
    known_at
        Time at which the plan was decided, such as 2017-03-05T10:00:00Z; default now.
    """
    fields = read_plan_record(plan)
    if fields is None:
        plan_version = 1 if version is None else version
        fields = build_plan_record(
            read_plan_file(plan), plan_version, source or "sponsor/plan", known_at
        )
    elif (version, source, known_at) != (None, None, None):
        message = f"{plan} is a record: the signatures cover its version, source and time"
        raise Stop(Exit.USAGE, f"{message}. Omit --version, --source and --known-at.")
    print(add_signature(fields, read_signer(key)).decode())


def add_signature(fields: Fields, signer: Signer) -> bytes:
    """Add the signature of *signer* to the record, and report it on stderr.

    Raises Stop where this key has signed already, or the record is not valid.
    """
    signatures: list[Fields] = fields.get("signatures") or []
    key_ids: list[str] = [each["key"] for each in signatures]
    if signer.key_id in key_ids:
        message = f"the key {signer.key_id} has signed the record already"
        raise Stop(Exit.USAGE, f"{message}: a second signature needs another person's key.")
    signed_record = encode_record(signer.sign(fields))
    check_record(signed_record)
    print_signed(fields, [*key_ids, signer.key_id])
    return signed_record


def read_plan_record(path: Path) -> Fields | None:
    """The record of a plan in the file at *path*; None where the file is not JSON.

    Raises Stop where it is another record or more than one line.
    """
    try:
        content = path.read_bytes().strip()
    except OSError:
        return None  # read_plan_file reports the error.
    if not content.startswith(b"{"):
        return None
    if b"\n" in content:
        raise Stop(Exit.USAGE, f"{path} has more than one line: give only the record of the plan.")
    if not isinstance(check_record(content).body, PlanRecord):
        raise Stop(Exit.USAGE, f"{path} is a record, but not of a plan.")
    return orjson.loads(content)


def check_record(record_bytes: bytes) -> Record:
    """Decode *record_bytes*; raises Stop where a worker would refuse the record."""
    decoded = decode(record_bytes)
    if isinstance(decoded, Refusal):
        raise Stop(Exit.USAGE, f"Workers would refuse this record: {decoded.message}")
    return decoded


def print_signed(fields: Fields, key_ids: list[str]) -> None:
    """Print on stderr what was signed by which keys, for a second signer to check."""
    description = f"version {fields['source']['version']} of the plan of {fields['study']}"
    signers = " and ".join(key_ids)
    message = f"{description}, sha256 {fields['sha256']}, signed by {signers}"
    print(f"tocsin: {printable(message)}", file=sys.stderr)


def build_plan_record(plan: Plan, version: int, source: str, known_at: str | None) -> Fields:
    """The unsigned record of *plan*; *source* is `system/id`, *known_at* None means now.

    Raises Stop where *source* has another form.
    """
    system, _, name = source.partition("/")
    if not (IDENTIFIER_PATTERN.fullmatch(system) and IDENTIFIER_PATTERN.fullmatch(name)):
        raise Stop(Exit.USAGE, f"--source {source}: give a system and an id, such as sponsor/plan.")
    return {
        "schema": "trial.log/1",
        "type": "plan",
        "study": plan.study,
        "source": {"system": system, "id": name, "version": version},
        "known_at": known_at or f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "toml": plan.toml,
        "sha256": plan.sha256,
    }
