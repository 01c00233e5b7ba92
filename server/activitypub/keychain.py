"""The opened private keys of local actors, for signing what leaves. Kept in memory only while they are used."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable

from server.domain.changes import Change, ChangeKind
from server.services import keys
from server.services.keys import LocalKey
from server.store.session import Database

OPENED = 500


class Keychain:
    """Signing keys by account."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._opened: OrderedDict[tuple[int, str], tuple[int | None, LocalKey]] = OrderedDict()
        self._changes = 0

    async def key(self, account_id: int, algorithm: str = "rsa", version: int | None = None) -> LocalKey:
        """algorithm: `rsa` or `ed25519`. version: of the account, where it was just read: new keys raise it, and may not be heard of yet."""
        of_version, known = self._opened.get((account_id, algorithm), (None, None))
        if known is not None and version in {None, of_version}:
            self._opened.move_to_end((account_id, algorithm))
            return known
        before = self._changes
        opened = await self._database.read(keys.signer, account_id, algorithm)
        if self._changes != before:
            return opened  # it may have been replaced while it was read
        self._opened[account_id, algorithm] = version, opened
        if len(self._opened) > OPENED:
            self._opened.popitem(last=False)
        return opened

    def heard(self, changes: Iterable[Change]) -> None:
        """Callable from any thread. A key of ours was replaced, or nothing that is remembered may be believed."""
        own = f"{self._database.context.settings.base}/"
        if any(
            one.kind is ChangeKind.EVERYTHING or (one.kind is ChangeKind.KEY and str(one.key).startswith(own))
            for one in changes
        ):
            self._changes += 1
            self._opened.clear()
