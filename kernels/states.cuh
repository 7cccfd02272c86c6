// From an object's constants and a time to its state: what all kernels that propagate have in common.
#pragma once

#include "deep_space.cuh"
#include "near_earth.cuh"
#include "orientation.cuh"
#include "resonance.cuh"

namespace gpuprop {

// The objects of one regime. Kept in device memory as eight int64; the host writes them in this order.
struct Group {
    const double *table;  // (rows, n) constants, see layout.cuh
    i64 n;
    const i64 *objects;   // (n,) catalog row of each slot
    const i64 *epoch_ns;  // (n,) UTC
    // (n,) near-Earth: failing mark nearest to the epoch on either side, minutes; infinite where there is
    // none
    const double *before;
    const double *after;
    // (n,) and (total, N_NODE) resonant: row of each slot's node 0, and the nodes
    const i64 *origin;
    const double *nodes;

    GP_INLINE double minutes(i64 slot, i64 time_ns) const {
        return static_cast<double>(time_ns - epoch_ns[slot]) / NS_PER_MINUTE;
    }
};

struct NearEarthModel {
    using Constants = NearRows;
    static constexpr Regime regime = NEAR;

    GP_INLINE static const double *own_nodes(const Group &, i64) {
        return nullptr;
    }

    template <class Real>
    GP_INLINE static Orbit orbit(const NearRows &k, double t, const double *) {
        return near_earth<Real>(k, t);
    }
};

struct DeepSpaceModel {
    using Constants = DeepRows;
    static constexpr Regime regime = DEEP;

    GP_INLINE static const double *own_nodes(const Group &, i64) {
        return nullptr;
    }

    template <class Real>
    GP_INLINE static Orbit orbit(const DeepRows &k, double t, const double *) {
        return deep_space(k, t, mean_longitude(k, t));
    }
};

struct ResonantModel {
    using Constants = DeepRows;
    static constexpr Regime regime = RESONANT;

    GP_INLINE static const double *own_nodes(const Group &group, i64 slot) {
        return group.nodes + group.origin[slot] * N_NODE;
    }

    template <class Real>
    GP_INLINE static Orbit orbit(const DeepRows &k, double t, const double *own) {
        return deep_space(k, t, resonant_longitude(k, t, own));
    }
};

// One object of a group, held by a thread over many times
template <class Model>
struct Object {
    typename Model::Constants constants;
    const double *own_nodes;
    double before, after;

    GP_INLINE Object(const Group &group, i64 slot)
        : constants(group.table, group.n, slot),
          own_nodes(Model::own_nodes(group, slot)),
          before(group.before[slot]),
          after(group.after[slot]) {}

    template <class Real, bool velocity>
    GP_INLINE State at(double t) const {
        State state = orientation<Real, velocity>(Model::template orbit<Real>(constants, t, own_nodes));
        // Once failed near the Earth it stays failed; SGP4's own codes are kept
        bool late = (t > after || t < before) && (state.code == 0 || state.code == NON_PHYSICAL_STATUS);
        if (late) {
            state.code = LATCHED_STATUS;
            GP_UNROLL
            for (int axis = 0; axis < 3; ++axis) state.r[axis] = state.v[axis] = not_a_number();
        }
        return state;
    }
};

// Instants (ns UTC), or minutes since each object's epoch where that is not null
struct Times {
    const i64 *times_ns;
    const double *minutes;

    GP_INLINE double since_epoch(const Group &group, i64 slot, i64 k) const {
        return minutes != nullptr ? minutes[k] : group.minutes(slot, times_ns[k]);
    }
};

}  // namespace gpuprop
