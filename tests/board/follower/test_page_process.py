"""Checks that a follower ends with the page that started it, on a real broker and a real store."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from board.access.users import hash_password
from board.follower.protocol import CLOSED_SOCKET, OPEN_SOCKET
from board.follower.run import FollowerRunning, only_follower
from streams.local.ports import free_ports
from streams.local.process import wait_until
from tests.contract.workers import WorkerSite
from tests.paths import ROOT

SECONDS = 30


def start_page(site: WorkerSite, folder: Path) -> subprocess.Popen[bytes]:
    """Start the closed page with its follower's sockets in *folder*, and wait for them."""
    users = folder / "users.toml"
    users.write_text(
        f'[[user]]\nname = "auditor"\nrole = "auditor"\nstudies = ["*"]\n'
        f'password = "{hash_password("not asked for")}"\n'
    )
    environment = os.environ | {
        "TOCSIN_BROKER": site.broker,
        "TOCSIN_STORE": site.store,
        "TOCSIN_AUDIT": "off",
        "TOCSIN_BOARD": f"127.0.0.1:{free_ports(1)[0]}",
        "TOCSIN_BOARD_FOLDER": str(folder),
        "TOCSIN_BOARD_USERS_FILE": str(users),
    }
    command = [sys.executable, "-m", "tocsin", "board"]
    page = subprocess.Popen(command, env=environment, cwd=ROOT, stderr=subprocess.DEVNULL)
    assert wait_until(lambda: (folder / OPEN_SOCKET).exists(), SECONDS)
    return page


def is_followed(folder: Path) -> bool:
    """Return whether a follower serves *folder*."""
    try:
        with only_follower(folder):
            return False
    except FollowerRunning:
        return True


def test_the_follower_ends_with_its_page(site: WorkerSite, tmp_path: Path):
    """A page stops its follower in order; the sockets are in folders of this user alone."""
    page = start_page(site, tmp_path)
    assert is_followed(tmp_path)
    folder = (tmp_path / OPEN_SOCKET).parent
    assert folder != tmp_path and folder.stat().st_mode & 0o777 == 0o700
    assert (tmp_path / CLOSED_SOCKET).exists()

    page.send_signal(signal.SIGTERM)

    assert page.wait(SECONDS) == 0
    assert not is_followed(tmp_path)


def test_the_follower_ends_where_its_page_is_killed(site: WorkerSite, tmp_path: Path):
    """It would else read by treatment with nobody to show it to."""
    page = start_page(site, tmp_path)
    assert is_followed(tmp_path)

    page.kill()
    page.wait(SECONDS)

    assert wait_until(lambda: not is_followed(tmp_path), SECONDS)
