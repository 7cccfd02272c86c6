// The arc sieve over many steps at once: keys, sorted arcs (the host sorts), sweeps that append candidates.
#include "sieve.cuh"

#include "launch.cuh"

using namespace gpuprop;

namespace {

// Room for candidates; the count goes on when it is used up, so that the caller learns the need
struct Candidates {
    i32 *pair;    // (capacity, 3): two objects and the step
    float *span;  // (capacity, 2)
    i64 capacity;
    u64 *count;

    GP_INLINE void add(i32 i, i32 j, i64 step, Part part) const {
        i64 place = static_cast<i64>(atomicAdd(count, static_cast<u64>(1)));
        if (place >= capacity) return;
        pair[3 * place] = i;
        pair[3 * place + 1] = j;
        pair[3 * place + 2] = static_cast<i32>(step);
        span[2 * place] = static_cast<float>(part.begin);
        span[2 * place + 1] = static_cast<float>(part.end);
    }
};

struct Sweep {
    Bounds bounds;
    Positions positions;
    SortedArcs arcs;
    i64 step, own;

    GP_INLINE void meet(i64 other, const Candidates &found) const {
        if (!arcs.neighbours(own, other, static_cast<float>(bounds.spread))) return;
        i32 i = arcs.member[own], j = arcs.member[other];
        Vector a = positions.at(step, j) - positions.at(step, i);
        Vector d = positions.at(step + 1, j) - positions.at(step + 1, i) - a;
        double gradient = larger(arcs.slack[own], arcs.slack[other]);
        double bulge = arcs.slack[arcs.m + own] + arcs.slack[arcs.m + other];
        Part part = gate(a, d, gradient, bulge, bounds.threshold_km);
        if (part.possible()) found.add(i, j, step, part);
    }
};

GP_INLINE i64 first_not_below(const u64 *keys, u64 key, i64 begin, i64 end) {
    while (begin < end) {
        i64 middle = begin + (end - begin) / 2;
        bool below = keys[middle] < key;
        begin = below ? middle + 1 : begin;
        end = below ? end : middle;
    }
    return begin;
}

}  // namespace

// Thread: one object in one step.
// Memory: positions (n_steps + 1, 3, n); keys (n_steps, n).
extern "C" __global__ void arc_keys(const double *geometry, const double *positions, i64 n, i64 n_steps,
                                    const double *semi_major_km, const double *unmodelled, u64 *keys) {
    i64 item = thread_number();
    if (item >= n * n_steps) return;
    Positions p = {positions, n};
    i64 step = item / n, object = item % n;
    Arc arc(Bounds(geometry), p.at(step, object), p.at(step + 1, object), semi_major_km[object],
            unmodelled[object]);
    keys[item] = list_key(step, arc.list) | float_bits(arc.lower);
}

// Thread: one arc in sorted order, order[item] its place before.
// Memory: rows (6, m), slack (2, m), member (m,) in sorted order; begin, end (n_steps, n_lists) zero on
// entry.
extern "C" __global__ void sort_arcs(const double *geometry, const double *positions, i64 n, i64 n_steps,
                                     const double *semi_major_km, const double *unmodelled, const u64 *keys,
                                     const i64 *order, float *rows, double *slack, i32 *member, i64 *begin,
                                     i64 *end) {
    i64 item = thread_number();
    i64 m = n * n_steps;
    if (item >= m) return;
    Bounds bounds(geometry);
    Positions p = {positions, n};
    i64 step = order[item] / n, object = order[item] % n;
    Arc arc(bounds, p.at(step, object), p.at(step + 1, object), semi_major_km[object], unmodelled[object]);
    rows[item] = arc.lower;
    rows[m + item] = arc.upper;
    rows[2 * m + item] = arc.mid_x;
    rows[3 * m + item] = arc.mid_y;
    rows[4 * m + item] = arc.mid_z;
    rows[5 * m + item] = arc.half;
    slack[item] = arc.gradient;
    slack[m + item] = arc.bulge;
    member[item] = static_cast<i32>(object);
    u64 own = keys[item] >> LIST_SHIFT;
    if (item == 0 || keys[item - 1] >> LIST_SHIFT != own) begin[step * bounds.n_lists() + arc.list] = item;
    if (item == m - 1 || keys[item + 1] >> LIST_SHIFT != own) {
        end[step * bounds.n_lists() + arc.list] = item + 1;
    }
}

