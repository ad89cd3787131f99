"""``tocsin schema``: prints the JSON Schemas of the log and of replay output."""

from __future__ import annotations

import json
from typing import Literal

from streams.records.schema import json_schema
from streams.replay.result_schema import result_schema


def schema(of: Literal["log", "result"] = "log", /) -> None:
    """Print the JSON Schema of the records of a log, or of `tocsin replay --json`.

    Parameters
    ----------
    of
        `log` for the records of trial.log.v1, `result` for the lines of `tocsin replay --json`.
    """
    schemas = {"log": json_schema, "result": result_schema}
    print(json.dumps(schemas[of](), indent=2))
