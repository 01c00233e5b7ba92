"""One request on its way through the house, and what the house offers to handlers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Concatenate, ParamSpec, TypeVar

from starlette.requests import Request

from server.core.context import Context
from server.core.errors import NotFound, Unauthenticated
from server.core.i18n import Translator
from server.domain.users import Principal
from server.domain.viewers import Anonymous, Member, Viewer
from server.web.kit.house import House
from server.web.kit.routing import Route
from server.web.kit.sessions import Session
from server.web.kit.unit import Unit

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(slots=True)
class Call:
    """A request, authenticated as its route demands.

    house: the composition root's offer. parameters: from the path.
    principal: for token routes. session: for page routes.
    """

    request: Request
    route: Route
    parameters: dict[str, str]
    house: House
    translator: Translator
    principal: Principal | None = None
    session: Session | None = None
    answer_headers: dict[str, str] = field(default_factory=dict)

    @property
    def context(self) -> Context:
        return self.house.context

    @property
    def account_id(self) -> int:
        """The calling user's account. Raises Unauthenticated for an app's own token."""
        if self.principal is None or self.principal.account_id is None:
            raise Unauthenticated("This method requires an authenticated user")
        return self.principal.account_id

    @property
    def viewer(self) -> Viewer:
        """Whose eyes reads see with."""
        if self.principal is not None and self.principal.account_id is not None:
            return Member(self.principal.account_id)
        if self.session is not None and self.session.complete:
            return Member(self.session.account_id)
        return Anonymous()

    def id(self, name: str = "id") -> int:
        """A decimal id from the path. Anything else is what a missing id is: NotFound."""
        text = self.parameters[name]
        if not text.isascii() or not text.isdigit() or len(text) > 19:
            raise NotFound
        value = int(text)
        if value >= 1 << 63:
            raise NotFound
        return value

    async def read(self, fn: Callable[Concatenate[Unit, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        return await self.house.units.read(fn, *args, **kwargs)

    async def glance(self, fn: Callable[Concatenate[Unit, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        return await self.house.units.glance(fn, *args, **kwargs)

    async def write(self, fn: Callable[Concatenate[Unit, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        return await self.house.units.write(fn, *args, **kwargs)
