"""A browser's traffic at little cost: HTTP/1.1 by hand, streams, and pages that keep themselves true.

The load shares its two cores with the house, so a request must cost the caller a tenth of what it costs the
house. What a page does when it hears news is read from the page itself (`data-live`, `data-live-src`) and
from the pauses that its scripts name.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
import zlib
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.load_tally import Tally

TIMEOUT_S = 30.0
IDLE_S = 3.0
"""uvicorn ends a connection that rests for five seconds; a browser's does not rest so long under load."""
LOOKS_BY_ITSELF = {"HX-Request": "true", "X-Ondol-Live": "1"}
SCRIPTS = Path(__file__).resolve().parent.parent / "web" / "assets"
_TAG = re.compile(r"<[a-z]+[^>]*\sdata-live=\"[^\"]*\"[^>]*>")
_STREAM = re.compile(r"data-live-url=\"([^\"]*)\"")
_ATTRIBUTE = re.compile(r"\s(data-live|data-live-src|data-lazy)=\"([^\"]*)\"")


def pause_of(script: str, name: str) -> float:
    """A pause that a script of the product names, in its own unit."""
    found = re.search(rf"{name} = ([\d_.]+)", (SCRIPTS / script).read_text(encoding="utf-8"))
    if found is None:
        raise LookupError(f"{script} names no {name} any more: the load has to follow it")
    return float(found.group(1).replace("_", ""))


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

    def __init__(self, url: str, tally: Tally) -> None:
        parts = urlsplit(url)
        self.host, self.port = parts.hostname or "127.0.0.1", parts.port or 80
        self.tally = tally
        self._idle: list[tuple[float, asyncio.StreamReader, asyncio.StreamWriter]] = []

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
            answer = await asyncio.wait_for(
                self._send(_head(method, path, self.host, self.port, cookie, body, headers) + body),
                TIMEOUT_S,
            )
        except (TimeoutError, OSError, asyncio.IncompleteReadError, ValueError) as error:
            self.tally.failed(kind, type(error).__name__)
            return None
        if answer.status == 503 and headers == LOOKS_BY_ITSELF:
            self.tally.answered(kind + ", put off", (time.perf_counter() - began) * 1000)
            return None
        if answer.status not in good:
            self.tally.failed(kind, f"{answer.status} {_code_of(answer)}".strip())
            return None
        self.tally.answered(kind, (time.perf_counter() - began) * 1000)
        return answer

    async def listen(self, path: str, *, cookie: str) -> AsyncGenerator[tuple[str, dict[str, object]]]:
        """The events of a stream until it ends."""
        reader, writer = await asyncio.open_connection(self.host, self.port)
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
        for _since, _reader, writer in self._idle:
            await _end(writer)
        self._idle.clear()

    async def _send(self, request: bytes) -> Answer:
        reader, writer = await self._connection()
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
            self._idle.append((time.monotonic(), reader, writer))
        if headers.get("content-encoding") == "gzip":
            body = zlib.decompress(body, 31)
        return Answer(status, headers, body)

    async def _connection(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        while self._idle:
            since, reader, writer = self._idle.pop()
            if time.monotonic() - since < IDLE_S and not reader.at_eof():
                return reader, writer
            await _end(writer)
        return await asyncio.open_connection(self.host, self.port)


@dataclass
class Part:
    """An element of a page that is fetched anew when it hears its topics."""

    topics: tuple[str, ...]
    source: str
    kind: str
    busy: bool = False
    again: bool = False
    least_pause_s: float = 0.0

    def hears(self, topics: list[str]) -> bool:
        return any(
            want in ("*", topic) or topic.startswith(want + ":") for want in self.topics for topic in topics
        )


@dataclass
class Page:
    """An open page: its stream's news make its parts look again, as `js/live.js` does it."""

    house: House
    cookie: str
    stream: str = "/live"
    parts: list[Part] = field(default_factory=list)
    kind_of: Callable[[str], str] = str
    on_news: Callable[[str, list[str]], None] | None = None
    looks: set[asyncio.Task[None]] = field(default_factory=set)

    def read(self, html: str) -> None:
        """Take the stream's address and the parts from a page."""
        found = _STREAM.search(html)
        self.stream = unescape(found.group(1)) if found else self.stream
        self.parts = [part for part in map(self._part, _TAG.findall(html)) if part is not None]

    async def live(self) -> None:
        """Listen until cancelled; a stream that ends is opened again after a second."""
        try:
            await self._live()
        finally:
            for look in self.looks:
                look.cancel()
            await asyncio.gather(*self.looks, return_exceptions=True)

    async def _live(self) -> None:
        while True:
            try:
                async with aclosing(self.house.listen(self.stream, cookie=self.cookie)) as told:
                    async for event, data in told:
                        self.hear(event, data)
            except (OSError, asyncio.IncompleteReadError, ValueError) as error:
                self.house.tally.failed("GET /live", type(error).__name__)
            await asyncio.sleep(1)

    def hear(self, event: str, data: dict[str, object]) -> None:
        """What the stream said."""
        if event not in ("change", "resync"):
            return
        told = data.get("topics")
        topics = [str(topic) for topic in told] if isinstance(told, list) else []
        if self.on_news is not None:
            self.on_news(event, topics)
        for part in self.parts:
            if event == "resync" or part.hears(topics):
                self._schedule(part)

    def _schedule(self, part: Part) -> None:
        if part.busy:
            part.again = True
            return
        part.busy = True
        look = asyncio.get_running_loop().create_task(self._look(part))
        self.looks.add(look)
        look.add_done_callback(self.looks.discard)

    async def _look(self, part: Part) -> None:
        await asyncio.sleep(COALESCE_S)
        while True:
            part.again = False
            began = time.perf_counter()
            answer = await self.house.ask(part.kind, part.source, cookie=self.cookie, headers=LOOKS_BY_ITSELF)
            fresh = self._part(tag.group()) if answer and (tag := _TAG.search(answer.text)) else None
            if fresh is not None:
                part.topics, part.source = fresh.topics, fresh.source
            rest_s = min(REST_TIMES * (time.perf_counter() - began), REST_MOST_S)
            if answer is None:
                part.again, rest_s = True, max(rest_s, REST_PUT_OFF_S)
            await asyncio.sleep(max(rest_s, part.least_pause_s))
            if not part.again:
                break
        part.busy = False

    def _part(self, tag: str) -> Part | None:
        found = {name: unescape(value) for name, value in _ATTRIBUTE.findall(tag)}
        source = found.get("data-live-src") or found.get("data-lazy")
        if not source:
            return None
        return Part(tuple(found["data-live"].split()), source, self.kind_of(source))


COALESCE_S = pause_of("js/live.js", "COALESCE_MS") / 1000
REST_TIMES = pause_of("js/live.js", "REST_TIMES")
REST_PUT_OFF_S = pause_of("js/live.js", "REST_WHEN_PUT_OFF_MS") / 1000
REST_MOST_S = pause_of("js/live.js", "REST_MOST_MS") / 1000


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
