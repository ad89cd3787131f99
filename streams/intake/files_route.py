"""`POST /v1/studies/{study}/files/{mapping}`: a listing, through a registered mapping."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from tempfile import TemporaryDirectory

from aiohttp import BodyPartReader, MultipartReader, StreamReader, web
from aiohttp.base_protocol import BaseProtocol

from streams.intake.answers import FilesAnswer
from streams.intake.listing_writer import ListingWriter
from streams.intake.listings import ListingRequest
from streams.intake.meter import IntakeMeter
from streams.intake.problems import RequestRefused
from streams.intake.records_route import json_response
from streams.intake.request import Gate, Sent
from streams.kafka.sender import NotSent, Undelivered
from streams.records.models import IDENTIFIER_PATTERN
from streams.sources.mapping.mapping import StudyMapping
from streams.sources.report import UnreadableSource

MULTIPART, CSV = "multipart/form-data", "text/csv"
TYPES = (MULTIPART, CSV)
STREAM_LIMIT = 1 << 16

NO_MAPPING = "No mapping of this name is registered for the study: see docs/intake.md."
NO_PARTS = "The body is no multipart/form-data. Name each part as the mapping names its file."
OTHER_FILES = (
    "The files are not those of the mapping. Name each part as the mapping names its file, and send"
    " each once; text/csv is for a mapping of one file."
)


@dataclass(frozen=True, slots=True)
class FilesRoute:
    """Reads a listing by one of the mappings in *folder*, None where none is registered."""

    gate: Gate
    writer: ListingWriter
    meter: IntakeMeter
    folder: Path | None

    async def post_file(self, request: web.Request) -> web.Response:
        """Answer 202 once every new record of the listing is in the log."""
        with self.gate.hold() as held:
            sent = await self.gate.receive(request, held, TYPES)
            path, mapping = self.find_mapping(request.match_info["mapping"], sent.study)
            paths = list(mapping.by_path())
            if request.content_type == MULTIPART:
                files = await parts_of(sent.body, request)
            else:
                files = {paths[0]: sent.body} if len(paths) == 1 else {}
            if files.keys() != set(paths):
                raise RequestRefused(HTTPStatus.UNPROCESSABLE_ENTITY, detail=OTHER_FILES)
            answer = await self.write(sent, path, files)
            return json_response(answer.model_dump_json(), HTTPStatus.ACCEPTED)

    def find_mapping(self, name: str, study: str) -> tuple[Path, StudyMapping]:
        """Return the mapping *name*.  Raises RequestRefused where *study* has none of this name."""
        missing = RequestRefused(HTTPStatus.NOT_FOUND, detail=NO_MAPPING)
        if self.folder is None or not re.fullmatch(IDENTIFIER_PATTERN, name):
            raise missing
        path = self.folder / f"{name}.toml"
        if not path.is_file():
            raise missing
        try:
            mapping = StudyMapping.read(path)
        except UnreadableSource as error:
            detail = f"The mapping is invalid: {error}.".replace(f"{self.folder}/", "")
            raise RequestRefused(HTTPStatus.UNPROCESSABLE_ENTITY, detail=detail) from None
        if mapping.study not in (None, study):
            raise missing
        return path, mapping

    async def write(self, sent: Sent, mapping: Path, files: Mapping[str, bytes]) -> FilesAnswer:
        """Convert and produce *files*.  Raises RequestRefused."""
        with TemporaryDirectory(prefix="tocsin-listing-") as folder:
            for name, content in files.items():
                path = Path(folder, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                await asyncio.to_thread(path.write_bytes, content)
            request = ListingRequest(
                format="csv", folder=Path(folder), mapping=mapping, study=sent.study, plan=""
            )
            try:
                answer = await self.writer.take_listing(request, sent.client)
            except NotSent:
                raise RequestRefused(HTTPStatus.SERVICE_UNAVAILABLE) from None
            except Undelivered:
                raise RequestRefused(HTTPStatus.GATEWAY_TIMEOUT) from None
        self.meter.count_lines(sent.study, "produced", answer.produced)
        return answer


async def parts_of(body: bytes, request: web.Request) -> dict[str, bytes]:
    """Return the parts of a form by their names.  Raises RequestRefused where it is none."""
    loop = asyncio.get_running_loop()
    stream = StreamReader(BaseProtocol(loop), STREAM_LIMIT, loop=loop)
    stream.feed_data(body)
    stream.feed_eof()
    parts, refused = dict[str, bytes](), RequestRefused(HTTPStatus.BAD_REQUEST, detail=NO_PARTS)
    try:
        reader = MultipartReader(request.headers, stream)
        while (part := await reader.next()) is not None:
            if not isinstance(part, BodyPartReader) or part.name is None or part.name in parts:
                raise refused
            parts[part.name] = bytes(await part.read(decode=True))
    except (ValueError, AssertionError, RuntimeError):
        raise refused from None
    return parts
