"""WebSockets: found in the same table of routes, proven by the same token, counted in the same buckets as requests.

What is refused is refused before the connection is taken over: an ordinary answer with a status and a sentence.
"""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response
from starlette.websockets import WebSocket

from server.core.errors import AppError
from server.core.i18n import Translator
from server.domain.users import Principal
from server.web.kit import errors
from server.web.kit.house import House
from server.web.kit.routing import SocketHandler

REFUSAL = "websocket.http.response"


@dataclass(frozen=True, slots=True)
class SocketCall:
    """A connection that may be taken over, authenticated as its route demands. token: as it was handed over."""

    socket: WebSocket
    handler: SocketHandler
    house: House
    translator: Translator
    principal: Principal
    token: str

    async def serve(self) -> None:
        """Raises AppError before the connection is taken over, never after."""
        await self.handler(self)


async def refuse(socket: WebSocket, error: AppError, translator: Translator) -> None:
    """The answer that a request would get, where the server can give one."""
    response: Response = errors.as_json(error, translator)
    if REFUSAL in socket.scope.get("extensions", {}):
        await socket.send_denial_response(response)
    else:
        await socket.close()
