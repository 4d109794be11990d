"""HTTP/1.1 by hand, so that a request costs the caller a tenth of what it costs the house."""

from __future__ import annotations

import asyncio
import json
import time
import zlib
from collections.abc import AsyncGenerator
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

from benchmarks.load_tally import Tally

TIMEOUT_S = 30.0
IDLE_S = 3.0
"""uvicorn ends a connection that rests for five seconds; a browser's does not rest so long under load."""
LOOKS_BY_ITSELF = {"HX-Request": "true", "X-Ondol-Live": "1"}


@dataclass(frozen=True)
class Answer:
    """`body` is unpacked."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode(errors="replace")


class House:
    """The web server as its callers reach it; connections are kept and used again."""

    def __init__(self, url: str, tally: Tally, *, looks_url: str | None = None) -> None:
        """Remember where it is.

        Args:
            looks_url: where a front server sends streams and looks; None: nowhere else.
        """
        parts = urlsplit(url)
        self.host, self.port = parts.hostname or "127.0.0.1", parts.port or 80
        self.tally = tally
        self._looks_port = urlsplit(looks_url or url).port or 80
        self._idle: dict[int, list[tuple[float, asyncio.StreamReader, asyncio.StreamWriter]]] = {}

    async def ask(
        self,
        kind: str,
        path: str,
        *,
        cookie: str,
        method: str = "GET",
        body: bytes = b"",
        headers: dict[str, str] | None = None,
        good: tuple[int, ...] = (200,),
    ) -> Answer | None:
        """One request, counted under `kind`; None when it was no good answer (that is counted, too)."""
        began = time.perf_counter()
        try:
            port = self._looks_port if headers == LOOKS_BY_ITSELF else self.port
            request = _head(method, path, self.host, self.port, cookie, body, headers) + body
            answer = await asyncio.wait_for(self._send(port, request), TIMEOUT_S)
        except (TimeoutError, OSError, asyncio.IncompleteReadError, ValueError) as error:
            self.tally.failed(kind, type(error).__name__)
            return None
        if answer.status == 429 and headers == LOOKS_BY_ITSELF:
            self.tally.answered(kind + ", put off", (time.perf_counter() - began) * 1000)
            return None
        if answer.status not in good:
            self.tally.failed(kind, f"{answer.status} {_code_of(answer)}".strip())
            return None
        self.tally.answered(kind, (time.perf_counter() - began) * 1000)
        return answer

    async def listen(self, path: str, *, cookie: str) -> AsyncGenerator[tuple[str, dict[str, object]]]:
        """The events of a stream until it ends."""
        reader, writer = await asyncio.open_connection(self.host, self._looks_port)
        writer.write(_head("GET", path, self.host, self.port, cookie, b"", None))
        try:
            status, _headers = await _read_head(reader)
            if status != 200:
                self.tally.failed("GET /live", str(status))
                return
            event = ""
            while line := await reader.readline():
                if line.startswith(b"event: "):
                    event = line[7:].strip().decode()
                elif line.startswith(b"data: ") and event:
                    self.tally.news += 1
                    yield event, json.loads(line[6:])
                    event = ""
        finally:
            await _end(writer)

    async def close(self) -> None:
        """End the connections that rest."""
        for idle in self._idle.values():
            for _since, _reader, writer in idle:
                await _end(writer)
        self._idle.clear()

    async def _send(self, port: int, request: bytes) -> Answer:
        reader, writer = await self._connection(port)
        try:
            writer.write(request)
            status, headers = await _read_head(reader)
            body = await _read_body(reader, headers)
        except BaseException:
            writer.close()
            raise
        if headers.get("connection") == "close":
            await _end(writer)
        else:
            self._idle[port].append((time.monotonic(), reader, writer))
        if headers.get("content-encoding") == "gzip":
            body = zlib.decompress(body, 31)
        return Answer(status, headers, body)

    async def _connection(self, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        idle = self._idle.setdefault(port, [])
        while idle:
            since, reader, writer = idle.pop()
            if time.monotonic() - since < IDLE_S and not reader.at_eof():
                return reader, writer
            await _end(writer)
        return await asyncio.open_connection(self.host, port)


async def _end(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()


def _head(
    method: str, path: str, host: str, port: int, cookie: str, body: bytes, more: dict[str, str] | None
) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}:{port}", f"Cookie: ondol_session={cookie}"]
    lines += ["Accept-Encoding: gzip", f"Origin: http://{host}:{port}"]
    lines += [f"{name}: {value}" for name, value in (more or {}).items()]
    if method != "GET":
        lines.append(f"Content-Length: {len(body)}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


async def _read_head(reader: asyncio.StreamReader) -> tuple[int, dict[str, str]]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *rest = head.split("\r\n")
    pairs = (line.split(": ", 1) for line in rest if line)
    return int(first.split(" ", 2)[1]), {name.lower(): value for name, value in pairs}


async def _read_body(reader: asyncio.StreamReader, headers: dict[str, str]) -> bytes:
    if "content-length" in headers:
        return await reader.readexactly(int(headers["content-length"]))
    if headers.get("transfer-encoding") != "chunked":
        return b""
    pieces = []
    while size := int(await reader.readline(), 16):
        pieces.append(await reader.readexactly(size))
        await reader.readexactly(2)
    await reader.readline()
    return b"".join(pieces)


def _code_of(answer: Answer) -> str:
    if "json" not in answer.headers.get("content-type", ""):
        return ""
    try:
        return str(json.loads(answer.body).get("code", ""))
    except ValueError:
        return ""
