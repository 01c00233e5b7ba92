"""Versions of a federation list in any order, with weak ones and a second history among them: what is believed is one chain."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from server.activitypub.ingress import federation_list
from server.domain.federation_lists import Received
from server.services import federation_lists
from tests.support.federation_lists import URL, Publisher
from tests.support.house import START, open_house

LAST = 4
PUBLISHER = Publisher(keys=3, threshold=2)
HONEST = {1: PUBLISHER.version(1, ["a.example"])}
for _number in range(2, LAST + 1):
    HONEST[_number] = PUBLISHER.version(_number, [f"v{_number}.example"], after=HONEST[_number - 1])
WEAK = {n: PUBLISHER.version(n, ["evil.example"], after=HONEST[n - 1], by=[0]) for n in range(2, LAST + 1)}
OTHER = {n: PUBLISHER.version(n, ["other.example"], after=HONEST[n - 1]) for n in range(2, LAST + 1)}
FILES = {"honest": HONEST, "weak": WEAK, "other": OTHER}


class Model:
    """What must come of each. branch: which history the known version is of."""

    def __init__(self) -> None:
        self.version, self.branch, self.forked = 1, "honest", False

    def offered(self, kind: str, number: int) -> Received:
        outcome = self._outcome(kind, number)
        if outcome is Received.NEW:
            self.version, self.branch = number, kind
        self.forked = self.forked or outcome is Received.FORK
        return outcome

    def _outcome(self, kind: str, number: int) -> Received:
        if self.forked:
            return Received.FORK
        if kind == "weak":
            return Received.UNSIGNED
        if number == self.version:
            return Received.SAME if kind == self.branch else Received.FORK
        if number < self.version:
            return Received.ROLLBACK
        if number > self.version + 1:
            return Received.GAP
        return Received.NEW if self.branch == "honest" else Received.FORK


offers = st.sampled_from([(kind, number) for kind, files in FILES.items() for number in files])


@settings(max_examples=40, deadline=None)
@given(st.lists(offers, max_size=12))
def test_what_is_believed_is_one_chain(order: list[tuple[str, int]]) -> None:
    model = Model()
    with TemporaryDirectory() as folder, open_house(Path(folder)) as house:
        first = federation_list.judge(HONEST[1], START)
        house.run(federation_lists.follow, "test", first, PUBLISHER.fingerprints())
        for kind, number in order:
            known = house.read(federation_lists.get, URL)
            offered = federation_list.judge(FILES[kind][number], START, known.signers)
            assert house.run(federation_lists.receive, "test", offered) is model.offered(kind, number)
            after = house.read(federation_lists.get, URL)
            assert (after.version, after.forked_at is not None) == (model.version, model.forked)
            assert after.version >= known.version
            assert "evil.example" not in {one.domain for one in after.entries}


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_any_byte_changed_is_not_believed(data: st.DataObject) -> None:
    raw = HONEST[2]
    end = raw.index(b'"proof"')
    place = data.draw(st.integers(0, end - 1))
    byte = data.draw(st.integers(32, 126))
    changed = raw[:place] + bytes([byte]) + raw[place + 1 :]
    try:
        read = federation_list.judge(changed, START)
    except federation_list.Invalid:
        return
    same = read.digest == federation_list.judge(raw, START).digest
    assert same or read.signed_by == frozenset()
