"""Validates the output of `tocsin replay --json`, and compares its schema with the file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from streams.replay.result_schema import SCHEMA_MAJOR, result_schema
from tests.paths import ROOT
from tests.scenarios.commands import (
    JsonObject,
    clot_record,
    plan_record,
    run_tocsin,
    small_log,
    treatment_record,
    write_log,
)

Schema = dict[str, Any]


@cache
def proderm_output() -> list[JsonObject]:
    """Return the lines that the replay of ProDERM prints."""
    return run_tocsin("replay", ROOT / "studies" / "proderm" / "log.jsonl", "--json").json_lines


def schema_errors(line: JsonObject) -> list[str]:
    """Return the errors of *line* against the schema of its type."""
    schema = {"$ref": f"#/$defs/{line['type']}", "$defs": result_schema()["$defs"]}
    return [
        f"{error.json_path}: {error.message}"
        for error in Draft202012Validator(schema).iter_errors(line)
    ]


def undocumented_fields(value: Any, schema: Schema, path: str) -> Iterator[str]:
    """Yield the paths of the fields of *value* that *schema* does not name."""
    for item in value if isinstance(value, list) and isinstance(schema.get("items"), dict) else ():
        yield from undocumented_fields(item, schema["items"], f"{path}[]")
    if isinstance(value, dict):
        for name, inner in value.items():
            inner_schema = schema.get("properties", {}).get(
                name, schema.get("additionalProperties")
            )
            if inner_schema is None:
                yield f"{path}.{name}"
            else:
                yield from undocumented_fields(inner, inner_schema, f"{path}.{name}")


def schema_fields(schema: Any, path: str = "$") -> Iterator[tuple[str, Schema]]:
    """Yield the path and the schema of every field of *schema*."""
    if isinstance(schema, dict):
        for name, inner in schema.get("properties", {}).items():
            yield f"{path}.{name}", inner
            yield from schema_fields(inner, f"{path}.{name}")
        yield from schema_fields(schema.get("items"), f"{path}[]")


def test_the_committed_schema_is_current():
    """Programs read this file: after a change, write it again with `tocsin schema result`."""
    committed = ROOT / "schemas" / f"replay-{SCHEMA_MAJOR}.json"

    assert json.loads(committed.read_text()) == result_schema()
    assert run_tocsin("schema", "result").stdout == committed.read_text()


def test_the_schema_is_a_valid_json_schema():
    """Other validators must be able to read it."""
    Draft202012Validator.check_schema(result_schema())


@pytest.mark.parametrize("line", ["alert", "result"])
def test_every_field_is_described_and_required(line: str):
    """A program need not guess what a number counts, nor whether it is present."""
    schema = result_schema()["$defs"][line]

    assert [path for path, node in schema_fields(schema) if not node.get("description")] == []
    assert set(schema["required"]) == set(schema["properties"]) - {"dictionary"}


def test_the_lines_of_proderm_match_the_schema():
    """Every line of real output is valid and has no undocumented field."""
    lines = proderm_output()
    schema = result_schema()["$defs"]

    *alerts, last = lines
    assert {line["type"] for line in alerts} == {"alert"} and last["type"] == "result"
    assert [line["kind"] for line in alerts].count("signal") == 3
    revisions = sum(len(each["history"]) for each in last["alerts"])
    assert len(alerts) == revisions == sum(each["revision"] for each in last["alerts"])
    assert [error for line in lines for error in schema_errors(line)] == []
    assert {
        path for line in lines for path in undocumented_fields(line, schema[line["type"]], "$")
    } == set()


def test_each_line_matches_the_union_of_schemas():
    """A validator that does not select a schema by `type` accepts every line too."""
    union = Draft202012Validator(result_schema())

    assert all(union.is_valid(line) for line in proderm_output())
    assert not union.is_valid({"type": "other"})


@pytest.mark.parametrize("flags", [[], ["--as-of", "2020-01-25"], ["--onset-until", "2020-01-25"]])
def test_the_lines_of_a_small_log_match_the_schema(tmp_path: Path, flags: list[str]):
    """Arms without events, cuts and findings give null or zero only where the schema has it."""
    corrected = clot_record("A", "2020-02", version=2)
    log = write_log(tmp_path, [*small_log(), corrected, clot_record("D", "2020-02-12"), b"{"])

    replay = run_tocsin("replay", log, "--json", *flags)

    assert (
        replay.code,
        [error for line in replay.json_lines for error in schema_errors(line)],
    ) == (
        0,
        [],
    )
    assert replay.result["findings"] if not flags else "cut" in replay.result["records"]


def test_a_study_with_only_a_plan_matches_the_schema(tmp_path: Path):
    """A plan alone has neither an as-of date nor tables."""
    result = run_tocsin("replay", write_log(tmp_path, [plan_record()]), "--json").result

    assert schema_errors(result) == []
    assert (result["as_of"], result["tables"], result["lines"]) == (None, [], 1)


def test_the_schema_accepts_added_and_rejects_missing_fields(tmp_path: Path):
    """Any version may add a field; a missing field breaks the programs that read it."""
    result = run_tocsin(
        "replay", write_log(tmp_path, [plan_record(), treatment_record("A")]), "--json"
    ).result

    assert schema_errors({**result, "more": 1}) == []
    for name in result:
        incomplete = {field: value for field, value in result.items() if field != name}
        assert name == "type" or schema_errors(incomplete)
