"""Holds what `tocsin replay --json` prints to its schema, and the schema to what is committed."""

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
    """What the replay of ProDERM prints."""
    return run_tocsin("replay", ROOT / "studies" / "proderm" / "log.jsonl", "--json").json_lines


def schema_errors(line: JsonObject) -> list[str]:
    """What the schema has against *line*."""
    of = {"$ref": f"#/$defs/{line['type']}", "$defs": result_schema()["$defs"]}
    return [
        f"{error.json_path}: {error.message}"
        for error in Draft202012Validator(of).iter_errors(line)
    ]


def undocumented_fields(value: Any, schema: Schema, path: str) -> Iterator[str]:
    """The fields of *value* that *schema* does not name."""
    for item in value if isinstance(value, list) and isinstance(schema.get("items"), dict) else ():
        yield from undocumented_fields(item, schema["items"], f"{path}[]")
    if isinstance(value, dict):
        for name, inner in value.items():
            known = schema.get("properties", {}).get(name, schema.get("additionalProperties"))
            if known is None:
                yield f"{path}.{name}"
            else:
                yield from undocumented_fields(inner, known, f"{path}.{name}")


def schema_fields(schema: Any, path: str = "$") -> Iterator[tuple[str, Schema]]:
    """Every field of *schema*, and the schema itself."""
    if isinstance(schema, dict):
        for name, inner in schema.get("properties", {}).items():
            yield f"{path}.{name}", inner
            yield from schema_fields(inner, f"{path}.{name}")
        yield from schema_fields(schema.get("items"), f"{path}[]")


def test_the_committed_schema_is_the_one_in_force():
    """Readers take the file: after a change write it anew with `tocsin schema result`."""
    committed = ROOT / "schemas" / f"replay-{SCHEMA_MAJOR}.json"

    assert json.loads(committed.read_text()) == result_schema()
    assert run_tocsin("schema", "result").stdout == committed.read_text()


def test_the_schema_is_one():
    """A validator of others must be able to read it."""
    Draft202012Validator.check_schema(result_schema())


@pytest.mark.parametrize("line", ["alert", "result"])
def test_every_field_is_described_and_always_there(line: str):
    """A reader needs no guess at what a number counts, nor whether it will be there."""
    schema = result_schema()["$defs"][line]

    assert [path for path, node in schema_fields(schema) if not node.get("description")] == []
    assert set(schema["required"]) == set(schema["properties"])


def test_the_lines_of_proderm_are_as_documented():
    """The real output, every line of it, against the contract; nothing printed is undocumented."""
    lines = proderm_output()
    schema = result_schema()["$defs"]

    *alerts, last = lines
    assert {line["type"] for line in alerts} == {"alert"} and last["type"] == "result"
    assert [line["kind"] for line in alerts].count("signal") == 3
    revisions = sum(len(each["history"]) for each in last["alerts"])
    assert len(alerts) == revisions == sum(each["revision"] for each in last["alerts"])
    assert [fault for line in lines for fault in schema_errors(line)] == []
    assert {
        found for line in lines for found in undocumented_fields(line, schema[line["type"]], "$")
    } == set()


def test_each_line_fits_one_schema_of_the_union():
    """A validator that knows nothing of `type` accepts every line too."""
    union = Draft202012Validator(result_schema())

    assert all(union.is_valid(line) for line in proderm_output())
    assert not union.is_valid({"type": "other"})


@pytest.mark.parametrize("flags", [[], ["--as-of", "2020-01-25"], ["--onset-until", "2020-01-25"]])
def test_a_small_log_is_as_documented(tmp_path: Path, flags: list[str]):
    """Arms without events, cuts and findings give nulls and zeros where the contract has them."""
    again = clot_record("A", "2020-02", version=2)
    log = write_log(tmp_path, [*small_log(), again, clot_record("D", "2020-02-12"), b"{"])

    done = run_tocsin("replay", log, "--json", *flags)

    assert (done.code, [fault for line in done.json_lines for fault in schema_errors(line)]) == (
        0,
        [],
    )
    assert done.result["findings"] if not flags else "cut" in done.result["records"]


def test_a_study_of_which_nothing_is_known_is_as_documented(tmp_path: Path):
    """A plan alone has no as-of date and no rates, and still has its watches to come."""
    result = run_tocsin("replay", write_log(tmp_path, [plan_record()]), "--json").result

    assert schema_errors(result) == []
    assert (result["as_of"], result["tables"], result["lines"]) == (None, [], 1)


def test_the_schema_welcomes_more_and_refuses_less(tmp_path: Path):
    """A field may be added in any version; one that is missing breaks who relies on it."""
    result = run_tocsin(
        "replay", write_log(tmp_path, [plan_record(), treatment_record("A")]), "--json"
    ).result

    assert schema_errors({**result, "more": 1}) == []
    for name in result:
        less = {field: value for field, value in result.items() if field != name}
        assert name == "type" or schema_errors(less)
