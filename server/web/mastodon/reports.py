"""Complaints. What is reported reaches the moderators here; a copy elsewhere only where the caller asks for it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from starlette.responses import Response

from server.core.clock import iso
from server.core.errors import Invalid
from server.domain.accounts import Account
from server.domain.reports import IDENTIFIES_A_PATIENT, Report, ReportCategory
from server.domain.viewers import Member
from server.services import accounts, incidents, reports
from server.services.posts import visible
from server.web.kit import forms, responses
from server.web.kit.call import Call
from server.web.kit.unit import Unit
from server.web.mastodon import asked
from server.web.mastodon.accounts.show import shown
from server.web.mastodon.entities import nouns as entities
from server.web.mastodon.rendering import accounts as rendering
from server.web.mastodon.rendering.renderer import Renderer

LONGEST_COMMENT = 10_000


@dataclass(frozen=True, slots=True)
class Complaint:
    target_id: int
    post_ids: list[int]
    comment: str
    category: ReportCategory
    forward: bool
    identifies: bool


def _hide(unit: Unit, by: int, post_ids: Iterable[int]) -> None:
    """In the same transaction: what identifies a patient does not wait for anybody."""
    reporter = accounts.get(unit, by)
    for post in visible.visible_posts(unit, Member(by), post_ids).values():
        incidents.report(unit, reporter, post)


def _filed(unit: Unit, by: int, what: Complaint) -> tuple[Report, Account]:
    target = shown(unit, Member(by), what.target_id)
    made = reports.make(
        unit,
        accounts.get(unit, by),
        target,
        post_ids=what.post_ids,
        comment=what.comment,
        category=what.category,
        forward=what.forward,
    )
    if what.identifies:
        _hide(unit, by, made.post_ids)
    return made, target


async def create(call: Call) -> Response:
    """POST /api/v1/reports."""
    fields = await forms.body(call)
    if not fields.get("account_id"):
        raise Invalid("Validation failed: %(field)s is not of the right form", field="account_id")
    category = str(fields.get("category") or ReportCategory.OTHER.value)
    if category not in set(ReportCategory):
        raise Invalid("Validation failed: %(field)s is not of the right form", field="category")
    rules = asked.words(fields.get("rule_ids"))
    what = Complaint(
        asked.number(fields["account_id"], "account_id"),
        asked.ids(fields.get("status_ids")),
        asked.text(fields.get("comment"), "comment", LONGEST_COMMENT),
        ReportCategory.VIOLATION if rules else ReportCategory(category),
        forms.truth(fields.get("forward")) is True,
        IDENTIFIES_A_PATIENT in rules,
    )
    made, target = await call.write(_filed, call.account_id, what)
    return responses.json(
        entities.Report(
            id=str(made.id),
            action_taken=made.resolved_at is not None,
            action_taken_at=iso(made.resolved_at) if made.resolved_at else None,
            category=made.category.value,
            comment=made.comment,
            forwarded=made.forwarded,
            created_at=iso(made.created_at),
            status_ids=[str(one) for one in made.post_ids],
            rule_ids=rules,
            target_account=rendering.entity(Renderer.of(call), target),
        )
    )
