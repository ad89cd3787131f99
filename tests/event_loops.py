"""Runs a test that is a coroutine in its own event loop."""

from __future__ import annotations

import asyncio
from inspect import iscoroutinefunction, signature

import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run the test in an event loop if it is a coroutine; leave other tests to pytest."""
    if not iscoroutinefunction(pyfuncitem.obj):
        return None
    parameters = signature(pyfuncitem.obj).parameters
    asyncio.run(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in parameters}))
    return True
