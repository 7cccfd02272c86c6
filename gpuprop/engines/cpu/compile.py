"""How the CPU engine's functions are compiled: one place for numba's options.

Nothing here turns on ``fastmath``. Fused multiply-adds are written out as
`fma`, so that a state has the same bits whichever kernel, vector width or
neighbour it was computed with.
"""

from __future__ import annotations

import gc
import hashlib
import logging
from contextlib import contextmanager
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numba
from llvmlite import ir
from numba import types
from numba.core.caching import FunctionCache
from numba.core.registry import CPUDispatcher
from numba.core.runtime import rtsys
from numba.extending import intrinsic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = [
    "address_of",
    "call_at",
    "fma",
    "from_bits",
    "inlined",
    "kernel",
    "leaf",
    "prefer_wide_vectors",
    "spliced",
    "to_bits",
]

_log = logging.getLogger("gpuprop")

_OPTIONS = {"nopython": True, "error_model": "numpy"}


@cache
def _source_digest() -> str:
    """Return a digest of every source file of the engine."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """Let the compiler make its millions of small objects without looking for dead ones among them."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


class _Kept(FunctionCache):  # type: ignore[misc]  # numba has no types
    """Machine code on disk, valid as long as no file of the engine changes.

    numba compares only the file that holds the function itself, but kernels are
    made of inlined functions from other files.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(function)
        self._cache_file._source_stamp = (self._cache_file._source_stamp, _source_digest())

    def holds(self, arguments: tuple[Any, ...], codegen: Any) -> bool:
        """Tell whether there is code for these types of arguments."""
        return self._index_key(arguments, codegen) in self._cache_file._load_index()

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Return the code for a signature, None if it is not there.

        numba first makes ready for compiling, which takes longer than all the rest; code that is compiled
        already needs no more than the functions that count references. Compiling makes ready by itself.
        """
        rtsys.initialize(target_context)
        with self._guard_against_spurious_io_errors():
            return self._load_overload(sig, target_context)


class _Compiled(CPUDispatcher):  # type: ignore[misc]  # numba has no types
    """A compiled function, and its copy for callers that are compiled themselves.

    The copy has no entry for Python, and is compiled once for all values of an argument: numba would make
    another one for every constant that it is called with. Each takes a good part of the time of compiling.
    """

    _keeps: tuple[type, ...] = ()

    @cached_property
    def _copy(self) -> CPUDispatcher:
        options = {**self.targetoptions, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
        return CPUDispatcher(self.py_func, targetoptions=options)

    def get_call_template(self, args: Any, kws: Any) -> Any:
        """Return the signatures of the copy, which is compiled for these arguments."""
        return self._copy.get_call_template(*self._any_value(args, kws))

    def _any_value(self, args: Any, kws: Any) -> tuple[Any, Any]:
        def kept(kind: Any) -> Any:
            return kind if isinstance(kind, self._keeps) else types.unliteral(kind)

        return tuple(map(kept, args)), {name: kept(kind) for name, kind in kws.items()}

    def get_overload(self, sig: Any) -> Any:
        """Return the copy compiled for a signature."""
        return self._copy.get_overload(sig)

    def _compilation_chain_init_hook(self) -> None:
        """Do not look for plug-ins of numba among all installed packages: none has a part in these."""

    def compile(self, sig: Any) -> Any:
        """Compile for a signature, unless that has been done."""
        with _no_garbage_collection():
            return super().compile(sig)

    def enable_caching(self) -> None:
        """Keep the machine code on disk, and take it from there."""
        self._cache = _Kept(self.py_func)

    def keep_on_disk(self) -> _Compiled:
        """Call `enable_caching`; where no folder can be written to, leave a line in the log instead."""
        try:
            self.enable_caching()
        except RuntimeError as error:
            _log.info("compiled code is not kept between runs: %s", error)
        return self

    @property
    def kept_on_disk(self) -> bool:
        """Whether there is a folder for the machine code."""
        return isinstance(self._cache, _Kept)

    def is_at_hand(self, arguments: tuple[Any, ...]) -> bool:
        """Tell whether the code for these types of arguments is in memory or on disk."""
        if arguments in self.overloads:
            return True
        return self.kept_on_disk and self._cache.holds(arguments, self.targetctx.codegen())


class _Inlined(_Compiled):
    """A function that disappears in its callers; one that a constant switches is compiled for each way."""

    _keeps = (types.BooleanLiteral,)


def kernel(function: Callable[..., Any]) -> Any:
    """Compile a function on its first call: no GIL, IEEE arithmetic, kept on disk."""
    if numba.config.DISABLE_JIT:
        return function
    return _Compiled(function, targetoptions=_OPTIONS | {"nogil": True}).keep_on_disk()


def leaf(function: Callable[..., Any]) -> Any:
    """Compile like `kernel` a function that allocates nothing: no references to its arrays are counted.

    Counting is atomic, some ten instructions' worth for every array at every call. What runs for
    64 lanes at a time would spend a quarter of its time on that.
    """
    if numba.config.DISABLE_JIT:
        return function
    return _Compiled(function, targetoptions=_OPTIONS | {"nogil": True, "_nrt": False}).keep_on_disk()


def inlined(function: Callable[..., Any]) -> Any:
    """Compile a function that allocates nothing into the body of whatever kernel calls it."""
    if numba.config.DISABLE_JIT:
        return function
    return _Inlined(function, targetoptions=_OPTIONS | {"forceinline": True, "_nrt": False})


def spliced(function: Callable[..., Any]) -> Any:
    """Copy a function into its callers before numba types them: no references counted per call."""
    return numba.njit(inline="always", error_model="numpy")(function)


def address_of(function: _Compiled, signature: Any) -> int:
    """Return where the code of a function begins, compiled for a signature, for `call_at`."""
    function.compile(signature.args)
    compiled = function.overloads[signature.args]
    return int(compiled.library.get_pointer_to_function(compiled.fndesc.llvm_func_name))


def call_at(signature: Any) -> Any:
    """Return what calls the function of that signature, which returns nothing, at an address.

    What is called by name becomes part of every kernel that calls it, and is compiled with each of them.
    """

    @intrinsic
    def call(_typing: Any, _address: Any, _arguments: Any) -> Any:
        def generate(context: Any, builder: Any, _given: Any, args: Any) -> Any:
            convention = context.call_conv
            kind = convention.get_function_type(types.none, signature.args)
            function = builder.inttoptr(args[0], kind.as_pointer())
            values = [builder.extract_value(args[1], k) for k in range(len(signature.args))]
            convention.call_function(builder, function, types.none, signature.args, values)
            return context.get_dummy_value()

        return types.void(types.int64, types.Tuple(signature.args)), generate

    return call


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
