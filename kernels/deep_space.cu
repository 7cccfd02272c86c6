// Deep-space objects without resonance, SDP4: states of objects at times, positions for the sieve, single
// requests.
#include "launch.cuh"

using namespace gpuprop;

// Thread: one object and every lanes-th time, constants in registers; neighbours have neighbouring times.
// Memory: r, v (n_sat, n_time, 3) and status (n_sat, n_time), rows by catalog.
extern "C" __global__ void deep_space_states(const Group *group, const i64 *slots, i64 n_slots,
                                             const i64 *times_ns, const double *minutes, i64 n_time,
                                             i64 lanes, double *r, double *v, u8 *status) {
    fill_states<DeepSpaceModel, double, true>(group, slots, n_slots, {times_ns, minutes}, n_time, lanes, r, v,
                                              status);
}

// Thread: one object and every lanes-th time, constants in registers; neighbours have neighbouring times.
// Memory: r (n_sat, n_time, 3) and status (n_sat, n_time), rows by catalog.
extern "C" __global__ void deep_space_states_r(const Group *group, const i64 *slots, i64 n_slots,
                                               const i64 *times_ns, const double *minutes, i64 n_time,
                                               i64 lanes, double *r, u8 *status) {
    fill_states<DeepSpaceModel, double, false>(group, slots, n_slots, {times_ns, minutes}, n_time, lanes, r,
                                               nullptr, status);
}

// Thread: one object and every lanes-th time, constants in registers; neighbours have neighbouring objects.
// Memory: out (n_time, 3, n_rows) and status (n_time, n_rows), slot i of the group in column first + i.
extern "C" __global__ void deep_space_positions(const Group *group, i64 first, i64 n_rows,
                                                const i64 *times_ns, i64 n_time, i64 lanes, double *out,
                                                u8 *status) {
    fill_positions<DeepSpaceModel>(group, first, n_rows, times_ns, n_time, lanes, out, status);
}

// Thread: one request, object slots[i] at times_ns[places[i]].
// Memory: r, v (m, 3) and status (m,), request i in place places[i]; v may be null.
extern "C" __global__ void deep_space_requests(const Group *group, const i64 *slots, const i64 *places, i64 n,
                                               const i64 *times_ns, double *r, double *v, u8 *status) {
    answer_requests<DeepSpaceModel>(group, slots, places, n, times_ns, r, v, status);
}
