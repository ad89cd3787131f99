"""Identifiers and texts of records from the names and texts of a source."""

from __future__ import annotations

import re
from hashlib import blake2b
from unicodedata import normalize

NOT_AN_ARM = frozenset({
    "", "screen failure", "not assigned", "not treated", "unplanned treatment",
    "assigned, not treated", "scrnfail", "notassgn", "nottrt", "unplan",
})  # fmt: skip
"""Names of an arm that are no treatment, without case: codelist ARMNULRS, and their short forms."""

_ID = re.compile(r"[A-Za-z0-9_.:-]{1,64}")


def treatment_id(arm: str) -> str:
    """Return the treatment id of the arm or treatment named *arm*; "" where it is none.

    >>> treatment_id("Xanomeline High Dose"), treatment_id("Screen Failure")
    ('xanomeline_high_dose', '')
    """
    if " ".join(arm.split()).casefold() in NOT_AN_ARM:
        return ""
    words = re.sub(r"[^a-z0-9]+", "_", arm.lower()).strip("_")
    return words if 0 < len(words) <= 48 and arm.isascii() else f"arm_{short_hash(arm)}"


def identifier(*parts: str) -> str:
    """Join *parts* to one id; a hash keeps ids distinct where characters had to be replaced.

    >>> identifier("01-701-1015", "E07")
    '01-701-1015.E07'
    >>> identifier("site 3/1")
    'site_3_1.21f967b486a1'
    """
    text = ".".join(parts)
    if _ID.fullmatch(text):
        return text
    return f"{re.sub('[^A-Za-z0-9_.:-]', '_', text)[:48]}.{short_hash(text)}"


def short_hash(text: str) -> str:
    """Return a hash of *text* that fits an identifier."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()


def normal_text(text: str, length_max: int) -> tuple[str, bool]:
    """Return *text* in Unicode NFC with at most *length_max* characters, and whether it was cut."""
    clean = text if text.isascii() else _normal(text)
    return clean[:length_max].rstrip(), len(clean) > length_max


def _normal(text: str) -> str:
    return normalize("NFC", text.encode("utf-8", "replace").decode())
