"""The sixth step of pairing between two serving instances, from their cards to the end of the throwaway group on both sides."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from server.domain.trust import Partner
from server.services import groups, instances, pairing, partners
from server.store import accounts as account_rows
from server.store import groups as group_rows
from server.store.session import Unit
from tests.support.instances import Launcher, LiveInstance, eventually
from tests.support.live_groups import Circle, Doctor
from tests.support.members import settings_of
from tests.support.partners import make_partners

pytestmark = pytest.mark.slow
STEPS = ["group", "joined", "posted", "answered", "withdrawn", "receipted", "dissolved"]


class Round:
    """Each call of a command is an administrator's; what the doctors do they do in their apps."""

    def __init__(self, launcher: Launcher) -> None:
        self.circle = Circle(launcher, "chu", "clinic", partners=False)
        self.chu, self.clinic = self.circle["chu"], self.circle["clinic"]
        make_partners(self.chu, self.clinic)
        self.anna, self.bert = self.circle.doctor("chu", "anna"), self.circle.doctor("clinic", "bert")

    def told(self, here: LiveInstance, there: LiveInstance, *options: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(here.command("instance", "try", there.origin, *options, "--json"))
        return found

    def reaches(self, here: LiveInstance, there: LiveInstance, step: str) -> dict[str, Any]:
        """Asks with the command until the step was seen, and no later one."""
        wanted = STEPS[: STEPS.index(step) + 1]

        def look() -> dict[str, Any] | None:
            told = self.told(here, there)
            return told if [one["check"] for one in told["lines"] if one["passed"]] == wanted else None

        return eventually(look, every=1)

    def joins(self, doctor: Doctor, handle: str) -> int:
        found = doctor.get("/api/v2/search", q=handle, resolve="true", type="accounts")["accounts"]
        assert doctor.post(f"/api/v1/accounts/{found[0]['id']}/follow")["requested"] is True

        def confirm(unit: Unit) -> None:
            group, record = (
                account_rows.find(unit, int(found[0]["id"])),
                group_rows.find(unit, int(found[0]["id"])),
            )
            assert group is not None and record is not None
            groups.confirm_join(unit, doctor.account, group, record.rules_version)

        self.circle.run(doctor.at, confirm)
        return int(found[0]["id"])

    def sixth(self, here: LiveInstance, there: LiveInstance) -> str:
        """What the page says of the sixth step."""

        def read(unit: Unit) -> str:
            origin = settings_of(there).origin
            partner: Partner | None = partners.find(unit, origin)
            return pairing.steps(unit, instances.find(unit, origin), partner)[5].says

        return self.circle.run(here, read)

    def dissolved(self, doctor: Doctor, group_id: int) -> bool:
        """Whether the group is no more to be found where the doctor lives."""
        found = self.circle.run(doctor.at, group_rows.find, group_id)
        return found is not None and found.dissolved_at is not None


def case_of(doctor: Doctor) -> Any:
    """The invented case, as an app shows it."""
    shown = [one["reblog"] or one for one in doctor.home()]
    return next((one for one in shown if "invented case" in one["content"]), None)


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Round]:
    launcher = Launcher(tmp_path_factory.mktemp("trial"))
    try:
        yield Round(launcher)
    finally:
        launcher.close()


def test_a_round_is_seen_to_its_end_on_both_sides(trial: Round) -> None:
    chu, clinic, bert = trial.chu, trial.clinic, trial.bert
    begun = trial.told(chu, clinic, "--founder", "anna")
    clinic.command("instance", "try", chu.origin, status=1)  # nothing of it is known there yet
    group_id = trial.joins(bert, begun["group"])
    told = trial.reaches(clinic, chu, "joined")
    assert (begun["theirs"], told["theirs"], told["group"]) == (False, True, begun["group"])
    assert [one["turn"] for one in told["lines"]] == ["them", "us", "them", "us", "them", "server", "them"]
    assert trial.sixth(clinic, chu).startswith("The test round is under way")

    trial.told(chu, clinic)  # goes on: the case is posted
    trial.reaches(clinic, chu, "posted")
    case = eventually(lambda: case_of(bert))
    bert.say("I have seen it.", in_reply_to_id=case["id"])
    trial.reaches(clinic, chu, "answered")
    for here, there in ((chu, clinic), (clinic, chu)):
        told = eventually(lambda h=here, t=there: _ended(trial.told(h, t)), every=1)
        assert told["passed"] and [one["check"] for one in told["lines"] if one["passed"]] == STEPS
        assert trial.sixth(here, there) == "Done."
    assert bert.live.client.get(f"/api/v1/statuses/{case['id']}").status_code == 404
    assert "the group was dissolved" in json.dumps(bert.get("/api/v1/conversations"))
    assert trial.dissolved(bert, group_id)


def test_the_other_way_round_and_given_up_there(trial: Round) -> None:
    chu, clinic, anna = trial.chu, trial.clinic, trial.anna
    begun = trial.told(clinic, chu, "--founder", "bert")
    group_id = trial.joins(anna, begun["group"])
    trial.reaches(chu, clinic, "joined")
    chu.command("instance", "try", clinic.origin, "--founder", "anna", status=1)  # theirs is under way
    trial.told(clinic, chu)
    eventually(lambda: case_of(anna))
    assert trial.told(clinic, chu, "--give-up")["passed"] is False
    assert eventually(lambda: _ended(trial.told(chu, clinic)), every=1)["passed"] is False
    assert trial.dissolved(anna, group_id) and case_of(anna) is None
    assert trial.sixth(chu, clinic).startswith("One of you begins")


def test_who_joined_gives_it_up(trial: Round) -> None:
    chu, clinic, bert = trial.chu, trial.clinic, trial.bert
    begun = trial.told(chu, clinic, "--founder", "anna")
    group_id = trial.joins(bert, begun["group"])
    trial.reaches(clinic, chu, "joined")
    trial.told(chu, clinic)
    trial.reaches(clinic, chu, "posted")
    assert trial.told(clinic, chu, "--give-up")["ended"] is True
    relationship = bert.get("/api/v1/accounts/relationships", id=group_id)[0]
    assert (relationship["following"], relationship["requested"]) == (False, False)
    assert trial.told(chu, clinic)["ended"] is False, "who began it ends it"
    assert trial.told(chu, clinic, "--give-up")["ended"] is True


def _ended(told: dict[str, Any]) -> dict[str, Any] | None:
    return told if told["ended"] else None
