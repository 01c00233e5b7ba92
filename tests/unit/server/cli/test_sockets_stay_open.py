"""An open socket that says nothing is asked whether it is there, so that nothing between closes it."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest
from starlette.types import Receive, Scope, Send
from websockets.asyncio.client import connect

from server.cli import listening

PING = 0x89


async def silent(scope: Scope, receive: Receive, send: Send) -> None:
    del scope
    await receive()
    await send({"type": "websocket.accept"})
    while (await receive())["type"] != "websocket.disconnect":
        pass


@pytest.mark.anyio
async def test_pings(monkeypatch: pytest.MonkeyPatch) -> None:
    assert listening.PING_SECONDS <= 30
    monkeypatch.setattr(listening, "PING_SECONDS", 0.1)
    server = listening.web_server(silent)
    listener = socket.create_server(("127.0.0.1", 0))
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    where = f"ws://127.0.0.1:{listener.getsockname()[1]}/"
    async with connect(where, ping_interval=None) as client:
        asked = asyncio.Event()
        take = client.protocol.receive_data

        def watched(data: Any) -> None:
            if data and data[0] == PING:
                asked.set()
            take(data)

        monkeypatch.setattr(client.protocol, "receive_data", watched)
        await asyncio.wait_for(asked.wait(), 5)
    server.should_exit = True
    await asyncio.wait_for(serving, 5)
