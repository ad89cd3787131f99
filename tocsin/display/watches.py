"""The watches of a study on a terminal: what the evidence is, what it takes, and why it says so."""

from __future__ import annotations

from monitor.evidence.summary import Standing, boundary
from monitor.state.study import Study
from monitor.state.verdict import Ground
from tocsin.display.grid import Column, Grid, Line
from tocsin.display.wording import basis, effect, events, evidence, kind, style

SHORT = {Ground.REJECTED: "rejected", Ground.NOT_REJECTED: "not rejected"}


def watch_grid(study: Study, found: list[Standing]) -> Grid:
    """The watches that the plan names, each with its verdict and the reason."""
    columns = (
        Column.words("watch", least=16),
        Column(title="events"),
        Column(title=_effect_title(study)),
        Column(title="E"),
        Column(title="needs"),
        Column(title="verdict", right=False),
    )
    return Grid(
        "Watches of the plan, valid however often anyone looks",
        columns,
        tuple(_watch_line(study, standing) for standing in found),
    )


def _watch_line(study: Study, standing: Standing) -> Line:
    at = boundary(study, standing.watch)
    verdict = standing.verdict
    needs = "-" if at is None else f"{at:,.4g}"
    numbers = (events(standing), effect(standing), evidence(standing), needs)
    return Line(
        cells=(standing.watch.id, *numbers, verdict.level.word),
        style=style(standing),
        note=f"{basis(standing.watch)}: {verdict.ground}",
    )


def screening_grid(study: Study, found: list[Standing]) -> Grid:
    """Tier 2: every other term, by falling evidence."""
    several = len(study.plan.active) > 1
    columns = (
        Column.words("term", least=20),
        Column(title="kind", right=False, drop=1),
        Column.words("arms", drop=0 if several else 2),
        Column(title="events"),
        Column(title=_effect_title(study)),
        Column(title="E"),
        Column(title="e-BH", right=False),
    )
    if not study.plan.screens:
        return Grid("Screening of all other terms: turned off by the plan", columns, ())
    over = f"e-BH at q = {study.plan.q:g} over {study.screened} watches"
    title = f"Screening of all other terms, {_arms(study)}: {over}"
    return Grid(title, columns, tuple(_screening_line(standing) for standing in found))


def _screening_line(standing: Standing) -> Line:
    watch, ground = standing.watch, standing.verdict.ground
    names = (watch.term.name, kind(watch.term), f"{watch.treatment} v {watch.control}")
    numbers = (events(standing), effect(standing), evidence(standing))
    return Line(cells=(*names, *numbers, SHORT.get(ground, ground.value)), style=style(standing))


def _arms(study: Study) -> str:
    where = study.plan.screening
    who = " or ".join(study.plan.active)
    how = f"{where.period}, {where.analysis}".replace("_", " ")
    return f"{who} v {study.plan.control}, {how}"


def _effect_title(study: Study) -> str:
    return f"rate ratio ({100 * (1 - study.plan.alpha):g} % CS)"
