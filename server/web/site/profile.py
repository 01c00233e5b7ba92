"""One's own profile: what others see, and how one likes it here."""

from __future__ import annotations

import re
from typing import Any
from zoneinfo import available_timezones

from starlette.datastructures import UploadFile
from starlette.responses import Response

from server.core.errors import AppError, Invalid
from server.core.i18n import LANGUAGES, N_
from server.domain.posts import Visibility
from server.services import accounts, profiles, signin
from server.web.kit import errors, forms, html, pictures, responses
from server.web.kit.call import Call
from server.web.kit.media_links import MediaLinks
from server.web.site.security import signed

HOUR = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]", re.ASCII)
ZONES = tuple(sorted(available_timezones()))
VISIBILITIES: tuple[tuple[Visibility, str], ...] = (
    (Visibility.FOLLOWERS, N_("My followers")),
    (Visibility.UNLISTED, N_("Everybody, but not in public timelines")),
    (Visibility.PUBLIC, N_("Everybody")),
    (Visibility.DIRECT, N_("The people I mention")),
)


async def show(call: Call) -> Response:
    return await _page(call, None, saved=call.request.query_params.get("done") == "pictures")


async def change(call: Call) -> Response:
    """Saves all of the form, or nothing of it."""
    session = signed(call)
    fields = {name: value for name, value in (await forms.body(call)).items() if isinstance(value, str)}
    language, zone = fields.get("language", ""), fields.get("timezone", "")
    try:
        if language not in {"", *LANGUAGES} or zone not in {"", *ZONES}:
            raise Invalid(N_("Please choose a language and a time zone from the lists"))
        quiet = _quiet(fields)
        visibility = fields.get("visibility")
        if visibility not in list(Visibility):
            raise Invalid(N_("Please choose who sees your posts from the list"))
        await call.write(
            profiles.change,
            session.account_id,
            profiles.Change(
                display_name=fields.get("display_name", ""),
                note=fields.get("note", ""),
                locked=fields.get("locked") == "on",
                default_visibility=Visibility(visibility),
            ),
        )
        await call.write(
            signin.change_settings,
            session.user_id,
            language=language or None,
            timezone=zone or None,
            quiet=quiet,
        )
    except AppError as error:
        return await _page(call, error)
    call.translator = call.house.catalogue.translator(language or call.translator.language, zone)
    return await _page(call, None, saved=True)


def _quiet(fields: dict[str, str]) -> tuple[str, str] | None:
    """Both times, or neither. Raises Invalid."""
    start, end = fields.get("quiet_from", ""), fields.get("quiet_until", "")
    if not start and not end:
        return None
    if not (HOUR.fullmatch(start) and HOUR.fullmatch(end)):
        raise Invalid(N_("Please say when quiet hours begin and when they end, such as 22:00 and 06:30"))
    return start, end


async def change_pictures(call: Call) -> Response:
    """A new avatar or header, or none any more. What is no picture is refused, and nothing is changed."""
    session = signed(call)
    fields = await forms.body(call)
    try:
        wanted = profiles.Change(
            avatar=await _picture(call, fields, "avatar"), header=await _picture(call, fields, "header")
        )
        await call.write(profiles.change, session.account_id, wanted)
    except AppError as error:
        return await _page(call, error)
    return responses.redirect("/settings/profile?done=pictures")


async def _picture(call: Call, fields: dict[str, Any], kind: str) -> str | None:
    """The digest of a new picture; "" when it is to go, None when it stays."""
    file = fields.get(kind)
    if isinstance(file, UploadFile) and (file.size or file.filename):
        return await pictures.face(call, file, kind)
    return "" if forms.truth(fields.get(f"remove_{kind}")) else None


async def _page(call: Call, problem: AppError | None, *, saved: bool = False) -> Response:
    session = signed(call)
    account = await call.read(accounts.get, session.account_id)
    links = MediaLinks(call.context)
    return html.page(
        call,
        "site/profile.html",
        problem.status if problem else 200,
        account=account,
        avatar=links.face("avatar", account.id, account.avatar),
        header=links.face("header", account.id, account.header),
        user=await call.read(signin.get_user, session.user_id),
        zones=ZONES,
        visibilities=[(one.value, call.translator.raw(words)) for one, words in VISIBILITIES],
        error=errors.sentence(problem, call.translator) if problem else None,
        notice=call.translator.gettext("Your profile was saved.") if saved else None,
    )
