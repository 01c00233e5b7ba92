"""Request bodies: form, multipart and JSON mean the same, with string booleans and numbers tolerated.

`name[]`, `name[0]`, `poll[options][]` and `fields_attributes[0][name]` become lists and objects; so a handler
reads one shape whatever a client sent. It refuses bodies that are not what their type says, in one sentence.
"""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException

from server.core.errors import BadRequest, Invalid
from server.core.ids import decimal
from server.web.kit.call import Call

T = TypeVar("T")
DEPTH = 4
FIELDS = 1000


async def body(call: Call) -> dict[str, Any]:
    """The body's fields over those of the query, as plain nested values. Files stay `UploadFile`."""
    nested: dict[str, Any] = {}
    for name, value in call.request.query_params.multi_items():
        _put(nested, name, value)
    kind = call.request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json":
        raw = await call.request.body()
        if not raw:
            return nested
        try:
            decoded = msgspec.json.decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise BadRequest("The body is not valid JSON") from None
        if not isinstance(decoded, dict):
            raise BadRequest("The body must be a JSON object")
        for name, value in decoded.items():
            if "[" in name:
                _put(nested, name, value)
            else:
                nested[name] = value
        return nested
    if kind in {"application/x-www-form-urlencoded", "multipart/form-data"}:
        fresh: dict[str, Any] = {}
        try:
            form = await call.request.form(max_files=4, max_fields=FIELDS, max_part_size=call.route.max_body)
        except (HTTPException, MultiPartException, UnicodeDecodeError, ValueError):
            raise BadRequest("The form could not be read") from None
        for name, part in form.multi_items():
            if not _not_chosen(part):
                _put(fresh, name, part)
        return nested | fresh
    return nested


def _not_chosen(part: UploadFile | str) -> bool:
    """A browser sends a file without name or bytes where the person chose none."""
    return isinstance(part, UploadFile) and not part.filename and not part.size


async def parse(call: Call, shape: type[T]) -> T:
    """The body as a Struct of the client API. Raises Invalid naming the field that is wrong."""
    fields = await body(call)
    return convert(fields, shape)


def convert(fields: dict[str, Any], shape: type[T]) -> T:
    cleaned = {
        name: _plain(value)
        for name, value in fields.items()
        if value is not None and not isinstance(value, UploadFile)
    }
    try:
        return msgspec.convert(cleaned, shape, strict=False)
    except msgspec.ValidationError as error:
        where = str(error).rpartition("`$.")[2].rstrip("`") if "`$." in str(error) else "body"
        raise Invalid("Validation failed: %(field)s is not of the right form", field=where[:60]) from None


def number(text: Any) -> int:
    """A number or an id out of a field, no greater than a database takes; 0 for anything else, and 0 is no id."""
    return int(text) if isinstance(text, str) and text.isascii() and text.isdigit() and len(text) < 19 else 0


def truth(value: Any) -> bool | None:
    """`true`, `1`, `on`, `t`, `yes` and their opposites, in any case; None when nothing was said."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return value
    return str(value).strip().lower() in {"true", "1", "on", "t", "yes", "y"}


def _plain(value: Any) -> Any:
    """Strings that mean truth become booleans' own spelling, so that the lax conversion takes them."""
    if isinstance(value, str):
        lowered = value.strip().lower()
        return {"on": "true", "off": "false", "t": "true", "f": "false"}.get(lowered, value)
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return value


def _put(into: dict[str, Any], name: str, value: Any) -> None:
    """Places `a[b][]`-style names. Numeric indices collect in the order given."""
    head, *rest = name.replace("]", "").split("[")
    if len(rest) > DEPTH:
        raise BadRequest("The form is nested too deeply")
    node: Any = into
    key: str = head
    for index, part in enumerate(rest):
        if part == "":
            bucket = node.setdefault(key, [])
            if not isinstance(bucket, list):
                raise BadRequest("The form names one field in two ways")
            if index == len(rest) - 1:
                bucket.append(value)
                return
            if not bucket or (isinstance(bucket[-1], dict) and rest[index + 1] in bucket[-1]):
                bucket.append({})
            node, key = bucket[-1], rest[index + 1]
            if index + 1 == len(rest) - 1:
                node[key] = value
                return
            continue
        child = node.setdefault(key, {})
        if isinstance(child, list) and part.isdigit():
            child.append(value)
            return
        if not isinstance(child, dict):
            raise BadRequest("The form names one field in two ways")
        node, key = child, part
    if isinstance(node, dict):
        node[key] = value


def listed(value: Any) -> list[Any]:
    """A list from a list, a single value, or the numbered object that a form makes of one."""
    if value is None:
        return []
    if isinstance(value, list):
        return value
    if isinstance(value, dict) and all(decimal(str(key)) is not None for key in value):
        return [value[key] for key in sorted(value, key=lambda key: decimal(str(key)) or 0)]
    return [value]
