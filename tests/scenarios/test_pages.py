"""Tests that examples in the documentation work as described there."""

from __future__ import annotations

import re
from pathlib import Path

from tests.paths import ROOT
from tests.scenarios.commands import run_tocsin
from tocsin.commands.deliver import describe_audiences, load_routing

DOCS = ROOT / "docs"


def block(page: str, beginning: str) -> str:
    """Return the only code block of *page* that starts with *beginning*."""
    text = (DOCS / page).read_text(encoding="utf-8")
    blocks: list[str] = re.findall(r"^```[a-z]*\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    (one,) = (each for each in blocks if each.startswith(beginning))
    return one


def test_the_delivery_file_of_the_documentation_is_valid(tmp_path: Path):
    """With its secret files, it loads, and its audiences are described as on the page."""
    path = tmp_path / "delivery.toml"
    path.write_text(block("delivery.md", "link ="))
    for name in ("ref.key", "pager.key"):
        (tmp_path / name).write_text("0123456789abcdef0123456789abcdef")
    (tmp_path / "phone.url").write_text("json://127.0.0.1/x")

    routing, _ = load_routing(path)
    assert describe_audiences(routing) == block("delivery.md", "board:").splitlines()


def test_the_log_of_the_documentation_raises_the_alert_of_its_rule(tmp_path: Path):
    """It has the signed plan of the page on plans, one subject and a death."""
    plan, key, log = (tmp_path / name for name in ("plan.toml", "office.pem", "log.jsonl"))
    plan.write_text(block("plan.md", "study ="))
    shell = block("records.md", "tocsin keys new")
    lines = [line for line in shell.splitlines() if line.startswith("{")]
    assert run_tocsin("keys", "new", key).code == 0
    signed = run_tocsin("plan", "sign", plan, "--key", key, "--known-at", "2026-11-01T07:00:00Z")
    log.write_text("\n".join([signed.stdout.strip(), *lines]) + "\n")

    run = run_tocsin("replay", log, "--strict")
    assert (run.code, run.stderr) == (0, "")
    assert run.stdout.startswith("SIGNAL 2026-11-20  rule/deaths  Cardiac arrest")
    assert "Records 4 lines: 4 folded" in run.stdout
