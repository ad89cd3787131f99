"""A point of small order is nobody's key: anybody can write a signature that it verifies."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from monitor.plan.board import SMALL_ORDER_POINTS, is_small_order
from monitor.plan.plan import PlanError, read_plan
from monitor.records import SignedContent
from streams.records.key_files import InvalidKeyFile, read_trust
from streams.records.signing import is_signed_by, key_id
from tests.monitor.small_plans import plan_of

PRIME = 2**255 - 19
D = -121665 * pow(121666, -1, PRIME) % PRIME
POINTS = [
    point[:-1] + bytes([point[-1] | sign]) for point in SMALL_ORDER_POINTS for sign in (0, 0x80)
]
IDENTITY = (1).to_bytes(32, "little")


def doubled_y(y: int) -> int:
    """Return y of twice the point with this y: (y^2 + x^2) / (2 - y^2 + x^2), on -x^2 + y^2."""
    x_squared = (y * y - 1) * pow(D * y * y + 1, -1, PRIME) % PRIME
    return (y * y + x_squared) * pow(2 + x_squared - y * y, -1, PRIME) % PRIME


@pytest.mark.parametrize("point", sorted(SMALL_ORDER_POINTS))
def test_eight_times_the_point_is_the_identity(point: bytes):
    """Each listed point has an order that divides 8, by the group law of RFC 8032, 5.1."""
    y = int.from_bytes(point, "little") % PRIME

    assert doubled_y(doubled_y(doubled_y(y))) == 1


@pytest.mark.parametrize("point", sorted(POINTS), ids=bytes.hex)
def test_a_point_of_small_order_is_refused_as_a_key(point: bytes, tmp_path: Path):
    """Neither the board of a plan nor the key file of a deployment may name it."""
    key = b64encode(point).decode()
    file = tmp_path / "keys"
    file.write_text(f"{key}\n")

    with pytest.raises(PlanError, match="anybody"):
        read_plan(f'{plan_of()}\n[[board]]\nmember = "m"\nkey = "{key}"\n')
    with pytest.raises(InvalidKeyFile):
        read_trust(str(file))


def test_a_signature_that_anybody_can_write_is_none():
    """The identity as key, and as the point of the signature, verifies any content."""
    signature = IDENTITY + bytes(32)
    signed = SignedContent(b"anything", ((key_id(IDENTITY), b64encode(signature).decode()),))

    Ed25519PublicKey.from_public_bytes(IDENTITY).verify(signature, b"anything")
    assert is_small_order(IDENTITY)
    assert not is_signed_by(signed, IDENTITY)
