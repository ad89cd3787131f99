"""``tocsin keys``: the keys by which members of a board, and makers of plans, sign."""

from __future__ import annotations

import json
from pathlib import Path

from cyclopts import App

from streams.records.key_files import InvalidKeyFile, create_key, encode_public_key, load_key
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
        signer = create_key(file)
    except InvalidKeyFile as error:
        raise Stop(Exit.USAGE, f"{error}.") from None
    print_public_key(signer, as_json=as_json)


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
    print_public_key(read_signer(file), as_json=as_json)


def print_public_key(signer: Signer, *, as_json: bool) -> None:
    """Print the public half."""
    public_key = encode_public_key(signer.public_key)
    if as_json:
        print(json.dumps({"key": public_key, "id": signer.key_id}))
    else:
        print(f'key = "{public_key}"  # {signer.key_id}')


def read_signer(path: Path) -> Signer:
    """Whoever holds the key in the file at *path*, or the stop that says why there is none."""
    try:
        return load_key(path)
    except InvalidKeyFile as error:
        raise Stop(Exit.USAGE, f"{error}.") from None
