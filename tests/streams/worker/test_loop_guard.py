"""The guard ends a process whose event loop is blocked, and no other."""

from __future__ import annotations

import threading
import time

from streams.worker.loop_guard import LoopGuard

TICK_SECONDS = 0.01


def test_a_loop_that_completes_no_check_ends_the_process():
    """The thread counts while the loop is blocked."""
    ended = threading.Event()
    guard = LoopGuard(5, TICK_SECONDS, ended.set)

    guard.start()

    assert ended.wait(30)


def test_a_loop_that_confirms_its_checks_goes_on():
    """Each completed check starts the count anew."""
    ended = threading.Event()
    guard = LoopGuard(100, TICK_SECONDS, ended.set)
    guard.start()

    for _ in range(30):
        time.sleep(5 * TICK_SECONDS)
        guard.confirm()

    assert not ended.is_set()
    guard.stop()


def test_a_stopped_guard_ends_nothing():
    """An orderly end takes as long as it needs."""
    ended = threading.Event()
    guard = LoopGuard(1, 10 * TICK_SECONDS, ended.set)
    guard.start()

    guard.stop()

    assert not ended.wait(30 * TICK_SECONDS)
