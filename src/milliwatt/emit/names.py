"""Names for C: a model's name comes from a file and may be anything."""

import re

from milliwatt.errors import InputError

MAX_NAME = 40


def c_identifier(name: str) -> str:
    """Return ``name`` as a part of C identifiers: lower case, digits and single underscores.

    Raises:
        InputError: nothing usable is left.
    """
    plain = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:MAX_NAME].strip("_")
    if not plain:
        raise InputError(f"{name!r} gives no name for C: it needs a letter or digit from a-z, 0-9")
    return plain


def in_comment(text: str) -> str:
    """Return ``text``, which comes from a file, as a line that cannot end or upset a comment."""
    plain = "".join(c if " " <= c <= "~" and c not in "?\\" else "." for c in text)
    return plain.replace("*/", "* /").replace("/*", "/ *")
