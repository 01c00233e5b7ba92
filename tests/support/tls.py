"""TLS in front of a plain server on this machine, with a certificate authority that ends with the test."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import trustme


@contextmanager
def tls_front(folder: Path, port: int, upstream: int) -> Iterator[Path]:
    """Forwards https://localhost:port to http://127.0.0.1:upstream, byte by byte. Answers the CA's certificate file."""
    authority = trustme.CA()
    authority_file = folder / "ca.pem"
    authority.cert_pem.write_to_path(authority_file)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    loop = asyncio.new_event_loop()
    started = threading.Event()
    ending = asyncio.Event()

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there_writer = await asyncio.open_connection("127.0.0.1", upstream)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(_pipe(reader, there_writer))
                group.create_task(_pipe(there_reader, writer))
        finally:
            for one in (writer, there_writer):
                one.close()
                with suppress(OSError, ssl.SSLError):
                    await one.wait_closed()

    async def serve() -> None:
        server = await asyncio.start_server(forward, "127.0.0.1", port, ssl=context)
        async with server:
            started.set()
            await ending.wait()

    def run() -> None:
        asyncio.set_event_loop(loop)
        with suppress(asyncio.CancelledError):
            loop.run_until_complete(serve())
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0.05))
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert started.wait(10), "the TLS front did not start"
    try:
        yield authority_file
    finally:
        loop.call_soon_threadsafe(ending.set)
        thread.join(10)


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Until one side ends; then the other hears of it."""
    with suppress(OSError, ssl.SSLError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    with suppress(OSError, ssl.SSLError):
        writer.close()
