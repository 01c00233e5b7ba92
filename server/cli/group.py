"""`consilium group`: the groups that live here, and who is in them. Everything it changes is in the audit log."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from federation.errors import FederationError
from federation.iri import parse_handle
from server.cli import group_incidents, group_newcomers, group_openings, group_posts, rotation
from server.cli.lookup import group_named, look_up
from server.cli.opened import opened
from server.core.clock import iso
from server.core.errors import Invalid, NotFound
from server.domain.accounts import Account
from server.domain.boundary import ContentClass, GroupAccess
from server.domain.groups import Admission, Group, History, Membership, MembershipRole, Reason, Roster
from server.services import accounts, groups, open_moderation
from server.services.groups import RosterLine, Settings
from server.store import accounts as account_rows
from server.store import groups as rows
from server.store import memberships
from server.store.session import Unit

app = typer.Typer(
    rich_markup_mode=None,
    add_completion=False,
    no_args_is_help=True,
    help="Groups that live here, and who is in them.",
)
moderator = typer.Typer(rich_markup_mode=None, no_args_is_help=True, help="Who moderates a group.")
rules = typer.Typer(rich_markup_mode=None, no_args_is_help=True, help="The rules that members accept.")
app.add_typer(moderator, name="moderator")
app.add_typer(rules, name="rules")
app.add_typer(group_posts.app, name="post")
app.add_typer(group_incidents.app, name="incident")
app.command("newcomers")(group_newcomers.newcomers)
app.add_typer(group_openings.app, name="opening")
BY = "command"

Name = Annotated[str, typer.Argument(help="The group's name, without the @.")]
Handle = Annotated[str, typer.Argument(metavar="HANDLE", help="A member: name, or name@host.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Title = Annotated[str | None, typer.Option(help="What people call the group.")]
About = Annotated[str | None, typer.Option(help="What it is for, in Markdown.")]
Specialty = Annotated[str | None, typer.Option(help="Such as cardiology.")]
Languages = Annotated[list[str] | None, typer.Option("--language", help="Working language; may be repeated.")]
Level = Annotated[int | None, typer.Option("--level", help="Least level of verification, 0 to 4.")]
Professions = Annotated[
    list[str] | None, typer.Option("--profession", help="Admitted profession; may be repeated. None: all.")
]
AdmissionOption = Annotated[Admission | None, typer.Option(help="What becomes of a request that fits.")]
RosterOption = Annotated[Roster | None, typer.Option(help="Who may see the names of members.")]
HistoryOption = Annotated[History | None, typer.Option(help="What a new institution gets of earlier posts.")]
Retention = Annotated[
    int | None, typer.Option("--retention", help="Days for which posts are kept; 0: for ever.")
]
Listed = Annotated[bool | None, typer.Option("--listed/--unlisted", help="Whether partners may find it.")]
Floor = Annotated[str | None, typer.Option("--class", help="Least class of what is posted.")]
Introduced = Annotated[
    bool | None,
    typer.Option(
        "--introduced/--no-introduced", help="Authors of institutions that members' hosts do not know."
    ),
]


# -- groups ----------------------------------------------------------------------------------------------


@app.command()
def create(
    name: Name,
    title: Title = None,
    access: Annotated[
        GroupAccess, typer.Option(help="Fixed once something was posted.")
    ] = GroupAccess.CLOSED,
    founder: Annotated[str | None, typer.Option(help="A verified member here, who administers it.")] = None,
    about: About = None,
    specialty: Specialty = None,
    language: Languages = None,
    level: Level = None,
    profession: Professions = None,
    admission: AdmissionOption = None,
    roster: RosterOption = None,
    history: HistoryOption = None,
    retention: Retention = None,
    listed: Listed = None,
    class_floor: Floor = None,
    introduced: Introduced = None,
    rules_file: Annotated[
        Path | None, typer.Option("--rules", help="A file with the rules, - for input.")
    ] = None,
) -> None:
    """Make a group that lives here."""
    settings = Settings(
        title=title,
        about=about,
        specialty=specialty,
        languages=language,
        rules=_text(rules_file),
        minimum_level=level,
        professions=profession,
        admission=admission,
        roster=roster,
        history=history,
        retention_days=retention,
        listed=listed,
        class_floor=_class(class_floor),
        introduced=introduced,
        access=access,
    )
    with opened() as database:
        made = database.run_write(_create, name, settings, founder)
        base, origin = database.context.settings.base, database.context.settings.origin
    print(f"Created @{made.username}@{origin}: {base}/@{made.username}")
    if founder is None:
        print(
            f"It has no moderator yet: consilium group add {name} HANDLE, then group moderator add {name} HANDLE"
        )


def _create(unit: Unit, name: str, settings: Settings, founder: str | None) -> Account:
    by = accounts.get_local(unit, founder) if founder is not None else None
    return groups.create(unit, BY, name, settings, by)


@app.command()
def change(
    name: Name,
    title: Title = None,
    access: Annotated[GroupAccess | None, typer.Option(help="Only before the first post.")] = None,
    about: About = None,
    specialty: Specialty = None,
    language: Languages = None,
    level: Level = None,
    profession: Professions = None,
    admission: AdmissionOption = None,
    roster: RosterOption = None,
    history: HistoryOption = None,
    retention: Retention = None,
    listed: Listed = None,
    class_floor: Floor = None,
    introduced: Introduced = None,
) -> None:
    """Change settings of a group; what is not named stays."""
    settings = Settings(
        title=title,
        about=about,
        specialty=specialty,
        languages=language,
        minimum_level=level,
        professions=profession,
        admission=admission,
        roster=roster,
        history=history,
        retention_days=retention,
        listed=listed,
        class_floor=_class(class_floor),
        introduced=introduced,
        access=access,
    )
    with opened() as database:
        database.run_write(lambda unit: groups.change(unit, BY, group_named(unit, name), settings))
    print(f"Changed @{name}")


@app.command()
def dissolve(name: Name, yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False) -> None:
    """End a group and all its memberships."""
    if not yes:
        typer.confirm(f"Dissolve @{name} for good?", abort=True)
    with opened() as database:
        database.run_write(lambda unit: groups.dissolve(unit, BY, group_named(unit, name)))
    print(f"Dissolved @{name}")


app.command("rekey")(rotation.group)


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """List the groups that live here."""
    with opened() as database:
        found = database.run_read(_local)
    if as_json:
        print(json.dumps(found, indent=2, ensure_ascii=False))
        return
    for one in found:
        print(f"@{one['name']:<24} {one['access']:<7} {one['members']:>6} members  {one['title']}")


def _local(unit: Unit) -> list[dict[str, Any]]:
    found = [(rows.account_of(unit, one.account_id), one) for one in rows.local(unit)]
    return [_brief(unit, account, one) for account, one in found if account is not None]


def _brief(unit: Unit, account: Account, group: Group) -> dict[str, Any]:
    return {
        "name": account.username,
        "title": account.display_name,
        "uri": account.uri,
        "access": group.access.value,
        "specialty": group.specialty,
        "members": memberships.count_active(unit, group.account_id),
    }


@app.command()
def show(name: Name, as_json: AsJson = False) -> None:
    """Show a group's settings, and which institutions can read it."""
    with opened() as database:
        found = database.run_read(_shown, name)
    if as_json:
        print(json.dumps(found, indent=2, ensure_ascii=False))
        return
    print(f"@{found['name']}: {found['title']}")
    for label in ("access", "specialty", "languages", "minimum_level", "professions", "admission", "roster"):
        print(f"  {label.replace('_', ' '):<14} {_plain(found[label])}")
    for label in ("history", "retention_days", "class_floor", "listed", "introduced", "rules_version"):
        print(f"  {label.replace('_', ' '):<14} {_plain(found[label])}")
    for one in found["readers"]:
        count = "" if one["members"] is None else f": {one['members']} members"
        print(f"  can read       {one['host']}{count}")
    if found["few_moderators"]:
        print("  warning        fewer than two moderators")


