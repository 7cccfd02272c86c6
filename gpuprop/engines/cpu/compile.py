"""How the CPU engine's functions are compiled: one place for numba's options.

Nothing here turns on ``fastmath``. Fused multiply-adds are written out as
`fma`, so that a state has the same bits whichever kernel, vector width or
neighbour it was computed with.
"""

from __future__ import annotations

import hashlib
import logging
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numba
from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "fma",
    "from_bits",
    "inlined",
    "kernel",
    "leaf",
    "never_inline",
    "prefer_wide_vectors",
    "spliced",
    "to_bits",
]

_log = logging.getLogger("gpuprop")


@cache
def _source_digest() -> str:
    """Return a digest of every source file of the engine."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _enable_cache(dispatcher: Any) -> None:
    """Keep the machine code on disk, valid as long as no file of the engine changes.

    numba compares only the file that holds the function itself, but kernels are
    made of inlined functions from other files.
    """
    try:
        dispatcher.enable_caching()
    except RuntimeError as error:
        _log.info("compiled code is not kept between runs: %s", error)
        return
    cache_file = dispatcher._cache._cache_file
    cache_file._source_stamp = (cache_file._source_stamp, _source_digest())


def kernel(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a function on its first call: no GIL, IEEE arithmetic, kept on disk."""
    dispatcher = numba.njit(nogil=True, error_model="numpy")(function)
    if not numba.config.DISABLE_JIT:
        _enable_cache(dispatcher)
    return dispatcher


def leaf(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile like `kernel` a function that allocates nothing: no references to its arrays are counted.

    Counting is atomic, some ten instructions' worth for every array at every call. What runs for
    64 lanes at a time would spend a quarter of its time on that.
    """
    dispatcher = numba.njit(nogil=True, error_model="numpy", _nrt=False)(function)
    if not numba.config.DISABLE_JIT:
        _enable_cache(dispatcher)
    return dispatcher


def inlined(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a function that allocates nothing into the body of whatever kernel calls it."""
    return numba.njit(forceinline=True, error_model="numpy", _nrt=False)(function)


def spliced(function: Callable[..., Any]) -> Callable[..., Any]:
    """Copy a function into its callers before numba types them: no references counted per call."""
    return numba.njit(inline="always", error_model="numpy")(function)


@intrinsic
def fma(_typing: Any, a: Any, b: Any, c: Any) -> Any:
    """Compute ``a * b + c`` with one rounding."""

    def codegen(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        return builder.fma(*args)

    return types.float64(types.float64, types.float64, types.float64), codegen


@intrinsic
def to_bits(_typing: Any, x: Any) -> Any:
    """Return the bits of a float64 as an int64."""

    def codegen(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        return builder.bitcast(args[0], ir.IntType(64))

    return types.int64(types.float64), codegen


@intrinsic
def from_bits(_typing: Any, bits: Any) -> Any:
    """Return the float64 that has the bits of an int64."""

    def codegen(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        return builder.bitcast(args[0], ir.DoubleType())

    return types.float64(types.int64), codegen


@intrinsic
def never_inline(_typing: Any) -> Any:
    """Keep the calling kernel one function: where it is called twice, it need not be compiled twice."""

    def codegen(context: Any, builder: Any, _signature: Any, _args: Any) -> Any:
        builder.function.attributes.add("noinline")
        return context.get_constant(types.int64, 0)

    return types.int64(), codegen


@intrinsic
def prefer_wide_vectors(_typing: Any) -> Any:
    """Let the calling kernel use 512-bit registers where the processor has them.

    LLVM keeps to 256 bits on most Intel processors unless told otherwise; for
    these long arithmetic bodies the wide ones are 1.4 times as fast.
    """

    def codegen(context: Any, builder: Any, _signature: Any, _args: Any) -> Any:
        # llvmlite's own `add` knows no key="value" attributes
        set.add(builder.function.attributes, '"prefer-vector-width"="512"')
        return context.get_constant(types.int64, 0)

    return types.int64(), codegen
