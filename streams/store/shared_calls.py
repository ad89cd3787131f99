"""Sends the function calls of several partitions to the store together."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from streams.store.client import Client


class FunctionCall(NamedTuple):
    """A function of the library with its keys and arguments, and the future of its reply."""

    name: str
    keys: Sequence[str]
    args: Sequence[Any]
    reply: asyncio.Future[Any]


@dataclass(slots=True)
class SharedCalls:
    """Collects the calls that are made in one step of the event loop, and sends them at its end.

    The server executes them one after another, each atomic as if it were sent alone.  One round
    trip costs client and kernel as much as one call: with a round trip for each partition, these
    would take a third of the worker's time where batches are small.
    """

    client: Client
    waiting: list[FunctionCall] = field(default_factory=list[FunctionCall])
    sending: set[asyncio.Task[None]] = field(default_factory=set[asyncio.Task[None]])

    async def call(self, name: str, keys: Sequence[str], args: Sequence[Any]) -> Any:
        """Return the reply of the function *name*.

        Raises the client's error; where the connection fails, every call sent with this one does.
        """
        loop = asyncio.get_running_loop()
        if not self.waiting:
            loop.call_soon(self._send_waiting)
        call = FunctionCall(name, keys, args, loop.create_future())
        self.waiting.append(call)
        return await call.reply

    def _send_waiting(self) -> None:
        calls = [call for call in self.waiting if not call.reply.done()]  # Others are cancelled.
        self.waiting.clear()
        if calls:
            task = asyncio.create_task(self._send(calls))
            self.sending.add(task)
            task.add_done_callback(self.sending.discard)

    async def _send(self, calls: Sequence[FunctionCall]) -> None:
        """Send *calls*, and pass on each reply or error."""
        pipe = self.client.pipeline(transaction=False)
        for call in calls:
            pipe.fcall(call.name, len(call.keys), *call.keys, *call.args)
        try:
            replies: Sequence[Any] = await pipe.execute(raise_on_error=False)
        except asyncio.CancelledError:
            for call in calls:
                call.reply.cancel()
            raise
        except Exception as error:
            replies = [error] * len(calls)
        for call, reply in zip(calls, replies, strict=True):
            if call.reply.done():
                continue  # Its caller was cancelled.
            if isinstance(reply, Exception):
                call.reply.set_exception(reply)
            else:
                call.reply.set_result(reply)
