"""Sixteen arcs against one, or sixteen marks, in a single vector compare, on any processor LLVM knows."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

from llvmlite import binding, ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from gpuprop.engines.cpu.compile import leaf

WIDTH = 16
LOWER, UPPER, MID_X, MID_Y, MID_Z, HALF = range(6)

_FLOAT = ir.FloatType()
_INT32 = ir.IntType(32)
_INT64 = ir.IntType(64)
_FLOATS = ir.VectorType(_FLOAT, WIDTH)
_INTS = ir.VectorType(_INT32, WIDTH)
_MASK = ir.VectorType(ir.IntType(1), WIDTH)
_FUSE = ("contract",)
# Whether lanes are moved by a mask in one instruction: then it is faster always to do so than to foresee when
_COMPRESSES = bool(binding.get_host_cpu_features().get("avx512f"))


def _splat(builder: Any, value: Any) -> Any:
    """Return a vector of one value."""
    undefined = ir.Constant(ir.VectorType(value.type, WIDTH), ir.Undefined)
    first = builder.insert_element(undefined, value, ir.Constant(_INT32, 0))
    return builder.shuffle_vector(first, undefined, ir.Constant(_INTS, [0] * WIDTH))


class _Matrix:
    """Vectors and numbers in the rows of a matrix."""

    def __init__(self, context: Any, builder: Any, matrix_type: Any, matrix: Any) -> None:
        array = context.make_array(matrix_type)(context, builder, matrix)
        self.builder = builder
        self.data = array.data
        self.width = builder.extract_value(array.shape, array.shape.type.count - 1)

    def _pointer(self, row: Any, column: Any) -> Any:
        row = ir.Constant(_INT64, row) if isinstance(row, int) else row
        return self.builder.gep(self.data, [self.builder.add(self.builder.mul(row, self.width), column)])

    def vector(self, row: Any, column: Any) -> Any:
        kind = ir.VectorType(self.data.type.pointee, WIDTH)
        value = self.builder.load(
            self.builder.bitcast(self._pointer(row, column), kind.as_pointer()), typ=kind
        )
        value.align = 4
        return value

    def value(self, row: Any, column: Any) -> Any:
        return self.builder.load(self._pointer(row, column), typ=self.data.type.pointee)

    def spread(self, row: Any, column: Any) -> Any:
        return _splat(self.builder, self.value(row, column))

    def put(self, row: Any, column: Any, vector: Any) -> None:
        pointer = self.builder.bitcast(self._pointer(row, column), vector.type.as_pointer())
        self.builder.store(vector, pointer).align = 4


def _compressed(builder: Any, vector: Any, mask: Any) -> Any:
    """Move the lanes that a mask has to the front; the others become 0."""
    kind = ir.FunctionType(_INTS, [_INTS, _MASK, _INTS])
    compress = cgutils.get_or_insert_function(
        builder.module, kind, f"llvm.experimental.vector.compress.v{WIDTH}i32"
    )
    return builder.call(compress, [vector, mask, ir.Constant(_INTS, [0] * WIDTH)])


@intrinsic
def append_near(
    _typing: Any,
    rows: Any,
    edge: Any,
    at: Any,
    end: Any,
    own: Any,
    first_own: Any,
    n_own: Any,
    spread: Any,
    hit_own: Any,
    hit_other: Any,
    n: Any,
) -> Any:
    """Append the slots of pairs that may meet to `hit_own` and `hit_other`, which hold n; return the new n.

    Of the slots ``at`` to ``at + 15`` those below `end` are compared with each of
    ``own[first_own:first_own + n_own]`` but themselves. `rows` is a (6, n) float32 matrix of lower and upper
    radius (the threshold added to the upper one), middle direction and half arc. A pair may meet where the
    other lower radius is not above the own upper one, the other radius `edge` (`LOWER` or `UPPER`) not below
    the own lower one, and the middle directions are no farther apart than both half arcs and `spread`.

    There has to be room for 16 more. numba's own loops would turn this into one branch per lane, hence the
    vectors.
    """
    signature = types.int64(
        rows,
        types.int64,
        types.int64,
        types.int64,
        own,
        types.int64,
        types.int64,
        types.float32,
        hit_own,
        hit_other,
        types.int64,
    )

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        matrix = _Matrix(context, builder, sig.args[0], args[0])
        owns = _Matrix(context, builder, sig.args[4], args[4])
        hits = [_Matrix(context, builder, sig.args[k], args[k]) for k in (8, 9)]
        edge, at, end = args[1:4]
        lower, other_edge = matrix.vector(LOWER, at), matrix.vector(edge, at)
        middle = [matrix.vector(row, at) for row in (MID_X, MID_Y, MID_Z)]
        half = builder.fadd(matrix.vector(HALF, at), _splat(builder, args[7]))
        slots = builder.add(
            _splat(builder, builder.trunc(at, _INT32)), ir.Constant(_INTS, list(range(WIDTH)))
        )
        inside = builder.icmp_signed("<", slots, _splat(builder, builder.trunc(end, _INT32)))
        count = cgutils.alloca_once_value(builder, args[10])
        with cgutils.for_range(builder, args[6]) as loop:
            slot32 = owns.value(0, builder.add(args[5], loop.index))
            slot = builder.sext(slot32, _INT64)
            me = _splat(builder, slot32)
            near = builder.and_(inside, builder.icmp_signed("!=", slots, me))
            near = builder.and_(near, builder.fcmp_ordered("<=", lower, matrix.spread(UPPER, slot)))
            near = builder.and_(near, builder.fcmp_ordered(">=", other_edge, matrix.spread(LOWER, slot)))
            distance2 = ir.Constant(_FLOATS, [0.0] * WIDTH)
            for row, mine in zip((MID_X, MID_Y, MID_Z), middle, strict=True):
                offset = builder.fsub(mine, matrix.spread(row, slot), flags=_FUSE)
                distance2 = builder.fadd(builder.fmul(offset, offset, flags=_FUSE), distance2, flags=_FUSE)
            reach = builder.fadd(half, matrix.spread(HALF, slot))
            near = builder.and_(near, builder.fcmp_ordered("<=", distance2, builder.fmul(reach, reach)))
            bits = builder.bitcast(near, ir.IntType(WIDTH))
            any_hit = builder.icmp_unsigned("!=", bits, ir.Constant(bits.type, 0))
            with nullcontext() if _COMPRESSES else builder.if_then(any_hit):
                column = builder.load(count)
                for hit, what in zip(hits, (me, _compressed(builder, slots, near)), strict=True):
                    hit.put(0, column, what)
                builder.store(builder.add(column, builder.zext(builder.ctpop(bits), _INT64)), count)
        return builder.load(count)

    return signature, generate


@intrinsic
def append_marked(_typing: Any, marks: Any, at: Any, first: Any, places: Any, n: Any) -> Any:
    """Append ``first + k`` to the int32 `places`, which hold n, for each of ``marks[at + k]``, k < 16, not 0.

    `marks` has one byte each. Returns the new n; there has to be room for 16 more.
    """
    signature = types.int64(marks, types.int64, types.int64, places, types.int64)

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        bytes_ = ir.VectorType(ir.IntType(8), WIDTH)
        source = context.make_array(sig.args[0])(context, builder, args[0]).data
        source = builder.bitcast(builder.gep(source, [args[1]]), bytes_.as_pointer())
        loaded = builder.load(source, typ=bytes_)
        loaded.align = 1
        marked = builder.icmp_unsigned("!=", loaded, ir.Constant(bytes_, [0] * WIDTH))
        first = _splat(builder, builder.trunc(args[2], _INT32))
        numbers = builder.add(first, ir.Constant(_INTS, list(range(WIDTH))))
        _Matrix(context, builder, sig.args[3], args[3]).put(0, args[4], _compressed(builder, numbers, marked))
        more = builder.ctpop(builder.bitcast(marked, ir.IntType(WIDTH)))
        return builder.add(args[4], builder.zext(more, _INT64))

    return signature, generate


@leaf
def places_of_marks(marks: Any, first: int, places: Any, n: int) -> int:
    """Append the places of all marks, counted from `first`, to n places; return how many that makes.

    As many as in a multiple of `WIDTH` are read, and there has to be room for `WIDTH` more.
    """
    for k in range(0, marks.size, WIDTH):
        n = append_marked(marks, k, first + k, places, n)
    return n
