"""A move that a worker would refuse for its key is refused before it is sent."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.state.study import Study
from streams.processor.pipeline import Pipeline
from streams.records.signing import Signer
from tests.scenarios.commands import plan_record
from tests.streams.records.signed_study import apply_fields, study_with_board
from tests.streams.records.signers import ANN, BEN
from tocsin.commands.alerts_move import check_key
from tocsin.commands.ingest_sdtm import ingest_sdtm
from tocsin.commands.ingest_tables import TableOptions
from tocsin.common.exits import Exit, Stop


def study_in(pipeline: Pipeline) -> Study:
    """Return the only study of *pipeline*."""
    (study,) = pipeline.studies.values()
    return study


@pytest.mark.parametrize(("member", "signer"), [("ann", None), ("ann", BEN), ("eve", ANN)])
def test_a_missing_or_wrong_key_is_refused(member: str, signer: Signer | None):
    """The log would keep the refused move for ever."""
    with pytest.raises(Stop, match="--key") as stop:
        check_key(study_in(study_with_board()), member, signer)
    assert stop.value.code is Exit.USAGE


def test_the_key_of_the_member_is_accepted():
    """While the row is rebuilt nothing is known of the board, and the worker decides."""
    assert check_key(study_in(study_with_board()), "ben", BEN) == ""
    assert check_key(None, "ben", None) == ""


@pytest.mark.parametrize("signer", [None, ANN])
def test_without_a_board_each_move_says_that_it_is_not_signed(signer: Signer | None):
    """A key is no use either: no plan lists it."""
    pipeline = Pipeline()
    assert apply_fields(pipeline, plan_record()).refusal is None
    note = check_key(study_in(pipeline), "ann", signer)
    assert note == "not signed: this plan names no board"


@pytest.mark.parametrize("study", ["TRIAL 1", "a" * 65, "", "étude", "S/1"])
def test_ingest_refuses_a_study_name_that_records_cannot_bear(study: str, tmp_path: Path):
    """Every record of the file would be refused."""
    with pytest.raises(Stop, match="cannot bear this name") as stop:
        ingest_sdtm(tmp_path, options=TableOptions(study=study, to=str(tmp_path / "log.jsonl")))
    assert stop.value.code is Exit.USAGE and not (tmp_path / "log.jsonl").exists()
