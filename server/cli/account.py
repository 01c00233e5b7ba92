"""`consilium account`: people, their invitations and their tokens."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from server.cli import account_files, account_leaving, account_moves, rotation
from server.cli.opened import opened
from server.cli.verification import level_of, sentence
from server.core.clock import iso
from server.core.errors import Invalid
from server.domain.accounts import Account, AccountKind
from server.domain.users import Role, User
from server.domain.verification import Method
from server.services import accounts, invitations, members, signin, tokens, verification
from server.services.tokens import check_scopes
from server.services.verification import Claim, Decision
from server.store import accounts as rows
from server.store.session import Unit

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True, help="Accounts, invitations and tokens.")
BY = "command"
DEFAULT_SCOPE = "read write follow push"

Name = Annotated[str, typer.Argument(help="Local name, without the @.")]
Email = Annotated[str, typer.Option(help="E-mail address.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def create(
    name: Name,
    email: Email,
    password: Annotated[
        str | None, typer.Option(help="Visible to others on this machine: better --password-stdin.")
    ] = None,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input.")
    ] = False,
    role: Annotated[Role, typer.Option(help="What the person may do here.")] = Role.MEMBER,
    profession: Annotated[str, typer.Option(help="Such as physician: the person is verified as one.")] = "",
    specialty: Annotated[
        list[str] | None, typer.Option(help="Such as cardiology; may be given several times.")
    ] = None,
    jurisdiction: Annotated[str, typer.Option(help="Country of the licence, such as FR.")] = "",
    level: Annotated[
        str, typer.Option(help="How far you have checked the profession: P1 to P4; P2 without it.")
    ] = "",
) -> None:
    """Make an account. Without a password, print a one-time link with which the person chooses one."""
    if password is not None and password_stdin:
        raise typer.BadParameter("Give --password or --password-stdin, not both")
    if password_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    hashed = None
    if password is not None:
        hashed = signin.hash_password(signin.check_new_password(password, name, email))
    if not profession and (specialty or jurisdiction or level):
        raise typer.BadParameter("Say which --profession")
    claim = Claim(profession, tuple(specialty or ()), jurisdiction) if profession else None
    decision = Decision(level_of(level or "P2"), Method.ADMINISTRATOR)
    with opened() as database:
        link, state = database.run_write(_create, name, email, hashed, role, claim, decision)
        base = database.context.settings.base
    print(f"Created @{name} ({role}): {base}/@{name}")
    if state is not None:
        print(sentence(name, state))
    if link is not None:
        print(f"To choose a password, once, within a day: {link}")


def _create(
    unit: Unit,
    name: str,
    email: str,
    hashed: str | None,
    role: Role,
    claim: Claim | None,
    decision: Decision,
) -> tuple[str | None, str | None]:
    """The link where there is no password, and what became of the verification."""
    user, account = accounts.create_user(unit, BY, name, email, password_hash=hashed, role=role)
    state = None
    if claim is not None:
        state = verification.record(unit, BY, account, claim, decision).state.value
    return (invitations.reset_link(unit, BY, user) if hashed is None else None), state


@app.command()
def invite(
    email: Annotated[str | None, typer.Option(help="E-mail address of one person.")] = None,
    csv_file: Annotated[
        Path | None,
        typer.Option(
            "--csv", help="File whose first column holds e-mail addresses.", exists=True, dir_okay=False
        ),
    ] = None,
    role: Annotated[Role, typer.Option(help="What the invited may do here.")] = Role.MEMBER,
    as_json: AsJson = False,
) -> None:
    """Make one-time links, and send them where mail is set. All of a file, or nothing of it."""
    if (email is None) == (csv_file is None):
        raise typer.BadParameter("Give either --email or --csv")
    addresses = [email] if email is not None else _addresses(csv_file)
    with opened() as database:
        links = database.run_write(_invite, addresses, role)
    if as_json:
        print(json.dumps([{"email": one, "link": link} for one, link in links], indent=2))
        return
    for one, link in links:
        print(link if email is not None else f"{one}\t{link}")


def _addresses(file: Path | None) -> list[str]:
    assert file is not None
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            found = [row[0].strip() for row in csv.reader(lines) if row and row[0].strip()]
    except (OSError, UnicodeDecodeError, csv.Error):
        raise Invalid("The file %(name)s could not be read as CSV", name=str(file)) from None
    if found and "@" not in found[0]:
        found = found[1:]  # a heading
    if not found:
        raise Invalid("The file %(name)s holds no address", name=str(file))
    return found


def _invite(unit: Unit, addresses: list[str], role: Role) -> list[tuple[str, str]]:
    return [(one, invitations.invite(unit, BY, one, role)) for one in addresses]


@app.command()
def token(
    name: Name,
    scope: Annotated[str, typer.Option(help="What the token may do, separated by spaces.")] = DEFAULT_SCOPE,
) -> None:
    """Print a new token for an account, and nothing else."""
    scopes = check_scopes(scope)
    with opened() as database:
        print(database.run_write(_token, name, scopes))


def _token(unit: Unit, name: str, scopes: tuple[str, ...]) -> str:
    account, user = _owned(unit, name)
    if user.disabled_at is not None or account.gone:
        raise Invalid("The account %(name)s is closed or suspended", name=name)
    return tokens.mint(unit, tokens.command_app(unit), scopes, user_id=user.id, account_id=account.id).text


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """List the accounts of this instance."""
    with opened() as database:
        found = database.run_read(_list)
    if as_json:
        print(json.dumps(found, indent=2))
        return
    for one in found:
        print(f"{one['name']:<24} {one['role']:<10} {one['state']:<10} {one['email']}")


def _list(unit: Unit) -> list[dict[str, Any]]:
    return [
        _row(account, accounts.owner(unit, account))
        for account in rows.local(unit, include_gone=True)
        if account.kind is AccountKind.PERSON
    ]


def _row(account: Account, user: User | None) -> dict[str, Any]:
    return {
        "name": account.username,
        "id": str(account.id),
        "uri": account.uri,
        "email": user.email if user else "",
        "role": user.role.value if user else "",
        "state": members.state_of(account, user).value,
        "created_at": iso(account.created_at),
        "last_seen_at": iso(user.last_seen_at) if user and user.last_seen_at else None,
    }


@app.command()
def suspend(name: Name, reason: Annotated[str, typer.Option(help="For the audit log.")] = "") -> None:
    """Stop an account: it can neither act nor be seen. Can be undone."""
    with opened() as database:
        database.run_write(lambda unit: accounts.suspend(unit, BY, accounts.get_local(unit, name), reason))
    print(f"Suspended @{name}")


@app.command()
def unsuspend(name: Name) -> None:
    """Undo a suspension."""
    with opened() as database:
        database.run_write(lambda unit: accounts.unsuspend(unit, BY, accounts.get_local(unit, name)))
    print(f"@{name} may act again")


@app.command()
def lockout(name: Name) -> None:
    """End all sessions and tokens of an account at once."""
    with opened() as database:
        ended = database.run_write(lambda unit: accounts.lock_out(unit, BY, accounts.get_local(unit, name)))
    print(f"Ended all sessions of @{name}, and {ended} tokens")


app.command("leave")(account_leaving.leave)
app.command("move")(account_moves.move)
app.command("alias")(account_moves.alias)
app.command("export")(account_files.export)
app.command("rekey")(rotation.member)
app.command("import")(account_files.bring_in)


@app.command()
def reset(
    name: Name,
    second_factors: Annotated[
        bool,
        typer.Option("--second-factors", help="Also remove passkeys, authenticator apps and recovery codes."),
    ] = False,
) -> None:
    """Print a one-time link with which a person chooses a new password."""
    with opened() as database:
        print(database.run_write(_reset, name, second_factors))


def _reset(unit: Unit, name: str, factors: bool) -> str:
    _, user = _owned(unit, name)
    return invitations.reset_link(unit, BY, user, factors=factors)


@app.command()
def delete(name: Name, yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False) -> None:
    """Delete an account for ever: peers are told, the name stays taken."""
    if not yes:
        typer.confirm(f"Delete @{name} for ever?", abort=True)
    with opened() as database:
        database.run_write(lambda unit: accounts.delete(unit, BY, accounts.get_local(unit, name)))
    print(f"Deleted @{name}")


def _owned(unit: Unit, name: str) -> tuple[Account, User]:
    account = accounts.get_local(unit, name)
    user = accounts.owner(unit, account)
    if user is None or account.kind is AccountKind.APPLICATION:
        raise Invalid("Nobody signs in with @%(name)s", name=name)
    return account, user
