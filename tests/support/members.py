"""Members and trust of a live instance, written in this process: a command each would cost seconds on a busy machine."""

from __future__ import annotations

from server.core.settings import Settings, load_settings
from server.domain.trust import Trust
from server.domain.users import Role
from server.services import accounts, instances, tokens
from server.services.founding import open_database
from server.store.session import Unit
from tests.support.instances import LiveAccount, LiveInstance
from tests.support.keys import next_rsa_key
from tests.support.passwords import quick_hash


def settings_of(instance: LiveInstance) -> Settings:
    """The settings that the instance's own processes read from their environment."""
    given = {
        name.removeprefix("CONSILIUM_").lower(): value
        for name, value in instance.environment.items()
        if name.startswith("CONSILIUM_")
    }
    return load_settings(**given)


def _join(unit: Unit, name: str, hashed: str | None = None) -> tuple[str, str, str]:
    user, account = accounts.create_user(
        unit, "command", name, f"{name}@example.org", password_hash=hashed, role=Role.MEMBER, language="en"
    )
    scopes = tokens.check_scopes("read write follow push")
    minted = tokens.mint(unit, tokens.command_app(unit), scopes, user_id=user.id, account_id=account.id)
    return minted.text, str(account.id), account.uri


def add_members(instance: LiveInstance, *names: str, password: str = "") -> list[LiveAccount]:
    """Members with tokens of all scopes; the instance may serve or not. password: of all of them."""
    hashed = quick_hash(password) if password else None
    database = open_database(settings_of(instance), rsa_key=next_rsa_key)
    try:
        made = [(name, *database.run_write(_join, name, hashed)) for name in names]
    finally:
        database.close()
    return [
        LiveAccount(name, token, number, uri, instance.client(token)) for name, token, number, uri in made
    ]


def trust(instance: LiveInstance, level: Trust, *origins: str) -> None:
    """The same row, audit and change as `consilium instance …` makes."""
    database = open_database(settings_of(instance))
    try:
        for origin in origins:
            database.run_write(instances.set_trust, "command", instances.canonical(origin), level)
    finally:
        database.close()
    instance.hear()
