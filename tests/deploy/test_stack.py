"""What `docker compose up` starts, started by hand: ProDERM comes in, and its bell rings outside."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.deploy.stack import Stack
from tests.deploy.vault import Vault

pytestmark = [pytest.mark.kafka, pytest.mark.redis]


def test_the_stack_comes_up(
    kafka_libs: Path, redis_program: str, vault: Vault, tmp_path: Path
):
    """Everything."""
    with Stack(tmp_path, kafka_libs, vault) as stack:
        print(stack.once("access"))
        print(stack.once("init", "topics", "apply"))
        print(stack.once("init", "store", "apply"))
        stack.start("worker")
        print(stack.once("produce", "produce", "studies/proderm/log.jsonl", "--quiet"))
        print(stack.once("tick", "tick", "PRODERM"))
        print(stack.running["worker"].log.read_text())
