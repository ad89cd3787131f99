"""Checks the board's two pages in docker-compose.yml, and the users that `make secrets` makes."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import pytest

from board.access.roles import Role, Zone
from board.access.users import HASHER, read_users
from board.follower.protocol import CLOSED_SOCKET, OPEN_SOCKET
from deploy.make_secrets import hash_password, make_secrets
from tests.deploy.compose import compose, services, volume_paths, volumes
from tests.deploy.test_image import instructions
from tests.deploy.vault import Vault

EACH_ZONE = pytest.mark.parametrize("zone", list(Zone))


def environment(name: str) -> dict[str, Any]:
    """Return the settings of a service."""
    return services()[name]["environment"]


def passwords(vault: Vault, zone: Zone) -> dict[str, str]:
    """Return the password of each user of *zone*, as the operator hands them out."""
    lines = vault.secret(f"board-{zone}-passwords").splitlines()
    return dict(line.split(" ") for line in lines)


def test_the_open_page_has_no_login_of_broker_or_store():
    """It has no setting and no secret of them, and reaches neither of their networks."""
    settings = " ".join(map(str, [*environment("board-open"), *environment("board-open").values()]))

    assert not any(word in settings.lower() for word in ("kafka", "broker", "store", "valkey"))
    assert services()["board-open"]["secrets"] == ["tls-ca", "board-open-tls", "board-open-users"]
    assert services()["board-open"]["networks"] == ["front"]


def test_the_open_page_reaches_the_open_socket_only():
    """Of the follower's folder only the subfolder of the open socket is shared, and read-only."""
    closed, opened = services()["board-closed"], services()["board-open"]
    folder = environment("board-closed")["TOCSIN_BOARD_FOLDER"]
    shared = str(Path(folder, OPEN_SOCKET).parent)

    assert environment("board-open")["TOCSIN_BOARD_FOLDER"] == folder
    assert volume_paths(opened) == {"board-open-socket": shared}
    assert volume_paths(closed)["board-open-socket"] == shared
    assert opened["volumes"] == [f"board-open-socket:{shared}:ro"]
    assert Path(folder, CLOSED_SOCKET).parent == Path(folder)
    assert any(each.startswith(f"{folder}:") for each in closed["tmpfs"])
    assert {name for name, each in services().items() if "board-open-socket" in volumes(each)} == {
        "board-closed",
        "board-open",
    }


def test_only_the_user_of_the_processes_enters_the_folders_of_the_sockets():
    """The folders in memory belong to the user of the image, who runs both processes."""
    user = services()["board-closed"]["user"].split(":")[0]
    options = compose()["volumes"]["board-open-socket"]["driver_opts"]
    folder = next(each for each in services()["board-closed"]["tmpfs"] if "/run/board" in each)

    assert options["type"] == options["device"] == "tmpfs"
    for text in (options["o"], folder.rpartition(":")[2]):
        assert {"mode=0700", f"uid={user}", f"gid={user}"} <= set(text.split(","))
    assert services()["board-open"]["user"] == services()["board-closed"]["user"]


def test_members_keys_are_on_a_volume_of_the_closed_page():
    """The image has the folder, with owner and mode, that the volume takes over."""
    folder = environment("board-closed")["TOCSIN_BOARD_KEYS_FOLDER"]

    assert volume_paths(services()["board-closed"])["board-keys"] == folder
    assert [name for name, each in services().items() if "board-keys" in volumes(each)] == [
        "board-closed"
    ]
    made = f"install --directory --owner=tocsin --group=tocsin --mode=0700 {folder}"
    assert any(line.endswith(made) for line in instructions())


@EACH_ZONE
def test_each_page_is_served_over_tls_where_its_probe_asks(zone: Zone):
    """The certificate is its own, and the probe trusts the deployment's authority only."""
    service, settings = services()[f"board-{zone}"], environment(f"board-{zone}")
    (port,) = (each.rpartition(":")[2] for each in service["ports"])

    assert settings["TOCSIN_BOARD"] == f"0.0.0.0:{port}" and settings["TOCSIN_BOARD_TLS"] == "own"
    assert settings["TOCSIN_BOARD_TLS_CERT_FILE"] == f"/run/secrets/board-{zone}-tls"
    assert settings["TOCSIN_BOARD_TLS_KEY_FILE"] == settings["TOCSIN_BOARD_TLS_CERT_FILE"]
    assert settings["TOCSIN_BOARD_USERS_FILE"] == f"/run/secrets/board-{zone}-users"
    probe = service["healthcheck"]["test"][-1]
    assert f"https://127.0.0.1:{port}/livez" in probe and "\n" not in probe
    compile(probe, "probe", "exec")


def test_the_closed_page_is_audited_on_the_topic_and_the_open_page_not():
    """The open page would need a login of the broker, and shows nothing by treatment."""
    assert "TOCSIN_AUDIT" not in environment("board-closed")
    assert environment("board-open")["TOCSIN_AUDIT"] == "off"


@EACH_ZONE
def test_generated_users_log_in_to_their_page_only(vault: Vault, zone: Zone):
    """Each role of the page has a user, whose password opens that page and not the other."""
    users = read_users(vault.folder / f"board-{zone}-users")
    other = Zone.OPEN if zone is Zone.CLOSED else Zone.CLOSED

    roles = {user.role for user in users.by_name.values()}
    assert roles == {role for role in Role if role.zone is zone}
    assert users.by_name.keys() == passwords(vault, zone).keys()
    for name, password in passwords(vault, zone).items():
        assert users.verify(name, password, zone) is users.by_name[name]
        assert users.verify(name, password, other) is None
        assert password not in vault.secret(f"board-{zone}-users")
        assert users.by_name[name].may_read("PRODERM")


def test_passwords_are_hashed_as_the_page_hashes_them():
    """The page would else compute a different cost for a user who exists."""
    assert not HASHER.check_needs_rehash(hash_password("a password"))


def test_passwords_are_for_the_operator_only_and_made_with_the_users(tmp_path: Path):
    """They may be deleted once they are handed out; without the users all are made anew."""
    make_secrets(tmp_path)
    users, passwords = tmp_path / "board-open-users", tmp_path / "board-open-passwords"
    assert stat.S_IMODE(passwords.stat().st_mode) == 0o400
    assert stat.S_IMODE(users.stat().st_mode) == 0o444
    before = users.read_text()

    passwords.unlink()
    assert make_secrets(tmp_path) == [] and users.read_text() == before

    users.unlink()
    assert make_secrets(tmp_path) == ["board-open-users", "board-open-passwords"]
    assert users.read_text() != before
