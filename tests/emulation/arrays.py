"""NumPy with CuPy's manners: arrays that never turn into NumPy's by themselves, and CuPy's functions alone.

What CuPy refuses is refused here too: arrays of the host among those of the device, functions that
it does not have, arguments that its functions do not take. Where CuPy is not installed, the last two are not
looked at.
"""

from __future__ import annotations

import inspect
import operator
from functools import cache
from typing import Any

import numpy as np

try:
    import cupy
except ImportError:
    cupy = None


class DeviceArray:
    """An array that stands for one of CuPy's."""

    def __init__(self, array: Any) -> None:
        self._array = np.asarray(array)

    shape = property(lambda self: self._array.shape)
    dtype = property(lambda self: self._array.dtype)
    ndim = property(lambda self: self._array.ndim)
    size = property(lambda self: self._array.size)
    nbytes = property(lambda self: self._array.nbytes)
    flags = property(lambda self: self._array.flags)
    T = property(lambda self: DeviceArray(self._array.T))

    def get(self) -> Any:
        return self._array.copy()

    def host(self) -> Any:
        """The memory itself; a device has no such thing."""
        return self._array

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise TypeError("an array on the device does not become NumPy's by itself; use get()")

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        assert method == "__call__", f"CuPy has no {ufunc.__name__}.{method}"
        return _called(ufunc, ufunc.__name__, inputs, options)

    def __array_function__(self, function: Any, _: Any, arguments: Any, options: Any) -> Any:
        return _called(function, function.__name__, arguments, options)

    def __len__(self) -> int:
        return len(self._array)

    def __iter__(self) -> Any:
        return map(DeviceArray, self._array)

    def __getitem__(self, index: Any) -> DeviceArray:
        return DeviceArray(self._array[_inner(index)])

    def __setitem__(self, index: Any, value: Any) -> None:
        self._array[_inner(index)] = _inner(value)

    def __int__(self) -> int:
        return int(self._array)

    def __float__(self) -> float:
        return float(self._array)

    def __bool__(self) -> bool:
        return bool(self._array)

    __hash__ = None  # type: ignore[assignment]  # equal by value


def _method(name: str) -> Any:
    def method(self: DeviceArray, *arguments: Any, **options: Any) -> DeviceArray:
        return DeviceArray(getattr(self._array, name)(*map(_inner, arguments), **options))

    return method


def _binary(name: str) -> Any:
    def method(self: DeviceArray, other: Any) -> DeviceArray:
        return DeviceArray(getattr(operator, name)(self._array, _inner(other)))

    def reflected(self: DeviceArray, other: Any) -> DeviceArray:
        return DeviceArray(getattr(operator, name)(_inner(other), self._array))

    def in_place(self: DeviceArray, other: Any) -> DeviceArray:
        getattr(operator, f"i{name.strip('_')}")(self._array, _inner(other))
        return self

    return method, reflected, in_place


for _name in ("any", "all", "sum", "min", "max", "astype", "copy", "reshape", "transpose"):
    setattr(DeviceArray, _name, _method(_name))
for _name in (
    "add",
    "sub",
    "mul",
    "truediv",
    "floordiv",
    "mod",
    "pow",
    "lshift",
    "rshift",
    "and_",
    "or_",
    "xor",
):
    _plain = _name.strip("_")
    for _prefix, _made in zip(("", "r", "i"), _binary(_name), strict=True):
        setattr(DeviceArray, f"__{_prefix}{_plain}__", _made)
for _name in ("lt", "le", "eq", "ne", "gt", "ge"):
    setattr(DeviceArray, f"__{_name}__", _binary(_name)[0])
for _name in ("neg", "pos", "invert", "abs"):
    setattr(DeviceArray, f"__{_name}__", _method(f"__{_name}__"))


def _inner(value: Any) -> Any:
    """Take the wrapping off, and refuse arrays of the host."""
    if isinstance(value, DeviceArray):
        return value.host()
    if isinstance(value, (tuple, list)):
        return type(value)(map(_inner, value))
    assert not isinstance(value, np.ndarray), "an array of the host among those of the device"
    return value


def _wrapped(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(map(_wrapped, value))
    return DeviceArray(value) if isinstance(value, (np.ndarray, np.generic)) else value


def _called(function: Any, name: str, arguments: Any, options: dict[str, Any]) -> Any:
    _check(name, len(arguments), tuple(sorted(options)))
    inner = {key: _inner(value) for key, value in options.items()}
    return _wrapped(function(*_inner(tuple(arguments)), **inner))


@cache
def _check(name: str, n_arguments: int, options: tuple[str, ...]) -> None:
    """Refuse what CuPy does not have or would not take."""
    if cupy is None:
        return
    assert hasattr(cupy, name), f"CuPy has no {name}"
    try:
        signature = inspect.signature(getattr(cupy, name))
    except (TypeError, ValueError):  # a ufunc
        return
    signature.bind(*range(n_arguments), **dict.fromkeys(options))


class DeviceNumpy:
    """Stands for the module cupy."""

    ndarray = DeviceArray

    def __getattr__(self, name: str) -> Any:
        found = getattr(np, name)
        if name == "asarray":  # the one way in
            return lambda array, *rest: DeviceArray(np.array(_hosted(array), *rest))
        if isinstance(found, type) or not callable(found):
            return found
        return lambda *arguments, **options: _called(found, name, arguments, options)


def _hosted(array: Any) -> Any:
    return array.host() if isinstance(array, DeviceArray) else array
