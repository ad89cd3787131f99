"""The parser of defusedxml that Tocsin uses."""

from xml.etree.ElementTree import ParseError as ParseError

class DefusedXMLParser:
    def __init__(
        self,
        *,
        target: object = ...,
        encoding: str | None = ...,
        forbid_dtd: bool = ...,
        forbid_entities: bool = ...,
        forbid_external: bool = ...,
    ) -> None: ...
    def feed(self, data: bytes) -> None: ...
    def close(self) -> object: ...
