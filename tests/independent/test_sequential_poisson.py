"""Holds rules by person-time to a second program: their error is at most alpha, and near it."""

from __future__ import annotations

from math import inf

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import gamma

from monitor.stats.sequential.conditional_maxsprt import (
    HistoryEnd,
    cmaxsprt_boundary,
    cmaxsprt_critical_value,
    cmaxsprt_type_i_error,
)
from monitor.stats.sequential.poisson_maxsprt import (
    poisson_maxsprt_boundary,
    poisson_maxsprt_critical_value,
    poisson_maxsprt_llr,
    poisson_maxsprt_performance,
)
from monitor.stats.sequential.poisson_maxsprt_groups import (
    poisson_maxsprt_group_critical_value,
    poisson_maxsprt_group_limits,
)
from monitor.stats.sequential.poisson_paths import poisson_crossing, poisson_mean_time
from monitor.stats.sequential.stopping_rule_person_time import (
    TimeRule,
    gamma_poisson_times,
    maxsprt_times,
    sprt_times,
    stopping_rule_person_time,
    wang_tsiatis_times,
)
from tests.independent.sequential_enumeration import (
    poisson_stop_probability,
)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.floats(0.1, 3.0), min_size=1, max_size=5),
    st.lists(st.integers(1, 9), min_size=5, max_size=5),
    st.floats(0.2, 4.0),
)
def test_poisson_crossing_equals_a_second_program(
    steps: list[float], counts: list[int], rate: float
):
    """Arbitrary times and limits that never fall."""
    times, limits = np.cumsum(steps).tolist(), sorted(counts)[: len(steps)]

    ours = poisson_crossing(times, limits, rate=rate)

    assert ours == pytest.approx(poisson_stop_probability(times, limits, rate), abs=1e-12)


def test_the_mean_time_is_the_integral_of_the_paths_that_have_not_crossed():
    """By quadrature of the crossing probability of rules that end earlier."""
    times, limits, rate = [0.5, 1.2, 2.0], [2, 3, 4], 1.7

    def uncrossed(end: float) -> float:
        kept = [time for time in times if time < end]
        return 1.0 - poisson_crossing([*kept, end], limits[: len(kept) + 1], rate=rate)

    pieces = [quad(uncrossed, a, b)[0] for a, b in zip([1e-12, *times], times, strict=False)]

    assert poisson_mean_time(times, limits, rate=rate) == pytest.approx(sum(pieces), abs=1e-9)
    looks_only = poisson_mean_time(times, limits, rate=rate, monitored_from=inf)
    assert looks_only > sum(pieces)


@pytest.mark.parametrize("minimum_events", [1, 3])
@pytest.mark.parametrize("delay", [0.0, 1.0, 2.5])
@pytest.mark.parametrize("alpha", [0.01, 0.05])
def test_poisson_maxsprt_errs_with_at_most_alpha(minimum_events: int, delay: float, alpha: float):
    """Exactly alpha, or just below where the delay makes the error jump; earlier events count."""
    options = {"minimum_events": minimum_events, "delay": delay}
    critical = poisson_maxsprt_critical_value(8.0, alpha, **options)
    times, limits = poisson_maxsprt_boundary(8.0, critical, **options)

    error = poisson_stop_probability(times, limits, 1.0)

    assert alpha - 1e-3 < error <= alpha + 1e-12
    assert times[0] >= delay and limits[0] >= minimum_events
    assert all(
        poisson_maxsprt_llr(limit, time) >= critical - 1e-9
        for time, limit in zip(times, limits, strict=True)
    )


def test_more_events_expected_or_a_smaller_alpha_need_a_higher_critical_value():
    """Power rises with the rate ratio, and the time to a signal falls."""
    by_size = [poisson_maxsprt_critical_value(size, 0.05) for size in (1.0, 5.0, 20.0, 80.0)]
    by_alpha = [poisson_maxsprt_critical_value(5.0, alpha) for alpha in (0.1, 0.05, 0.01)]
    powers = [poisson_maxsprt_performance(5.0, by_size[1], rr) for rr in (1.0, 1.5, 2.0, 4.0)]

    assert by_size == sorted(by_size)
    assert by_alpha == sorted(by_alpha)
    assert powers[0].power == pytest.approx(0.05, abs=1e-9)
    assert [one.power for one in powers] == sorted(one.power for one in powers)
    lengths = [one.expected_sample_size for one in powers]
    assert lengths == sorted(lengths, reverse=True)


