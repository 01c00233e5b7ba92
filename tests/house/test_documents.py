"""The documents say what the code does: settings, commands, addresses, metrics, activities and links are compared."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.cli import COMMANDS
from server.core.metrics import Metrics
from server.core.settings import Settings
from server.web.kit.routing import Found, Router
from server.web.routes import ROUTES
from tests.support import pages

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "deploy").rglob("*.md")])
SETTINGS = {f"CONSILIUM_{name.upper()}" for name in Settings.model_fields} | {"CONSILIUM_CONFIG"}
FOR_TESTS = {"CONSILIUM_SHARED", "CONSILIUM_SOAK", "CONSILIUM_TEST_ENGINE"}
INVOCATION = re.compile(r"(?:^|/bin/|exec consilium |[A-Z_]+=\S+ )consilium((?: [a-z]+)+)")


def each(documents: list[Path] = DOCUMENTS) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("path", documents, ids=lambda path: str(path.relative_to(ROOT)))


def code(text: str) -> Iterator[str]:
    """What stands between backticks, and the lines of blocks of code."""
    block = False
    for line in text.splitlines():
        if line.lstrip().startswith("```"):
            block = not block
        elif block or line.startswith("    "):
            yield line.strip()
        else:
            yield from re.findall(r"`([^`]+)`", line)


def anchors(path: Path) -> set[str]:
    """The targets of `#…` links, as forges make them from headings."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("name", sorted(pages.PARTS))
def test_generated_parts_are_up_to_date(name: str) -> None:
    assert pages.written(name) == pages.PARTS[name][1]().strip(), "run `python -m tests.support.pages`"


@each()
def test_settings_exist(path: Path) -> None:
    named = set(re.findall(r"\bCONSILIUM_[A-Z_]+\b", path.read_text(encoding="utf-8")))
    assert named - SETTINGS - FOR_TESTS == set()


def test_every_setting_is_documented() -> None:
    page = (ROOT / "docs" / "admin" / "configure.md").read_text(encoding="utf-8")
    assert {name for name in SETTINGS if f"| `{name}` |" not in page} == set()
    assert {name for name, field in Settings.model_fields.items() if not field.description} == set()


@each()
def test_commands_exist(path: Path) -> None:
    known = {name for name, _ in pages.leaves()} | set(COMMANDS)
    groups = {name.split()[0] for name in known if " " in name}
    for text in code(path.read_text(encoding="utf-8")):
        for found in INVOCATION.finditer(text):
            words = found[1].split()[:2]
            assert words[0] in COMMANDS, f"{text!r} names a command that does not exist"
            assert words[0] not in groups or len(words) == 1 or " ".join(words) in known, f"{text!r}"


def test_every_command_is_documented() -> None:
    page = (ROOT / "docs" / "admin" / "commands.md").read_text(encoding="utf-8")
    assert {name for name, _ in pages.leaves() if f"`consilium {name}`" not in page} == set()


SURFACES = (
    "/api/",
    "/oauth/",
    "/admin/",
    "/settings/",
    "/signin",
    "/help/",
    "/invitation",
    "/actor",
    "/objects/",
    "/activities/",
    "/inbox",
    "/.well-known/",
    "/nodeinfo/",
    "/healthz",
    "/readyz",
    "/metrics",
    "/welcome",
    "/terms",
)


@each()
def test_addresses_exist(path: Path) -> None:
    router = Router(ROUTES)
    text = path.read_text(encoding="utf-8")
    for word in set(re.findall(r"`(?:(?:GET|POST|PUT|PATCH|DELETE) )?(/[^`\s]*)`", text)):
        example = re.sub(r"\{[^}]*\}|<[^>]*>", "1", word)
        if not word.startswith(SURFACES) or word.endswith(("…", "*", "/")) or "acme" in word:
            continue
        found = [router.find(method, example) for method in ("GET", "POST", "PUT", "PATCH", "DELETE")]
        assert any(isinstance(one, Found) for one in found), f"{word} is no address of ours"


def test_metrics_are_the_ones_documented() -> None:
    metrics = Metrics()
    names = {
        family.name + ("_total" if family.type == "counter" else "") for family in metrics.registry.collect()
    }
    page = (ROOT / "docs" / "admin" / "monitor.md").read_text(encoding="utf-8")
    assert set(re.findall(r"`(consilium_\w+)`", page)) == names


def test_the_activities_of_the_table_are_those_that_are_handled() -> None:
    text = (ROOT / "FEDERATION.md").read_text(encoding="utf-8")
    table = text.split("| activity | in | out |")[1].split("\n\n")[0]
    named = {
        word
        for line in table.splitlines()
        for word in re.findall(r"`(\w+)`", line.split("|")[1] if "|" in line else "")
    }
    assert named == set(pages.HANDLERS)


@each()
def test_links_lead_somewhere(path: Path) -> None:
    text = re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith(("https://", "http://", "mailto:")):
            continue
        file, _, anchor = target.partition("#")
        aim = (path.parent / file).resolve() if file else path
        assert aim.exists(), f"{target} does not exist"
        assert not anchor or anchor in anchors(aim), f"{target} has no such heading"


@each()
def test_documents_are_about_the_project_alone(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"/(tmp|root|home)/", text)


def test_the_licence_is_whole() -> None:
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert " ".join(text.split()).startswith(
        "GNU AFFERO GENERAL PUBLIC LICENSE Version 3, 19 November 2007 Copyright"
    )
    assert "13. Remote Network Interaction" in text
    assert "How to Apply These Terms to Your New Programs" in text
    assert text.rstrip().endswith("<https://www.gnu.org/licenses/>.")


SCENARIOS = sorted(
    set(
        re.findall(
            r"`(tests/[\w/]+\.py)::(test_\w+)`",
            (ROOT / "docs" / "dev" / "testing.md").read_text(encoding="utf-8"),
        )
    )
)


@pytest.mark.parametrize(("path", "name"), SCENARIOS)
def test_the_tests_that_show_a_scenario_exist(path: str, name: str) -> None:
    text = (ROOT / path).read_text(encoding="utf-8")
    assert re.search(rf"^(async )?def {name}\(", text, re.MULTILINE)


def test_every_scenario_names_its_tests() -> None:
    page = (ROOT / "docs" / "dev" / "testing.md").read_text(encoding="utf-8")
    rows = page.partition("| scenario |")[2].partition("\n## ")[0].splitlines()[2:]
    numbered = [int(found.group(1)) for row in rows if (found := re.match(r"\| (\d+) ", row))]
    assert numbered == list(range(1, 16))
    for row in rows:
        if row:
            assert "`tests/" in row, row
