"""The signed bytes cover the whole content of a record, however it is serialized."""

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
    """Return *value* with the keys of every object in a generated order."""
    if isinstance(value, list):
        return [shuffled(each, data) for each in value]
    if isinstance(value, dict):
        names = data.draw(st.permutations(list(value)))
        return {name: shuffled(value[name], data) for name in names}
    return value


@given(content=CONTENTS, data=st.data())
def test_a_signature_is_valid_after_any_serialization(content: Fields, data: st.DataObject):
    """A process that forwards a record may serialize it again; its content stays the same."""
    signed = shuffled(ANN.sign(content), data)
    ascii_only, indent = data.draw(st.booleans()), data.draw(st.sampled_from([None, 1]))

    reserialized = json.loads(json.dumps(signed, ensure_ascii=ascii_only, indent=indent))

    assert is_signed_by(signed_content_of(reserialized), ANN.public_key)
    assert is_signed_by(signed_content_of(orjson.loads(orjson.dumps(reserialized))), ANN.public_key)
    assert not is_signed_by(signed_content_of(reserialized), BEN.public_key)


@given(content=CONTENTS, data=st.data())
def test_a_changed_byte_of_the_content_invalidates_the_signature(
    content: Fields, data: st.DataObject
):
    """Every change to other content is detected; bytes that are not JSON are refused earlier."""
    raw = signed_bytes(content)
    index, byte = data.draw(st.integers(0, len(raw) - 1)), data.draw(st.integers(0, 255))
    changed_raw = raw[:index] + bytes([byte]) + raw[index + 1 :]
    try:
        changed_fields: Any = orjson.loads(changed_raw)
    except orjson.JSONDecodeError:
        return
    if not isinstance(changed_fields, dict) or (
        changed_fields == content and signed_bytes(changed_fields) == raw
    ):
        return

    changed_fields["signatures"] = ANN.sign(content)["signatures"]

    assert not is_signed_by(signed_content_of(changed_fields), ANN.public_key)


@given(index=st.integers(0, 87), character=st.sampled_from("ABCDxyz019+/=-é"))
def test_a_changed_character_invalidates_the_signature(index: int, character: str):
    """Only the last character of the base64 text may change, in its four unused bits."""
    (signature,) = ANN.sign(review())["signatures"]
    text = signature["signature"]
    changed = text[:index] + character + text[index + 1 :]
    fields = {**review(), "signatures": [{**signature, "signature": changed}]}

    assert is_signed_by(signed_content_of(fields), ANN.public_key) is (
        changed == text or same_bytes(changed, text)
    )


def same_bytes(one: str, other: str) -> bool:
    """Return whether two base64 texts differ only in the unused bits of the last character."""
    return (
        len(one) == len(other)
        and one[:85] + one[86:] == other[:85] + other[86:]
        and (base64_value(one[85]) >> 4 == base64_value(other[85]) >> 4)
    )


def base64_value(character: str) -> int:
    """Return the value of a base64 character, -1 for any other character."""
    return "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".find(character)


def test_an_invalid_public_key_has_no_valid_signature():
    """A plan may name any 32 bytes as a key, and verification must not raise for them."""
    invalid_key = bytes([2] + [255] * 31)
    fields = {**review(), "signatures": [{"key": key_id(invalid_key), "signature": "AAAA"}]}

    assert not is_signed_by(signed_content_of(fields), invalid_key)
