"""Where text comes from: paths, file objects and strings, plain, gzip or zip."""

from __future__ import annotations

import codecs
import gzip
import io
import os
import zipfile
import zlib
from pathlib import Path
from typing import IO

from gpuprop.errors import CatalogError, InputError

# A million element sets take 1.3 GB as XML, their most wordy form.
LARGEST_SOURCE = 2 * 2**30
_DEEPEST_COMPRESSION = 3
_PIECE = 2**24
_GZIP, _ZIP = b"\x1f\x8b", b"PK\x03\x04"

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
        There is no such file, or it is damaged, too large, or no UTF-8 or ASCII text.
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
    return _without_mark(data, name), name


def _raw(source: Source) -> tuple[bytes, str]:
    if isinstance(source, bytes):
        return source, "<text>"
    if isinstance(source, str) and _is_content(source):
        return source.encode(errors="surrogateescape"), "<text>"
    if isinstance(source, (str, os.PathLike)):
        return _read_file(Path(source)), str(source)
    if hasattr(source, "read"):
        name = getattr(source, "name", None)
        content = source.read(LARGEST_SOURCE + 1)
        if isinstance(content, str):
            content = content.encode(errors="surrogateescape")
        name = name if isinstance(name, str) else "<stream>"
        _check_size(len(content), name)
        return content, name
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


def _bounded(stream: IO[bytes] | gzip.GzipFile, name: str) -> bytes:
    pieces: list[bytes] = []
    size = 0
    while piece := stream.read(_PIECE):
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
            members = [member for member in archive.infolist() if not member.is_dir()]
            if len(members) != 1:
                shown = ", ".join(ascii(member.filename) for member in members[:5]) or "none"
                raise CatalogError(
                    f"{name}: the zip file holds {len(members)} files ({shown}); one is needed. "
                    "Open the one you mean with zipfile and give that"
                )
            with archive.open(members[0]) as stream:
                return _bounded(stream, name), f"{name}/{members[0].filename}"
    except (zipfile.BadZipFile, OSError, EOFError, zlib.error, RuntimeError, NotImplementedError) as error:
        raise CatalogError(f"{name}: the zip file is damaged or of an unknown kind: {error}") from error


def _without_mark(data: bytes, name: str) -> bytes:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise CatalogError(f"{name}: is UTF-16 text; save it as UTF-8")
    return data.removeprefix(codecs.BOM_UTF8)
