"""``tocsin keys``: creates and shows the keys that sign plans and reviews."""

from __future__ import annotations

import json
from pathlib import Path

from cyclopts import App

from streams.records.key_files import InvalidKeyFile, create_key, encode_public_key, load_key
from streams.records.signing import Signer
from tocsin.common.exits import Exit, Stop
from tocsin.common.flags import Json

app = App(name="keys", help="Create and show keys that sign plans and reviews.")


@app.command
def new(file: Path, /, *, as_json: Json = False) -> None:
    """Create a key: write the private key to FILE, readable only by you; print the public key.

    The printed line belongs into [[board]] of the plan for a member of the board, or into the file
    of TOCSIN_PLAN_KEYS_FILE for a signer of plans.

    Parameters
    ----------
    file
        File to create; it must not exist.
    as_json
        Print a JSON object.
    """
    try:
        signer = create_key(file)
    except InvalidKeyFile as error:
        raise Stop(Exit.USAGE, f"{error}.") from None
    print_public_key(signer, as_json=as_json)


@app.command
def show(file: Path, /, *, as_json: Json = False) -> None:
    """Print the public key of the private key in FILE, as `tocsin keys new` does.

    Parameters
    ----------
    file
        A file that `tocsin keys new` created.
    as_json
        Print a JSON object.
    """
    print_public_key(read_signer(file), as_json=as_json)


def print_public_key(signer: Signer, *, as_json: bool) -> None:
    """Print the public key of *signer* with its key id, as a TOML line or as JSON."""
    public_key = encode_public_key(signer.public_key)
    if as_json:
        print(json.dumps({"key": public_key, "id": signer.key_id}))
    else:
        print(f'key = "{public_key}"  # {signer.key_id}')


def read_signer(path: Path) -> Signer:
    """Load the private key in the file at *path*; raises Stop where the file is invalid."""
    try:
        return load_key(path)
    except InvalidKeyFile as error:
        raise Stop(Exit.USAGE, f"{error}.") from None
