"""Stops each process behind a page, which must turn red and name what is silent."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from streams.kafka.partitioner import partition_of
from streams.kafka.topics import apply_topics, required_topics
from streams.local.kafka_server import KafkaServer
from streams.local.ports import free_ports
from streams.local.redis_server import RedisServer
from streams.settings import Settings
from tests.board.browser.members import wait_live
from tests.board.web.boards import PASSWORD, PASSWORD_HASH
from tests.contract.conftest import admin
from tests.contract.processes import CommandProcess, wait_until
from tests.contract.worker_sites import load_functions
from tests.contract.workers import WorkerSite
from tests.streams.processor.processors import PRODERM, STUDY

__all__ = ["admin"]

PARTITION = partition_of(STUDY, 12)
RECORDS = 100
RED_SECONDS_MAX = 10.5
"""Eight seconds of silence, the beats on the way, and half a second of the browser's driver."""

USERS = f"""[[user]]
name = "anna"
role = "board"
member = "anna"
studies = ["*"]
password = "{PASSWORD_HASH}"
"""


@pytest.fixture
def site(
    admin: Any, kafka: KafkaServer, redis_program: str, tmp_path: Path
) -> Iterator[WorkerSite]:
    """Kafka and Redis with empty topics and the functions of the store."""
    apply_topics(admin, required_topics(Settings()), alter=False)
    with RedisServer(tmp_path / "redis") as server:
        apart(lambda: asyncio.run(load_functions(server.url)))
        yield WorkerSite(kafka.bootstrap, server.url, tmp_path)


def apart(call: Callable[[], None]) -> None:
    """Call in a thread: the browser's client has an event loop in this one."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(call).result()


@dataclass
class Processes:
    """The processes behind a page: broker and store, worker, web process and its follower."""

    site: WorkerSite
    kafka: KafkaServer
    worker: CommandProcess
    web: CommandProcess
    address: str

    def pid_of(self, part: str) -> int:
        """The process id of *part*."""
        web = self.web.process.pid
        if part == "follower":
            children = Path(f"/proc/{web}/task/{web}/children").read_text().split()
            return next(int(each) for each in children)
        if part == "store":
            return int((self.site.folder / "redis" / "pid").read_text())
        broker = self.kafka.process.pid
        assert broker is not None
        return {"broker": broker, "worker": self.worker.process.pid, "web": web}[part]

    def send(self, first: int, last: int) -> None:
        """Send records of ProDERM."""
        self.site.send(PRODERM[first:last], STUDY, PARTITION)


@contextmanager
def running_processes(site: WorkerSite, kafka: KafkaServer) -> Generator[Processes]:
    """Worker and board as processes over *site*, with a part of ProDERM folded."""
    users = site.folder / "users.toml"
    users.write_text(USERS)
    address = f"127.0.0.1:{free_ports(1)[0]}"
    settings = {"BOARD": address, "BOARD_USERS_FILE": str(users), "AUDIT": "topic"}
    with site.running() as worker, site.running("tocsin", "board", **settings) as web:
        running = Processes(site, kafka, worker, web, f"http://{address}")
        try:
            running.send(0, RECORDS)
            apart(lambda: site.wait_folded(PARTITION, RECORDS - 1))
            yield running
        finally:
            if web.process.poll() is None:
                web.stop()


def log_in(browser: Any, running: Processes) -> Any:
    """A page of the study's overview, which is live."""
    context = browser.new_context()
    context.set_default_timeout(30_000)
    page = context.new_page()
    wait_until(lambda: is_served(page, running.address), "the page of the board")
    page.fill("#name", "anna")
    page.fill("#password", PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="stud").wait_for()
    for _ in range(100):
        if page.locator("main a", has_text=STUDY).count():
            break
        page.wait_for_timeout(200)
        page.reload()
    page.locator("main a", has_text=STUDY).click()
    page.fill("#purpose", "Test of silence")
    page.keyboard.press("Enter")
    wait_live(page)
    return page


def is_served(page: Any, address: str) -> bool:
    """Whether the web process answers."""
    from playwright.sync_api import Error

    try:
        return page.goto(f"{address}/login").status == 200
    except Error:
        return False


@contextmanager
def stopped(pid: int) -> Generator[None]:
    """The process does nothing until the end of the block."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def seconds_until_red(page: Any) -> tuple[float, str]:
    """How long the page takes to turn red, and what it says then."""
    begun = time.monotonic()
    page.locator('#live[data-state="dead"]').wait_for()
    return time.monotonic() - begun, page.inner_text("#live")


NAMES = {"follower": "follower", "worker": "worker", "broker": "broker", "store": "store"}


@pytest.mark.campaign
@pytest.mark.kafka
@pytest.mark.redis
def test_each_silence_turns_the_page_red_and_is_named(
    browser: Any, site: WorkerSite, kafka: KafkaServer
):
    """Follower, worker, broker and store are stopped, then go on; the web process is killed."""
    sent, found = RECORDS, dict[str, tuple[float, str]]()
    with running_processes(site, kafka) as running:
        page = log_in(browser, running)
        for part in NAMES:
            with stopped(running.pid_of(part)):
                if part == "worker":
                    running.send(sent, sent + 1)
                    sent += 1
                found[part] = seconds_until_red(page)
            wait_live(page)
        follower = running.pid_of("follower")
        running.web.process.kill()
        found["web"] = seconds_until_red(page)
        wait_until(lambda: not Path(f"/proc/{follower}").exists(), "the end of the follower")
        page.context.close()
    print({part: (round(seconds, 1), text) for part, (seconds, text) in found.items()})
    names = NAMES | {"web": "server"}
    assert {
        part: text for part, (_, text) in found.items() if names[part] not in text.lower()
    } == {}
    assert max(seconds for seconds, _ in found.values()) < RED_SECONDS_MAX


@pytest.mark.campaign
@pytest.mark.kafka
@pytest.mark.redis
def test_a_board_that_is_stopped_ends_in_order_with_its_follower(
    site: WorkerSite, kafka: KafkaServer
):
    """After SIGTERM the exit code is 0, and no follower is left."""
    with running_processes(site, kafka) as running:
        wait_until(lambda: "the board is at" in running.web.output, "the board")
        time.sleep(2)
        follower = running.pid_of("follower")
        assert running.web.stop() == 0
        assert not Path(f"/proc/{follower}").exists()
