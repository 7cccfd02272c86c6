"""Between the rows of the work buffer and arrays of objects: transposing in registers.

Left to itself the compiler moves number by number. These move eight lanes at a time
on any processor that LLVM knows, in as many registers as it has.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

from gpuprop.engines.cpu.rows import LANES

__all__ = [
    "WIDTH",
    "emit_minutes",
    "emit_row",
    "emit_same",
    "emit_status",
    "emit_vectors",
    "gather_eight",
    "prefetch_for_write",
]

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


def _same(builder: Any, value: Any, number: Any) -> Any:
    """Return a vector of eight times one value."""
    undefined = ir.Constant(ir.VectorType(value, WIDTH), ir.Undefined)
    first = builder.insert_element(undefined, number, ir.Constant(_INT32, 0))
    return _shuffle(builder, first, undefined, [0] * WIDTH)


@intrinsic
def emit_same(_typing: Any, buf: Any, place: Any, value: Any) -> Any:
    """Write a value to ``buf[place + j]`` for j below 8."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        pointer = _pointer(context, builder, signature.args[0], args[0], args[1])
        values = _same(builder, ir.DoubleType(), args[2])
        builder.store(values, builder.bitcast(pointer, values.type.as_pointer())).align = 8
        return context.get_dummy_value()

    return types.void(buf, types.int64, types.float64), generate


@intrinsic
def emit_minutes(_typing: Any, times: Any, at: Any, epoch: Any, unit: Any, buf: Any, place: Any) -> Any:
    """Write ``(times[at + j] - epoch) / unit`` to ``buf[place + j]`` for j below 8."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        source = _pointer(context, builder, signature.args[0], args[0], args[1])
        whole = ir.VectorType(_INT64, WIDTH)
        instants = builder.load(builder.bitcast(source, whole.as_pointer()), typ=whole)
        instants.align = 8
        elapsed = builder.sitofp(builder.sub(instants, _same(builder, _INT64, args[2])), _EIGHT_DOUBLES)
        minutes = builder.fdiv(elapsed, _same(builder, ir.DoubleType(), args[3]))
        pointer = _pointer(context, builder, signature.args[4], args[4], args[5])
        builder.store(minutes, builder.bitcast(pointer, minutes.type.as_pointer())).align = 8
        return context.get_dummy_value()

    return types.void(times, types.int64, types.int64, types.float64, buf, types.int64), generate


def _transposed(builder: Any, rows: list[Any]) -> list[Any]:
    """Transpose eight vectors of eight: pairs of columns, then of two, then of four change sides."""
    for half in (1, 2, 4):
        low = [lane if lane & half == 0 else lane - half + WIDTH for lane in range(WIDTH)]
        high = [lane + half if lane & half == 0 else lane + WIDTH for lane in range(WIDTH)]
        rows = [
            _shuffle(builder, rows[k], rows[k + half], low)
            if k & half == 0
            else _shuffle(builder, rows[k - half], rows[k], high)
            for k in range(WIDTH)
        ]
    return rows


@intrinsic
def gather_eight(
    _typing: Any, table: Any, slots: Any, first: Any, column: Any, buf: Any, to_lane: Any
) -> Any:
    """Write eight columns of a table, for ``slots[first:first + 8]``, to the lanes from `to_lane` on."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        table_type, slots_type, _, _, buf_type, _ = signature.args
        matrix, slot_array, source, begin, buffer, lane = args
        width = builder.extract_value(context.make_array(table_type)(context, builder, matrix).shape, 1)
        loaded = []
        for j in range(WIDTH):
            at = _pointer(
                context, builder, slots_type, slot_array, builder.add(source, ir.Constant(_INT64, j))
            )
            slot = builder.load(at)
            slot = slot if slot.type == _INT64 else builder.sext(slot, _INT64)
            index = builder.add(builder.mul(slot, width), begin)
            loaded.append(_load_eight(context, builder, table_type, matrix, index))
        for c, row in enumerate(_transposed(builder, loaded)):
            place = builder.mul(builder.add(begin, ir.Constant(_INT64, c)), ir.Constant(_INT64, LANES))
            pointer = _pointer(context, builder, buf_type, buffer, builder.add(place, lane))
            builder.store(row, builder.bitcast(pointer, row.type.as_pointer())).align = 8
        return context.get_dummy_value()

    return types.void(table, slots, types.int64, types.int64, buf, types.int64), generate


@intrinsic
def prefetch_for_write(_typing: Any, out: Any, place: Any) -> Any:
    """Begin to fetch the cache line of ``out[place]`` of a flat array, which will be written later."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        address = ir.IntType(8).as_pointer()
        kind = ir.FunctionType(ir.VoidType(), [address, _INT32, _INT32, _INT32])
        function = builder.module.declare_intrinsic("llvm.prefetch", [address], kind)
        pointer = _pointer(context, builder, signature.args[0], args[0], args[1])
        # To be written, into all caches, data
        options = (ir.Constant(_INT32, value) for value in (1, 3, 1))
        builder.call(function, [builder.bitcast(pointer, address), *options])
        return context.get_dummy_value()

    return types.void(out, types.int64), generate