def _shown(unit: Unit, name: str) -> dict[str, Any]:
    account = group_named(unit, name)
    group = groups.get(unit, account)
    return {
        **_brief(unit, account, group),
        "languages": list(group.languages),
        "minimum_level": group.minimum_level,
        "professions": list(group.professions),
        "admission": group.admission.value,
        "roster": group.roster.value,
        "history": group.history.value,
        "retention_days": group.retention_days,
        "class_floor": group.class_floor.word,
        "listed": group.listed,
        "introduced": group.introduced,
        "rules_version": group.rules_version,
        "readers": [
            {"host": one.host, "members": one.count, "since": iso(one.since) if one.since else None}
            for one in groups.who_can_read(unit, account)
        ],
        "few_moderators": groups.few_moderators(unit, account),
    }


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "all"
    return "" if value is None else str(value)


# -- members ---------------------------------------------------------------------------------------------


@app.command()
def members(
    name: Name,
    requests: Annotated[bool, typer.Option("--requests", help="Who asks to be let in.")] = False,
    as_json: AsJson = False,
) -> None:
    """List who is in a group, or who asks to be."""
    with opened() as database:
        found = database.run_read(_members, name, requests)
    if as_json:
        print(json.dumps(found, indent=2, ensure_ascii=False))
        return
    for one in found:
        said = f"{one['profession']} P{one['level']}" if one["profession"] else ""
        print(f"@{one['handle']:<40} {one['state']:<10} {one['role']:<10} {said}".rstrip())


