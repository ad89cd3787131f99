"""`tocsin produce` checks records before it sends them, and reads standard input."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from streams.local.embedded import EmbeddedBroker
from tests.contract.commands import tocsin
from tests.contract.produced import record_bytes, write_log
from tests.paths import ROOT

NOT_A_TYPE = record_bytes(1, type="tik")


def test_a_line_that_workers_would_refuse_is_not_sent(embedded: EmbeddedBroker, tmp_path: Path):
    """It is named with its reason, exit code 3; --no-check sends it."""
    settings = {"BROKER": embedded.bootstrap, "LOG_PARTITIONS": "4"}
    path = str(write_log(tmp_path, record_bytes(0), NOT_A_TYPE, record_bytes(2)))

    checked = tocsin("produce", path, **settings)
    unchecked = tocsin("produce", path, "--no-check", **settings)

    assert (checked.returncode, checked.stdout) == (3, "2 records sent, 0 already in the topic.\n")
    assert "line 2: not sent: `type` is none of" in " ".join(checked.stderr.split())
    assert unchecked.returncode == 0 and unchecked.stdout.startswith("1 record sent, 2 already")


def test_standard_input_is_a_file(embedded: EmbeddedBroker):
    """A pipe from another program needs no file; what is in the topic already adds nothing."""
    environment = {
        **os.environ,
        "TOCSIN_BROKER": embedded.bootstrap,
        "TOCSIN_LOG_PARTITIONS": "4",
        "PYTHONPATH": str(ROOT),
    }
    lines = b"".join(record_bytes(each) + b"\n" for each in range(20))

    outputs = [
        subprocess.run(
            [sys.executable, "-m", "tocsin", "produce", "-"],
            input=lines,
            env=environment,
            capture_output=True,
            check=True,
        ).stdout
        for _ in range(2)
    ]

    assert outputs[0] == b"20 records sent, 0 already in the topic.\n"
    assert outputs[1] == b"0 records sent, 20 already in the topic.\n"
