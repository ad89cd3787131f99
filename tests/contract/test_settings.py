"""Invalid settings and unreachable brokers are reported with the remedy."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from streams.kafka.admin import BrokerUnreachable, admin_client, host_and_port
from tests.contract.commands import tocsin


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("LOG_PARTITIONS", "twelve"),
        ("LOG_PARTITIONS", "0"),
        ("BROKER", ""),
        ("BROKER", "one:9092,,two"),
        ("BROKER", "one:kafka"),
        ("STORE", "https://secret@example.org"),
        ("STORE", "redis://worker:secret#1@127.0.0.1:6379/0"),
        ("STORE", "redis://:secret/1@127.0.0.1:6379/0"),
        ("STORE_PASSWORD_FILE", "/nowhere/secret"),
        ("REPLICATION", "-2"),
    ],
)
def test_an_invalid_setting_is_named_without_its_value(setting: str, value: str):
    """Exit code 2; no value is repeated, because a store address may contain a password.

    No part of a value is repeated either, as where the password has a character that ends the
    host of an address.
    """
    result = tocsin("topics", "apply", **{setting: value})

    assert (result.returncode, result.stdout) == (2, "")
    assert f"TOCSIN_{setting}: " in result.stderr and "secret" not in result.stderr


def test_a_password_file_that_is_not_utf_8_is_named(tmp_path: Path):
    """The command reports another encoding at its start, before it connects."""
    (tmp_path / "word").write_bytes(b"secr\xe9t\n")
    result = tocsin("topics", "apply", STORE_PASSWORD_FILE=f"{tmp_path}/word")

    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == "tocsin: TOCSIN_STORE_PASSWORD_FILE: not text in UTF-8.\n"


@pytest.mark.parametrize("address", ["127.0.0.1:1", "nowhere.invalid", "127.0.0.1:99999"])
def test_an_unreachable_broker_is_exit_code_4_with_a_remedy(address: str):
    """The command ends at once with one line that names `make kafka`."""
    result = tocsin("topics", "apply", BROKER=address)

    assert (result.returncode, result.stdout) == (4, "")
    assert address in result.stderr and "make kafka" in result.stderr
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("broker:19092", ("broker", 19092)),
        ("broker", ("broker", 9092)),
        ("[::1]:9", ("::1", 9)),
        ("[::1]", ("::1", 9092)),
    ],
)
def test_an_address_may_leave_out_its_port(address: str, expected: tuple[str, int]):
    """The default port is 9092."""
    assert host_and_port(address) == expected


def test_a_server_that_does_not_respond_is_not_a_broker():
    """A server that accepts connections and sends nothing ends the wait by its timeout."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        with (
            pytest.raises(BrokerUnreachable, match="no Kafka broker"),
            admin_client(address, timeout_seconds=1),
        ):
            pass