def _members(unit: Unit, name: str, requests: bool) -> list[dict[str, Any]]:
    group = group_named(unit, name)
    lines = groups.requests(unit, group) if requests else groups.roster(unit, None, group)
    return [_line(one) for one in lines]


def _line(one: RosterLine) -> dict[str, Any]:
    attested = one.attestation
    return {
        "handle": one.account.acct,
        "state": one.membership.state.value,
        "role": one.membership.role.value,
        "reason": one.membership.reason.value,
        "admitted_at": iso(one.membership.admitted_at) if one.membership.admitted_at else None,
        "rules_version": one.membership.rules_version,
        "joined_at": iso(one.membership.joined_at) if one.membership.joined_at else None,
        "profession": attested.profession if attested else "",
        "level": attested.level if attested else 0,
        "attested_until": iso(attested.valid_until) if attested else None,
    }


@app.command()
def add(name: Name, handle: Handle) -> None:
    """Let in a verified member of this instance; the rules are accepted on the first visit."""
    _do(lambda unit, group, member: groups.add(unit, BY, group, member), name, handle)
    print(f"@{handle.lstrip('@')} is a member of @{name}")


@app.command()
def remove(
    name: Name,
    handle: Handle,
    ban: Annotated[bool, typer.Option("--ban", help="And refuse every further request.")] = False,
) -> None:
    """End a membership."""
    act = open_moderation.ban if ban else groups.remove
    _do(lambda unit, group, member: act(unit, BY, group, member), name, handle)
    print(f"@{handle.lstrip('@')} is no member of @{name} any more{' and stays excluded' if ban else ''}")


@app.command()
def unban(name: Name, handle: Handle) -> None:
    """Let an excluded account ask again; a moderator decides then."""
    _do(lambda unit, group, member: open_moderation.unban(unit, BY, group, member), name, handle)
    print(f"@{handle.lstrip('@')} may ask again")


@app.command()
def invite(name: Name, handle: Handle) -> None:
    """Invite somebody, here or at a partner; nothing happens unless they accept."""
    if "@" in handle.removeprefix("@"):
        with opened() as database:
            look_up(database, handle, fresh=False)
    _do(lambda unit, group, member: groups.invite_by_command(unit, BY, group, member), name, handle)
    print(f"@{handle.lstrip('@')} is invited to @{name}")


