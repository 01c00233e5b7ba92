"""Lists in Mastodon's formats: read whole or refused, shown before they change anything, never loosening unasked."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from federation.types import Origin
from server.core.errors import Conflict, Invalid
from server.domain.trust import Trust
from server.services import instances, trust_files
from server.services.instances import Details
from server.services.trust_files import ALLOWS_HEADER, BLOCKS_HEADER, Effect, Entry, Severity
from server.store.session import Unit
from tests.support.house import House

pytestmark = pytest.mark.slow

HEADER = ",".join(BLOCKS_HEADER)
FLAGS = st.booleans()
HOSTS = st.from_regex(r"[a-z][a-z0-9]{0,10}\.example(:8[0-9]{3})?", fullmatch=True).map(Origin)
COMMENTS = st.text(
    st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("\n,\";'#"), max_size=60
).map(str.strip)
DETAILS = st.builds(Details, FLAGS, FLAGS, COMMENTS)
BLOCKS = st.builds(
    Entry, HOSTS, st.sampled_from([Severity.NOOP, Severity.SILENCE, Severity.SUSPEND]), DETAILS, FLAGS
)
UNIQUE = st.lists(BLOCKS, max_size=12, unique_by=lambda entry: entry.domain)


@given(UNIQUE)
def test_what_is_written_reads_back(entries: list[Entry]) -> None:
    assert trust_files.read(trust_files.write(entries, BLOCKS_HEADER)) == entries


@given(st.lists(HOSTS, max_size=12, unique=True))
def test_allows_read_back(hosts: list[Origin]) -> None:
    entries = [Entry(host, Severity.ALLOW) for host in hosts]
    assert trust_files.read(trust_files.write(entries, ALLOWS_HEADER)) == entries


@given(st.text(max_size=400))
def test_any_text_is_read_or_refused_with_a_sentence(text: str) -> None:
    for head in ("", HEADER + "\n", "#domain\n"):
        try:
            trust_files.read(head + text)
        except Invalid as refused:
            assert str(refused)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(HOSTS, st.tuples(st.sampled_from(Trust), DETAILS), max_size=8))
def test_a_trust_table_moves_by_its_two_files(
    house: House, table: dict[Origin, tuple[Trust, Details]]
) -> None:
    """Allows first, then blocks: every instance has its level and its notes again; a pause comes back as ended."""

    def fill(unit: Unit) -> tuple[str, str]:
        for domain, (trust, details) in table.items():
            instances.set_trust(unit, "command", domain, trust)
            instances.set_details(unit, "command", domain, details)
        files = (
            trust_files.write(trust_files.allows(unit), ALLOWS_HEADER),
            trust_files.write(trust_files.blocks(unit), BLOCKS_HEADER),
        )
        _forget_all(unit)
        return files

    for file in house.run(fill):
        entries = trust_files.read(file)
        house.run(trust_files.apply, "command", entries, house.read(trust_files.compare, entries))
    found = {
        row.domain: (row.trust, Details(row.reject_media, row.reject_reports, row.public_comment))
        for row in house.read(instances.all_known)
    }
    expected = {
        domain: (Trust.BLOCKED if trust is Trust.SUSPENDED else trust, details)
        for domain, (trust, details) in table.items()
        if trust is not Trust.UNKNOWN or details != Details()
    }
    assert found == expected
    house.run(_forget_all)


def _forget_all(unit: Unit) -> None:
    unit.connection.exec_driver_sql("DELETE FROM instance")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (
            f"{HEADER}\nok.example,suspend,false,false,,false\nnot a host,suspend,false,false,,false\n",
            "3 (no host name)",
        ),
        (f"{HEADER}\na.example,destroy,false,false,,false\n", "2 (severity"),
        (f"{HEADER}\na.example,suspend,perhaps,false,,false\n", "2 (reject_media"),
        (
            f"{HEADER}\na.example,suspend,false,false,,false\nA.Example.,silence,false,false,,false\n",
            "3 (says something else of a.example than line 2)",
        ),
        (f"{HEADER}\nexa*ple.net,suspend,false,false,,true\n", "2 (no host name)"),
        (f'{HEADER}\na.example,suspend,false,false,"open,false\n', "(not readable as CSV)"),
        ("#domain\na.example,suspend\n", "2 (more columns"),
    ],
)
def test_bad_lines_are_named(text: str, named: str) -> None:
    with pytest.raises(Invalid) as refused:
        trust_files.read(text)
    assert named in str(refused.value)


@pytest.mark.parametrize(
    "header", ["", "a.example", "domain;severity", "#domain,#public_comment", "#domain,#domain"]
)
def test_a_file_must_say_what_it_is(header: str) -> None:
    with pytest.raises(Invalid, match="first line"):
        trust_files.read(f"{header}\na.example\n")


def test_spelling_of_hosts_does_not_matter() -> None:
    first, second = trust_files.read(
        "#domain\nBücher.Example.\nXN--BCHER-KVA.example:443\n\nother.example:8443\n"
    )
    assert (first.domain, second.domain) == ("xn--bcher-kva.example", "other.example:8443")


@pytest.mark.parametrize(
    ("before", "severity", "effect", "after"),
    [
        (Trust.UNKNOWN, Severity.ALLOW, Effect.ADD, Trust.ALLOWED),
        (Trust.LIMITED, Severity.ALLOW, Effect.SAME, Trust.LIMITED),
        (Trust.ALLOWED, Severity.ALLOW, Effect.SAME, Trust.ALLOWED),
        (Trust.SUSPENDED, Severity.ALLOW, Effect.CONFLICT, Trust.ALLOWED),
        (Trust.BLOCKED, Severity.ALLOW, Effect.CONFLICT, Trust.ALLOWED),
        (Trust.UNKNOWN, Severity.SILENCE, Effect.SAME, Trust.UNKNOWN),
        (Trust.ALLOWED, Severity.SILENCE, Effect.CHANGE, Trust.LIMITED),
        (Trust.BLOCKED, Severity.SILENCE, Effect.SAME, Trust.BLOCKED),
        (Trust.UNKNOWN, Severity.SUSPEND, Effect.ADD, Trust.BLOCKED),
        (Trust.ALLOWED, Severity.SUSPEND, Effect.CONFLICT, Trust.SUSPENDED),
        (Trust.LIMITED, Severity.SUSPEND, Effect.CONFLICT, Trust.SUSPENDED),
        (Trust.SUSPENDED, Severity.SUSPEND, Effect.SAME, Trust.SUSPENDED),
        (Trust.BLOCKED, Severity.SUSPEND, Effect.SAME, Trust.BLOCKED),
        (Trust.ALLOWED, Severity.NOOP, Effect.SAME, Trust.ALLOWED),
    ],
)
def test_the_difference(
    house: House, before: Trust, severity: Severity, effect: Effect, after: Trust
) -> None:
    domain = Origin("peer.example")
    if before is not Trust.UNKNOWN:
        house.run(instances.set_trust, "command", domain, before)
    entries = [Entry(domain, severity)]
    (shown,) = house.read(trust_files.compare, entries)
    assert (shown.effect, shown.before, shown.after) == (effect, before, after)
    house.run(trust_files.apply, "command", entries, [shown])
    row = house.read(instances.find, domain)
    unasked = before if effect is Effect.CONFLICT else after
    assert (row.trust if row else Trust.UNKNOWN) is unasked
    if effect is Effect.CONFLICT:
        house.run(trust_files.apply, "command", entries, [shown], conflicts=True)
        assert house.read(instances.get, domain).trust is after


def test_this_instance_itself_is_left_out(house: House) -> None:
    own = house.database.context.settings.origin
    entries = [Entry(own, Severity.SUSPEND), Entry(Origin("a.example"), Severity.SUSPEND)]
    shown = house.read(trust_files.compare, entries)
    assert [one.effect for one in shown] == [Effect.SAME, Effect.ADD]
    assert house.run(trust_files.apply, "command", entries, shown) == 1


def test_only_the_difference_that_was_shown_is_applied(house: House) -> None:
    entries = [Entry(Origin("a.example"), Severity.ALLOW), Entry(Origin("b.example"), Severity.ALLOW)]
    shown = house.read(trust_files.compare, entries)
    house.run(instances.set_trust, "user:1", Origin("b.example"), Trust.BLOCKED)
    with pytest.raises(Conflict, match="changed meanwhile"):
        house.run(trust_files.apply, "command", entries, shown)
    assert house.read(instances.find, Origin("a.example")) is None
