"""Converts points in time of HL7 version 3 to ISO 8601."""

from __future__ import annotations

import re

_TIME = re.compile(
    r"(?P<year>\d{4})(?:(?P<month>\d\d)(?:(?P<day>\d\d)"
    r"(?:(?P<hour>\d\d)(?P<minute>\d\d)?(?P<second>\d\d)?(?:\.\d+)?)?)?)?"
    r"(?P<zone>[+-]\d\d(?:\d\d)?)?",
    re.ASCII,
)


def iso_time(text: str) -> str:
    """Return *text*, such as 20141010, as ISO 8601 with what it states; unchanged if it is none.

    >>> iso_time("20141010"), iso_time("201410"), iso_time("20220614101010-0500")
    ('2014-10-10', '2014-10', '2022-06-14T10:10:10-05:00')
    >>> iso_time("10 Oct 2014"), iso_time("")
    ('10 Oct 2014', '')
    """
    match = _TIME.fullmatch(text.strip())
    if match is None:
        return text
    parts = match.groupdict("")
    day = "-".join(part for part in (parts["year"], parts["month"], parts["day"]) if part)
    if not parts["hour"]:
        return day
    time = f"{parts['hour']}:{parts['minute'] or '00'}:{parts['second'] or '00'}"
    zone = parts["zone"]
    return f"{day}T{time}{zone[:3]}:{zone[3:] or '00'}" if zone else f"{day}T{time}"
