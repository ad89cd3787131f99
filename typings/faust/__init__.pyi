"""The part of Faust 0.15 that Tocsin and its benchmarks use."""

from asyncio import AbstractEventLoop
from collections.abc import AsyncIterable, Awaitable, Callable
from ssl import SSLContext
from typing import Any, Generic, TypeVar

from faust.transport.drivers.aiokafka import Consumer, Transport
from mode import Service

T = TypeVar("T")

class SASLCredentials:
    def __init__(
        self,
        *,
        username: str | None,
        password: str | None,
        mechanism: str,
        ssl_context: SSLContext | None = None,
    ) -> None: ...

class SSLCredentials:
    def __init__(self, context: SSLContext | None = None) -> None: ...

class Topic: ...

class Stream(AsyncIterable[Any]):
    def take(self, max_: int, within: float) -> AsyncIterable[list[Any]]: ...
    def events(self) -> AsyncIterable[Any]: ...

class Channel(Generic[T]):
    async def put(self, value: T) -> None: ...

class Topics:
    def add(self, topic: Topic) -> None: ...

class BootStrategy:
    enable_kafka_producer: bool

class App:
    boot_strategy: BootStrategy
    transport: Transport
    topics: Topics
    rebalancing: bool
    def __init__(self, id: str, **settings: Any) -> None: ...
    @property
    def consumer(self) -> Consumer: ...
    def channel(self, *, maxsize: int | None = None) -> Channel[Any]: ...
    def topic(self, *topics: str, **settings: Any) -> Topic: ...
    def agent(
        self, channel: Channel[Any] | Topic, *, name: str | None = None, concurrency: int = 1
    ) -> Callable[[Callable[[Any], Awaitable[None]]], object]: ...
    def task(self, fun: Callable[[], Awaitable[None]]) -> object: ...
    def main(self) -> None: ...

class Worker(Service):
    spinner: Any
    crash_reason: BaseException | None
    def __init__(
        self,
        app: App,
        *services: Service,
        loop: AbstractEventLoop | None = None,
        quiet: bool = False,
        override_logging: bool = True,
        redirect_stdouts: bool | None = None,
    ) -> None: ...
    def execute_from_commandline(self) -> None: ...
    async def stop(self) -> None: ...
