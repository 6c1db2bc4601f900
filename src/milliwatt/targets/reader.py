"""Read one TOML file of this room, saying which file and key is wrong."""

import tomllib
from importlib.resources.abc import Traversable

from milliwatt.errors import InputError

_MISSING = object()


class Table:
    """A table of a TOML file whose keys are taken one by one, with their types checked.

    `finish` refuses keys that nobody asked for, so that a misspelt optional key is not
    read as an absent one.
    """

    def __init__(self, values: dict[str, object], where: str) -> None:
        self._values = values
        self._where = where
        self._asked: set[str] = set()

    @classmethod
    def of_file(cls, file: Traversable) -> "Table":
        """Parse ``file``.

        Raises:
            InputError: the file is not TOML.
        """
        try:
            return cls(tomllib.loads(file.read_text(encoding="utf-8")), file.name)
        except tomllib.TOMLDecodeError as error:
            raise InputError(f"{file.name}: not valid TOML: {error}") from error

    def string(self, key: str) -> str:
        """Return a text that must be present and not empty."""
        value = self._take(key, str)
        if not value:
            raise InputError(f"{self._where}: '{key}' is empty; expected a text")
        return str(value)

    def optional_string(self, key: str) -> str | None:
        """Return a text, or None where the key is absent."""
        return self.string(key) if self._has(key) else None

    def positive(self, key: str) -> int:
        """Return an integer above zero."""
        value = self.natural(key)
        if value == 0:
            raise InputError(f"{self._where}: '{key}' is 0; expected an integer above 0")
        return value

    def natural(self, key: str) -> int:
        """Return an integer of at least zero."""
        value = self._take(key, int)
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise InputError(f"{self._where}: '{key}' is {value!r}; expected an integer ≥ 0")
        return value

    def optional_positive(self, key: str) -> int | None:
        """Return an integer above zero, or None where the key is absent."""
        return self.positive(key) if self._has(key) else None

    def optional_natural(self, key: str) -> int | None:
        """Return an integer of at least zero, or None where the key is absent."""
        return self.natural(key) if self._has(key) else None

    def positive_float(self, key: str) -> float:
        """Return a number above zero."""
        value = self._take(key, (int, float))
        if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
            raise InputError(f"{self._where}: '{key}' is {value!r}; expected a number above 0")
        return float(value)

    def strings(self, key: str) -> tuple[str, ...]:
        """Return a list of texts."""
        value = self._take(key, list)
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise InputError(f"{self._where}: '{key}' is {value!r}; expected a list of texts")
        return tuple(value)

    def optional_table(self, key: str) -> "Table | None":
        """Return the sub-table ``key``, or None where it is absent."""
        if not self._has(key):
            return None
        value = self._take(key, dict)
        if not isinstance(value, dict):
            raise InputError(f"{self._where}: '{key}' is {value!r}; expected a table")
        return Table(value, f"{self._where} [{key}]")

    def finish(self) -> None:
        """Refuse keys that were not asked for."""
        unknown = sorted(set(self._values) - self._asked)
        if unknown:
            known = ", ".join(sorted(self._asked))
            raise InputError(f"{self._where}: unknown key '{unknown[0]}'; known are: {known}")

    def _take(self, key: str, kind: type | tuple[type, ...]) -> object:
        self._asked.add(key)
        value = self._values.get(key, _MISSING)
        names = " or ".join(k.__name__ for k in (kind if isinstance(kind, tuple) else (kind,)))
        if value is _MISSING:
            raise InputError(f"{self._where}: '{key}' is missing; expected {names}")
        if not isinstance(value, kind):
            found = type(value).__name__
            raise InputError(f"{self._where}: '{key}' is {value!r} ({found}); expected {names}")
        return value

    def _has(self, key: str) -> bool:
        self._asked.add(key)
        return key in self._values
