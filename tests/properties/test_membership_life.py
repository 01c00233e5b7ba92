"""Two sides of a membership and a channel that loses, repeats, reorders and delays: in the end both think the same.

Each side is as small as it can be: what it knows, and the functions of `life`. Whatever happened, once messages get
through again and rosters are compared, nobody reads who is out, and nobody is out who is in.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from server.domain.groups import MembershipState
from server.services.groups import life
from server.services.groups.life import Asked, Compared, Heard, Known, Word

State = MembershipState
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
OUT = {State.REMOVED, State.BANNED, State.REJECTED}


@dataclass
class Two:
    """home: where the member lives. host: where the group lives. wire: what is on its way, to whom.

    seen: the stamp of the roster as the member's instance knows it.
    """

    clock: int = 0
    serial: int = 0
    version: int = 0
    seen: int = 0
    home: Known = field(default_factory=Known)
    host: Known = field(default_factory=Known)
    wire: list[tuple[str, Any]] = field(default_factory=list)
    flaw: bool = False
    """The next renewal has one."""
    doubt: bool = False
    """The member's instance fetches the roster, whatever was said last."""

    def now(self) -> datetime:
        self.clock += 1
        return EPOCH + timedelta(seconds=self.clock)

    # -- the member's instance -----------------------------------------------------------------------

    def ask(self) -> None:
        self.serial += 1
        state = (
            self.home.state if self.home.state is not None and self.home.state.on_roster else State.REQUESTED
        )
        uri = f"join-{self.serial}"
        self.home = replace(self.home, state=state, join_uri=uri, asked_at=self.now())
        self.ask_again()

    def ask_again(self) -> None:
        self.wire.append(("host", ("join", self.home.join_uri, self.home.asked_at)))

    def leave(self) -> None:
        if self.home.state is not None and (self.home.state.on_roster or self.home.state is State.REQUESTED):
            self.home = replace(self.home, state=State.LEFT, left_at=self.now())
            self.wire.append(("host", ("leave", self.home.left_at)))

    def hear(self, word: Word) -> None:
        heard = life.heard(self.home, word)
        if heard is Heard.REFUSED:
            self.doubt |= word.stamp > self.home.stamp
            return
        self.seen = max(self.seen, word.stamp)
        if heard is Heard.TAKEN:
            self.home = replace(self.home, state=word.state, stamp=word.stamp)
        elif heard is Heard.NOTED:
            self.home = replace(self.home, stamp=word.stamp)
        elif heard is Heard.LEFT_ALREADY:
            if self.home.state is State.REJECTED:
                self.home = replace(self.home, state=State.LEFT, left_at=self.home.asked_at)
            self.wire.append(("host", ("leave", self.home.left_at)))

    # -- the group's instance ------------------------------------------------------------------------

    def set(self, state: MembershipState, **values: Any) -> None:
        self.version += 1
        self.host = replace(self.host, state=state, stamp=self.version, **values)

    def say(self) -> None:
        if self.host.state is not None and self.host.state not in {State.REQUESTED, State.LEFT}:
            self.wire.append(("home", Word(self.host.state, self.host.join_uri, self.host.stamp)))

    def receive(self, message: tuple[Any, ...]) -> None:
        if message[0] == "leave":
            if life.left(self.host, message[1]):
                self.set(State.LEFT)
            if self.host.state is not None:
                latest = max(message[1], self.host.left_at or message[1])
                self.host = replace(self.host, left_at=latest)
            return
        _, uri, asked_at = message
        asked = life.asked(self.host, uri, asked_at)
        if asked is Asked.REPEATED:
            self.say()
        elif asked is Asked.RENEWAL and self.flaw:
            self.flaw = False
            self.wire.append(("home", Word(State.REJECTED, uri, self.host.stamp)))
        elif asked is Asked.RENEWAL:
            self.set(State.ACTIVE, join_uri=uri, asked_at=asked_at)
            self.say()
        elif asked in {Asked.NEW, Asked.AGAIN}:
            self.set(State.REQUESTED, join_uri=uri, asked_at=asked_at)
        elif asked is Asked.SUPERSEDED and self.host.state not in {None, State.REQUESTED, State.LEFT}:
            self.say()
        else:
            self.wire.append(("home", Word(State.REJECTED, uri, self.host.stamp)))

    def decide(self, state: MembershipState) -> None:
        """What moderators, and what is attested, may do to the state that stands."""
        was = self.host.state
        possible = {
            State.ACTIVE: {State.REQUESTED, State.SUSPENDED},
            State.REJECTED: {State.REQUESTED},
            State.SUSPENDED: {State.ACTIVE},
            State.REMOVED: {State.ACTIVE, State.SUSPENDED, State.BANNED},
            State.BANNED: {State.ACTIVE, State.SUSPENDED, State.REQUESTED},
        }
        if was in possible[state]:
            self.set(state)
            self.say()

    # -- both ----------------------------------------------------------------------------------------

    def deliver(self, index: int, *, keep: bool = False) -> None:
        if self.wire:
            index %= len(self.wire)
            to, message = self.wire[index] if keep else self.wire.pop(index)
            if to == "home":
                self.hear(message)
            else:
                self.receive(message)

    def compare(self) -> None:
        """Rosters are compared, and where they differ the slice is fetched."""
        ours, theirs = (self.seen, _digest(self.home)), (self.host.stamp, _digest(self.host))
        if life.compared(ours, theirs) in {Compared.SAME, Compared.AHEAD} and not self.doubt:
            return
        self.doubt = False
        if self.host.state is not None and self.host.state.on_roster:
            self.hear(Word(self.host.state, self.host.join_uri, self.host.stamp))
        elif self.home.state is not None and self.home.state.on_roster and self.home.stamp <= self.host.stamp:
            self.home = replace(self.home, state=State.REMOVED, stamp=self.host.stamp)
        self.seen = max(self.seen, self.host.stamp)

    def settle(self) -> None:
        """Messages get through again, the oldest first or last; moderators decide; requests are repeated."""
        for round_ in range(12):
            while self.wire:
                self.deliver(-1 if round_ % 2 else 0)
            if self.host.state is State.REQUESTED and self.host.join_uri == self.home.join_uri:
                self.decide(State.ACTIVE)
            if self.home.state is State.REQUESTED:
                self.ask_again()
            self.compare()


