"""The file of clients: hashed tokens and secrets, each bound to studies and systems."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path

import pytest

from streams.intake.clients import (
    DATA_TYPES,
    ClientsError,
    new_token,
    presented_token,
    read_clients,
    token_digest,
)
from tests.streams.intake.intakes import CLIENTS

DIGEST = "a" * 64
CLIENT = '[[client]]\nname = "edc"\nstudies = ["S"]\nsystems = ["edc"]\n'


def write(folder: Path, text: str) -> Path:
    """Write a file of clients, and a secret beside it."""
    (folder / "secret").write_text("whsec_" + b64encode(b"k" * 24).decode() + "\n")
    (folder / "short").write_text("whsec_" + b64encode(b"k" * 8).decode())
    (path := folder / "clients.toml").write_text(text)
    return path


def test_a_token_is_found_by_its_hash(tmp_path: Path):
    """The file has no token; several hashes of one client let it change its token."""
    first, second = new_token(), new_token()
    digests = [token_digest(each).hex() for each in (first, second)]
    path = write(tmp_path, f"{CLIENT}token_sha256 = {digests}\nwebhook_secret_files = ['secret']\n")
    clients = read_clients(path)

    for each in (first, second):
        client = clients.find_by_token(each)
        assert client is not None and client.name == "edc" and client.types == {*DATA_TYPES}
    assert clients.find_by_token(first + "x") is None
    assert first not in path.read_text() and digests[0] not in repr(clients)
    assert clients.all[0].webhook_keys == (b"k" * 24,)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "client: "),
        ("[[client]\n", "not TOML"),
        (CLIENT, "client edc: give token_sha256 or webhook_secret_files"),
        (CLIENT + "token_sha256 = ['secretsecret']", "client 1 token_sha256 1: "),
        (CLIENT + "token = 'secretsecret'", "client 1 token: "),
        (CLIENT + "types = ['review']\ntoken_sha256 = []", "client 1 types 1: "),
        (
            CLIENT + f"token_sha256 = ['{DIGEST}']\n" + CLIENT + f"token_sha256 = ['{DIGEST}']",
            "one",
        ),
        (CLIENT + "webhook_secret_files = ['nowhere']", "nowhere cannot be read"),
        (CLIENT + "webhook_secret_files = ['short']", "short has a secret of less than 24 bytes"),
        (CLIENT + "webhook_secret_files = ['clients.toml']", "has no secret in base64"),
        ('[[client]]\nname = "edc"\nstudies = ["*"]\nsystems = ["e"]', "client 1 studies 1: "),
    ],
)
def test_a_faulty_file_is_named_with_the_place_and_no_secret(
    text: str, message: str, tmp_path: Path
):
    """No study is a wildcard: a client sends to the studies that are listed."""
    with pytest.raises(ClientsError) as raised:
        read_clients(write(tmp_path, text))

    assert message in str(raised.value) and "secretsecret" not in str(raised.value)


def test_a_missing_file_is_named(tmp_path: Path):
    """With the reason of the system."""
    with pytest.raises(ClientsError, match="cannot be read"):
        read_clients(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("header", "token"),
    [
        ("Bearer a", "a"),
        ("bearer  a ", "a"),
        ("Bearer", None),
        ("Basic " + b64encode(b"x:a:b").decode(), "a:b"),
        ("Basic " + b64encode(b"x").decode(), None),
        ("Basic " + b64encode(b"\xff:\xff").decode(), None),
        ("Digest a", None),
        ("", None),
    ],
)
def test_a_token_is_presented_as_bearer_or_as_password(header: str, token: str | None):
    """A sender that can only set an address has the token in it, as REDCap."""
    assert presented_token(header) == token


@pytest.mark.parametrize(
    ("system", "allowed"),
    [("edc", True), ("edc.ae", True), ("edc.ae.x", True), ("edcx", False), ("ed", False)],
)
def test_a_part_of_a_source_system_belongs_to_it(system: str, allowed: bool):
    """Records of a listing name the file: `edc.ae`."""
    assert CLIENTS.all[0].may_send_as({system}) is allowed
    assert CLIENTS.all[0].may_send_as({system, "safety"}) is False
