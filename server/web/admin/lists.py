"""Lists of institutions that societies publish, as they are followed here: who signed, what waits for a person, and what is wrong with one.

A list is followed, and a version brought by file, by command: the fingerprints of its signers are heard elsewhere than from it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from starlette.responses import Response

from federation.errors import Malformed
from federation.iri import canonical_origin
from federation.keys import PublicKey
from server.core.errors import AppError, Conflict, Invalid
from server.core.i18n import N_, Translator
from server.domain.federation_lists import CHANGES, Effect, Followed, Received, Suggestion, Version
from server.domain.trust import Trust
from server.services import audit, federation_lists, instances
from server.services.federation_lists import REFUSED, WARNED
from server.web.kit import errors, forms, html, responses
from server.web.kit.call import Call
from server.web.kit.entrance import demand_fresh
from server.web.kit.unit import Unit

HERE = "/admin/lists"
CALLED: dict[Effect, str] = {
    Effect.CONNECT: N_("connect"),
    Effect.PAUSE: N_("pause: the list names it no more"),
    Effect.OTHER_KEY: N_(
        "the list names another key than the one that was compared with them: please ask them"
    ),
    Effect.STOPPED: N_("paused or ended here, and left alone"),
    Effect.DECLINED: N_("declined here"),
}


@dataclass(frozen=True, slots=True)
class _List:
    """connected: whether its publisher is, and versions come by themselves."""

    followed: Followed
    shown: list[Suggestion]
    publisher: str
    connected: bool

    @property
    def counts(self) -> Counter[Effect]:
        return Counter(one.effect for one in self.shown)

    @property
    def waiting(self) -> int:
        return sum(one.effect in CHANGES for one in self.shown)


@dataclass(frozen=True, slots=True)
class _Whole:
    one: _List
    versions: list[Version]
    history: list[dict[str, Any]]


async def index(call: Call) -> Response:
    found = await call.read(_all)
    now = call.context.clock.now()
    return html.page(
        call, "admin/lists.html", lists=[(one, warnings(one, now, call.translator)) for one in found]
    )


async def show(call: Call) -> Response:
    return await _page(call, None)


async def change(call: Call) -> Response:
    """Confirms the difference that was shown, declines it, or has what was declined suggested again."""
    fields = {name: value for name, value in (await forms.body(call)).items() if isinstance(value, str)}
    if fields.get("act") == "confirm":
        demand_fresh(call)
    assert call.session is not None
    try:
        await call.write(_act, f"user:{call.session.user_id}", call.parameters["key"], fields)
    except (Conflict, Invalid) as error:
        return await _page(call, error)
    return responses.redirect(f"{HERE}/{call.parameters['key']}")


def _act(unit: Unit, by: str, key: str, fields: dict[str, str]) -> None:
    found = federation_lists.by_key(unit, key)
    if fields.get("act") == "ask-again":
        federation_lists.ask_again(unit, by, found.url)
        return
    shown = federation_lists.compared(unit, found)
    if federation_lists.mark(shown) != fields.get("shown"):
        raise Conflict("The list of instances has changed meanwhile; look at the difference again")
    match fields.get("act"):
        case "confirm":
            federation_lists.apply(unit, by, found.url, shown)
        case "decline":
            federation_lists.decline(unit, by, found.url, shown)
        case _:
            raise Invalid("Please choose what to do from the list")


# -- what is read ----------------------------------------------------------------------------------------


def _all(unit: Unit) -> list[_List]:
    known = instances.trusts(unit)
    return [_list(unit, one, known) for one in federation_lists.all_followed(unit)]


def _list(unit: Unit, one: Followed, known: dict[Any, Trust]) -> _List:
    try:
        publisher = canonical_origin(urlsplit(one.url).netloc)
    except Malformed:
        return _List(one, federation_lists.compared(unit, one), one.url, connected=False)
    speaks = known.get(publisher, Trust.UNKNOWN).speaks
    return _List(one, federation_lists.compared(unit, one), publisher, connected=speaks)


def _whole(unit: Unit, key: str) -> _Whole:
    found = federation_lists.by_key(unit, key)
    return _Whole(
        _list(unit, found, instances.trusts(unit)),
        federation_lists.history(unit, found.url),
        audit.of_target(unit, found.url, 20),
    )


async def _page(call: Call, problem: AppError | None) -> Response:
    found = await call.read(_whole, call.parameters["key"])
    one, raw = found.one, call.translator.raw
    followed = one.followed
    return html.page(
        call,
        "admin/list.html",
        problem.status if problem else 200,
        one=one,
        warnings=warnings(one, call.context.clock.now(), call.translator),
        believed=followed.forked_at is None and followed.expires > call.context.clock.now(),
        mark=federation_lists.mark(one.shown),
        changes=[(each, raw(CALLED[each.effect])) for each in one.shown if each.effect in CHANGES],
        others=[
            (each, raw(CALLED[each.effect]))
            for each in one.shown
            if each.effect in CALLED and each.effect not in CHANGES
        ],
        same=one.counts[Effect.SAME],
        connect=one.counts[Effect.CONNECT],
        pause=one.counts[Effect.PAUSE],
        signers=[
            (PublicKey.from_multibase(key).fingerprint(), key in followed.signed_by)
            for key in followed.signers
        ],
        versions=found.versions,
        history=found.history,
        error=errors.sentence(problem, call.translator) if problem else None,
    )


# -- what is wrong with a list ---------------------------------------------------------------------------


def warnings(one: _List, now: datetime, words: Translator) -> list[str]:
    """In sentences, the gravest first."""
    followed = one.followed
    if followed.forked_at is not None:
        return [words.raw(REFUSED[Received.FORK])]
    found = [*_of_its_end(followed, now, words)]
    if followed.came in REFUSED:
        assert followed.came is not None
        found.append(
            words.gettext(
                "What stands at its address is not believed: %(why)s.", why=words.raw(REFUSED[followed.came])
            )
        )
    elif followed.fetched_at is not None and followed.came is None:
        found.append(words.gettext("At the last look nothing came from its address that could be read."))
    if not one.connected:
        found.append(
            words.gettext(
                "Its publisher is not connected, so new versions do not come by themselves: bring them by "
                "consilium federation update."
            )
        )
    return found


def _of_its_end(followed: Followed, now: datetime, words: Translator) -> list[str]:
    left = followed.expires - now
    if left <= timedelta():
        return [
            words.gettext(
                "It ran out on %(day)s without a new version. Whom it connected is paused, but for partners.",
                day=words.day(followed.expires),
            )
        ]
    if left <= timedelta(days=max(WARNED)):
        return [
            words.gettext(
                "It runs out on %(day)s. Without a new version, whom it connected is paused then.",
                day=words.day(followed.expires),
            )
        ]
    return []
