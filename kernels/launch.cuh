// How threads are laid over objects and times. Every offset is int64.
#pragma once

#include "states.cuh"

namespace gpuprop {

GP_INLINE i64 thread_number() {
    return static_cast<i64>(blockIdx.x) * static_cast<i64>(blockDim.x) + static_cast<i64>(threadIdx.x);
}

GP_INLINE void put(const State &state, i64 place, double *r, double *v, u8 *status) {
    GP_UNROLL
    for (int axis = 0; axis < 3; ++axis) r[3 * place + axis] = state.r[axis];
    if (v != nullptr) {
        GP_UNROLL
        for (int axis = 0; axis < 3; ++axis) v[3 * place + axis] = state.v[axis];
    }
    status[place] = static_cast<u8>(state.code);
}

// Thread: one object and every lanes-th time; neighbours share the object and have neighbouring times.
// Memory: r, v (n_sat, n_time, 3) and status (n_sat, n_time), rows by catalog; v may be null.
template <class Model, class Real, bool velocity>
GP_INLINE void fill_states(const Group *groups, const i64 *slots, i64 n_slots, Times times, i64 n_time,
                           i64 lanes, double *r, double *v, u8 *status) {
    i64 thread = thread_number();
    if (thread >= n_slots * lanes) return;
    const Group group = *groups;
    i64 slot = slots[thread / lanes];
    Object<Model> object(group, slot);
    i64 row = group.objects[slot] * n_time;
    for (i64 k = thread % lanes; k < n_time; k += lanes) {
        State state = object.template at<Real, velocity>(times.since_epoch(group, slot, k));
        put(state, row + k, r, velocity ? v : nullptr, status);
    }
}

// Thread: one object and every lanes-th time; neighbours have neighbouring objects and the same time.
// Memory: out (n_time, 3, n_rows) and status (n_time, n_rows), slot i of the group in column first + i.
template <class Model>
GP_INLINE void fill_positions(const Group *groups, i64 first, i64 n_rows, const i64 *times_ns, i64 n_time,
                              i64 lanes, double *out, u8 *status) {
    i64 thread = thread_number();
    const Group group = *groups;
    if (thread >= group.n * lanes) return;
    i64 slot = thread % group.n;
    Object<Model> object(group, slot);
    for (i64 k = thread / group.n; k < n_time; k += lanes) {
        State state = object.template at<double, false>(group.minutes(slot, times_ns[k]));
        GP_UNROLL
        for (int axis = 0; axis < 3; ++axis) out[(3 * k + axis) * n_rows + first + slot] = state.r[axis];
        status[k * n_rows + first + slot] = static_cast<u8>(state.code);
    }
}

// Thread: one request, object slots[i] at times_ns[places[i]].
// Memory: r, v (m, 3) and status (m,), request i in place places[i]; v may be null.
template <class Model>
GP_INLINE void answer_requests(const Group *groups, const i64 *slots, const i64 *places, i64 n,
                               const i64 *times_ns, double *r, double *v, u8 *status) {
    i64 i = thread_number();
    if (i >= n) return;
    const Group group = *groups;
    Object<Model> object(group, slots[i]);
    State state = object.template at<double, true>(group.minutes(slots[i], times_ns[places[i]]));
    put(state, places[i], r, v, status);
}

}  // namespace gpuprop
