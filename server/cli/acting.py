"""In whose name a command acts, for the audit log. A command line counts as one person; a second one is named."""

from __future__ import annotations

from typing import Annotated

import typer

from server.core.errors import Invalid
from server.domain.users import Role
from server.services import accounts
from server.store.session import Unit

COMMAND = "command"

By = Annotated[
    str, typer.Option(help="The administrator who does it, by local name; without it, the command line.")
]


def actor(unit: Unit, name: str) -> str:
    """As the audit log names them. Raises Invalid for anybody but an administrator, NotFound for nobody."""
    if not name:
        return COMMAND
    user = accounts.owner(unit, accounts.get_local(unit, name))
    if user is None or user.role is not Role.ADMIN or user.disabled_at is not None:
        raise Invalid("@%(name)s is not an administrator here", name=name)
    return f"user:{user.id}"
