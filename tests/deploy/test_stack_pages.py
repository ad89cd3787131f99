"""Logs in to both pages of the board, as docker-compose.yml runs them."""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from board.follower.protocol import CLOSED_SOCKET, OPEN_SOCKET
from streams.local.process import wait_until
from tests.deploy.stack import Stack
from tests.scenarios.proderm_committed import records

pytestmark = [pytest.mark.campaign, pytest.mark.kafka, pytest.mark.redis]

TIMEOUT_SECONDS = 60
STUDY = "PRODERM"
PORTS = {"closed": "8020", "open": "8021"}
TOKEN = re.compile(r'name="token" value="([^"]+)"')


@contextmanager
def visitor(stack: Stack, zone: str) -> Iterator[httpx.Client]:
    """Return a client of the page of *zone* that trusts the deployment's authority."""
    address = stack.url(f"board-{zone}", PORTS[zone], "").replace("http:", "https:")
    with httpx.Client(base_url=address, verify=stack.trust, follow_redirects=True) as client:
        yield client


def send_form(client: httpx.Client, path: str, **fields: str) -> httpx.Response:
    """Fill in the form at *path*, with its token."""
    token = TOKEN.search(client.get(path).text)
    assert token is not None
    return client.post(path, data={"token": token[1], **fields})


@contextmanager
def logged_in(stack: Stack, zone: str, name: str) -> Iterator[httpx.Client]:
    """Return a client of the user *name*, with the password that `make secrets` has written."""
    lines = stack.vault.secret(f"board-{zone}-passwords").splitlines()
    password = dict(line.split(" ") for line in lines)[name]
    with visitor(stack, zone) as client:
        answer = send_form(client, "/login", name=name, password=password)
        assert answer.status_code == 200, answer.text
        yield client


def is_complete(body: Any) -> bool:
    """Whether a view has all records of the study, and the store agrees with it."""
    return body.get("position") == len(records()) and body["store_agrees"] is True


def test_a_member_reads_the_overview_over_tls(stack: Stack):
    """The follower of the page folds the whole log, and agrees with the worker's store."""
    with logged_in(stack, "closed", "chair") as client:
        address = f"/s/{STUDY}/overview"
        assert send_form(client, "/purpose", purpose="Test of the stack").status_code == 200
        assert wait_until(
            lambda: is_complete(client.get(f"{address}.json").json()), TIMEOUT_SECONDS
        ), client.get(f"{address}.json").text[:2000]
        page = client.get(address)

    assert page.status_code == 200 and "<h1" in page.text
    assert page.headers["strict-transport-security"]


def test_each_read_is_in_the_audit_of_the_topic(stack: Stack):
    """The login `page` may write the audit, and its reader sees the own entry on the page."""
    with logged_in(stack, "closed", "auditor") as client:
        send_form(client, "/purpose", purpose="Look at the trail")
        client.get(f"/s/{STUDY}/alerts")
        trail = client.get(f"/s/{STUDY}/audit.json")

    assert trail.status_code == 200
    assert "Look at the trail" in trail.text and "auditor" in trail.text


def test_the_sponsor_sees_pooled_numbers_and_no_page_of_the_board(stack: Stack):
    """The open page has the count of the randomised, and its user no login on the closed one."""
    with logged_in(stack, "open", "sponsor") as client:
        assert wait_until(
            lambda: STUDY in client.get("/open.json").json()["studies"], TIMEOUT_SECONDS
        )
        pooled = client.get("/open.json")
        assert client.get(f"/s/{STUDY}/overview").status_code == 404
    assert pooled.json()["studies"][STUDY]["randomised"] > 0
    assert not any(word in pooled.text.lower() for word in ("ivig", "placebo", "signal", "tee-"))

    with visitor(stack, "closed") as client:
        assert send_form(client, "/login", name="sponsor", password="x").status_code == 401
    with visitor(stack, "open") as client:
        assert client.get("/open.json").status_code in (200, 401)
        assert STUDY not in client.get("/open.json").text


def test_the_open_process_has_no_password_and_no_closed_socket(stack: Stack):
    """Neither its environment nor the folder that it shares lead to data by treatment."""
    process = stack.running["board-open"]
    environment = Path(f"/proc/{process.pid}/environ").read_bytes().decode()
    settings = [each for each in environment.split("\0") if each.startswith("TOCSIN_")]
    assert any(each.startswith("TOCSIN_BOARD_USERS_FILE=") for each in settings)
    assert not any(word in each for each in settings for word in ("KAFKA", "STORE", "BROKER"))
    for secret in stack.vault.folder.glob("*-*"):
        if secret.name.startswith(("kafka-", "store-")) and not secret.name.endswith("-tls"):
            assert secret.read_text() not in environment

    closed, opened = (stack.folder / f"board-{zone}-root/run/board" for zone in PORTS)
    assert [each.name for each in (opened / "open").iterdir()] == [Path(OPEN_SOCKET).name]
    assert stat.S_ISSOCK((closed / CLOSED_SOCKET).stat().st_mode)
    assert not (opened / CLOSED_SOCKET).exists()


def test_liveness_needs_no_login_and_tells_nothing(stack: Stack):
    """The probe gets two letters from either page; anything else asks for a login."""
    for zone in PORTS:
        with visitor(stack, zone) as client:
            assert client.get("/livez").text == "ok\n"
            assert "Log in" in client.get("/").text