def _digest(known: Known) -> str:
    return "in" if _inside(known) else "out"


def _inside(known: Known) -> bool:
    return known.state is not None and known.state.on_roster


STEPS = st.one_of(
    st.sampled_from(["ask", "ask", "leave", "again", "compare", "flaw"]).map(lambda name: (name, 0)),
    st.tuples(st.sampled_from(["deliver", "deliver", "repeat", "lose"]), st.integers(0, 7)),
    st.sampled_from(
        [State.ACTIVE, State.ACTIVE, State.REJECTED, State.SUSPENDED, State.REMOVED, State.BANNED]
    ).map(lambda state: ("decide", state)),
)


@settings(max_examples=1500, deadline=None)
@given(st.lists(STEPS, max_size=40))
@example(
    [
        ("ask", 0),
        ("ask", 0),
        ("again", 0),
        ("deliver", 1),
        ("decide", State.ACTIVE),
        ("decide", State.SUSPENDED),
        ("lose", 3),
    ]
)
def test_both_sides_come_to_the_same(steps: list[tuple[str, Any]]) -> None:
    two = Two()
    for name, value in steps:
        before = two.host.state
        if name == "ask":
            two.ask()
        elif name == "leave":
            two.leave()
        elif name == "again" and two.home.state is State.REQUESTED:
            two.ask_again()
        elif name == "compare":
            two.compare()
        elif name == "flaw":
            two.flaw = True
        elif name == "decide":
            two.decide(value)
        elif name == "lose" and two.wire:
            two.wire.pop(value % len(two.wire))
        elif name in {"deliver", "repeat"}:
            two.deliver(value, keep=name == "repeat")
        if before is State.BANNED and name != "decide":
            assert two.host.state is State.BANNED, "nothing but a moderator ends an exclusion"
    two.settle()
    assert _inside(two.home) == _inside(two.host), (two.home, two.host)
    assert not (_inside(two.home) and two.home.state is not two.host.state), (two.home, two.host)
    assert two.home.state is not State.REQUESTED, "every request is answered in the end"


@settings(max_examples=500, deadline=None)
@given(st.lists(STEPS, max_size=30), st.integers(0, 7))
def test_whoever_left_is_out_for_good_whatever_comes_late(steps: list[tuple[str, Any]], late: int) -> None:
    two = Two()
    two.ask()
    two.deliver(0)
    two.decide(State.ACTIVE)
    two.deliver(0)
    assert two.home.state is State.ACTIVE
    old = [
        ("home", Word(State.ACTIVE, "join-1", two.host.stamp)),
        ("host", ("join", "join-1", two.host.asked_at)),
    ]
    for name, value in steps:
        if name == "decide":
            two.decide(value)
        elif name == "deliver":
            two.deliver(value)
    two.leave()
    left = two.home.state
    two.wire += old * (late + 1)
    two.settle()
    assert not _inside(two.home)
    assert not _inside(two.host)
    assert left is None or two.home.state in OUT | {State.LEFT}


def test_a_request_older_than_the_last_leave_is_superseded() -> None:
    known = Known(State.LEFT, "join-1", EPOCH, EPOCH + timedelta(hours=1), 3)
    assert life.asked(known, "join-0", EPOCH + timedelta(minutes=30)) is Asked.SUPERSEDED
    assert life.asked(known, "join-2", EPOCH + timedelta(hours=2)) is Asked.NEW
    assert life.asked(known, "join-1", EPOCH) is Asked.REPEATED
