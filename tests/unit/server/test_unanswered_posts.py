"""A post to a group elsewhere that was refused while nothing could cross back: it is said again until it is answered."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from server.core.errors import Invalid
from server.domain.boundary import ContentClass, GroupAccess
from server.domain.groups import Admission
from server.domain.posts import Standing
from server.services import groups, waiting
from server.services.groups import Settings
from server.store import accounts as account_rows
from server.store import partners as partner_rows
from tests.support.exchange import Exchange, open_exchange
from tests.support.house import House, house  # noqa: F401  a fixture


def _later(net: Exchange, span: timedelta) -> None:
    for one in net.instances.values():
        one.house.clock.advance(span)


def test_what_was_said_while_its_instance_was_no_partner_arrives_afterwards(tmp_path: Path) -> None:
    with open_exchange(tmp_path, "chu", "clinic", "society") as net:
        chu, clinic, society = net["chu"], net["clinic"], net["society"]
        group = society.group()
        anna, bert = chu.doctor("anna"), clinic.doctor("bert")
        net.join(chu, anna, society, group)
        net.join(clinic, bert, society, group)
        now = society.house.clock.now()
        society.house.run(partner_rows.change, chu.origin, {"mismatch_at": now})
        said = chu.say(anna, "@cardio@society.example An ECG")
        net.settle()
        assert society.find(said.uri) is None, "another key was seen"
        _later(net, timedelta(hours=2))
        assert chu.house.run(waiting.ask_for_verdicts) == 1
        net.settle()
        assert chu.house.run(waiting.ask_for_verdicts) == 0, "not at every look"
        pending = chu.find(said.uri)
        assert pending is not None and pending.standing is Standing.PENDING
        society.house.run(partner_rows.change, chu.origin, {"mismatch_at": None})
        while society.house.run(groups.look_at_borders):
            pass
        net.settle()
        _later(net, timedelta(hours=2))
        assert chu.house.run(waiting.ask_for_verdicts) == 1
        net.settle()
        taken = chu.find(said.uri)
        assert taken is not None and taken.standing is Standing.PUBLISHED
        assert clinic.find(said.uri) is not None
        _later(net, timedelta(hours=30))
        assert chu.house.run(waiting.ask_for_verdicts) == 0, "it was answered"
        # sent once more, what was taken has no second effect
        [first, *_] = [one for _, one in net.carried if said.uri.encode() in one.body]
        assert net.hand_over(chu, society, first) == "duplicate"


def test_what_everybody_reads_is_no_case(house: House) -> None:  # noqa: F811
    case, admission = ContentClass.CASE, Admission.MODERATED
    wanted = Settings(title="Open", access=GroupAccess.OPEN, class_floor=case, admission=admission)
    with pytest.raises(Invalid):
        house.run(groups.create, "command", "everybody", wanted)
    assert house.read(account_rows.find_by_name, "everybody") is None
    made = house.run(groups.create, "command", "public", Settings(title="Open", access=GroupAccess.OPEN))
    with pytest.raises(Invalid):
        house.run(groups.change, "command", made, Settings(class_floor=case))
    closed = house.run(groups.create, "command", "few", Settings(title="Few", class_floor=case))
    with pytest.raises(Invalid):
        house.run(groups.change, "command", closed, Settings(access=GroupAccess.OPEN))
    both = Settings(access=GroupAccess.OPEN, class_floor=ContentClass.NOTICE)
    assert house.run(groups.change, "command", closed, both).access is GroupAccess.OPEN
