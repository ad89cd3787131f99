"""The overview of small studies: quiet, one case alert, nothing yet, hostile terms."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from board.views.overview import Overview, build
from monitor.records import Outcome
from tests.alerts.case_rule_trials import DEATHS_RULE, plan_with_rules, review_case_alert
from tests.board.preview import page_of
from tests.board.studies import as_json, facts_of
from tests.monitor.builders import case, plan_record, tick_record
from tests.monitor.small_plans import concurrent_watch, plan_of, reference_watch, toml_table
from tests.monitor.trial import Trial, trial, two_arms

NOT_SCREENED = toml_table("screening", enabled=False)
HOSTILE = '<img src=x onerror="alert(1)"></svg><script>alert(2)</script>{{ 7 * 7 }} &amp; \'" =1+1'


class Elements(HTMLParser):
    """Collects the names of all elements of a page, and their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.attributes: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.attributes += [name for name, _ in attrs]


def overview_of(small: Trial) -> Overview:
    """The overview of a small trial, which is JSON as well."""
    view = build(facts_of(small), {})
    assert as_json(view)
    return view


def fatal_case(name: str = "c1", who: str = "A1", term: str = "Cardiac arrest"):
    """A fatal case of the active arm."""
    return case(name, who, 5, term, outcome=Outcome.FATAL, serious=True)


def test_a_quiet_study_says_what_it_is_complete_to():
    """A sentence without news still says how far it reaches."""
    small = trial(plan_of(concurrent_watch()), *two_arms(3), case("c1", "A1", 5, "Rash"))
    small.submit(tick_record(30))
    view = overview_of(small)

    position = len(small.results)
    assert view.sentence == f"Nothing new: complete to record {position} at 31 Jan 2020."
    assert view.groups == () and view.benefit is None
    assert [row.level for row in view.ladder] == ["quiet"] * len(view.ladder)
    assert view.lede[-1] == "No deaths."
    assert "Nothing new" in page_of(facts_of(small), "overview")


def test_a_study_without_a_day_judges_nothing():
    """The plan alone gives no person-time and no evidence."""
    small = Trial()
    small.submit(plan_record(plan_of(concurrent_watch())))
    view = overview_of(small)

    assert view.sentence == "No day is on record yet: nothing is judged."
    assert (view.lede, view.ladder, view.patients) == ((), (), None)
    assert "no day yet, not live" in page_of(facts_of(small), "overview")


def test_one_case_is_the_news_until_a_member_has_it():
    """A single case has no strength, but a day by which it must be reported."""
    small = trial(plan_with_rules(DEATHS_RULE), *two_arms(3), fatal_case())
    view = overview_of(small)
    (card,) = view.groups[0].cards

    assert card.kind == "case" and card.evidence is None and card.subjects == ("A1",)
    assert card.due[0].days_left is not None
    assert view.sentence.startswith("One case to judge: Cardiac arrest on act, to report by ")
    assert view.sentence.endswith(" Nobody has it yet.")
    assert "One death: 1 on act." in view.lede

    review_case_alert(small, "acknowledge")
    acknowledged = overview_of(small)
    assert acknowledged.sentence.endswith(" board-1 has acknowledged it.")
    assert acknowledged.groups[0].cards[0].owner == "board-1"

    review_case_alert(small, "begin_review", "confirm")
    assert overview_of(small).sentence.startswith("Nothing new: ")
    assert overview_of(small).groups[0].cards[0].decided

    review_case_alert(small, "close")
    assert overview_of(small).groups == ()


def clots(subjects: int) -> list:
    """One clot in each of so many subjects of the active arm."""
    return [case(f"c{number}", f"A{number}", 5 + number) for number in range(1, subjects + 1)]


def test_only_a_watch_is_no_signal():
    """The sentence does not call a watch a signal."""
    small = trial(plan_of(reference_watch()), *two_arms(5), *clots(1))
    view = overview_of(small)
    (card,) = view.groups[0].cards

    assert card.level == "watch"
    assert view.sentence.startswith("No signal. DVT on act is at the watch level: evidence ")
    assert "Nobody has it yet." in view.sentence


def test_a_signal_stands_before_a_case():
    """Both are named, the statistical signal first."""
    plan = plan_of(reference_watch(), more=f"{DEATHS_RULE}\n{NOT_SCREENED}")
    small = trial(plan, *two_arms(5), *clots(4), fatal_case("death", "A5"))
    view = overview_of(small)

    assert view.sentence.startswith("DVT on act signals: evidence ")
    assert view.sentence.endswith("One single case stands beside it.")
    assert {card.kind for group in view.groups for card in group.cards} == {"signal", "case"}


def test_several_signals_are_counted_and_the_strongest_is_named():
    """The number is of terms on an arm; two watches of one term are one."""
    share = {"share": 0.3}
    watches = (
        reference_watch("low", **share),
        reference_watch("high", rate_per_100_patient_years=2, **share),
        reference_watch("rash", preferred_term="Rash", **share),
    )
    one = trial(plan_of(*watches, more=NOT_SCREENED), *two_arms(5), *clots(4))

    assert overview_of(one).sentence.startswith("DVT on act signals: evidence ")
    assert overview_of(one).lede[0] == "Both alerts rest on the same four patients."

    one.submit(*(case(f"r{number}", f"A{number}", 12, "Rash") for number in range(2, 6)))
    view = overview_of(one)
    assert view.sentence.startswith("Two terms signal, the strongest DVT on act: evidence ")
    assert view.lede[0] == "Two of 3 alerts rest on the same four patients."


def test_hostile_terms_are_text():
    """No element and no attribute of the page comes from a term, a subject or a group."""
    group = toml_table("groups.hostile", title=HOSTILE, preferred_terms=[HOSTILE])
    plan = plan_of(reference_watch(group="hostile"), groups=group, more=DEATHS_RULE)
    harmless = trial(plan.replace("<", "("), *two_arms(5), *clots(4))
    cases = [
        case(f"c{number}", f"A{number}", 5 + number, HOSTILE, organ=HOSTILE)
        for number in range(1, 5)
    ]
    small = trial(plan, *two_arms(5), *cases, fatal_case("death", "A5", HOSTILE))
    page = page_of(facts_of(small), "overview")
    elements = Elements(page)

    assert "&lt;script&gt;alert(2)" in page and "7 * 7" in page
    assert "img" not in elements.names and elements.names.count("script") == 1
    assert not {name for name in elements.attributes if name.startswith("on")}
    assert elements.names.count("script") == Elements(
        page_of(facts_of(harmless), "overview")
    ).names.count("script")


@pytest.mark.parametrize("name", ["alerts", "ladder", "patients", "groups"])
def test_every_table_is_csv_that_no_spreadsheet_runs(name: str):
    """A term that begins like a formula is quoted."""
    group = toml_table("groups.formula", title="=1+1", preferred_terms=["DVT"])
    small = trial(
        plan_of(
            reference_watch(group="formula"), groups=group + "\n[groups.other]\nserious = false"
        ),
        *two_arms(5),
        *clots(4),
    )
    (table,) = [each for each in overview_of(small).tables if each.name == name]
    text = table.csv_text()

    assert text.count("\n") == len(table.rows) + 1
    assert not [line for line in text.splitlines() if ",=" in line or line.startswith("=")]
