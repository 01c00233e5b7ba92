"""What the moderators of a group can do in it, as a closed set of words."""

from __future__ import annotations

from enum import StrEnum


class Verb(StrEnum):
    """Towards a post: REMOVE to UNLOCK, FEATURE, UNFEATURE. Towards a person: EXCLUDE to DEMOTE."""

    REMOVE = "remove"
    RESTORE = "restore"
    LOCK = "lock"
    UNLOCK = "unlock"
    FEATURE = "feature"
    UNFEATURE = "unfeature"
    EXCLUDE = "exclude"
    ADMIT = "admit"
    PROMOTE = "promote"
    DEMOTE = "demote"

    @property
    def of_person(self) -> bool:
        return self in {Verb.EXCLUDE, Verb.ADMIT, Verb.PROMOTE, Verb.DEMOTE}