// Thread: one arc in sorted order; looks upwards in radius in its own cell and the 26 around it.
// Memory: as sort_arcs; candidates (capacity, 3) and (capacity, 2), in any order.
extern "C" __global__ void sweep_cells(const double *geometry, const double *positions, i64 n, i64 n_steps,
                                       const u64 *keys, const float *rows, const double *slack,
                                       const i32 *member, const i64 *begin, const i64 *end, i32 *pair,
                                       float *span, i64 capacity, u64 *count) {
    i64 own = thread_number();
    if (own >= n * n_steps) return;
    Bounds bounds(geometry);
    i64 step = own / n;
    i64 cell = static_cast<i64>((keys[own] - list_key(step, 0)) >> LIST_SHIFT);
    if (cell >= bounds.wide_list()) return;
    Candidates found = {pair, span, capacity, count};
    Sweep sweep = {bounds, {positions, n}, {rows, slack, member, n * n_steps}, step, own};
    float lower = sweep.arcs.lower(own), upper = sweep.arcs.upper(own);
    for (int neighbour = 0; neighbour < 27; ++neighbour) {
        i64 dx = neighbour / 9 - 1, dy = neighbour / 3 % 3 - 1, dz = neighbour % 3 - 1;
        i64 offset = (dx * bounds.side + dy) * bounds.side + dz;
        i64 list = step * bounds.n_lists() + cell + offset;
        i64 last = end[list];
        if (last == 0) continue;
        // Of two arcs with the same lower radius the one that comes first in the order looks at the other
        i64 other = offset == 0 ? own + 1 : sweep.arcs.first_above(lower, offset > 0, begin[list], last);
        for (; other < last && sweep.arcs.lower(other) <= upper; ++other) sweep.meet(other, found);
    }
}

// Thread: one arc in sorted order, idle unless it is too long for its cell; looks at all cells it can reach.
// Memory: as sort_arcs; candidates (capacity, 3) and (capacity, 2), in any order.
extern "C" __global__ void sweep_wide(const double *geometry, const double *positions, i64 n, i64 n_steps,
                                      const u64 *keys, const float *rows, const double *slack,
                                      const i32 *member, const i64 *end, i32 *pair, float *span, i64 capacity,
                                      u64 *count) {
    i64 own = thread_number();
    if (own >= n * n_steps) return;
    Bounds bounds(geometry);
    i64 step = own / n;
    if (keys[own] >> LIST_SHIFT != list_key(step, bounds.wide_list()) >> LIST_SHIFT) return;
    Candidates found = {pair, span, capacity, count};
    Sweep sweep = {bounds, {positions, n}, {rows, slack, member, n * n_steps}, step, own};
    double reach = static_cast<double>(sweep.arcs.half(own)) + bounds.half_limit + bounds.spread;
    i64 first[3], last[3];
    GP_UNROLL
    for (int axis = 0; axis < 3; ++axis) {
        double mid = static_cast<double>(sweep.arcs.mid(axis, own));
        first[axis] = bounds.along(larger(-1.0, mid - reach));
        last[axis] = bounds.along(smaller(1.0, mid + reach));
    }
    for (i64 x = first[0]; x <= last[0]; ++x) {
        for (i64 y = first[1]; y <= last[1]; ++y) {
            // The cells of a column are neighbours in the order too
            i64 column = (x * bounds.side + y) * bounds.side;
            i64 other = first_not_below(keys, list_key(step, column + first[2]), step * n, step * n + n);
            u64 beyond = list_key(step, column + last[2] + 1);
            for (; other < step * n + n && keys[other] < beyond; ++other) {
                if (sweep.arcs.overlap(own, other)) sweep.meet(other, found);
            }
        }
    }
    i64 end_wide = end[step * bounds.n_lists() + bounds.wide_list()];
    for (i64 other = own + 1; other < end_wide; ++other) {
        if (sweep.arcs.overlap(own, other)) sweep.meet(other, found);
    }
}

// Thread: one arc in sorted order; looks at all objects that have a position at one end of its step only. No
// bound on the path of such an object holds, but its speed is bounded, and so is the distance it can bridge.
// Memory: as sort_arcs; candidates (capacity, 3) and (capacity, 2), in any order.
extern "C" __global__ void pair_cut(const double *geometry, const double *positions, i64 n, i64 n_steps,
                                    const i32 *member, const i64 *begin, const i64 *end, i32 *pair,
                                    float *span, i64 capacity, u64 *count) {
    i64 own = thread_number();
    if (own >= n * n_steps) return;
    Bounds bounds(geometry);
    i64 step = own / n;
    i64 list = step * bounds.n_lists() + bounds.cut_list();
    Candidates found = {pair, span, capacity, count};
    Positions p = {positions, n};
    bool own_cut = begin[list] <= own && own < end[list];
    for (i64 other = begin[list]; other < end[list]; ++other) {
        i32 i = member[other], j = member[own];
        if (i == j || (own_cut && j < i)) continue;
        Vector here = p.at(step, i);
        bool begins = dot(here, here) > 0.0;
        i64 k = begins ? step : step + 1;
        Vector apart = p.at(k, i) - p.at(k, j);
        if (dot(apart, apart) <= bounds.reach_km * bounds.reach_km) found.add(i, j, step, {0.0, 1.0});
    }
}
