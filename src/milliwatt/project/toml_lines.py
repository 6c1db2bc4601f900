"""On which line of a TOML file each key stands, which `tomllib` does not say."""

from collections.abc import Iterator

Key = tuple[str, ...]
_QUOTES = ('"""', "'''", '"', "'")
_OPEN, _CLOSE = "[{", "]}"


def key_lines(text: str) -> dict[Key, int]:
    """Return the line, from 1, of every table header and every ``key =`` in valid TOML.

    Keys inside inline tables and arrays are not listed: they stand on, or just below, the line of
    the key that holds them. Of an array of tables the first is listed.
    """
    found: dict[Key, int] = {}
    table: Key = ()
    for line, statement in _statements(text):
        if statement.startswith("["):
            table = _parts(statement.strip("[]"))
            key = table
        else:
            key = (*table, *_parts(statement[: _end_of_key(statement)]))
        for depth in range(1, len(key) + 1):
            found.setdefault(key[:depth], line)
    return found


def line_of(lines: dict[Key, int], key: Key) -> int:
    """Return the line of ``key``, or of the nearest table around it; 1 where there is none."""
    for depth in range(len(key), 0, -1):
        if key[:depth] in lines:
            return lines[key[:depth]]
    return 1


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Yield each statement without comments, with the line on which it begins."""
    at, line, begun, depth, statement = 0, 1, 1, 0, ""
    while at < len(text):
        c = text[at]
        quote = next((q for q in _QUOTES if text.startswith(q, at)), None)
        if quote:
            end = _end_of_string(text, at + len(quote), quote)
            begun = begun if statement else line
            statement += text[at:end]
            line += text.count("\n", at, end)
            at = end
            continue
        if c == "#":
            end = text.find("\n", at)
            at = len(text) if end < 0 else end
            continue
        depth += (c in _OPEN) - (c in _CLOSE)
        if c == "\n":
            if statement.strip() and not depth:
                yield begun, statement.strip()
                statement = ""
            line += 1
        elif statement or not c.isspace():
            begun = begun if statement else line
            statement += c
        at += 1
    if statement.strip():
        yield begun, statement.strip()


def _end_of_string(text: str, at: int, quote: str) -> int:
    """Return the position behind the string that began before ``at``."""
    escapes = quote[0] == '"'
    while not text.startswith(quote, at):
        at += 2 if escapes and text[at] == "\\" else 1
    at += len(quote)
    while len(quote) > 1 and text.startswith(quote[0], at):
        at += 1  # a text may end in one or two quotes of its own
    return at


def _end_of_key(statement: str) -> int:
    quote = ""
    for at, c in enumerate(statement):
        if c == "=" and not quote:
            return at
        if c in "\"'" and quote in ("", c):
            quote = "" if quote else c
    return len(statement)


def _parts(dotted: str) -> Key:
    parts, quote = [""], ""
    for c in dotted.strip():
        if c in "\"'" and quote in ("", c):
            quote = "" if quote else c
        elif c == "." and not quote:
            parts.append("")
        elif quote or not c.isspace():
            parts[-1] += c
    return tuple(parts)
