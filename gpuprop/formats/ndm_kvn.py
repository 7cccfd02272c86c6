"""The lines of CCSDS messages in keyword = value notation."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from gpuprop.errors import CatalogError
from gpuprop.formats.report import quoted

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Line", "lines", "split_unit"]

_KEYWORD = re.compile(r"[A-Z][A-Z0-9_]*")
_LONGEST_LINE = 4096


class Line(NamedTuple):
    """One line: a keyword with value and unit, a comment (keyword ``COMMENT``), or neither (no keyword)."""

    number: int
    keyword: str
    value: str
    unit: str | None


def lines(data: bytes, source: str) -> Iterator[Line]:
    """Take a text apart; empty lines are left out.

    Parameters
    ----------
    data : bytes
        The text.
    source : str
        Its name, for messages.

    Yields
    ------
    Line
        A line without ``=`` has an empty keyword and the whole text as its value.

    Raises
    ------
    CatalogError
        A line is too long or holds control characters.
    """
    text = data.decode("utf-8", "surrogateescape")
    for number, raw in enumerate(re.split("\r\n|\n|\r", text), start=1):
        content = raw.strip(" \t")
        if not content:
            continue
        if len(raw) > _LONGEST_LINE:
            raise CatalogError(
                f"{source}, line {number}: has {len(raw)} characters; the most are {_LONGEST_LINE}"
            )
        if any(ord(letter) < 32 and letter != "\t" for letter in content):
            raise CatalogError(f"{source}, line {number}: holds control characters: {quoted(content)}")
        if content == "COMMENT" or content.startswith(("COMMENT ", "COMMENT\t")):
            yield Line(number, "COMMENT", content[7:].strip(), None)
            continue
        before, equals, after = content.partition("=")
        keyword = before.rstrip(" \t")
        if equals and _KEYWORD.fullmatch(keyword):
            yield Line(number, keyword, *split_unit(after.strip(" \t")))
        else:
            yield Line(number, "", content, None)


def split_unit(text: str) -> tuple[str, str | None]:
    """Return a value, and the unit that stands in brackets at its end, None without one.

    Examples
    --------
    >>> split_unit("51.6375 [deg]"), split_unit("ISS")
    (('51.6375', 'deg'), ('ISS', None))
    """
    if not text.endswith("]"):
        return text, None
    value, bracket, unit = text[:-1].rpartition("[")
    if not bracket or "]" in unit:
        return text, None
    return value.rstrip(" \t"), unit
