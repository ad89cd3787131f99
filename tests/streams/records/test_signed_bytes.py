"""What is signed of a record: all that it says, in whatever way it is written."""

from __future__ import annotations

import json
from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from streams.records.signing import Fields, is_signed_by, key_id, signed_bytes, signed_content_of
from tests.streams.records.signers import ANN, BEN, review

NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 63), (1 << 63) - 1) | NAMES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)
CONTENTS = st.dictionaries(NAMES.filter(lambda name: name != "signatures"), VALUES, max_size=6)


def shuffled(value: Any, data: st.DataObject) -> Any:
    """*value* with the keys of every object in another order."""
    if isinstance(value, list):
        return [shuffled(each, data) for each in value]
    if isinstance(value, dict):
        names = data.draw(st.permutations(list(value)))
        return {name: shuffled(value[name], data) for name in names}
    return value


@given(content=CONTENTS, data=st.data())
def test_any_round_trip_in_any_order_of_keys_verifies(content: Fields, data: st.DataObject):
    """Whoever passes a record on may write it anew: what it says is what was signed."""
    signed = shuffled(ANN.sign(content), data)
    ascii_only, indent = data.draw(st.booleans()), data.draw(st.sampled_from([None, 1]))

    again = json.loads(json.dumps(signed, ensure_ascii=ascii_only, indent=indent))

    assert is_signed_by(signed_content_of(again), ANN.public_key)
    assert is_signed_by(signed_content_of(orjson.loads(orjson.dumps(again))), ANN.public_key)
    assert not is_signed_by(signed_content_of(again), BEN.public_key)


@given(content=CONTENTS, data=st.data())
def test_any_changed_byte_of_content_does_not_verify(content: Fields, data: st.DataObject):
    """Any byte that makes it another statement is noticed; one that is no JSON is none."""
    raw = signed_bytes(content)
    at, new = data.draw(st.integers(0, len(raw) - 1)), data.draw(st.integers(0, 255))
    changed = raw[:at] + bytes([new]) + raw[at + 1 :]
    try:
        other: Any = orjson.loads(changed)
    except orjson.JSONDecodeError:
        return
    if not isinstance(other, dict) or (other == content and signed_bytes(other) == raw):
        return

    other["signatures"] = ANN.sign(content)["signatures"]

    assert not is_signed_by(signed_content_of(other), ANN.public_key)


@given(at=st.integers(0, 87), letter=st.sampled_from("ABCDxyz019+/=-é"))
def test_any_changed_letter_of_a_signature_does_not_verify(at: int, letter: str):
    """But for the letters that end a base64 text and say nothing: four of their bits are spare."""
    (made,) = ANN.sign(review())["signatures"]
    text = made["signature"]
    spoilt = text[:at] + letter + text[at + 1 :]
    given = {**review(), "signatures": [{**made, "signature": spoilt}]}

    assert is_signed_by(signed_content_of(given), ANN.public_key) is (
        spoilt == text or same_bytes(spoilt, text)
    )


def same_bytes(one: str, other: str) -> bool:
    """Whether two texts differ only in the spare bits of their last letter."""
    return (
        len(one) == len(other)
        and one[:85] + one[86:] == other[:85] + other[86:]
        and (base64_value(one[85]) >> 4 == base64_value(other[85]) >> 4)
    )


def base64_value(letter: str) -> int:
    """The value of a letter of base64; what is none counts as none of them."""
    return "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".find(letter)


def test_keys_that_are_no_point_of_the_curve_sign_nothing():
    """A plan may name any 32 bytes: a board member who cannot sign is no error of the reader."""
    nobody = bytes([2] + [255] * 31)
    fields = {**review(), "signatures": [{"key": key_id(nobody), "signature": "AAAA"}]}

    assert not is_signed_by(signed_content_of(fields), nobody)
