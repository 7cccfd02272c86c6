"""Columns and other arrays packed for the page: small, and with no text that could break out of it."""

from __future__ import annotations

import base64
import json
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from gpuprop.shown import shown

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Payload", "column", "label"]

_UNITS = (
    ("_km_s", "km/s", 3),
    ("_km", "km", 3),
    ("_m2", "m²", 1),
    ("_m", "m", 1),
    ("_days", "days", 2),
    ("_s", "s", 2),
)
_WORDS = {"tca": "TCA", "n_minima": "minima"}
_SIGNIFICANT = 4
_TYPES = {"<f4": 4, "<f8": 8, "<i4": 4, "|u1": 1, "<i2": 2}
_FLOAT32_SMALLEST, _FLOAT32_LARGEST = 1e-30, 1e30


class Payload:
    """Collects arrays and packs them with a head of JSON into base64 of zlib.

    Layout: the length of the head (uint32), the head, the arrays one after the other. Of each array all
    first bytes stand together, then all second ones: numbers that are alike compress well that way.

    Examples
    --------
    >>> payload = Payload()
    >>> payload.add(np.array([1, 2], "<i4"))
    {'type': '<i4', 'at': 0, 'length': 2}
    >>> len(zlib.decompress(base64.b64decode(payload.text({"rows": 2}))))
    22
    """

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._size = 0

    def add(self, array: NDArray[Any]) -> dict[str, Any]:
        """Take in an array; return where it will be."""
        kind = array.dtype.str
        flat = np.ascontiguousarray(array).ravel()
        planes = flat.view(np.uint8).reshape(len(flat), _TYPES[kind]).T
        place = {"type": kind, "at": self._size, "length": len(flat)}
        self._parts.append(planes.tobytes())
        self._size += flat.nbytes
        return place

    def text(self, head: dict[str, Any]) -> str:
        """Return all of it as base64."""
        described = json.dumps(head, allow_nan=False, separators=(",", ":")).encode()
        data = np.uint32(len(described)).astype("<u4").tobytes() + described + b"".join(self._parts)
        return base64.b64encode(zlib.compress(data, 6)).decode()


def label(name: str) -> tuple[str, str, int | None]:
    """Return what to call a column, its unit, and how many decimals it is shown with.

    Examples
    --------
    >>> label("miss_distance_km"), label("age_1_days"), label("n_minima")
    (('miss distance', 'km', 3), ('age 1', 'days', 2), ('minima', '', None))
    """
    for suffix, unit, decimals in _UNITS:
        if name.endswith(suffix):
            text = name.removesuffix(suffix).replace("_track", "-track").replace("_", " ")
            vector = unit == "km/s" and not text.endswith("speed")
            return f"{text} velocity" if vector else text, unit, decimals
    return _WORDS.get(name, name.replace("_", " ")), "", None


def column(name: str, values: pa.ChunkedArray, payload: Payload, start_ns: int) -> dict[str, Any]:
    """Pack one column, of whatever type; return how the page is to show it."""
    text, unit, decimals = label(name)
    shape: dict[str, Any] = {"name": name, "label": text, "unit": unit, "decimals": decimals}
    kind = values.type
    if pa.types.is_timestamp(kind):
        ns = values.cast(pa.timestamp("ns")).to_numpy().astype("datetime64[ns]")
        after = (ns.astype(np.int64) - start_ns).astype(np.float64)
        after[np.isnat(ns)] = np.nan
        return shape | {"kind": "instant", "array": payload.add(after.astype("<f8"))}
    if pa.types.is_boolean(kind):
        flags = pc.fill_null(values, False).to_numpy(zero_copy_only=False)  # noqa: FBT003 - Arrow takes it by position
        return shape | {"kind": "flag", "array": payload.add(flags.astype("|u1"))}
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        array = _numbers(values)
        if array.dtype == np.dtype("<i4") and decimals is None:
            shape["decimals"] = 0
        return shape | {"kind": "number", "significant": _SIGNIFICANT, "array": payload.add(array)}
    coded = pc.fill_null(values.cast(pa.string()), "").combine_chunks().dictionary_encode()
    words = [shown(word) for word in coded.dictionary.to_pylist()]
    codes = coded.indices.to_numpy().astype("<i4")
    return shape | {"kind": "text", "words": words, "array": payload.add(codes)}


def _numbers(values: pa.ChunkedArray) -> NDArray[Any]:
    array = values.to_numpy()
    if array.dtype.kind in "iu":
        fits = not len(array) or (array.min() >= -(2**31) and array.max() < 2**31)
        return array.astype("<i4" if fits else "<f8")
    sizes = np.abs(array[np.isfinite(array) & (array != 0.0)])
    narrow = not len(sizes) or (sizes.min() > _FLOAT32_SMALLEST and sizes.max() < _FLOAT32_LARGEST)
    return array.astype("<f4" if narrow else "<f8")
