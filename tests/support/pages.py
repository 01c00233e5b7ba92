"""The generated parts of the documents. `python -m tests.support.pages` writes them; a test fails where they are old.

Each stands between `<!-- generated: name -->` and `<!-- end -->`; the words around it are written by hand.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import re
from collections.abc import Callable, Iterator
from enum import Enum
from pathlib import Path
from typing import Any

import typer

from server.activitypub.handlers import HANDLERS
from server.cli import COMMANDS
from server.core.configuration import as_written
from server.core.i18n import LANGUAGES, Catalogue
from server.core.settings import Settings
from server.services.messages import HERE, REASONS, SENTENCES
from server.store import tables
from server.store.tables.purposes import PURPOSES

UNINTERESTING = {"help", "install_completion", "show_completion"}
ROOT = Path(__file__).parents[2]
PART = re.compile(r"(<!-- generated: (?P<name>[a-z-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


# -- settings --------------------------------------------------------------------------------------------


def settings() -> str:
    lines = ["| setting | default | what it does |", "|---|---|---|"]
    lines.append(
        "| `CONSILIUM_CONFIG` | | A TOML file with settings by their lower-case names; the environment wins. |"
    )
    for name, field in Settings.model_fields.items():
        default = _default(field.default)
        lines.append(f"| `CONSILIUM_{name.upper()}` | {default} | {field.description} |")
    return "\n".join(lines)


def _default(value: object) -> str:
    text = as_written(value)
    return f"`{text}`" if text else ""


# -- commands --------------------------------------------------------------------------------------------


def built() -> dict[str, Any]:
    """Every command that this release has, by its name on the top level."""
    return {
        name: typer.main.get_command(importlib.import_module(f"server.cli.{name}").app)
        for name in COMMANDS
        if importlib.util.find_spec(f"server.cli.{name}") is not None
    }


def leaves() -> Iterator[tuple[str, Any]]:
    """`account create` and its like, in the order of the help."""
    for name, command in built().items():
        if hasattr(command, "commands"):
            yield from ((f"{name} {inner}", found) for inner, found in command.commands.items())
        else:
            yield name, command


def commands() -> str:
    parts: list[str] = []
    for name, command in built().items():
        parts.append(f"## `consilium {name}`\n\n{_sentence(COMMANDS[name])}")
        if hasattr(command, "commands"):
            for inner, found in command.commands.items():
                parts.append(f"### `consilium {name} {inner}`\n\n{_described(f'{name} {inner}', found)}")
        else:
            parts[-1] = f"## `consilium {name}`\n\n{_described(name, command)}"
    return "\n\n".join(parts)


def _described(name: str, command: Any) -> str:
    shown = [one for one in command.params if one.name not in UNINTERESTING]
    options = [one for one in shown if one.param_type_name == "option"]
    words = [f"consilium {name}"]
    words += [one.metavar or (one.name or "").upper() for one in shown if one.param_type_name == "argument"]
    words += ["[OPTIONS]"] if options else []
    lines = [_sentence(inspect.cleandoc(command.help or "").replace("\n", " ")), "", f"    {' '.join(words)}"]
    rows = [
        (", ".join(f"`{flag}`" for flag in (*one.opts, *one.secondary_opts)), one.help or "", one)
        for one in options
    ]
    if rows:
        lines += ["", "| option | meaning | default |", "|---|---|---|"]
        lines += [f"| {flags} | {_sentence(text)} | {_option_default(one)} |" for flags, text, one in rows]
    return "\n".join(lines)


def _option_default(option: Any) -> str:
    value = option.default
    if (
        value is None
        or isinstance(value, bool)
        or value == ""
        or callable(value)
        or "UNSET" in repr(value).upper()
    ):
        return ""
    return f"`{value.value if isinstance(value, Enum) else value}`"


def _sentence(text: str) -> str:
    text = " ".join(text.split()).replace("|", "\\|")
    return text if not text or text.endswith((".", ":", "?")) else f"{text}."


# -- tables ----------------------------------------------------------------------------------------------


def data_model() -> str:
    parts: list[str] = []
    modules = (
        tables.accounts,
        tables.users,
        tables.posts,
        tables.search,
        tables.groups,
        tables.verification,
        tables.ledger,
        tables.instances,
        tables.work,
    )
    for module in modules:
        parts.append(
            f"## {module.__name__.rsplit('.', 1)[1]}\n\n{inspect.cleandoc(module.__doc__ or '').splitlines()[0]}"
        )
        rows = ["| table | columns | points to |", "|---|---|---|"]
        for table in _tables_of(module):
            columns = ", ".join(f"**{one.name}**" if one.primary_key else one.name for one in table.columns)
            targets = sorted({key.column.table.name for key in table.foreign_keys})
            rows.append(f"| `{table.name}` | {columns} | {', '.join(targets)} |")
        parts.append("\n".join(rows))
    return "\n\n".join(parts)


def _tables_of(module: Any) -> list[Any]:
    found = {value.name: value for value in vars(module).values() if type(value).__name__ == "Table"}
    return list(found.values())


def data_map() -> str:
    """Every table with its purpose and retention, its columns by their class."""
    rows = ["| table | purpose | how long | columns by class |", "|---|---|---|---|"]
    for table in sorted(tables.metadata.tables.values(), key=lambda one: one.name):
        held = PURPOSES[table.name]
        by_class: dict[str, list[str]] = {}
        for column in table.columns:
            by_class.setdefault(held.of(column.name).value, []).append(column.name)
        classes = "; ".join(f"**{word}**: {', '.join(names)}" for word, names in sorted(by_class.items()))
        rows.append(f"| `{table.name}` | {held.purpose} | {held.retention} | {classes} |")
    return "\n".join(rows)


# -- activities ------------------------------------------------------------------------------------------


def activities() -> str:
    return ", ".join(f"`{name}`" for name in HANDLERS)


# -- messages --------------------------------------------------------------------------------------------


def messages() -> str:
    """The sentences that members may be told, and the reasons in them, in every language."""
    catalogue = Catalogue()
    translators = [catalogue.translator(language) for language in LANGUAGES]
    head = f"| {' | '.join(LANGUAGES.values())} |\n|{'---|' * len(LANGUAGES)}"
    parts = []
    reasons = [*REASONS.values(), *HERE.values()]
    for title, texts in (("Sentences", SENTENCES.values()), ("Reasons", reasons)):
        rows = [f"| {' | '.join(_bracketed(one.raw(text)) for one in translators)} |" for text in texts]
        parts.append("\n".join((f"## {title}", "", head, *rows)))
    return "\n\n".join(parts)


def _bracketed(text: str) -> str:
    return re.sub(r"%\((\w+)\)s", r"[\1]", text).replace("|", "\\|")


PARTS: dict[str, tuple[str, Callable[[], str]]] = {
    "settings": ("docs/admin/configure.md", settings),
    "commands": ("docs/admin/commands.md", commands),
    "tables": ("docs/dev/data-model.md", data_model),
    "data-map": ("docs/admin/compliance/data-map.md", data_map),
    "activities": ("FEDERATION.md", activities),
    "messages": ("docs/members/messages.md", messages),
}


def written(name: str) -> str:
    """What stands in the document now. Raises KeyError where the document has no such part."""
    text = (ROOT / PARTS[name][0]).read_text(encoding="utf-8")
    for match in PART.finditer(text):
        if match["name"] == name:
            return match[0].split("-->\n", 1)[1].removesuffix("<!-- end -->").strip()
    raise KeyError(name)


def write() -> None:
    for name, (page, make) in PARTS.items():
        path = ROOT / page
        text = path.read_text(encoding="utf-8")
        made = make()
        path.write_text(
            PART.sub(
                lambda m, name=name, made=made: f"{m[1]}\n{made}\n\n{m[3]}" if m["name"] == name else m[0],
                text,
            ),  # type: ignore[misc]
            encoding="utf-8",
        )


if __name__ == "__main__":
    write()
