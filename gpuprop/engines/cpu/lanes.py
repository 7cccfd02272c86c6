"""Sixteen arcs against one in a single vector compare, on any processor LLVM knows."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

WIDTH = 16
LOWER, UPPER, MID_X, MID_Y, MID_Z, HALF = range(6)

_FLOAT = ir.FloatType()
_VECTOR = ir.VectorType(_FLOAT, WIDTH)
_INT32 = ir.IntType(32)
_INT64 = ir.IntType(64)
_FUSE = ("contract",)


class _Rows:
    """Loads from the rows of a float32 matrix, as one vector or as one value spread over it."""

    def __init__(self, context: Any, builder: Any, matrix_type: Any, matrix: Any) -> None:
        array = context.make_array(matrix_type)(context, builder, matrix)
        self.builder = builder
        self.data = array.data
        self.width = builder.extract_value(array.shape, 1)

    def _pointer(self, row: int, column: Any) -> Any:
        offset = self.builder.add(self.builder.mul(ir.Constant(_INT64, row), self.width), column)
        return self.builder.gep(self.data, [offset], inbounds=True)

    def vector(self, row: int, column: Any) -> Any:
        pointer = self.builder.bitcast(self._pointer(row, column), _VECTOR.as_pointer())
        value = self.builder.load(pointer, typ=_VECTOR)
        value.align = 4
        return value

    def spread(self, row: int, column: Any) -> Any:
        return self.splat(self.builder.load(self._pointer(row, column), typ=_FLOAT))

    def splat(self, value: Any) -> Any:
        undefined = ir.Constant(_VECTOR, ir.Undefined)
        first = self.builder.insert_element(undefined, value, ir.Constant(_INT32, 0))
        zeros = ir.Constant(ir.VectorType(_INT32, WIDTH), [0] * WIDTH)
        return self.builder.shuffle_vector(first, undefined, zeros)


@intrinsic
def near_mask(typing_context: Any, rows: Any, at: Any, own: Any, spread: Any) -> Any:
    """Bit l is set where arc `at + l` and arc `own` may come within the threshold.

    `rows` is a (6, n) float32 matrix of lower and upper radius (the threshold added to
    the upper one), middle direction and half arc. Two arcs may meet where the radius
    intervals overlap and the middle directions are no farther apart than both half arcs
    and `spread`. numba's own loops turn this into one branch per lane, hence the vectors.
    """
    signature = types.uint32(rows, types.int64, types.int64, types.float32)

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        matrix = _Rows(context, builder, sig.args[0], args[0])
        column, self_column = args[1], args[2]
        near = builder.and_(
            builder.fcmp_ordered("<=", matrix.vector(LOWER, column), matrix.spread(UPPER, self_column)),
            builder.fcmp_ordered(">=", matrix.vector(UPPER, column), matrix.spread(LOWER, self_column)),
        )
        distance2 = ir.Constant(_VECTOR, [0.0] * WIDTH)
        for row in (MID_X, MID_Y, MID_Z):
            offset = builder.fsub(matrix.vector(row, column), matrix.spread(row, self_column), flags=_FUSE)
            distance2 = builder.fadd(builder.fmul(offset, offset, flags=_FUSE), distance2, flags=_FUSE)
        halves = builder.fadd(matrix.vector(HALF, column), matrix.spread(HALF, self_column))
        reach = builder.fadd(halves, matrix.splat(args[3]))
        near = builder.and_(near, builder.fcmp_ordered("<=", distance2, builder.fmul(reach, reach)))
        return builder.zext(builder.bitcast(near, ir.IntType(WIDTH)), _INT32)

    return signature, generate


@intrinsic
def lowest_bit(typing_context: Any, bits: Any) -> Any:
    """Index of the lowest set bit of a nonzero uint32."""
    signature = types.int64(types.uint32)

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        index = builder.cttz(args[0], ir.Constant(ir.IntType(1), 1))
        return builder.zext(index, _INT64)

    return signature, generate
