"""Logins to Kafka and the store: read from settings and files, and never printed."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from streams.login import Brokers, Login, client_options, login_of
from streams.settings import Settings, with_password


@pytest.fixture
def password_file(tmp_path: Path) -> str:
    """Path of a file with a password and a final line break, as an editor writes it."""
    (tmp_path / "word").write_text("s3cret/+\n")
    return str(tmp_path / "word")


def test_the_broker_address_carries_the_login(password_file: str):
    """Code with the address can log in; a message that prints the address shows no password."""
    settings = Settings(
        kafka_security="sasl_plaintext", kafka_user="w", kafka_password_file=password_file
    )

    assert settings.broker == "127.0.0.1:9092" and f"{settings.broker}" == "127.0.0.1:9092"
    assert client_options(settings.broker) == {
        "security_protocol": "SASL_PLAINTEXT",
        "sasl_mechanism": "PLAIN",
        "sasl_plain_username": "w",
        "sasl_plain_password": "s3cret/+",
    }
    assert "s3cret" not in repr(settings) + repr(login_of(settings.broker))


def test_the_password_file_is_read_for_each_connection(password_file: str):
    """The password can change while a worker runs."""
    brokers = Brokers(
        "b:1", Login(security="sasl_plaintext", user="w", password_file=password_file)
    )
    Path(password_file).write_text("another")

    assert client_options(brokers)["sasl_plain_password"] == "another"


def test_plain_addresses_have_no_login():
    """A broker on the local machine needs no credentials."""
    assert client_options("127.0.0.1:9092") == {"security_protocol": "PLAINTEXT"}


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (
            "rediss://w@s:6379/0?ssl_ca_certs=/ca",
            "rediss://w:s3cret%2F%2B@s:6379/0?ssl_ca_certs=/ca",
        ),
        ("redis://s:6379/0", "redis://:s3cret%2F%2B@s:6379/0"),
        ("redis://w:old@[::1]:6379/0", "redis://w:s3cret%2F%2B@[::1]:6379/0"),
        ("unix://w@/run/s.sock?db=1", "unix://w@/run/s.sock?db=1&password=s3cret%2F%2B"),
    ],
)
def test_the_password_of_the_store_comes_from_a_file(url: str, expected: str, password_file: str):
    """The environment contains the address and the user name, but no secret."""
    assert with_password(url, "s3cret/+") == expected
    assert Settings(store=url, store_password_file=password_file).store == expected


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"kafka_security": "sasl_ssl"}, "TOCSIN_KAFKA_USER"),
        ({"kafka_security": "sasl_ssl", "kafka_user": "w"}, "TOCSIN_KAFKA_PASSWORD_FILE"),
        ({"kafka_ca_file": "none"}, "TOCSIN_KAFKA_CA_FILE: no such file"),
        ({"store_password_file": "none"}, "TOCSIN_STORE_PASSWORD_FILE: no such file"),
        ({"kafka_security": "tls"}, "kafka_security"),
    ],
)
def test_an_incomplete_login_is_rejected_at_startup(settings: dict[str, str], message: str):
    """The error names the setting; a broker would refuse the connection later without it."""
    with pytest.raises(ValidationError, match=message):
        Settings.model_validate(settings)
