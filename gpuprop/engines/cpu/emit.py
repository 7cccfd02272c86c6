"""From the rows of the work buffer to arrays of vectors: interleaving in registers.

Left to itself the compiler writes an (n, 3) array number by number. These write eight
states at a time on any processor that LLVM knows, in as many registers as it has.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

from gpuprop.engines.cpu.rows import LANES

__all__ = ["WIDTH", "emit_row", "emit_status", "emit_vectors", "prefetch_for_write"]

WIDTH = 8
_INT32 = ir.IntType(32)
_INT64 = ir.IntType(64)
_EIGHT_DOUBLES = ir.VectorType(ir.DoubleType(), WIDTH)


def _pointer(context: Any, builder: Any, array_type: Any, array: Any, index: Any) -> Any:
    data = context.make_array(array_type)(context, builder, array).data
    return builder.gep(data, [index], inbounds=True)


def _load_eight(context: Any, builder: Any, array_type: Any, array: Any, index: Any) -> Any:
    pointer = _pointer(context, builder, array_type, array, index)
    value = builder.load(builder.bitcast(pointer, _EIGHT_DOUBLES.as_pointer()), typ=_EIGHT_DOUBLES)
    value.align = 8
    return value


def _shuffle(builder: Any, first: Any, second: Any, lanes: list[int]) -> Any:
    return builder.shuffle_vector(first, second, ir.Constant(ir.VectorType(_INT32, len(lanes)), lanes))


@intrinsic
def emit_vectors(_typing: Any, buf: Any, source: Any, out: Any, place: Any) -> Any:
    """Write ``buf[source + c * LANES + j]`` to ``out[place + 3 * j + c]`` for c below 3, j below 8."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        buf_type, _, out_type, _ = signature.args
        x, y, z = (
            _load_eight(
                context, builder, buf_type, args[0], builder.add(args[1], ir.Constant(_INT64, c * LANES))
            )
            for c in range(3)
        )
        pairs = _shuffle(builder, x, y, list(range(2 * WIDTH)))
        padded = _shuffle(builder, z, z, list(range(2 * WIDTH)))
        order = [lane + c * WIDTH for lane in range(WIDTH) for c in range(3)]
        vectors = _shuffle(builder, pairs, padded, order)
        pointer = _pointer(context, builder, out_type, args[2], args[3])
        builder.store(vectors, builder.bitcast(pointer, vectors.type.as_pointer())).align = 8
        return context.get_dummy_value()

    return types.void(buf, types.int64, out, types.int64), generate


@intrinsic
def emit_row(_typing: Any, buf: Any, source: Any, out: Any, place: Any) -> Any:
    """Write ``buf[source + j]`` to ``out[place + j]`` for j below 8."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        buf_type, _, out_type, _ = signature.args
        row = _load_eight(context, builder, buf_type, args[0], args[1])
        pointer = _pointer(context, builder, out_type, args[2], args[3])
        builder.store(row, builder.bitcast(pointer, row.type.as_pointer())).align = 8
        return context.get_dummy_value()

    return types.void(buf, types.int64, out, types.int64), generate


@intrinsic
def emit_status(_typing: Any, buf: Any, source: Any, out: Any, place: Any) -> Any:
    """Write ``buf[source + j]`` to the uint8 array ``out[place + j]`` for j below 8."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        buf_type, _, out_type, _ = signature.args
        codes = _load_eight(context, builder, buf_type, args[0], args[1])
        whole = builder.fptoui(codes, ir.VectorType(_INT32, WIDTH))
        narrow = builder.trunc(whole, ir.VectorType(ir.IntType(8), WIDTH))
        pointer = _pointer(context, builder, out_type, args[2], args[3])
        builder.store(narrow, builder.bitcast(pointer, narrow.type.as_pointer())).align = 1
        return context.get_dummy_value()

    return types.void(buf, types.int64, out, types.int64), generate


@intrinsic
def prefetch_for_write(_typing: Any, out: Any, place: Any) -> Any:
    """Begin to fetch the cache line of ``out[place]``, which will be written later."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        address = ir.IntType(8).as_pointer()
        kind = ir.FunctionType(ir.VoidType(), [address, _INT32, _INT32, _INT32])
        function = builder.module.declare_intrinsic("llvm.prefetch", [address], kind)
        pointer = _pointer(context, builder, signature.args[0], args[0], args[1])
        for_write, keep, data = (ir.Constant(_INT32, value) for value in (1, 3, 1))
        builder.call(function, [builder.bitcast(pointer, address), for_write, keep, data])
        return context.get_dummy_value()

    return types.void(out, types.int64), generate