def test_scheduled_looks_err_with_at_most_alpha_and_the_next_smaller_ratio_with_more():
    """The critical value of groups is the smallest attainable one."""
    expected = [2.5, 5.0, 7.5, 10.0]
    critical = poisson_maxsprt_group_critical_value(expected, 0.05)
    limits = poisson_maxsprt_group_limits(expected, critical)
    smaller = critical
    while (wider := poisson_maxsprt_group_limits(expected, smaller)) == limits:
        smaller *= 0.999

    assert poisson_stop_probability(expected, limits, 1.0) <= 0.05
    assert poisson_stop_probability(expected, wider, 1.0) > 0.05


def test_conditional_maxsprt_equals_an_average_over_the_historical_time():
    """Given that time, events are Poisson; it is gamma where it ends at an event."""
    ratios = cmaxsprt_boundary(6, 8, 2.0, minimum_events=2)

    def signalled(time: float) -> float:
        limits = range(2, 9)
        return poisson_stop_probability(ratios, limits, time) * float(gamma.pdf(time, 6))

    error = cmaxsprt_type_i_error(6, 8, 2.0, history_end=HistoryEnd.AT_EVENT, minimum_events=2)

    assert error == pytest.approx(quad(signalled, 0.0, 60.0, limit=200)[0], abs=1e-9)


def test_a_history_that_ends_after_its_last_event_needs_a_higher_critical_value():
    """Both approach Poisson MaxSPRT as the history grows; the longer time is worth less then."""
    ends = {
        end: [cmaxsprt_critical_value(c, 10, 0.05, history_end=end) for c in (5, 50, 500)]
        for end in HistoryEnd
    }

    differences = np.subtract(ends[HistoryEnd.BETWEEN_EVENTS], ends[HistoryEnd.AT_EVENT])
    assert differences[0] > differences[1] > differences[2] > 0.0


@pytest.mark.parametrize(("history", "events"), [(3, 200), (100_000, 20), (1, 1)])
def test_conditional_critical_values_exist_for_short_and_long_histories(history: int, events: int):
    """Few historical events with many now, and the other way round."""
    for end in HistoryEnd:
        critical = cmaxsprt_critical_value(history, events, 0.05, history_end=end)
        error = cmaxsprt_type_i_error(history, events, critical, history_end=end)
        assert error == pytest.approx(0.05, abs=1e-9) and error <= 0.05


FAMILIES: dict[str, TimeRule] = {
    "Pocock": wang_tsiatis_times(0.5, 10.0),
    "O'Brien-Fleming": wang_tsiatis_times(0.0, 10.0),
    "Wang-Tsiatis": wang_tsiatis_times(0.3, 10.0),
    "SPRT": sprt_times(2.0),
    "MaxSPRT": maxsprt_times(),
    "gamma-Poisson": gamma_poisson_times(1.0, 1.0),
}


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("alpha", [0.01, 0.1])
def test_a_rule_by_person_time_errs_with_alpha_and_with_less_at_a_lower_rate(
    name: str, alpha: float
):
    """By a second program; limits rise with person-time, and power with the rate."""
    rule = stopping_rule_person_time(FAMILIES[name], 0.02, 500.0, alpha)
    errors = [rule.stop_probability(rate) for rate in (0.005, 0.02, 0.04)]

    second = poisson_stop_probability(rule.person_time, rule.limits, 0.02)
    assert errors[1] == pytest.approx(second, abs=1e-12)
    assert second == pytest.approx(alpha, abs=1e-9)
    assert errors == sorted(errors)
    assert rule.limits == list(range(rule.limits[0], rule.limits[0] + len(rule.limits)))
    assert rule.person_time[-1] == 500.0
    assert rule.mean_person_time(0.04) < rule.mean_person_time(0.005) <= 500.0


def test_maxsprt_by_person_time_is_poisson_maxsprt():
    """Ten events are expected by the end."""
    rule = stopping_rule_person_time(maxsprt_times(), 0.02, 500.0, 0.05)

    assert rule.critical_value == pytest.approx(poisson_maxsprt_critical_value(10.0, 0.05))


def test_a_delay_to_the_end_leaves_one_look():
    """The rule is then a Poisson test at the end."""
    critical = poisson_maxsprt_critical_value(4.0, 0.05, delay=4.0)

    times, limits = poisson_maxsprt_boundary(4.0, critical, delay=4.0)

    assert times == [4.0]
    assert poisson_stop_probability(times, limits, 1.0) <= 0.05
    assert poisson_stop_probability(times, [limits[0] - 1], 1.0) > 0.05


def test_a_follow_up_too_short_for_any_signal_is_refused():
    """With 0.01 events expected even one event is rarer than alpha."""
    with pytest.raises(ValueError, match=r"alpha is .*, but no rule of this size"):
        poisson_maxsprt_critical_value(0.01, 0.05)
