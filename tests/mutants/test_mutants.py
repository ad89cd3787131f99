"""The faults that `make mutants` makes, the names they have, and the tests chosen for each."""

from __future__ import annotations

import json

import pytest

from tests.mutants.__main__ import EQUIVALENTS, sample
from tests.mutants.areas import AREAS, area_files, area_of, chosen_tests, ranked_tests
from tests.mutants.coverage_map import CoverageMap, digest
from tests.mutants.mutant import mutants_of
from tests.paths import ROOT

EXAMPLES = {
    "a < b": ["a <= b", "a >= b"],
    "a == b": ["a != b"],
    "a < b <= c": ["a <= b <= c", "a >= b <= c", "a < b < c", "a < b > c"],
    "a is not None": ["a is None"],
    "a not in b": ["a in b"],
    "a + b": ["a - b"],
    "(a) * b": ["(a) / b"],
    "a and b": ["a or b"],
    "not a": ["(a)"],
    "7": ["8"],
    "True": ["False"],
    "b = sorted(a)": ["list(a)"],
    "c = max(a, b)": ["min(a, b)"],
    "[a for a in b if a]": ["True"],
    "a if b else c": ["(not (b))"],
    "'text'": [],
}
"""Code with what each is replaced by, or a piece of it."""

STATEMENTS = {
    "f(a)": ["pass"],
    "logger.info(a)": [],
    "self.a = b": ["pass"],
    "a = b": [],
    "raise a": ["pass"],
    "a += b": ["a -= b", "pass"],
    "def f():\n    return a": ["None"],
    "def f():\n    return None": [],
    "assert a < b": [],
    "def f(a: int = 7) -> 3: ...": ["8"],
    "@f(1)\nclass A(b + c): ...": [],
}


@pytest.mark.parametrize("source", [*EXAMPLES, *STATEMENTS])
def test_each_piece_of_code_has_the_faults_of_its_kind(source: str):
    """Assertions, annotations, decorators, texts and log lines have none."""
    found = [one.after for one in mutants_of("a.py", source.encode())]

    assert found == {**EXAMPLES, **STATEMENTS}[source]


def test_a_fault_replaces_its_own_bytes_and_no_others():
    """Also after text that is not ASCII, and where the same words stand twice."""
    source = 'def f():\n    "ä"\n    a < b\n    a < b\n'.encode()
    first, _, third, _ = mutants_of("a.py", source)

    assert first.mutate(source) == source.replace(b"a < b", b"a <= b", 1)
    assert third.mutate(source) == source.replace(b"b\n    a < b", b"b\n    a <= b")
    assert (first.key, third.key) == ("a.py: f: a < b -> a <= b", "a.py: f: a < b -> a <= b #2")
    assert (first.line, third.line) == (3, 4)


def test_a_key_names_a_mutant_however_far_its_lines_move():
    """The list of equivalents survives changes elsewhere in the file."""
    source = b"def f():\n    return a < b\n"
    moved = b"x = 1\n\n\n" + source

    keys = {one.key for one in mutants_of("a.py", source)}
    assert keys <= {one.key for one in mutants_of("a.py", moved)}


@pytest.mark.parametrize("area", AREAS)
def test_every_area_has_mutants_with_distinct_names_and_tests_that_exist(area: str):
    """The first test file of a mutant is of its own folder, where there is one."""
    for path in [*area_files(ROOT, area)][:4]:
        keys = [one.key for one in mutants_of(path, (ROOT / path).read_bytes())]

        assert len(keys) == len(set(keys)) and area_of(path) == area
        assert all((ROOT / test).is_file() for test in ranked_tests(ROOT, path))
    assert ranked_tests(ROOT, "monitor/fold/as_of.py")[0].startswith(
        "tests/monitor/fold/test_as_of"
    )


def test_the_tests_of_a_line_are_those_that_run_it_shortest_first():
    """A file of the mirrored folder comes before another; what the map does not know comes last."""
    path, own = "monitor/fold/as_of.py", "tests/monitor/fold/test_amendments.py"
    others = ["tests/monitor/tables/test_flow.py", "tests/monitor/tables/test_scores.py"]
    found: CoverageMap = {
        "tests": [own, *others],
        "seconds": {own: 9.0, others[0]: 3.0, others[1]: 2.0},
        "files": {path: {"sha256": digest(ROOT / path), "lines": {"7": [0, 1, 2], "9": []}}},
    }
    chosen = chosen_tests(ROOT, path, 8, found)

    assert chosen[:3] == [own, others[1], others[0]]
    assert "tests/monitor/fold/test_as_of.py" in chosen[3:]
    assert chosen_tests(ROOT, path, 9, found) == ranked_tests(ROOT, path)


def test_a_seed_gives_the_same_sample_again():
    """A survivor can be judged again after a test was written."""
    first, again, other = (sample(["delivery"], 20, seed) for seed in (1, 1, 2))

    assert first == again != other
    assert len(first) == 20


def test_every_equivalent_is_a_mutant_of_today_and_has_a_reason():
    """One that is gone would hide its successor under an old reason."""
    equivalents: dict[str, str] = json.loads(EQUIVALENTS.read_text())
    paths = {key.partition(":")[0] for key in equivalents}
    keys = {one.key for path in paths for one in mutants_of(path, (ROOT / path).read_bytes())}

    assert [key for key in equivalents if key not in keys] == []
    assert all(len(reason.split()) >= 5 for reason in equivalents.values())
