"""The JSON around every answer: what it is complete to, and whether it is live."""

from __future__ import annotations

from typing import Any

import orjson
from fastapi.responses import Response
from pydantic import BaseModel

from board.views.facts import Completeness


class Envelope(BaseModel):
    """An answer: *view* is the view model, as the page of the same name shows it.

    *as_of* is the day and *position* the record that it is complete to, *digest* that of the
    study's state.  *live* is false for a day in the past, and while a part of the way is silent.
    """

    as_of: str | None
    position: int
    end: int
    known_at: str | None
    plan_sha256: str
    digest: str
    store_agrees: bool | None
    live: bool
    view: Any


def envelope(completeness: Completeness, view: bytes, *, live: bool) -> Response:
    """Return the answer with *view*, JSON already."""
    content = orjson.dumps(
        {
            "as_of": completeness.as_of,
            "position": completeness.position,
            "end": completeness.end,
            "known_at": completeness.known_at,
            "plan_sha256": completeness.plan_sha256,
            "digest": completeness.digest,
            "store_agrees": completeness.store_agrees,
            "live": live,
            "view": orjson.Fragment(view),
        }
    )
    return Response(content, media_type="application/json")
