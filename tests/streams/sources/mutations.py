"""Damages files by seeded chance, as disks, transfers and editors do."""

from __future__ import annotations

from random import Random


def mutated(content: bytes, random: Random, *, header: int) -> bytes:
    """Return *content* with one to four changes, more than half of them in its first *header*."""
    changed = bytearray(content)
    for _ in range(random.randint(1, 4)):
        _change(changed, random, header)
    return bytes(changed)


HOSTILE = (
    b"\0", b"\xff", b"\xc3", b"\x1b[31m", b"\n", b"9999-12-31", b"0000-00-00", b"2014-13-45",
    b"1e999", b"-1", b"NaN", b"2014-02", b"20140216", b"Y", b"\x41", b"        ",
    b"\xf0\x9f\x98\x80", b"'\";",
)  # fmt: skip
"""What cells hold that no data manager wrote."""


def overwritten(content: bytes, random: Random) -> bytes:
    """Return *content*, as long as it was, with up to six places overwritten by hostile cells."""
    changed = bytearray(content)
    for _ in range(random.randint(1, 6)):
        cell = random.choice(HOSTILE)
        at = random.randrange(max(1, len(changed) - len(cell)))
        changed[at : at + len(cell)] = cell[: len(changed) - at]
    return bytes(changed)


def _change(content: bytearray, random: Random, header: int) -> None:
    if not content:
        return
    most = min(header, len(content)) if random.random() < 0.6 else len(content)
    at = random.randrange(most)
    kind = random.choice(["flip", "flip", "flip", "digit", "cut", "insert", "leave out"])
    if kind == "flip":
        content[at] = random.choice([0, 32, 127, 255, random.randrange(256)])
    elif kind == "digit":
        content[at] = random.choice(b"0123456789")
    elif kind == "cut":
        del content[at - at % random.choice([1, 80]) :]
    elif kind == "insert":
        content[at:at] = random.randbytes(random.choice([1, 80]))
    else:
        del content[at : at + random.choice([1, 80])]
