"""Where text comes from: paths, file objects and strings, plain, gzip or zip."""

from __future__ import annotations

import codecs
import gzip
import io
import os
import re
import struct
import zipfile
import zlib
from pathlib import Path
from typing import IO

from gpuprop.errors import CatalogError, InputError

# A million element sets take 1.3 GB as XML, their most wordy form.
LARGEST_SOURCE = 2 * 2**30
_DEEPEST_COMPRESSION = 3
_PIECE = 2**24
# What the standard library raises for archives that are none.
_DAMAGED_ZIP = (
    *(zipfile.BadZipFile, OSError, EOFError, zlib.error, struct.error),
    *(RuntimeError, ValueError, OverflowError, LookupError),
)
_ZIP_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
# What the archiver of macOS adds for every file.
_MAC_ATTRIBUTES = "__MACOSX/"
_GZIP, _ZIP = b"\x1f\x8b", b"PK\x03\x04"
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_UTF32 = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
_XML_ENCODING = re.compile(
    rb"""\A(\s{0,99}<\?xml[^>]{0,99}?)\s{1,9}encoding\s{0,9}=\s{0,9}["'][^"'>]{0,40}["']"""
)

Source = str | bytes | os.PathLike[str] | IO[str] | IO[bytes]


def load(source: Source) -> tuple[bytes, str]:
    """Return the whole content, decompressed, and the name to call it by.

    Parameters
    ----------
    source : str, bytes, path-like or file object
        A string is a path unless it holds a line break or begins as JSON or XML does.

    Returns
    -------
    tuple of (bytes, str)
        UTF-8 text without byte order mark, and the name for messages.

    Raises
    ------
    CatalogError
        There is no such file, or it is damaged or too large.
    InputError
        `source` is none of the above.
    """
    data, name = _raw(source)
    for _ in range(_DEEPEST_COMPRESSION):
        if data.startswith(_GZIP):
            data = _gunzip(data, name)
        elif data.startswith(_ZIP):
            data, name = _unzip(data, name)
        else:
            break
    return _as_utf8(data, name), name


def _raw(source: Source) -> tuple[bytes, str]:
    if isinstance(source, bytes):
        return source, "<text>"
    if isinstance(source, str) and _is_content(source):
        return source.encode(errors="surrogateescape"), "<text>"
    if isinstance(source, (str, os.PathLike)):
        return _read_file(Path(source)), str(source)
    if hasattr(source, "read"):
        name = getattr(source, "name", None)
        name = _printable(name) if isinstance(name, str) else "<stream>"
        return _read_stream(source, name), name
    raise InputError(
        f"path is a {type(source).__name__}; give a path, an open file, or the text itself as str or bytes"
    )


def _is_content(text: str) -> bool:
    return "\n" in text or "\r" in text or text.lstrip("\ufeff \t")[:1] in {"{", "[", "<"}


def _read_file(path: Path) -> bytes:
    try:
        _check_size(path.stat().st_size, str(path))
        return path.read_bytes()
    except FileNotFoundError:
        raise CatalogError(f"{path}: there is no such file") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise CatalogError(f"{str(path)[:200]!r}: cannot be read: {reason}") from error


def _check_size(size: int, name: str) -> None:
    if size > LARGEST_SOURCE:
        limit = LARGEST_SOURCE // 2**30
        raise CatalogError(f"{name}: holds more than {limit} GiB; split it into smaller files")


def _read_stream(stream: IO[str] | IO[bytes], name: str) -> bytes:
    try:
        return _bounded(stream, name)
    except CatalogError:
        raise
    except UnicodeError as error:
        raise CatalogError(f"{name}: is no text in the encoding it was opened with: {error}") from error
    except (OSError, ValueError, EOFError, zlib.error) as error:
        raise CatalogError(f"{name}: cannot be read: {error}") from error


def _bounded(stream: IO[str] | IO[bytes] | gzip.GzipFile, name: str) -> bytes:
    pieces: list[bytes] = []
    size = 0
    while piece := stream.read(_PIECE):
        if isinstance(piece, str):
            piece = piece.encode(errors="surrogateescape")
        size += len(piece)
        _check_size(size, name)
        pieces.append(piece)
    return b"".join(pieces)


def _gunzip(data: bytes, name: str) -> bytes:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as stream:
            return _bounded(stream, name)
    except (OSError, EOFError, zlib.error) as error:
        raise CatalogError(f"{name}: the gzip data is damaged or cut off: {error}") from error


def _unzip(data: bytes, name: str) -> tuple[bytes, str]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [
                member
                for member in archive.infolist()
                if not member.is_dir() and not member.filename.startswith(_MAC_ATTRIBUTES)
            ]
            if len(members) != 1:
                shown = ", ".join(ascii(member.filename) for member in members[:5]) or "none"
                raise CatalogError(
                    f"{name}: the zip file holds {len(members)} files ({shown}); one is needed. "
                    "Open the one you mean with zipfile and give that"
                )
            if members[0].compress_type not in _ZIP_METHODS:
                raise CatalogError(f"{name}: the zip file is compressed by another method than deflate")
            with archive.open(members[0]) as stream:
                return _bounded(stream, name), f"{name}/{_printable(members[0].filename)}"
    except CatalogError:
        raise
    except _DAMAGED_ZIP as error:
        raise CatalogError(f"{name}: the zip file is damaged or of an unknown kind: {error}") from error


def _printable(name: str) -> str:
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in name)


def _as_utf8(data: bytes, name: str) -> bytes:
    """Return the text as UTF-8 without byte order marks; they tell UTF-16 from it."""
    if data.startswith(_UTF32):
        raise CatalogError(f"{name}: is UTF-32 text; save it as UTF-8")
    if data.startswith(_UTF16):
        try:
            data = data.decode("utf-16").encode()
        except UnicodeError as error:
            raise CatalogError(f"{name}: is damaged UTF-16 text: {error}") from error
        data = _XML_ENCODING.sub(rb"\1", data, count=1)
    while data.startswith(codecs.BOM_UTF8):
        data = data.removeprefix(codecs.BOM_UTF8)
    return data


def with_line_feeds(data: bytes) -> bytes:
    """Return a text with every line ended by a line feed, however it was ended before."""
    if b"\r" not in data:
        return data
    return data.replace(b"\r\r\n", b"\n").replace(b"\r\n", b"\n").replace(b"\r", b"\n")
