"""``tocsin keys``: the keys by which members of a board, and makers of plans, sign."""

from __future__ import annotations

import json
from pathlib import Path

from cyclopts import App

from streams.records.key_files import BadKeys, load, make, shown
from streams.records.signing import Signer
from tocsin.common.exits import Exit, Stop
from tocsin.common.flags import Json

app = App(name="keys", help="The keys that sign plans and reviews.")


@app.command
def new(file: Path, /, *, as_json: Json = False) -> None:
    """Make a key: the private half into FILE, which only you may read; the public half is printed.

    The printed line goes into [[board]] of the plan for a member of the board, or into the file
    of TOCSIN_PLAN_KEYS_FILE for whoever signs plans.

    Parameters
    ----------
    file
        A file that is not there yet.
    as_json
        Prints a JSON object.
    """
    try:
        made = make(file)
    except BadKeys as error:
        raise Stop(Exit.USAGE, f"{error}.") from None
    tell(made, as_json=as_json)


@app.command
def show(file: Path, /, *, as_json: Json = False) -> None:
    """Print the public half of the key in FILE, as `new` did.

    Parameters
    ----------
    file
        A file that `tocsin keys new` made.
    as_json
        Prints a JSON object.
    """
    tell(signer_in(file), as_json=as_json)


def tell(signer: Signer, *, as_json: bool) -> None:
    """Print the public half."""
    public = shown(signer.public)
    if as_json:
        print(json.dumps({"key": public, "id": signer.key_id}))
    else:
        print(f'key = "{public}"  # {signer.key_id}')


def signer_in(path: Path) -> Signer:
    """Whoever holds the key in the file at *path*, or the stop that says why there is none."""
    try:
        return load(path)
    except BadKeys as error:
        raise Stop(Exit.USAGE, f"{error}.") from None
