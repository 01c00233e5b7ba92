"""The only builder of policy facts and the only recorder of decisions.

Ingress, egress, explain, replay and the author's preview all ask here. A peer's standing is computed at each
question from the trust table and the papers of partners; what is not known is the least.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, TypeAlias

from federation.types import Origin
from server.domain.boundary import (
    NO_GROUP,
    Action,
    AuthorFacts,
    AuthorRole,
    ContentClass,
    ContentFacts,
    ContentForm,
    Decision,
    Direction,
    Effect,
    Facts,
    GroupAccess,
    GroupFacts,
    HostStanding,
    MediaKind,
    PeerFacts,
    PostsReach,
    Ruling,
    Tier,
    effective_class,
)
from server.domain.posts import Media, Post, Visibility
from server.domain.trust import Instance, Partner, Trust
from server.policy import decide as engine
from server.policy.entities import record as as_record
from server.services import policies
from server.store import accounts, audit, groups, memberships, purges
from server.store import instances as rows
from server.store import partners as partner_rows
from server.store.session import Unit

Owing: TypeAlias = frozenset[tuple[str, Origin]]
"""Groups, by the ids of their actors, and instances."""
RECEIPT_OWED = timedelta(hours=72)
"""For so long a partner that is reachable may owe a receipt; then nothing more of that group goes there until it has answered."""


@dataclass(frozen=True, slots=True)
class Crossing:
    """What is about to cross, apart from who is on the other side.

    declared: the class that its author gave it, raised by what it answers and where it is said. group: whose audience it
    has; members-only groups confine it. level, profession, pseudonymous: of the author, as attested. introduces: the group
    lets write whom the reader's instance does not know.
    """

    form: ContentForm
    declared: ContentClass = ContentClass.DISCUSSION
    kinds: frozenset[MediaKind] = frozenset()
    language: str = "und"
    author: AuthorRole = AuthorRole.MEMBER
    group: GroupFacts = NO_GROUP
    level: int = 0
    profession: str = ""
    pseudonymous: bool = False
    introduces: bool = True

    @property
    def content(self) -> ContentFacts:
        return ContentFacts(
            form=self.form,
            content_class=effective_class(self.declared, self.form, self.group.access, self.kinds),
            kinds=self.kinds,
            language=self.language,
            checks=frozenset(),
        )

    def record(self) -> dict[str, Any]:
        """Plain values, kept beside an activity so that sending can ask again."""
        return {
            "form": self.form.value,
            "class": self.declared.word,
            "kinds": sorted(kind.value for kind in self.kinds),
            "language": self.language,
            "author": self.author.value,
            "group": [self.group.id, self.group.access.value, self.group.specialty],
            "attested": [self.level, self.profession, self.pseudonymous],
        }

    @classmethod
    def from_record(cls, recorded: dict[str, Any]) -> Crossing:
        group_id, access, specialty = recorded["group"]
        level, profession, pseudonymous = recorded["attested"]
        return cls(
            form=ContentForm(recorded["form"]),
            declared=ContentClass.from_word(recorded["class"]),
            kinds=frozenset(MediaKind(kind) for kind in recorded["kinds"]),
            language=recorded["language"],
            author=AuthorRole(recorded["author"]),
            group=GroupFacts(group_id, GroupAccess(access), specialty),
            level=level,
            profession=profession,
            pseudonymous=pseudonymous,
        )


def in_group(
    unit: Unit,
    group_id: int,
    author_id: int,
    declared: ContentClass,
    kinds: frozenset[MediaKind] = frozenset(),
    language: str = "und",
    form: ContentForm = ContentForm.GROUP,
) -> Crossing:
    """Something said in a group, with what is attested of who says it. group_id, author_id: of their accounts."""
    facts = group_facts(unit, group_id)
    standing = memberships.find(unit, group_id, author_id)
    attested = memberships.attestation(unit, standing) if standing is not None else None
    role = AuthorRole.NONE if standing is None else AuthorRole(standing.role.value)
    return Crossing(
        form,
        declared,
        kinds,
        language,
        AuthorRole.GROUP if author_id == group_id else role,
        facts,
        0 if attested is None else attested.level,
        "" if attested is None else attested.profession,
        attested is not None and attested.pseudonymous,
    )


def of_post(unit: Unit, post: Post, media: Iterable[Media]) -> Crossing:
    """What the policy is told of a post that is here."""
    form = ContentForm.DIRECT if post.visibility is Visibility.DIRECT else ContentForm.POST
    kinds = kinds_of(media)
    declared, language = ContentClass.from_word(post.content_class), post.language or "und"
    if post.group_id is not None:
        return in_group(unit, post.group_id, post.account_id, declared, kinds, language)
    return Crossing(form, declared, kinds, language)


def kinds_of(media: Iterable[Media]) -> frozenset[MediaKind]:
    return frozenset(RECORDINGS.get(each.kind, MediaKind.IMAGE) for each in media)


def group_facts(unit: Unit, group_id: int) -> GroupFacts:
    """What rules may know of a group; its id is that of its actor. A group that is not known has no members: secret."""
    group, account = groups.find(unit, group_id), accounts.find(unit, group_id)
    if group is None or account is None:
        return GroupFacts(str(group_id), GroupAccess.SECRET, "")
    return GroupFacts(account.uri, group.access, group.specialty)


RELATION = Crossing(ContentForm.RELATION, ContentClass.NOTICE)
REACTION = Crossing(ContentForm.REACTION, ContentClass.NOTICE)
REMOVAL = Crossing(ContentForm.REMOVAL, ContentClass.NOTICE)
RECORDINGS = {"video": MediaKind.VIDEO, "gifv": MediaKind.VIDEO, "audio": MediaKind.AUDIO}
ACTOR = Crossing(ContentForm.ACTOR, ContentClass.NOTICE)


def tier(instance: Instance | None, partner: Partner | None, now: datetime) -> Tier:
    """Computed, never stored. T2 wants an agreement, a pinned key, the profile and a fresh probe beside `allowed`."""
    if instance is None or not instance.trust.speaks:
        return Tier.T0
    partnered = instance.trust is Trust.ALLOWED and partner is not None and partner.partner(now)
    return Tier.T2 if partnered else Tier.T1


def tier_of(unit: Unit, origin: Origin) -> Tier:
    """How far an instance is trusted at this moment."""
    return tier(rows.find(unit, origin), partner_rows.find(unit, origin), unit.now)


def decide(
    unit: Unit,
    direction: Direction,
    action: Action,
    origin: Origin,
    crossing: Crossing,
    *,
    subject: str,
    author_origin: Origin | None = None,
    released: bool = False,
) -> Decision:
    """Decides one crossing and records the decision.

    subject: id of what crosses. author_origin: whose content it is, where that is not the peer's own (in) or ours (out).
    released: a person has let it go, so that rules which hold are not asked.
    """
    known, papers = rows.find(unit, origin), partner_rows.find(unit, origin)
    owing = _owing(unit, direction, crossing)
    facts = _facts(unit, direction, action, origin, known, papers, crossing, author_origin, owing)
    rules = policies.current(unit)
    decision = engine.release(facts, rules) if released else engine.decide(facts, rules)
    audit.add_decisions(unit, subject, [_ruling(facts, decision)])
    return decision


def would(unit: Unit, direction: Direction, action: Action, origin: Origin, crossing: Crossing) -> Decision:
    """What `decide` would answer at this moment; nothing is written down."""
    known, papers = rows.find(unit, origin), partner_rows.find(unit, origin)
    owing = _owing(unit, direction, crossing)
    facts = _facts(unit, direction, action, origin, known, papers, crossing, None, owing)
    return engine.decide(facts, policies.current(unit))


def permits(unit: Unit, direction: Direction, action: Action, origin: Origin, crossing: Crossing) -> bool:
    """Decides without writing it down: for what carries nothing of any post."""
    return would(unit, direction, action, origin, crossing).allowed


def decide_for_all(
    unit: Unit, action: Action, origins: Iterable[Origin], crossing: Crossing, *, subject: str
) -> dict[Origin, Decision]:
    """`decide` on the way out for many peers at once, each decision recorded."""
    known = rows.find_many(unit, origins)
    papers = partner_rows.find_many(unit, known)
    rules = policies.current(unit)
    owing = _owing(unit, Direction.OUT, crossing)
    decisions: dict[Origin, Decision] = {}
    rulings: list[Ruling] = []
    for origin, instance in known.items():
        facts = _facts(
            unit, Direction.OUT, action, origin, instance, papers.get(origin), crossing, None, owing
        )
        decisions[origin] = engine.decide(facts, rules)
        rulings.append(_ruling(facts, decisions[origin]))
    audit.add_decisions(unit, subject, rulings)
    return decisions


@lru_cache(maxsize=8192)
def _ruling(facts: Facts, made: Decision) -> Ruling:
    return Ruling.of(facts, made, as_record(facts))


def queued(
    unit: Unit, crossing: Crossing, decided: Mapping[Origin, Decision], corrects: Collection[Origin] = ()
) -> set[Origin]:
    """For whom it is stored, of those that were decided about: whoever may have it now, or when a person lets it go.

    What takes something back is stored for whoever is paused too, and new words for those who have the earlier ones
    (corrects): they wait for the end of the pause, and are judged again.
    """
    found = {origin for origin, made in decided.items() if made.effect is not Effect.DENY}
    waits = decided.keys() if crossing.form is ContentForm.REMOVAL else decided.keys() & set(corrects)
    return found | paused(unit, waits)


def paused(unit: Unit, origins: Iterable[Origin]) -> set[Origin]:
    """Which of them are paused."""
    peers = rows.find_many(unit, origins)
    return {origin for origin, one in peers.items() if one is not None and one.trust is Trust.SUSPENDED}


def still(
    unit: Unit,
    action: Action,
    origin: Origin,
    instance: Instance | None,
    partner: Partner | None,
    recorded: dict[str, Any],
    owing: Owing,
    *,
    released: bool,
) -> Decision:
    """Whether an activity that was planned may still leave. instance, partner, owing: as they stand in this transaction.

    released: see `decide`.
    """
    facts = _facts(
        unit, Direction.OUT, action, origin, instance, partner, Crossing.from_record(recorded), None, owing
    )
    rules = policies.current(unit)
    return engine.release(facts, rules) if released else engine.decide(facts, rules)


def _facts(
    unit: Unit,
    direction: Direction,
    action: Action,
    origin: Origin,
    instance: Instance | None,
    partner: Partner | None,
    crossing: Crossing,
    author_origin: Origin | None,
    owing: Owing,
) -> Facts:
    standing = HostStanding.OWN if direction is Direction.OUT else _standing(instance)
    if author_origin is not None and author_origin != origin:
        own = author_origin == unit.context.settings.origin
        standing = HostStanding.OWN if own else _standing(rows.find(unit, author_origin))
        if standing is HostStanding.UNKNOWN and crossing.group.access.members_only and crossing.introduces:
            standing = HostStanding.INTRODUCED  # by the group, inside what it distributes and nowhere else
    return Facts(
        direction=direction,
        action=action,
        peer=_peer_facts(
            unit, origin, instance, partner, standing, owes=(crossing.group.id, origin) in owing
        ),
        group=crossing.group,
        content=crossing.content,
        author=AuthorFacts(
            level=crossing.level,
            profession=crossing.profession,
            role=crossing.author,
            pseudonymous=crossing.pseudonymous,
        ),
        posts=PostsReach(unit.context.settings.posts.value),
    )


def owing(unit: Unit) -> Owing:
    """Who owes receipts, and of which group."""
    return purges.owing(unit, unit.now - RECEIPT_OWED)


def _owing(unit: Unit, direction: Direction, crossing: Crossing) -> Owing:
    return owing(unit) if direction is Direction.OUT and crossing.group.access.members_only else frozenset()


def _peer_facts(
    unit: Unit,
    origin: Origin,
    instance: Instance | None,
    partner: Partner | None,
    author_host: HostStanding,
    *,
    owes: bool,
) -> PeerFacts:
    """owes: receipts of the group that is concerned.

    What a card states counts from when it was compared, and while no other key was seen.
    """
    confirmed = partner is not None and partner.confirmed_at is not None and partner.mismatch_at is None
    papers = partner if confirmed else None
    return PeerFacts(
        origin=origin,
        tier=tier(instance, partner, unit.now),
        held=instance is not None and instance.trust is Trust.LIMITED,
        owes=owes,
        jurisdiction=papers.jurisdiction if papers is not None else "",
        agreement=papers is not None and papers.in_agreement(unit.now),
        labels=frozenset(papers.labels) if papers is not None else frozenset(),
        author_host=author_host,
    )


def _standing(instance: Instance | None) -> HostStanding:
    if instance is None or instance.trust is Trust.UNKNOWN:
        return HostStanding.UNKNOWN
    return HostStanding.ALLOWED if instance.trust.speaks else HostStanding.BLOCKED
