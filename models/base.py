"""What every table shares: strict keyword arguments, and an integer-cents column the database itself checks."""

from __future__ import annotations

import unicodedata
from decimal import Decimal
from typing import Any

from tortoise import fields
from tortoise.models import Model


class Strict(Model):
    """Tortoise ignores unknown keyword arguments (#381): create(amonut=5) would store the default."""

    def __init__(self, **values: Any) -> None:
        if unknown := values.keys() - self._meta.fields_map.keys() - {"pk"}:
            raise TypeError(f"{type(self).__name__} has no {sorted(unknown)}")
        super().__init__(**values)

    class Meta:
        abstract = True


class Cents(fields.BigIntField):
    """Integer euro cents (R36) with a named CHECK in the column's SQL type.

    Tortoise 1.1.9 drops Meta.constraints without a word (#2272), so the CHECK travels in the type, where both
    databases and the migrations keep it. SQLite would store 1.5 in a BIGINT: there the type is checked as well.
    """

    def __init__(self, check: str = "", name: str = "", **options: Any) -> None:
        super().__init__(**options)
        self.check, self.name = check, name  # attributes named like the arguments: makemigrations reads them

    def _sql_type(self, extra: str = "") -> str:
        column = self.source_field or self.model_field_name
        tests = [test.format(c=f'"{column}"') for test in (extra, self.check) if test]
        return f"BIGINT CONSTRAINT {self.name} CHECK ({' AND '.join(tests)})" if tests else "BIGINT"

    def get_for_dialect(self, dialect: str, key: str) -> Any:
        if key == "SQL_TYPE":
            return self._sql_type("typeof({c}) = 'integer'" if dialect == "sqlite" else "")
        return super().get_for_dialect(dialect, key)

    def _strict(self, value: Any) -> Any:
        if isinstance(value, Decimal) and value == int(value):  # PostgreSQL's sum() of bigint
            value = int(value)
        if value is not None and type(value) is not int:  # BigIntField does int(1.9) == 1: a lost cent
            raise TypeError(f"cents must be int, not {value!r}")
        return value

    def to_python_value(self, value: Any) -> Any:
        return self._strict(value)

    def to_db_value(self, value: Any, instance: Any) -> Any:
        return self._strict(value)


def folded(text: str) -> str:
    """Lower case, no accents, single spaces: how names are matched, searched and sorted, alike on both databases."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return " ".join(plain.replace("œ", "oe").replace("Œ", "oe").replace("’", "'").casefold().split())
