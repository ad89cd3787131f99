"""Flags that many commands take: said or not, without a `--no-` of their own."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

Flag = Annotated[bool, Parameter(negative="")]

Json = Annotated[bool, Parameter(name="--json", negative="")]
"""Whether to print for programs."""