@app.command()
def accept(name: Name, handle: Handle) -> None:
    """Admit who asks; the first of an institution is in when the members were told that it joins."""
    admitted: list[Membership] = []
    _do(lambda unit, group, member: admitted.append(groups.accept(unit, BY, group, member)), name, handle)
    if admitted[-1].active:
        print(f"@{handle.lstrip('@')} is a member of @{name}")
    else:
        print(f"@{handle.lstrip('@')} is admitted to @{name}, and waits until its members were told")


@app.command()
def reject(
    name: Name,
    handle: Handle,
    reason: Annotated[Reason, typer.Option(help="What they are told.")] = Reason.DECLINED,
) -> None:
    """Decline who asks."""
    _do(lambda unit, group, member: groups.reject(unit, BY, group, member, reason), name, handle)
    print(f"The request of @{handle.lstrip('@')} was declined")


@moderator.command("add")
def moderator_add(
    name: Name,
    handle: Handle,
    admin: Annotated[bool, typer.Option("--admin", help="Who may name others as well.")] = False,
) -> None:
    """Let a member moderate."""
    _role(name, handle, MembershipRole.ADMIN if admin else MembershipRole.MODERATOR)


@moderator.command("remove")
def moderator_remove(name: Name, handle: Handle) -> None:
    """Make a moderator a member like the others."""
    _role(name, handle, MembershipRole.MEMBER)


def _role(name: str, handle: str, role: MembershipRole) -> None:
    _do(lambda unit, group, member: open_moderation.set_role(unit, BY, group, member, role), name, handle)
    print(f"@{handle.lstrip('@')} is now {role.value} of @{name}")
    with opened() as database:
        few = database.run_read(lambda unit: groups.few_moderators(unit, group_named(unit, name)))
    if few:
        print("Warning: the group has fewer than two moderators", file=sys.stderr)


@rules.command("show")
def rules_show(name: Name) -> None:
    """Print the rules that stand."""
    with opened() as database:
        print(database.run_read(lambda unit: groups.get(unit, group_named(unit, name)).rules))


@rules.command("set")
def rules_set(
    name: Name, file: Annotated[Path, typer.Argument(help="A file in Markdown; - for standard input.")]
) -> None:
    """Replace the rules. Every member is asked to accept them again."""
    text = _text(file)
    with opened() as database:
        after = database.run_write(
            lambda unit: groups.change(unit, BY, group_named(unit, name), Settings(rules=text))
        )
    print(f"The rules of @{name} are now version {after.rules_version}")


# -- inside ----------------------------------------------------------------------------------------------


def _do(act: Any, name: str, handle: str) -> None:
    with opened() as database:
        database.run_write(lambda unit: act(unit, group_named(unit, name), _member(unit, handle)))


def _member(unit: Unit, handle: str) -> Account:
    text = handle.removeprefix("@")
    if "@" not in text:
        return accounts.get_local(unit, text)
    try:
        name, origin = parse_handle(text)
    except FederationError:
        raise Invalid("A handle is a name, or name@host") from None
    domain = "" if origin == unit.context.settings.origin else origin
    found = account_rows.find_by_name(unit, name, domain)
    if found is None or found.gone:
        raise NotFound("The account %(name)s is not known here", name=text[:60])
    return found


def _class(word: str | None) -> ContentClass | None:
    if word is None:
        return None
    classes = {one.word: one for one in ContentClass}
    if word not in classes:
        raise Invalid("The classes are %(words)s", words=", ".join(classes))
    return classes[word]


def _text(file: Path | None) -> str | None:
    if file is None:
        return None
    if str(file) == "-":
        return sys.stdin.read()
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise Invalid("The file %(name)s could not be read", name=str(file)) from None
