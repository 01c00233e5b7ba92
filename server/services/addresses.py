"""The addresses of what this instance makes: one place that spells them."""

from __future__ import annotations

from federation.types import Iri
from server.core.ids import Ids
from server.domain.accounts import Account
from server.store.session import Unit


def new_activity(unit: Unit) -> Iri:
    """A fresh id for an activity of ours: 128 random bits."""
    return Iri(f"{unit.context.settings.base}/activities/{Ids.public()}")


def post_object(unit: Unit, post_id: int) -> Iri:
    return Iri(f"{unit.context.settings.base}/objects/{post_id}")


def post_page(unit: Unit, author: Account, post_id: int) -> str:
    """For people."""
    return f"{unit.context.settings.base}/@{author.username}/{post_id}"


def tag_page(unit: Unit, tag: str) -> str:
    return f"{unit.context.settings.base}/tags/{tag}"
