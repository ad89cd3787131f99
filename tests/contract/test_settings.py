"""Settings that make no sense, and brokers that are not there: named, with the remedy."""

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
def test_a_setting_that_makes_no_sense_is_named_but_not_shown(setting: str, value: str):
    """Exit code 2; an address of the store may hold a password, so no value is repeated.

    Nor is a part of one, as where the password has a sign that ends an address.
    """
    done = tocsin("topics", "apply", **{setting: value})

    assert (done.returncode, done.stdout) == (2, "")
    assert f"TOCSIN_{setting}: " in done.stderr and "secret" not in done.stderr


def test_a_file_of_a_password_that_is_no_text_is_named(tmp_path: Path):
    """One byte of another encoding: it is told at the start, not by a traceback at a connection."""
    (tmp_path / "word").write_bytes(b"secr\xe9t\n")
    done = tocsin("topics", "apply", STORE_PASSWORD_FILE=f"{tmp_path}/word")

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "tocsin: TOCSIN_STORE_PASSWORD_FILE: not text in UTF-8.\n"


@pytest.mark.parametrize("address", ["127.0.0.1:1", "nowhere.invalid", "127.0.0.1:99999"])
def test_no_broker_is_exit_code_4_and_says_what_to_start(address: str):
    """At once, in one line: nobody waits half a minute for a closed port."""
    done = tocsin("topics", "apply", BROKER=address)

    assert (done.returncode, done.stdout) == (4, "")
    assert address in done.stderr and "make kafka" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("address", "parts"),
    [
        ("broker:19092", ("broker", 19092)),
        ("broker", ("broker", 9092)),
        ("[::1]:9", ("::1", 9)),
        ("[::1]", ("::1", 9092)),
    ],
)
def test_an_address_may_leave_out_its_port(address: str, parts: tuple[str, int]):
    """The port is Kafka's own then."""
    assert host_and_port(address) == parts


def test_something_that_is_no_broker_is_not_waited_for_for_ever():
    """It takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        with (
            pytest.raises(BrokerUnreachable, match="no Kafka broker"),
            admin_client(address, timeout_seconds=1),
        ):
            pass
