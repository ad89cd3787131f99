"""The runner of published cases finds wrong numbers, missing methods and adapters that raise."""

from __future__ import annotations

import json
from math import inf, nan
from pathlib import Path

import pytest

from tests.independent.published import cases_of, error_in_tolerances, published_cases
from tests.independent.run_cases import adapters, main, report, run_cases

LLR = "poisson_maxsprt_llr"


def test_a_correct_case_passes_with_its_error_in_tolerances():
    """Each case of a method of the product, as it stands in the file."""
    (result,) = run_cases(list(cases_of(LLR).values()))

    assert (result.method, result.cases, result.failed) == (LLR, 3, {})
    assert 0.0 < result.worst_error <= 1.0


def test_a_wrong_number_a_missing_method_and_an_error_are_told():
    """A case that is wrong by more than its tolerance, and one whose inputs are none."""
    good = next(iter(cases_of(LLR).values()))
    wrong = {**good, "id": "wrong", "expected": good["expected"] + 1.0}
    broken = {**good, "id": "broken", "inputs": {"observed": -1, "expected": 1.0}}
    unknown = {**good, "id": "unknown", "method": "unheard_of"}

    known, missing = run_cases([good, wrong, broken, unknown])

    assert set(known.failed) == {"wrong", "broken"} and known.worst_error == inf
    assert "observed is -1" in known.failed["broken"]
    assert missing.is_missing and not missing.failed
    text = report([known, missing])
    assert "2 methods, 4 cases: 2 failed, 1 missing" in text
    assert f"{LLR:36}     3      2       0         inf" in text


def test_the_command_reads_any_file_of_the_form_and_fails_for_a_wrong_case(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    """Held-out cases are run by the same command."""
    good = next(iter(cases_of(LLR).values()))
    file = tmp_path / "held-out.json"

    file.write_text(json.dumps([good]))
    assert main([str(file)]) == 0
    file.write_text(json.dumps([{**good, "expected": 99.0}]))
    assert main([str(file)]) == 1

    assert "1 methods, 1 cases: 1 failed, 0 missing" in capsys.readouterr().out


def test_every_adapter_is_of_a_published_method():
    """An adapter of a method that no case has would never be run."""
    assert set(adapters()) <= {case["method"] for case in published_cases().values()}


@pytest.mark.parametrize(
    ("ours", "printed", "error"),
    [
        (1.0, 1.0, 0.0),
        (1.05, 1.0, 0.5),
        ([1.0, 1.2], [1.0, 1.0], 2.0),
        ({"a": 1.0, "b": 1.1}, {"b": 1.0}, 1.0),
        ([1.0], [1.0, 1.0], inf),
        (inf, "Infinity", 0.0),
        (1.0, "Infinity", inf),
        (nan, 1.0, inf),
        (None, None, 0.0),
        (None, 1.0, inf),
        (["AE1", "AE2"], ["AE1", "AE2"], 0.0),
        (["AE1"], ["AE2"], inf),
    ],
)
def test_errors_are_in_units_of_the_tolerance(ours: object, printed: object, error: float):
    """The largest of all numbers; another number of values is never equal."""
    assert error_in_tolerances(ours, printed, {"abs": 0.1}) == pytest.approx(error)


def test_a_key_may_have_a_tolerance_of_its_own():
    """And without a tolerance only the same number passes."""
    tolerance = {"abs": 0.1, "b": {"rel": 0.5}}

    assert error_in_tolerances({"b": 2.0}, {"b": 1.0}, tolerance) == pytest.approx(1.0)
    assert error_in_tolerances(1.0 + 1e-12, 1.0, {"abs": 0}) == inf
