"""Indexed subjects give the same state as a recount, and one record recounts few cases."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.fold.change import recount
from monitor.records import PartialDate, Record
from monitor.state.case_index import INDEXED_FROM
from monitor.state.digest import state_fields
from monitor.state.study import Study
from tests.monitor.builders import case, dosed, merged, retracted, treated, withdrawn
from tests.monitor.small_plans import concurrent_watch, plan_of, reference_watch, toml_table
from tests.monitor.trial import Trial, trial, two_arms

GROUPS = "\n".join(
    (
        toml_table("groups.near", within_days_after_dose=2),
        toml_table("groups.pair", both=[["DVT"], ["PE", "Rash"]], within_days=3),
        toml_table(
            "groups.own", preferred_terms=["Rash"], both=[["DVT"], ["DVT", "PE"]], within_days=1
        ),
    )
)
WATCHES = (concurrent_watch(share=0.5), reference_watch("rate", share=0.5))
TERMS = ("DVT", "PE", "Rash")


def counted(study: Study) -> tuple[dict[str, str], object]:
    """The state by name, and all first events by term and scope."""
    first_events = {
        (study.vocabulary[term], events.period, events.treatment): list(events)
        for term, scopes in study.first_events.items()
        for events in scopes
        if len(events)
    }
    # A recount keeps no verdicts: a look after it sets them.
    fields = {name: value for name, value in state_fields(study) if name[:2] not in ("w|", "a|")}
    return fields, first_events


def study_of(case_count: int, imputed: str = "first_day") -> Trial:
    """A study with *case_count* cases of subject A1, with all groups."""
    cases = [case(f"b{n}", "A1", 20 + n % 7, TERMS[n % 3], known=90) for n in range(case_count)]
    more = toml_table("dates", partial=imputed)
    return trial(plan_of(*WATCHES, groups=GROUPS, more=more, window=5), *two_arms(2), *cases)


records = st.one_of(
    st.builds(
        lambda n, onset, term, version, who: case(
            f"b{n}", who, onset, term, version=version, known=90
        ),
        st.integers(0, 9),
        st.one_of(st.integers(0, 40), st.just(PartialDate(2020, 1)), st.none()),
        st.sampled_from(TERMS),
        st.integers(2, 30),
        st.sampled_from(["A1", "A1", "A2"]),
    ),
    st.builds(
        lambda first, length: dosed("A1", first, first + length),
        st.integers(0, 40),
        st.integers(0, 5),
    ),
    st.builds(
        lambda what, start, length, version: treated(
            "A1", what, start, start + length, version=version, entity="edc/treated-A1-0"
        ),
        st.sampled_from(["act", "ctl"]),
        st.integers(0, 40),
        st.integers(1, 40),
        st.integers(2, 30),
    ),
    st.builds(lambda last: withdrawn("A1", last), st.integers(0, 40)),
    st.builds(
        lambda n, what: retracted(f"r{n}", what),
        st.integers(0, 5),
        st.sampled_from(
            [
                "safety/b0",
                "safety/b1",
                "safety/m0",
                "safety/r0",
                "edc/dose-A1-20",
                "edc/treated-A1-0",
            ]
        ),
    ),
    st.builds(
        lambda n, m: merged(f"m{n}", "case", f"safety/b{n}", f"safety/b{m}"),
        st.integers(0, 3),
        st.integers(4, 9),
    ),
    st.just(merged("m9", "subject", "A2", "A1")),
)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from([8, INDEXED_FROM + 6]),
    st.sampled_from(["first_day", "treatment_start"]),
    st.lists(records, max_size=12),
)
def test_records_in_sequence_give_the_state_of_a_recount(
    case_count: int, imputed: str, log: list[Record]
):
    """With and without an index of the cases, after each record."""
    scenario = study_of(case_count, imputed)
    for each in log:
        scenario.submit(each)
        incremental = counted(scenario.study)
        recount(scenario.study)

        assert counted(scenario.study) == incremental


def test_a_dose_changes_the_cases_near_it_only():
    """Cases near another dose, and those on other days, keep their groups."""
    scenario = study_of(INDEXED_FROM + 6)
    scenario.submit(dosed("A1", 20, 20))
    assert len(scenario.study.context_changes) == 30

    scenario.submit(dosed("A1", 21, 21))
    assert len(scenario.study.context_changes) == 10


def test_a_case_changes_those_that_it_alone_completes():
    """Of many cases of a pair on one day, a further one is the only partner of none."""
    scenario = study_of(INDEXED_FROM + 6)
    scenario.submit(case("b-late", "A1", 23, "DVT", known=90))

    assert len(scenario.study.context_changes) <= 2
