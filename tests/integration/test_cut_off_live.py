"""A group of three real instances, one of which is cut off from the others while everybody goes on: afterwards everyone has
everything once, what was taken back meanwhile is gone everywhere, and who was removed meanwhile has nothing newer.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from federation.types import Iri
from server.services import streams
from server.store import accounts as account_rows
from server.store.session import Unit
from tests.support.instances import POSTGRESQL, SQLITE, eventually
from tests.support.live_groups import Circle, Doctor, LiveGroup
from tests.support.roads import Roads, Weather

pytestmark = pytest.mark.slow

HEALED = 150
"""Seconds. Who was unreachable is tried again after half a minute and after two, and hears us as soon as we hear them."""


class Cut:
    """A group at the society's; Anna at the hospital, Bert and Dora at the clinic, which is cut off. Cleo moderates."""

    def __init__(self, roads: Roads, engine: str) -> None:
        self.roads = roads
        self.circle = Circle(roads, "chu", "clinic", "society", engine=engine)
        self.group: LiveGroup = self.circle.group("society", "cardio")
        self.anna, self.cleo = self.circle.doctor("chu", "anna"), self.circle.doctor("society", "cleo")
        self.bert, self.dora = self.circle.doctor("clinic", "bert"), self.circle.doctor("clinic", "dora")
        for member in (self.cleo, self.anna, self.bert, self.dora):
            self.circle.join(self.group, member)

    def says(self, doctor: Doctor, text: str) -> str:
        return str(doctor.say(f"{self.group.handle} {text}")["uri"])

    def reaches(self, uri: str, *members: Doctor) -> None:
        for member in members:
            eventually(lambda member=member: member.sees(uri), within=HEALED)

    def keeps_nothing(self, uri: str, *members: Doctor) -> None:
        for member in members:
            eventually(lambda member=member: member.sees(uri) is None, within=HEALED)


@pytest.fixture(params=[SQLITE, POSTGRESQL])
def cut(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Cut]:
    roads = Roads(tmp_path)
    try:
        yield Cut(roads, request.param)
    finally:
        roads.close()


def test_cut_off_and_healed(cut: Cut) -> None:
    anna, bert, cleo, dora = cut.anna, cut.bert, cut.cleo, cut.dora
    before, wrong = cut.says(anna, "Before the cut"), cut.says(anna, "Wrong patient")
    for uri in (before, wrong):
        cut.reaches(uri, anna, bert, cleo, dora)

    # the answers are lost first, so that what arrived is sent once more; then nothing moves; then nobody is reached
    cut.roads.cut_off("clinic", Weather.UNANSWERED)
    said = [cut.says(anna, "Its answer is lost"), cut.says(dora, "So is this one's")]
    eventually(lambda: cut.roads.felt[Weather.UNANSWERED] >= 2)
    cut.roads.cut_off("clinic", Weather.SILENT)
    said.append(cut.says(cleo, "On its way when the road opens"))
    cut.circle["society"].command("group", "remove", "cardio", bert.handle)
    said += [cut.says(anna, "After the removal"), cut.says(dora, "From behind the cut")]
    newer = said[-2]
    refused = cut.says(bert, "Not knowing that I am out")
    anna.live.client.delete(f"/api/v1/statuses/{anna.sees(wrong)['id']}").raise_for_status()
    cut.reaches(newer, anna, cleo)
    cut.keeps_nothing(wrong, anna, cleo)
    eventually(lambda: cut.roads.felt[Weather.SILENT] >= 2)
    cut.roads.cut_off("clinic", Weather.CLOSED)
    said.append(cut.says(cleo, "While nobody was reached"))
    cut.reaches(said[-1], anna, cleo)
    assert bert.sees(newer) is None
    assert dora.sees(newer) is None

    cut.roads.cut_off("clinic", Weather.SLOW)
    with cut.roads.watching(lambda: bert.sees(newer) is None and bert.sees(said[-1]) is None):
        for uri in said:
            cut.reaches(uri, anna, cleo, dora)
        cut.keeps_nothing(wrong, anna, bert, cleo, dora)
    cut.roads.open()
    last = cut.says(anna, "After the cut")
    cut.reaches(last, anna, cleo, dora)
    _each_once(cut, [before, *said, last], wrong, refused)
    assert all(cut.roads.felt[one] for one in Weather if one is not Weather.OPEN), cut.roads.felt


def _each_once(cut: Cut, said: list[str], wrong: str, refused: str) -> None:
    for member in (cut.anna, cut.cleo, cut.dora):
        shown = [(one["reblog"] or one)["uri"] for one in member.home()]
        assert [shown.count(uri) for uri in said] == [1] * len(said), member.account.username
        assert wrong not in shown
        assert refused not in shown, member.account.username


def test_who_was_removed_reads_nothing_newer_where_only_the_stream_can_be_read(cut: Cut) -> None:
    """What the society sends does not arrive, the removal neither; the clinic can ask, and has a reason to read the stream."""
    bert, cleo, dora = cut.bert, cut.cleo, cut.dora
    before = cut.says(cleo, "Before the cut")
    cut.reaches(before, bert, dora)
    cut.roads.set(("society", "clinic"), Weather.CLOSED)
    cut.circle["society"].command("group", "remove", "cardio", bert.handle)
    newer = cut.says(cleo, "After the removal")
    cut.reaches(newer, cut.anna)  # it stands in the streams now: read sooner, they would not have it yet
    with cut.roads.watching(lambda: bert.sees(newer) is None):
        cut.circle.run(cut.circle["clinic"], _comes_back, cut.group.account.uri)
        cut.reaches(newer, dora)
        eventually(lambda: bert.sees(newer) is None)
    assert cut.roads.felt[Weather.CLOSED]


def _comes_back(unit: Unit, group_uri: Iri) -> None:
    """As at the end of a pause."""
    group = account_rows.find_by_uri(unit, group_uri)
    assert group is not None
    streams.behind(unit, group.id)
