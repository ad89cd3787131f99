"""The safe test of two proportions: an e-value that grows block by block."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp

from scipy.special import xlog1py, xlogy

from monitor.stats.estimate import check_equal_length, check_positive, checked_counts


def safe_2x2_evalue(
    events_a: Sequence[int],
    events_b: Sequence[int],
    *,
    patients_a: int = 1,
    patients_b: int = 1,
    prior_a: tuple[float, float] = (0.18, 0.18),
    prior_b: tuple[float, float] = (0.18, 0.18),
) -> float:
    """Return the e-value against equal risks, from blocks of patients on both arms.

    Each block has *patients_a* and *patients_b* patients with *events_a* and *events_b* among them.
    Each arm's risk is predicted from the blocks before, by a beta prior; a block's factor is the
    likelihood of the two predicted risks over that of their mean, weighted by patients.  It has
    mean 1 at most under equal risks, whatever they are, so the product may be looked at after any
    block: P(ever 1/a or more) <= a (Turner, Ly & Grunwald 2021, arXiv 2106.02693).

    >>> round(safe_2x2_evalue([0] * 5, [1] * 5, prior_a=(1, 1), prior_b=(1, 1)), 6)
    28.444444

    Raises ValueError where *patients_a* or *patients_b* is not at least 1, *events_a* or
    *events_b* has no counts or more events than patients, their numbers differ, or a prior
    parameter is not above zero.
    """
    (size_a,) = checked_counts("patients_a", [patients_a], at_least=1)
    (size_b,) = checked_counts("patients_b", [patients_b], at_least=1)
    blocks_a = _checked("events_a", events_a, size_a)
    blocks_b = _checked("events_b", events_b, size_b)
    check_equal_length("events_b", blocks_b, blocks_a)
    for name, prior in (("prior_a", prior_a), ("prior_b", prior_b)):
        for parameter in prior:
            check_positive(name, parameter)
    log_e = 0.0
    risks_a, risks_b = _risks(blocks_a, size_a, prior_a), _risks(blocks_b, size_b, prior_b)
    for a, b, risk_a, risk_b in zip(blocks_a, blocks_b, risks_a, risks_b, strict=True):
        mean = (size_a * risk_a + size_b * risk_b) / (size_a + size_b)
        log_e += _log_likelihood(a, size_a, risk_a) + _log_likelihood(b, size_b, risk_b)
        log_e -= _log_likelihood(a + b, size_a + size_b, mean)
    return exp(min(log_e, 700.0))


def _risks(blocks: list[int], size: int, prior: tuple[float, float]) -> list[float]:
    """Return the posterior mean of an arm's risk before each block."""
    with_event, without = prior
    risks: list[float] = []
    for events in blocks:
        risks.append(with_event / (with_event + without))
        with_event, without = with_event + events, without + size - events
    return risks


def _log_likelihood(events: int, patients: int, risk: float) -> float:
    return float(xlogy(events, risk) + xlog1py(patients - events, -risk))


def _checked(name: str, events: Sequence[int], patients: int) -> list[int]:
    """Return *events* as ints; none may exceed *patients*."""
    counts = checked_counts(name, events)
    if max(counts) > patients:
        raise ValueError(f"{name} has {max(counts)} of {patients} patients: count patients")
    return counts
