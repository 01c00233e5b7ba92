"""The seven steps by which two instances become partners, as they stand here. Each says who must act.

They are read from what is stored, never kept: a step that comes undone is open again. What the other side has done is
known by what its probe answers alone.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from federation.types import Origin
from server.core.errors import Invalid
from server.core.i18n import N_
from server.domain.pairing import Actor, PairingStep
from server.domain.trust import Card, Instance, Partner, ProbeLine, Trust
from server.services import instances, partners, trials
from server.store.session import Unit

CARDS = N_("Exchange cards")
FINGERPRINT = N_("Read the fingerprint aloud")
AGREEMENT = N_("Agreement and its end")
THEIR_HALF = N_("Their half")
PROBE = N_("Probe, line by line")
ROUND = N_("Try it with an invented case")
PARTNER = N_("Partner")

_DONE = N_("Done.")
_TAKE_CARD = N_("Send them your card, and take up theirs.")
_COMPARE = N_("Telephone each other, and compare the fingerprint of their card.")
_CONNECT = N_("The instance is not connected here: connect or resume it first.")
_NAME_AGREEMENT = N_("Name the agreement and the day on which it ends.")
_RENEW = N_("The agreement has ended. Take up their card again, with the new agreement and its end.")
_SETTLE_KEY = N_("Another key than the pinned one was seen. Telephone them before anything else.")
_NOT_YET = N_("Comes later.")
_THEY_PAIR = N_("They have not paired with you yet, or not with your present key. Send them the text below.")
_UNKNOWN_HALF = N_("The probe will tell whether they have done theirs. Send them the text below.")
_TEST = N_("Test now: the two servers exchange a fixed text and a picture, in both directions.")
_RUNNING = N_("The probe is under way; it takes up to a minute. Look again.")
_FAILED = N_("A line has failed. Read it to each other: it says what to look at, here or there.")
_TRY = N_(
    "One of you begins the test round on this page: a group for this alone, one person of each side, an invented case, its answer and "
    "its end."
)
_UNDER_WAY = N_("The test round is under way: see below what is to be done.")
_IS_PARTNER = N_(
    "What is said in members-only groups crosses, as your policy permits. Ask them what their page says."
)
_NO_PARTNER = N_("Not yet: nothing of members-only groups crosses.")

LINES: dict[str, str] = {
    "key": N_("Their instance still has the key that you pinned."),
    "object": N_("They give you the fixed text."),
    "media": N_("They give you its picture."),
    "clock": N_("The two clocks agree."),
    "object-unsigned": N_("They refuse the text to whoever does not sign."),
    "object-wrong-key": N_("They refuse the text to a wrong signature."),
    "object-unknown-key": N_("They refuse the text to an unknown key."),
    "object-draft-signature": N_("They refuse the text to the older way of signing."),
    "media-unsigned": N_("They refuse the picture to whoever does not sign."),
    "media-wrong-key": N_("They refuse the picture to a wrong signature."),
    "media-unknown-key": N_("They refuse the picture to an unknown key."),
    "media-draft-signature": N_("They refuse the picture to the older way of signing."),
    "delivered": N_("Your text arrived."),
    "answered": N_("They answered it."),
    "deleted": N_("It was taken back."),
    "receipted": N_("They signed that it is gone."),
}
"""The lines of a probe, in words."""


def steps(unit: Unit, instance: Instance | None, partner: Partner | None) -> list[PairingStep]:
    """All seven. partner: None as long as no card was taken up."""
    paired = partner is not None and partner.confirmed_at is not None
    if partner is None or not paired:
        done = [
            PairingStep(1, CARDS, Actor.BOTH, _TAKE_CARD),
            PairingStep(2, FINGERPRINT, Actor.BOTH, _COMPARE),
            PairingStep(3, AGREEMENT, Actor.US, _NAME_AGREEMENT),
        ]
        return [*done, *_later(4)]
    found = [
        PairingStep(1, CARDS, Actor.NOBODY, _DONE),
        PairingStep(2, FINGERPRINT, Actor.NOBODY, _DONE)
        if partner.mismatch_at is None
        else PairingStep(2, FINGERPRINT, Actor.BOTH, _SETTLE_KEY),
        PairingStep(3, AGREEMENT, Actor.NOBODY, _DONE)
        if partner.in_agreement(unit.now)
        else PairingStep(3, AGREEMENT, Actor.US, _RENEW),
    ]
    if instance is None or instance.trust is not Trust.ALLOWED:
        return [*found, PairingStep(4, THEIR_HALF, Actor.US, _CONNECT), *_later(5)]
    if not partner.candidate(unit.now):
        return [*found, *_later(4)]
    return [*found, *_after_pairing(unit, partner)]


def _after_pairing(unit: Unit, partner: Partner) -> list[PairingStep]:
    lines = {line.check: line for line in partner.probe}
    asked = partner.next_probe_at is not None and partner.next_probe_at <= unit.now
    halves = {
        True: PairingStep(4, THEIR_HALF, Actor.NOBODY, _DONE),
        False: PairingStep(4, THEIR_HALF, Actor.THEM, _THEY_PAIR),
        None: PairingStep(4, THEIR_HALF, Actor.THEM, _UNKNOWN_HALF),
    }
    their_half = halves[lines["object"].passed if "object" in lines else None]
    if asked:
        probe = PairingStep(5, PROBE, Actor.SERVER, _RUNNING)
    elif not lines:
        probe = PairingStep(5, PROBE, Actor.US, _TEST)
    elif all(line.passed for line in partner.probe):
        probe = PairingStep(5, PROBE, Actor.NOBODY, _DONE)
    else:
        probe = PairingStep(5, PROBE, Actor.THEM if not lines["object"].passed else Actor.BOTH, _FAILED)
    if not partner.partner(unit.now):
        return [their_half, probe, *_later(6)]
    return [
        their_half,
        probe,
        _round(unit, partner.domain),
        PairingStep(7, PARTNER, Actor.NOBODY, _IS_PARTNER),
    ]


def _round(unit: Unit, domain: Origin) -> PairingStep:
    """Whichever side began it: each knows what came of it by what it has seen itself."""
    trial = trials.find(unit, domain)
    if trial is None or (trial.ended_at is not None and not trial.passed):
        return PairingStep(6, ROUND, Actor.BOTH, _TRY)
    if trial.passed:
        return PairingStep(6, ROUND, Actor.NOBODY, _DONE)
    first = next((one for one in trials.lines(unit, trial) if not one.passed), None)
    return PairingStep(6, ROUND, first.actor if first else Actor.US, _UNDER_WAY)


def _later(first: int) -> list[PairingStep]:
    titles = {4: THEIR_HALF, 5: PROBE, 6: ROUND, 7: PARTNER}
    return [
        PairingStep(number, title, Actor.BOTH, _NO_PARTNER if number == max(titles) else _NOT_YET)
        for number, title in titles.items()
        if number >= first
    ]


def check_level(domain: Origin, level: Trust) -> None:
    """An unknown or held instance may be connected in passing; one that was paused or ended was so on purpose.

    Raises Invalid.
    """
    if not (level is Trust.UNKNOWN or level.speaks):
        raise Invalid(
            "%(domain)s is %(state)s here: `consilium instance allow %(domain)s` first",
            domain=domain,
            state=instances.WORDS[level],
        )


def pair(unit: Unit, by: str, given: Card, *, fingerprint: str, agreement: str, until: datetime) -> Partner:
    """Steps 1 to 3: connects the instance where it is not, and pins its key. Raises Invalid, Conflict."""
    found = instances.find(unit, given.domain)
    level = found.trust if found is not None else Trust.UNKNOWN
    if level is not Trust.ALLOWED:
        check_level(given.domain, level)
        instances.set_trust(unit, by, given.domain, Trust.ALLOWED, agreement)
    return partners.pair(unit, by, given, fingerprint=fingerprint, agreement=agreement, until=until)


def end_of_day(text: str) -> datetime:
    """The moment at which a day ends, in UTC. Raises Invalid."""
    try:
        day = date.fromisoformat(text)
        return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)
    except (ValueError, OverflowError):
        raise Invalid("“%(text)s” is no date such as 2027-12-31", text=text[:40]) from None


def line_words(line: ProbeLine) -> str:
    """What a line of the probe asks (a gettext id); its own name where it is a new one."""
    return LINES.get(line.check, line.check)
