"""`consilium verification`: who asks to be verified, who is, and the decisions. A command counts as one person."""

from __future__ import annotations

import re
from typing import Annotated, Any

import typer

from server.cli import said
from server.cli.acting import By, actor
from server.cli.opened import opened
from server.core.clock import iso
from server.core.errors import Invalid, NotFound
from server.domain.verification import Method, Verification, VerificationState
from server.registries.identifiers import Register
from server.services import accounts, recovery, verification
from server.services.verification import Claim, Decision
from server.store.session import Unit

app = typer.Typer(
    rich_markup_mode=None,
    add_completion=False,
    no_args_is_help=True,
    help="Who is verified, and who asks to be.",
)
LEVEL = re.compile(r"[Pp]?([1-4])")

Name = Annotated[str, typer.Argument(help="Local name, without the @.")]
Profession = Annotated[str, typer.Option(help="Such as physician, nurse or pharmacist.")]
Specialties = Annotated[
    list[str] | None, typer.Option("--specialty", help="Such as cardiology; may be given several times.")
]
Jurisdiction = Annotated[str, typer.Option(help="Country of the licence, such as FR.")]
LevelOption = Annotated[
    str, typer.Option(help="P1 vouched for, P2 registered, P3 by the institution, P4 national identity.")
]
MethodOption = Annotated[Method, typer.Option(help="How it was checked.")]
Reason = Annotated[str, typer.Option(help="The member reads it.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command("list")
def list_(
    ended: Annotated[
        bool, typer.Option("--all", help="Also what was refused, revoked or has run out.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List requests that wait, and what holds."""
    states = (VerificationState.REQUESTED, VerificationState.SECONDING, VerificationState.GRANTED)
    with opened() as database:
        found = database.run_read(_rows, tuple(VerificationState) if ended else states)
    if as_json:
        said.print_json(found)
        return
    for one in found:
        print(
            f"{one['name']:<24} {one['state']:<10} {one['level']:<3} {one['profession']:<20} "
            f"{','.join(one['specialties']):<24} {one['method']:<14} {one['valid_until'] or ''}".rstrip()
        )


@app.command()
def request(
    name: Name,
    profession: Profession,
    specialty: Specialties = None,
    jurisdiction: Jurisdiction = "",
    register: Annotated[Register, typer.Option(help="Whose number it is.")] = Register.OTHER,
    number: Annotated[str, typer.Option(help="Number in that register. It is stored sealed.")] = "",
    as_json: AsJson = False,
) -> None:
    """Ask in the name of a member; somebody decides later."""
    claim = Claim(profession, tuple(specialty or ()), jurisdiction, register, number)
    with opened() as database:
        found = database.run_write(
            lambda unit: _row(unit, verification.request(unit, accounts.get_local(unit, name), claim))
        )
    _say(found, f"@{name} asks to be verified as {profession}", as_json=as_json)


@app.command()
def grant(
    name: Name,
    level: LevelOption = "P2",
    method: MethodOption = Method.ADMINISTRATOR,
    profession: Annotated[str, typer.Option(help="Needed where the member has not asked.")] = "",
    specialty: Specialties = None,
    jurisdiction: Jurisdiction = "",
    identity: Annotated[str, typer.Option(help="low, substantial or high.")] = "",
    authenticator: Annotated[str, typer.Option(help="aal1, aal2 or aal3.")] = "",
    evidence: Annotated[str, typer.Option(help="A reference, such as a file number.")] = "",
    days: Annotated[int | None, typer.Option(help="How long it holds; a year without it.")] = None,
    by: By = "",
    as_json: AsJson = False,
) -> None:
    """Verify a member: decide a request that waits, or with --profession without one.

    P3 and P4 wait for a second person after the first: `grant NAME --by` another administrator confirms them.
    """
    decision = Decision(level_of(level), method, identity, authenticator, evidence, days)
    claim = Claim(profession, tuple(specialty or ()), jurisdiction) if profession else None
    with opened() as database:
        found = database.run_write(
            lambda unit: _row(unit, _grant(unit, actor(unit, by), name, claim, decision))
        )
    _say(found, sentence(name, found["state"]), as_json=as_json)


@app.command()
def refuse(name: Name, reason: Reason = "", by: By = "", as_json: AsJson = False) -> None:
    """Refuse the request of a member."""
    with opened() as database:
        found = database.run_write(
            lambda unit: _row(unit, verification.refuse(unit, actor(unit, by), _open(unit, name).id, reason))
        )
    _say(found, f"Refused the request of @{name}", as_json=as_json)


@app.command()
def revoke(name: Name, reason: Reason = "", by: By = "", as_json: AsJson = False) -> None:
    """End the verification of a member, and every attestation made of it; peers are told."""
    with opened() as database:
        found = database.run_write(lambda unit: _row(unit, _revoke(unit, actor(unit, by), name, reason)))
    _say(found, f"@{name} is not verified any more", as_json=as_json)


def level_of(text: str) -> int:
    """The n of P1 to P4. Raises Invalid."""
    match = LEVEL.fullmatch(text.strip())
    if match is None:
        raise Invalid("A level is P1, P2, P3 or P4")
    return int(match[1])


def sentence(name: str, state: str) -> str:
    """What has become of a grant."""
    if state == VerificationState.SECONDING.value:
        return f"@{name} waits for a second person, who confirms it with `consilium verification grant {name} --by`"
    return f"@{name} is verified"


def _grant(unit: Unit, by: str, name: str, claim: Claim | None, decision: Decision) -> Verification:
    account = accounts.get_local(unit, name)
    if claim is not None:
        return verification.record(unit, by, account, claim, decision)
    found = _open(unit, name)
    if found.state is VerificationState.SECONDING:
        return verification.second(unit, by, found.id)
    return verification.grant(unit, by, found.id, decision)


def _revoke(unit: Unit, by: str, name: str, reason: str) -> Verification:
    found = verification.current(unit, accounts.get_local(unit, name))
    if found is None:
        raise NotFound("%(name)s is not verified", name=name)
    return verification.revoke(unit, by, found.id, reason)


def _open(unit: Unit, name: str) -> Verification:
    account = accounts.get_local(unit, name)
    waiting = (VerificationState.REQUESTED, VerificationState.SECONDING)
    for one in verification.of_account(unit, account.id):
        if one.state in waiting:
            return one
    raise NotFound("%(name)s has not asked to be verified: say which --profession", name=name)


def _rows(unit: Unit, states: tuple[VerificationState, ...]) -> list[dict[str, Any]]:
    return [_row(unit, one) for one in verification.listed(unit, states)]


def _row(unit: Unit, one: Verification) -> dict[str, Any]:
    """Without the register number, which is for those who decide."""
    return {
        "id": str(one.id),
        "name": accounts.get(unit, one.account_id).username,
        "state": one.state.value,
        "profession": one.profession,
        "specialties": list(one.specialties),
        "jurisdiction": one.jurisdiction,
        "level": f"P{one.level}" if one.level else "",
        "identity_level": one.identity_level,
        "authenticator_level": one.authenticator_level,
        "method": one.method.value,
        "register": one.register,
        "evidence": one.evidence,
        "asked_at": iso(one.asked_at),
        "decided_by": one.decided_by,
        "seconded_by": one.seconded_by,
        "decided_at": iso(one.decided_at) if one.decided_at else None,
        "valid_until": iso(one.valid_until) if one.valid_until else None,
        "ended_at": iso(one.ended_at) if one.ended_at else None,
        "reason": one.reason,
    }


def _say(found: dict[str, Any], line: str, *, as_json: bool) -> None:
    if as_json:
        said.print_json(found)
    else:
        print(line)


@app.command()
def confirm() -> None:
    """After a restore: what stands here of those who are verified is right. Revoke first whom the backup does not know to be revoked."""
    with opened() as database:
        count = database.run_write(recovery.confirm, "command")
    print(f"Confirmed: {count} status lists say again what stands here.")
