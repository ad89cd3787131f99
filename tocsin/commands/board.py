"""``tocsin board``: serves the page of a safety board, and enrols its members."""

from __future__ import annotations

import asyncio
import getpass
import os
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from streams.kafka.topics import LOG
from streams.records.key_files import InvalidKeyFile
from streams.settings import Settings
from tocsin.commands.keys import print_public_key
from tocsin.commands.run import configure_logging
from tocsin.common.exits import Exit, Stop
from tocsin.common.flags import Flag, Json
from tocsin.common.long_running import check_topics, daemon_errors
from tocsin.common.settings import load_settings

app = App(name="board", help="Serve the page of a safety board, and enrol its members.")

INSTALL_REMEDY = "Install the extra: pip install 'tocsin[board]'."
USERS_REMEDY = "Set TOCSIN_BOARD_USERS_FILE to the file of users (docs/board.md)."
KEYS_REMEDY = "Set TOCSIN_BOARD_KEYS_FOLDER to the folder of the members' keys (docs/board.md)."

Folder = Annotated[Path | None, Parameter(show_default=False)]


@app.default
def board(*, folder: Folder = None) -> None:
    """Serve the closed board: alerts, evidence and rates by treatment, live.

    A follower, a process of its own, folds the log beside the worker and compares itself with the
    store; it never writes.  Kafka is TOCSIN_BROKER, Redis TOCSIN_STORE, the page is at
    TOCSIN_BOARD; users, names, TLS and keys are those of TOCSIN_BOARD_*.  Every read is audited.

    Exit codes: 0 stopped in order, 2 a setting is wrong or the extra is not installed, 4 the
    broker does not answer.

    Parameters
    ----------
    folder
        Folder of the sockets; `tocsin board open` reads its subfolder `open`.  By default
        TOCSIN_BOARD_FOLDER, or a private one.
    """
    serve = import_serve()
    configure_logging()
    settings = load_settings()
    config = read_config(settings)
    check_topics(settings, {LOG: settings.log_partitions})

    async def serve_with_follower(sockets: Path) -> None:
        follower = asyncio.ensure_future(serve.supervise_follower(sockets))
        try:
            await serve.serve_closed(settings, config, sockets)
        finally:
            follower.cancel()
            await asyncio.gather(follower, return_exceptions=True)

    with socket_folder(settings, folder) as sockets, daemon_errors():
        print(f"tocsin: the board is at {serve.Listener.of(settings).address}", file=sys.stderr)
        asyncio.run(serve_with_follower(sockets))


@app.command(name="open")
def open_board(*, folder: Folder = None) -> None:
    """Serve the open board: pooled numbers and health, for sponsor and operations.

    This process reads the open socket of a running `tocsin board` in FOLDER/open, and nothing else
    in FOLDER.  It needs no broker and no store, and must have no credentials of them.

    Exit codes: 0 stopped in order, 2 a setting is wrong or the extra is not installed.

    Parameters
    ----------
    folder
        Folder of the sockets of `tocsin board`; by default TOCSIN_BOARD_FOLDER.
    """
    serve = import_serve()
    configure_logging()
    settings = load_settings()
    path = folder or (Path(settings.board_folder) if settings.board_folder else None)
    if path is None or not path.is_dir():
        raise Stop(Exit.USAGE, "Give the folder of the sockets of `tocsin board`: --folder DIR.")
    config = read_config(settings)
    with daemon_errors():
        print(f"tocsin: open board at {serve.Listener.of(settings).address}", file=sys.stderr)
        asyncio.run(serve.serve_open(settings, config, path))


@app.command
def follow(*, folder: Path, with_input: Flag = False) -> None:
    """Run the follower alone, with its sockets in FOLDER; `tocsin board` starts it by itself.

    Exit codes: 0 stopped in order, 2 a setting is wrong, or another follower serves FOLDER.

    Parameters
    ----------
    folder
        Folder of the sockets, readable by this user alone.
    with_input
        End when standard input ends, which is a pipe from the process that started this one.
    """
    import_serve()
    from board.follower.run import FollowerRunning, run_follower

    configure_logging()
    try:
        with daemon_errors():
            run_follower(load_settings(), folder, with_input=with_input)
    except FollowerRunning as error:
        raise Stop(Exit.USAGE, f"{error}") from None


@app.command
def enrol(member: str, /, *, as_json: Json = False) -> None:
    """Create the signing key of MEMBER, encrypted under a passphrase; print the public key.

    The printed line belongs into [[board]] of the plan.  The passphrase is asked for, and again at
    each signature on the page; nobody can recover it.

    Parameters
    ----------
    member
        The member's name, as [[board]] of the plan has it.
    as_json
        Print a JSON object.
    """
    import_serve()
    from board.access.member_keys import MemberKeys

    settings = load_settings()
    if settings.board_keys_folder is None:
        raise Stop(Exit.USAGE, KEYS_REMEDY)
    passphrase = ask_twice(f"Passphrase of {member}: ")
    try:
        signer = MemberKeys(Path(settings.board_keys_folder)).enrol(member, passphrase)
    except InvalidKeyFile as error:
        raise Stop(Exit.USAGE, f"{error}") from None
    print_public_key(signer, as_json=as_json)


@app.command
def password(*, stdin: Flag = False) -> None:
    """Print the argon2id hash of a password, for the file of users.

    Parameters
    ----------
    stdin
        Read the password from a line of standard input instead of asking for it.
    """
    import_serve()
    from board.access.users import hash_password

    text = sys.stdin.readline().rstrip("\n") if stdin else ask_twice("Password: ")
    if not text:
        raise Stop(Exit.USAGE, "The password is empty.")
    print(hash_password(text))


def import_serve() -> Any:
    """Return the module that serves; raises Stop where the extra is not installed."""
    try:
        from board.web import serve
    except ImportError as error:
        raise Stop(Exit.USAGE, f"{error.name} is not installed. {INSTALL_REMEDY}") from None
    return serve


def read_config(settings: Settings) -> Any:
    """Return the configuration of the page; raises Stop where it is not usable."""
    from board.access.users import UsersError
    from board.web.serve import board_config

    if settings.board_users_file is None:
        raise Stop(Exit.USAGE, USERS_REMEDY)
    try:
        return board_config(settings)
    except UsersError as error:
        raise Stop(Exit.USAGE, f"{error}.") from None
    except ValueError as error:
        raise Stop(Exit.USAGE, f"TOCSIN_BOARD_HOSTS: {error} (TOCSIN_BOARD_TLS).") from None


@contextmanager
def socket_folder(settings: Settings, folder: Path | None) -> Generator[Path]:
    """Yield the folder of the sockets: the one given, that of the settings, or a private one."""
    if folder is None and settings.board_folder is not None:
        folder = Path(settings.board_folder)
    if folder is None:
        with tempfile.TemporaryDirectory(prefix="tocsin-board-") as private:
            yield Path(private)
        return
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise Stop(Exit.USAGE, f"{folder}: {error.strerror}.") from None
    yield folder


def ask_twice(prompt: str) -> str:
    """Ask for a secret twice; raises Stop where the answers differ or nobody can answer."""
    if not os.isatty(sys.stdin.fileno()):
        raise Stop(Exit.USAGE, "A passphrase is typed on a terminal.")
    first = getpass.getpass(prompt)
    if getpass.getpass("Again: ") != first:
        raise Stop(Exit.USAGE, "The two are not the same.")
    return first
