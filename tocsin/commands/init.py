"""``tocsin init``: writes a first monitoring plan and a sample log into a folder."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import orjson
from cyclopts import Parameter

from monitor.plan.plan import Plan, PlanError, read_plan
from streams.sources.report import UnreadableSource
from streams.sources.rules.names import treatment_id
from streams.sources.rules.periods import NamedPeriod
from streams.sources.sample_log import sample_log
from streams.sources.starter_plan import ReferenceRate, StarterPlan
from tocsin.common.exits import Exit, Stop
from tocsin.common.flags import Flag
from tocsin.common.ingest_run import check_study_name

PLAN_FILE, SAMPLE_FILE = "plan.toml", "sample.jsonl"

GROUP_FORM = "give it as NAME=TERM;TERM, such as `clots=Pulmonary embolism;Deep vein thrombosis`"
RATE_FORM = (
    "give it as GROUP=RATE SOURCE, such as `clots=1.25 Register of 2019`: the rate per 100"
    " patient-years of a --group, and where it is published"
)


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class InitOptions:
    """What the plan is about; on a terminal, what no flag gives is asked for.

    Parameters
    ----------
    study
        Identifier of the study in every record.
    arms
        A treatment; give two or more.
    control
        The treatment that the others are compared with; default the one called placebo.
    periods
        A period of the trial; the first is randomised. Default one, `randomised`.
    groups
        Events of special interest, as `NAME=TERM;TERM`.
    rates
        A published rate of a group per 100 patient-years, as `GROUP=RATE SOURCE`.
    force
        Replace the files of an earlier run.
    """

    study: str | None = None
    arms: Annotated[tuple[str, ...], Parameter(name="--arm", negative="")] = ()
    control: str | None = None
    periods: Annotated[tuple[str, ...], Parameter(name="--period", negative="")] = ()
    groups: Annotated[tuple[str, ...], Parameter(name="--group", negative="")] = ()
    rates: Annotated[tuple[str, ...], Parameter(name="--rate", negative="")] = ()
    force: Flag = False


def init(folder: Path, /, *, options: InitOptions | None = None) -> None:
    """Write a commented monitoring plan and a sample log into FOLDER, and print what to do next.

    The plan has a rule for every death, one for life-threatening cases that may be related, and
    watches of serious events on each arm.

    Exit codes: 0 done, 2 a flag or the folder is invalid, or a file exists (see --force).

    Parameters
    ----------
    folder
        The folder, which is made where it does not exist.
    """
    options = options or InitOptions()
    paths = (folder / PLAN_FILE, folder / SAMPLE_FILE)
    for path in paths:
        if path.exists() and not options.force:
            raise Stop(Exit.USAGE, f"{path} exists: give another folder, or --force to replace it.")
    if sys.stdin.isatty() and sys.stdout.isatty():
        options = ask(options, prompt)
    plan, term = starter_plan(options)
    log = b"".join(orjson.dumps(record) + b"\n" for record in sample_log(plan, term))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        paths[0].write_text(plan.toml, encoding="utf-8")
        paths[1].write_bytes(log)
    except OSError as error:
        raise Stop(Exit.USAGE, f"{folder} cannot be written: {error.strerror}.") from None
    print_next(plan, *paths)


def prompt(question: str) -> str:
    """Ask on the terminal; raises Stop where the input ends."""
    try:
        return input(f"{question}: ").strip()
    except EOFError:
        raise Stop(Exit.USAGE, "No more input: answer the questions, or give flags.") from None


def ask(options: InitOptions, answer: Callable[[str], str]) -> InitOptions:
    """Ask for what *options* lack; an empty answer leaves the default."""
    study = options.study or answer("Study id [TRIAL-1]") or None
    arms = options.arms or _split(answer("Arms, comma between [drug, placebo]"), ",")
    control = options.control
    if control is None and not _has_placebo(arms or DEFAULT_ARMS):
        control = answer("Which of them is the control") or None
    periods = options.periods or _split(
        answer("Periods, comma between, the randomised one first [randomised]"), ","
    )
    groups, rates = options.groups, options.rates
    if not groups:
        groups = _ask_many("Events of special interest, as NAME=TERM;TERM [none]", answer)
    if groups and not rates:
        rates = _ask_many("A published rate of a group, as GROUP=RATE SOURCE [none]", answer)
    return replace(
        options,
        study=study,
        arms=arms,
        control=control,
        periods=periods,
        groups=groups,
        rates=rates,
    )


DEFAULT_ARMS = ("drug", "placebo")


def _ask_many(question: str, answer: Callable[[str], str]) -> tuple[str, ...]:
    return tuple(iter(lambda: answer(question), ""))


def _split(text: str, separator: str) -> tuple[str, ...]:
    return tuple(part for each in text.split(separator) if (part := each.strip()))


def _has_placebo(arms: tuple[str, ...]) -> bool:
    return sum("placebo" in treatment_id(arm) for arm in arms) == 1


def starter_plan(options: InitOptions) -> tuple[Plan, str | None]:
    """Return the plan of *options*, and the term of the serious case of the sample log.

    Raises Stop where an option is invalid.
    """
    study = options.study or "TRIAL-1"
    check_study_name(study)
    arms = options.arms or DEFAULT_ARMS
    ids = {treatment_id(arm) for arm in arms}
    if "" in ids or len(ids) != len(arms) or len(ids) < 2:
        raise Stop(Exit.USAGE, "--arm: give two or more treatments with different names.")
    groups = dict(map(_read_group, options.groups))
    starter = StarterPlan(
        study=study,
        arms=arms,
        control=options.control,
        periods=[
            NamedPeriod(treatment_id(name) or "randomised", name)
            for name in options.periods or ("randomised",)
        ],
        groups=groups,
        rates=[_read_rate(text, groups) for text in options.rates],
    )
    term = next((terms[0] for terms in groups.values()), None)
    try:
        return read_plan(starter.toml()), term
    except (UnreadableSource, PlanError) as error:
        raise Stop(Exit.USAGE, f"{error}.".replace("..", ".")) from None


def _read_group(text: str) -> tuple[str, tuple[str, ...]]:
    name, _, terms = text.partition("=")
    listed = _split(terms, ";")
    if not name.strip() or not listed:
        raise Stop(Exit.USAGE, f"--group: {GROUP_FORM}.")
    return name.strip(), listed


def _read_rate(text: str, groups: dict[str, tuple[str, ...]]) -> ReferenceRate:
    group, _, rest = text.partition("=")
    number, _, source = rest.strip().partition(" ")
    try:
        rate = ReferenceRate(group.strip(), float(number), source.strip())
    except ValueError:
        raise Stop(Exit.USAGE, f"--rate: {RATE_FORM}.") from None
    if not rate.source or rate.group not in groups:
        raise Stop(Exit.USAGE, f"--rate: {RATE_FORM}.")
    return rate


def print_next(plan: Plan, plan_path: Path, sample_path: Path) -> None:
    """Print what was written, and the commands that come next."""
    plan_name, sample = shlex.quote(str(plan_path)), shlex.quote(str(sample_path))
    arms = ", ".join(plan.active_treatments)
    print(f"{plan_path}: the plan of {plan.study}, {arms} against {plan.control}")
    print(
        "  It has an alert for each death, and for each life-threatening case that may be related."
    )
    print(f"{sample_path}: made-up records that follow it\n")
    print("Next:")
    print(f"  tocsin check {plan_name}")
    print(f"  tocsin validate {sample}")
    print(f"  tocsin replay {sample}\n")
    print("Then your own data, such as a folder LISTINGS of CSV files:")
    print("  tocsin ingest csv --draft LISTINGS > mapping.toml")
    flags = f"--mapping mapping.toml --study {plan.study} --plan {plan_name} --to log.jsonl"
    print(f"  tocsin ingest csv LISTINGS {flags}")
