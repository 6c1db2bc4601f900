"""Options of a table's entry, checked against the entry's own signature.

A front end, an architecture or an augmentation is a function with keyword options. What the
project file may say of it is read off that signature, so a new entry needs no change here.
"""

import dataclasses
import difflib
import inspect
import json
import math
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from pydantic import PydanticSchemaGenerationError, TypeAdapter, ValidationError

from milliwatt.errors import InputError
from milliwatt.project.toml_lines import Key, line_of

_WANTED = {
    "bool_type": "true or false",
    "dict_type": "a table",
    "finite_number": "a finite number",
    "float_type": "a number",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "list_type": "a list in [ ]",
    "model_type": "a table",
    "dataclass_type": "a table",
    "none_required": "nothing",
    "path_type": "a path in quotes",
    "string_type": "text in quotes",
    "tuple_type": "a list in [ ]",
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where keys of a file stand, for errors that name file, line and key."""

    file: Path
    lines: Mapping[Key, int]

    def error(self, key: Key, what: str) -> InputError:
        """Return the error that says ``what`` about ``key``."""
        line = line_of(dict(self.lines), key)
        return InputError(f"{self.file}, line {line}: {'.'.join(key)}: {what}")


def bind(
    function: Callable[..., object],
    options: Mapping[str, object],
    place: Place,
    table: Key,
    *,
    given: Collection[str] = (),
) -> dict[str, Any]:
    """Return ``options`` as keyword arguments of ``function``, converted to its annotations.

    Args:
        function: its keyword parameters are what may be said.
        options: as the file gives them.
        place: of the file.
        table: the key of the table that holds the options.
        given: parameters that the caller passes itself, which the file may not.

    Raises:
        InputError: an unknown option, one that is missing, or one of the wrong type.
    """
    known = {
        name: p
        for name, p in inspect.signature(function, eval_str=True).parameters.items()
        if name not in given and p.kind in (p.KEYWORD_ONLY, p.POSITIONAL_OR_KEYWORD)
    }
    for name in options:
        if name not in known:
            raise place.error((*table, name), unknown(name, known))
    for name, p in known.items():
        if p.default is p.empty and name not in options:
            raise place.error(
                table, f"{name} is missing; wanted {described(p.annotation)}, see the reference"
            )
    return {
        name: _converted(known[name].annotation, value, place, (*table, name))
        for name, value in options.items()
    }


def unknown(name: str, known: Iterable[str]) -> str:
    """Say that there is no key ``name``, which there are, and which was perhaps meant."""
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1)
    meant = f"; did you mean {near[0]}?" if near else ""
    if not names:
        return "unknown key; wanted none here"
    return (
        f"unknown key{meant} Known: {', '.join(names)}"
        if near
        else (f"unknown key; wanted one of {', '.join(names)}")
    )


def described(annotation: object) -> str:
    """Return a type as a user reads it."""
    names = {int: "a whole number", float: "a number", str: "text", bool: "true or false"}
    if isinstance(annotation, type) and annotation in names:
        return names[annotation]
    return str(getattr(annotation, "__name__", annotation))


def wanted(error: ValidationError, document: object, place: Place, table: Key) -> InputError:
    """Return what `pydantic` found as one error: the first place, all that would do there."""
    by_place: dict[Key, list[str]] = {}
    found: dict[Key, object] = {}
    for item in error.errors(include_url=False):
        key = _within(document, tuple(str(part) for part in item["loc"]))
        kind, text = item["type"], item["msg"]
        if kind == "missing":
            name = str(item["loc"][-1])
            raise_text = f"{name} is missing"
            return place.error((*table, *key), raise_text)
        text = text.removeprefix("Value error, ").removeprefix("Input should be ")
        text = _WANTED.get(kind, text)
        by_place.setdefault(key, []).append(text)
        found[key] = item["input"]
    key = next(iter(by_place))
    options = list(dict.fromkeys(by_place[key]))
    value = json.dumps(found[key], default=str)
    return place.error((*table, *key), f"found {value}; wanted {' or '.join(options)}")


def _within(document: object, location: Key) -> Key:
    """Return the part of pydantic's location that is a path in the document."""
    path: list[str] = []
    for part in location:
        if isinstance(document, dict) and part in document:
            document = document[part]
        elif isinstance(document, list) and part.isdigit() and int(part) < len(document):
            document = document[int(part)]
        else:
            break
        path.append(part)
    return tuple(path)


def _converted(  # what a signature says may be anything
    annotation: Any,  # noqa: ANN401
    value: object,
    place: Place,
    key: Key,
) -> object:
    if annotation is inspect.Parameter.empty:
        return value
    try:
        adapter: TypeAdapter[object] = TypeAdapter(annotation)
    except PydanticSchemaGenerationError:
        raise place.error(key, "cannot be set in a file: it is code, not a value") from None
    kinds = [k for k in (annotation, *get_args(annotation)) if dataclasses.is_dataclass(k)]
    if kinds and isinstance(value, dict):
        fields = [f.name for k in kinds for f in dataclasses.fields(k)]
        for name in value:
            if name not in fields:
                raise place.error((*key, name), unknown(name, fields))
    try:
        return adapter.validate_json(as_json(value, place, key), strict=True)
    except ValidationError as error:
        raise wanted(error, value, place, key) from None


def as_json(value: object, place: Place, key: Key) -> str:
    """Return ``value`` as JSON, whose strict reading makes tuples of lists and nothing else.

    Raises:
        InputError: a date or a number without end.
    """
    for inner, found in _leaves(value, key):
        if isinstance(found, float) and not math.isfinite(found):
            raise place.error(inner, f"found {found}; wanted a finite number")
        if not isinstance(found, bool | int | float | str | None):
            raise place.error(inner, f"found {found}; wanted text in quotes, not a date or time")
    return json.dumps(value, allow_nan=False)


def _leaves(value: object, key: Key) -> Iterator[tuple[Key, object]]:
    """Yield every value inside tables and lists with its key."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _leaves(inner, (*key, name))
    elif isinstance(value, list):
        for i, inner in enumerate(value):
            yield from _leaves(inner, (*key, str(i)))
    else:
        yield key, value
