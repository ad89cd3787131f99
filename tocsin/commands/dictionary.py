"""``tocsin dictionary``: writes groups of a plan from dictionaries of medical terms."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from cyclopts import App

from monitor.plan.section import IDENTIFIER_PATTERN
from streams.dictionaries.meddra import load_meddra
from streams.dictionaries.ocmq import SheetColumns, ocmq_group
from streams.dictionaries.smq import smq_group
from streams.dictionaries.starter import StarterList, StarterScope, starter_group
from streams.dictionaries.term_group import Scope, TermGroup, group_toml
from streams.sources.report import UnreadableSource
from tocsin.common.exits import Exit, Stop

app = App(name="dictionary", help="Write groups of a plan from dictionaries of medical terms.")


@app.command
def smq(
    directory: Path, /, *, code: list[str], broad: bool = False, name: str | None = None
) -> None:
    """Print the groups of Standardised MedDRA Queries (SMQs), as TOML for a plan.

    DIRECTORY is the folder of the ASCII files of your licensed MedDRA release.

    Parameters
    ----------
    directory
        Folder with mdhier.asc, llt.asc, smq_list.asc and smq_content.asc.
    code
        Code of a query; repeat it for several groups.
    broad
        Take the narrow and the broad terms, not the narrow ones only.
    name
        Name of the group in the plan; without it smq-CODE.  For one query only.
    """
    if name is not None and len(code) > 1:
        raise Stop(Exit.USAGE, "--name is for one query: leave it out, or give one --code.")
    scope = Scope.BROAD if broad else Scope.NARROW

    def groups() -> list[TermGroup]:
        meddra = load_meddra(directory)
        return [smq_group(meddra, each, scope, name) for each in code]

    print_groups(groups)


@app.command
def ocmq(
    sheet: Path,
    /,
    *,
    query: str,
    release: str,
    broad: bool = False,
    name: str | None = None,
    query_column: str | None = None,
    term_column: str | None = None,
    scope_column: str | None = None,
) -> None:
    """Print the group of one of FDA's OND Custom Medical Queries (OCMQs), as TOML for a plan.

    Parameters
    ----------
    sheet
        The sheet of terms, saved as CSV.
    query
        Name of the query, as the sheet spells it.
    release
        Version of the OCMQs, such as 4.1: the sheet does not name it.
    broad
        Take the narrow and the broad terms, not the narrow ones only.
    name
        Name of the group in the plan.
    query_column
        Header of the column of queries, where it is none of the known ones.
    term_column
        Header of the column of preferred terms.
    scope_column
        Header of the column that says narrow or broad.
    """
    columns = SheetColumns(query=query_column, term=term_column, scope=scope_column)
    scope = Scope.BROAD if broad else Scope.NARROW
    print_groups(lambda: [ocmq_group(sheet, query, release, scope, columns, name)])


@app.command
def starter(
    which: StarterList = StarterList.THROMBOEMBOLIC,
    /,
    *,
    extended: bool = False,
    name: str | None = None,
) -> None:
    """Print a starter list that comes with Tocsin, for a plan without a licensed dictionary.

    Parameters
    ----------
    which
        The list.
    extended
        Take what may belong to it, too: devices, grafts, sites, ischaemia.
    name
        Name of the group in the plan.
    """
    scope = StarterScope.EXTENDED if extended else StarterScope.CORE
    print_groups(lambda: [starter_group(which, scope, name)])


def print_groups(groups: Callable[[], list[TermGroup]]) -> None:
    """Print *groups* as TOML; raises Stop where they cannot be read or have no valid name."""
    try:
        texts = [group_toml(_checked(group)) for group in groups()]
    except UnreadableSource as error:
        raise Stop(Exit.USAGE, str(error)) from None
    print("\n".join(texts), end="")


def _checked(group: TermGroup) -> TermGroup:
    if not re.fullmatch(IDENTIFIER_PATTERN, group.name):
        message = "--name should be 1 to 64 of letters, digits and _ . : -"
        raise Stop(Exit.USAGE, f"{message}, as the names of groups in a plan are.")
    return group
