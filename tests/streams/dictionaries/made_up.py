"""A made-up dictionary in the layout of MedDRA, with what its readers stumble over."""

from __future__ import annotations

from pathlib import Path

VERSION = "99.1"
CLOTS, ARTERIAL, VENOUS, BLEEDS, OLD = "90000001", "90000002", "90000003", "90000004", "90000005"

TERMS = {
    "10": "Clot of the made-up vein",
    "11": "Raynor's made-up clot",
    "12": "Clot #2 of the 'left' \"upper\" limb",
    "13": "Broad sign of a clot",
    "14": "Withdrawn clot",
    "15": "Made-up bleeding",
    "16": "Arterial clot, made up",
}
LOWEST = {
    # Code: name, preferred term, current.
    "1000": ("Clot of the made-up vein", "10", "Y"),
    "1001": ("Old word for a clot", "10", "N"),
    "1002": ("Word of a term outside", "15", "Y"),
    "1003": ("Old word of a term outside", "15", "N"),
}
QUERIES = {
    CLOTS: ("Made-up clots (SMQ)", "A", "N"),
    ARTERIAL: ("Made-up arterial clots (SMQ)", "A", "N"),
    VENOUS: ("Made-up venous clots (SMQ)", "A", "N"),
    BLEEDS: ("Made-up bleeds (SMQ)", "A", "A or (B and C)"),
    OLD: ("Made-up old query (SMQ)", "I", "N"),
}
CONTENT = [
    # Query, term, level, scope, status.
    (CLOTS, ARTERIAL, "0", "0", "A"),
    (CLOTS, VENOUS, "0", "0", "A"),
    (ARTERIAL, "16", "4", "2", "A"),
    (VENOUS, "10", "4", "2", "A"),
    (VENOUS, "11", "4", "2", "A"),
    (VENOUS, "12", "4", "2", "A"),
    (VENOUS, "13", "4", "1", "A"),
    (VENOUS, "14", "4", "2", "I"),
    (VENOUS, "1000", "5", "2", "A"),
    (VENOUS, "1001", "5", "2", "A"),
    (BLEEDS, "15", "4", "2", "A"),
]

Content = tuple[str, str, str, str, str]


def write_dictionary(
    folder: Path, *, more: list[Content] | None = None, end: str = "$\n", version: str = VERSION
) -> Path:
    """Write the files into *folder*, with *more* content of queries; return the folder."""
    rows: dict[str, list[list[str]]] = {
        "mdhier.asc": [
            [code, "2", "3", "4", name, "Low", "Middle", "Class", "Cls", "", "4", flag]
            for code, name in TERMS.items()
            for flag in ("Y", "N")
        ],
        "llt.asc": [
            [code, name, term, "", "", "", "", "", "", current, ""]
            for code, (name, term, current) in LOWEST.items()
        ],
        "smq_list.asc": [
            [code, name, "1", "It isn't real", "None", "", version, status, algorithm]
            for code, (name, status, algorithm) in QUERIES.items()
        ],
        "smq_content.asc": [
            [query, term, level, scope, "A", "0", status, "98.0", VERSION]
            for query, term, level, scope, status in CONTENT + (more or [])
        ],
    }
    for name, lines in rows.items():
        text = "".join("$".join(fields) + end for fields in lines)
        (folder / name).write_text(text, encoding="utf-8", newline="")
    return folder
