"""``tocsin plan``: a plan as the record that puts it into force."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from monitor.errors import Refusal
from monitor.plan import Plan
from monitor.plan_text import IDENTIFIER
from streams.decode import decode
from streams.encode import wire
from streams.signing import Fields
from tocsin.exits import Exit, Stop
from tocsin.keys import signer_in
from tocsin.plan_file import plan_in

app = App(name="plan", help="A plan as the record that puts it into force.")


@app.command
def sign(
    plan: Path,
    /,
    *,
    key: Path,
    version: int = 1,
    source: Annotated[str, Parameter(show_default=True)] = "sponsor/plan",
    known_at: str | None = None,
) -> None:
    """Print PLAN as a signed record: a line for `tocsin produce`, or the first of a log.

    Exit codes: 0 done, 2 the plan, the key or a flag is wrong.

    Parameters
    ----------
    plan
        A monitoring plan in TOML, which is checked as `tocsin check` does.
    key
        The private key that signs: a file that `tocsin keys new` made.
    version
        1 for a study's first plan, one more for each amendment.
    source
        Who says it, and under which name, as in `sponsor/plan`; amendments keep both.
    known_at
        When the plan was decided, as in 2017-03-05T10:00:00Z; now, unless it is given.
    """
    fields = record_of(plan_in(plan), version, source, known_at)
    line = wire(signer_in(key).sign(fields))
    told = decode(line)
    if isinstance(told, Refusal):
        raise Stop(Exit.USAGE, f"Nobody would take this record: {told.message}")
    print(line.decode())


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
