"""Conjunction data messages (CCSDS 508.0-B-1) as text: four parts of keywords, read and written.

What a message means is in `gpuprop.messages.cdm`.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, NamedTuple

from gpuprop.errors import CatalogError
from gpuprop.formats import ndm_kvn, ndm_xml
from gpuprop.formats.cdm_keywords import DATA, METADATA, NUMBER, SECTIONS, TIME, WHOLE, Keyword
from gpuprop.formats.epochs import iso_to_ns
from gpuprop.formats.report import quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["Parts", "read", "to_kvn", "to_xml"]

Value = str | float | int
_BY_NAME = {part: {keyword.name: keyword for keyword in keywords} for part, keywords in SECTIONS.items()}
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eEdD][+-]?\d+)?")
_SEPARATE_XML = {
    "relativeStateVector",
    "odParameters",
    "additionalParameters",
    "stateVector",
    "covarianceMatrix",
}


class Parts(NamedTuple):
    """The parts of a message: values and comments by part, and what was overlooked in reading."""

    values: dict[str, dict[str, Value]]
    comments: dict[str, list[str]]
    repairs: list[str]


class _Reader:
    def __init__(self, source: str, *, strict: bool) -> None:
        self.source, self.strict = source, strict
        self.part = "header"
        self.values: dict[str, dict[str, Value]] = {part: {} for part in SECTIONS}
        self.comments: dict[str, list[str]] = {part: [] for part in SECTIONS}
        self.repairs: list[str] = []
        self.pending: list[str] = []
        self.foreign: CatalogError | None = None

    def refuse(self, line: int, reason: str) -> CatalogError:
        return CatalogError(f"{self.source}, line {line}: {reason}")

    def overlook(self, line: int, reason: str) -> None:
        """Refuse what the standard forbids; where the caller is lenient, note it and go on."""
        if self.strict:
            raise self.refuse(line, reason)
        self.repairs.append(f"line {line}: {reason}")

    def comment(self, text: str) -> None:
        """Keep a comment for the part that the next keyword stands in."""
        self.pending.append(text)

    def flush(self) -> None:
        self.comments[self.part] += self.pending
        self.pending = []

    def add(self, line: int, name: str, text: str, unit: str | None) -> None:
        self._find_part(line, name, text)
        self.flush()
        keyword = _BY_NAME[self.part].get(name)
        if keyword is None:
            self.overlook(line, f"{quoted(name)} is no keyword of a CDM there")
            return
        if name in self.values[self.part]:
            raise self.refuse(line, f"{name} is there twice")
        if not text.isascii():
            self._foreign_text(line, f"{name} = {quoted(text)} holds characters that are not ASCII")
        value = self._value(line, keyword, text, unit)
        if value is not None:
            self.values[self.part][name] = value

    def _foreign_text(self, line: int, reason: str) -> None:
        """Note what is refused only where nothing graver is wrong with the message."""
        if not self.strict:
            self.repairs.append(f"line {line}: {reason}")
        elif self.foreign is None:
            self.foreign = self.refuse(line, reason)

    def _find_part(self, line: int, name: str, text: str) -> None:
        if name == "OBJECT":
            if text not in ("OBJECT1", "OBJECT2"):
                raise self.refuse(line, f"OBJECT is {quoted(text)}; OBJECT1 or OBJECT2 is needed")
            self.part = "object_1" if text == "OBJECT1" else "object_2"
        elif self.part == "header" and name in _BY_NAME["relative"]:
            self.part = "relative"

    def _value(self, line: int, keyword: Keyword, text: str, unit: str | None) -> Value | None:
        """Return the value; None, and a note, where something that need not be there cannot be used."""
        try:
            return _parsed(keyword, text, unit)
        except ValueError as error:
            reason = f"{keyword.name} = {quoted(text)}: {error}"
            if keyword.required:
                raise self.refuse(line, reason) from None
            self.repairs.append(f"line {line}: {reason}; left out")
            return None

    def finish(self) -> Parts:
        self.flush()
        for part, keywords in SECTIONS.items():
            missing = [k.name for k in keywords if k.required and k.name not in self.values[part]]
            if missing:
                more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""
                where = part.replace("_", " ")
                raise CatalogError(f"{self.source}: {where}: {', '.join(missing[:3])}{more} missing")
        if self.foreign is not None:
            raise self.foreign
        return Parts(self.values, self.comments, self.repairs)


def _parsed(keyword: Keyword, text: str, unit: str | None) -> Value:
    if keyword.kind in (NUMBER, WHOLE) and unit is not None and unit.strip() != keyword.unit:
        raise ValueError(f"the unit is {quoted(unit)}; it must be {keyword.unit or 'none'}")
    if not text:
        raise ValueError("there is no value")
    if keyword.kind in (NUMBER, WHOLE):
        if not _NUMBER.fullmatch(text):
            raise ValueError("this is no number")
        number = float(text.replace("d", "e").replace("D", "e"))
        if not math.isfinite(number):
            raise ValueError("this is no finite number")
        if keyword.kind == WHOLE and (number != int(number) or number < 0):
            raise ValueError("a whole number is needed")
        return int(number) if keyword.kind == WHOLE else number
    if keyword.kind == TIME:
        iso_to_ns(text)
    if keyword.words and text not in keyword.words:
        raise ValueError(f"one of {', '.join(keyword.words)} is needed")
    return text


def read(data: bytes, source: str, *, strict: bool = True) -> Parts:
    """Read one message, KVN or XML.

    Parameters
    ----------
    data : bytes
        The text.
    source : str
        Its name, for messages.
    strict : bool
        False overlooks unknown keywords and characters that are not ASCII, with a note.

    Raises
    ------
    CatalogError
        The text is no CDM, or what must be there is missing or cannot be used.
    """
    reader = _Reader(source, strict=strict)
    if data.lstrip()[:1] == b"<":
        _read_xml(data, source, reader)
    else:
        _read_kvn(data, source, reader)
    return reader.finish()


def _read_kvn(data: bytes, source: str, reader: _Reader) -> None:
    first = True
    for number, keyword, value, unit in ndm_kvn.lines(data, source):
        if first and keyword != "CCSDS_CDM_VERS":
            raise CatalogError(f"{source}, line {number}: a CDM begins with CCSDS_CDM_VERS")
        first = False
        if keyword == "COMMENT":
            reader.comment(value)
        elif not keyword:
            raise CatalogError(f"{source}, line {number}: {quoted(value)} is no KEYWORD = value")
        else:
            reader.add(number, keyword, value, unit)
    if first:
        raise CatalogError(f"{source}: is empty")


def _read_xml(data: bytes, source: str, reader: _Reader) -> None:
    found = ndm_xml.elements(data, source)
    if found[0].name != "cdm":
        raise CatalogError(f"{source}: the root element is {quoted(found[0].name)}; cdm is needed")
    reader.add(found[0].line, "CCSDS_CDM_VERS", found[0].attributes.get("version", ""), None)
    segments = 0
    for element in found[1:]:
        if element.opens:
            segments += element.name == "segment"
        elif element.name == "COMMENT":
            reader.comment(element.text)
        elif element.name != "cdm":
            reader.add(element.line, element.name, element.text, element.attributes.get("units"))
    if segments != 2:
        raise CatalogError(f"{source}: has {segments} segments; a CDM has two")


def _text(value: Value) -> str:
    if isinstance(value, float):
        return repr(value)
    return str(value)


def to_kvn(values: Mapping[str, Mapping[str, Value]], comments: Mapping[str, Iterable[str]]) -> str:
    """Write a message as KVN.

    Parameters
    ----------
    values, comments : mapping
        By part, as in `Parts`.

    Returns
    -------
    str
        The text; `read` gives the same parts back.
    """
    out = []
    for part, keywords in SECTIONS.items():
        for keyword in keywords:
            # Comments open a part; the version opens the message
            if keyword.name in ("CREATION_DATE", "TCA", "OBJECT"):
                out += [f"COMMENT {text}" for text in comments[part]]
            if keyword.name in values[part]:
                unit = f" [{keyword.unit}]" if keyword.unit else ""
                out.append(f"{keyword.name:<30} = {_text(values[part][keyword.name])}{unit}")
    return "\n".join(out) + "\n"


def to_xml(values: Mapping[str, Mapping[str, Value]], comments: Mapping[str, Iterable[str]]) -> str:
    """Write a message as XML; arguments and result as for `to_kvn`."""
    writer = ndm_xml.XmlWriter("cdm", "CCSDS_CDM_VERS", str(values["header"]["CCSDS_CDM_VERS"]))
    writer.open("header")
    _write_block(writer, SECTIONS["header"][1:], values["header"], comments["header"])
    writer.close()
    writer.open("body")
    writer.open("relativeMetadataData")
    _write_block(writer, SECTIONS["relative"], values["relative"], comments["relative"])
    writer.close()
    for part in ("object_1", "object_2"):
        writer.open("segment")
        writer.open("metadata")
        _write_block(writer, METADATA, values[part], comments[part])
        writer.close()
        writer.open("data")
        _write_block(writer, DATA, values[part], ())
        writer.close()
        writer.close()
    return writer.text()


def _write_block(
    writer: ndm_xml.XmlWriter,
    keywords: Iterable[Keyword],
    values: Mapping[str, Value],
    comments: Iterable[str],
) -> None:
    for text in comments:
        writer.leaf("COMMENT", text)
    inner = ""
    for keyword in keywords:
        if keyword.name not in values:
            continue
        block = keyword.block if keyword.block in _SEPARATE_XML else ""
        if block != inner:
            if inner:
                writer.close()
            if block:
                writer.open(block)
            inner = block
        writer.leaf(keyword.name, _text(values[keyword.name]), keyword.unit)
    if inner:
        writer.close()
