// When objects first fail, before and after their epochs.
#include "latch.cuh"

#include "launch.cuh"

using namespace gpuprop;

namespace {

template <class Model>
GP_INLINE void bound(const Group* groups, const i64* slots, i64 n, i64* done, const i64* wanted,
                     double direction, i64* noted, i64 n_noted) {
    i64 i = thread_number();
    if (i >= n) return;
    const Group group = *groups;
    i64 slot = slots[i];
    typename Model::Constants constants(group.table, group.n, slot);
    const double* own = Model::own_nodes(group, slot);
    done[slot] =
        bound_cells<Model>(constants, own, done[slot], wanted[slot], direction, noted + i * n_noted, n_noted);
}

template <class Model>
GP_INLINE void scan(const Group* groups, const i64* slots, double direction, const i64* noted, i64 n_noted,
                    const i64* entries, i64 n_entries, i64* failed) {
    constexpr i64 n_marks = MARKS_PER_CELL + 1;
    i64 thread = thread_number();
    if (thread >= n_entries * n_marks) return;
    const Group group = *groups;
    i64 entry = entries[thread / n_marks];
    i64 i = entry / n_noted;
    Object<Model> object(group, slots[i]);
    i64 mark = noted[entry] * MARKS_PER_CELL + thread % n_marks;
    double t = direction * MARK_MINUTES * static_cast<double>(mark);
    int code =
        orientation<double, false>(Model::template orbit<double>(object.constants, t, object.own_nodes)).code;
    if (0 < code && code < NON_PHYSICAL_STATUS) atomicMin(failed + i, mark);
}

}  // namespace

// Thread: one object.
// Memory: done, wanted (all slots,) cells from the epoch; noted (n, n_noted) cells to look at, -1 for none.
extern "C" __global__ void near_earth_bound(const Group* group, const i64* slots, i64 n, i64* done,
                                            const i64* wanted, double direction, i64* noted, i64 n_noted) {
    bound<NearEarthModel>(group, slots, n, done, wanted, direction, noted, n_noted);
}

// Thread: one mark of one noted cell.
// Memory: noted (n, n_noted), entries its cells to look at; failed (n,) the lowest failing mark from the
// epoch.
extern "C" __global__ void near_earth_scan(const Group* group, const i64* slots, double direction,
                                           const i64* noted, i64 n_noted, const i64* entries, i64 n_entries,
                                           i64* failed) {
    scan<NearEarthModel>(group, slots, direction, noted, n_noted, entries, n_entries, failed);
}

// Thread: one object.
// Memory: done, wanted (all slots,) cells from the epoch; noted (n, n_noted) cells to look at, -1 for none.
extern "C" __global__ void deep_space_bound(const Group* group, const i64* slots, i64 n, i64* done,
                                            const i64* wanted, double direction, i64* noted, i64 n_noted) {
    bound<DeepSpaceModel>(group, slots, n, done, wanted, direction, noted, n_noted);
}

// Thread: one mark of one noted cell.
// Memory: noted (n, n_noted), entries its cells to look at; failed (n,) the lowest failing mark from the
// epoch.
extern "C" __global__ void deep_space_scan(const Group* group, const i64* slots, double direction,
                                           const i64* noted, i64 n_noted, const i64* entries, i64 n_entries,
                                           i64* failed) {
    scan<DeepSpaceModel>(group, slots, direction, noted, n_noted, entries, n_entries, failed);
}

// Thread: one object.
// Memory: done, wanted (all slots,) cells from the epoch; noted (n, n_noted) cells to look at, -1 for none.
extern "C" __global__ void resonance_bound(const Group* group, const i64* slots, i64 n, i64* done,
                                           const i64* wanted, double direction, i64* noted, i64 n_noted) {
    bound<ResonantModel>(group, slots, n, done, wanted, direction, noted, n_noted);
}

// Thread: one mark of one noted cell.
// Memory: noted (n, n_noted), entries its cells to look at; failed (n,) the lowest failing mark from the
// epoch.
extern "C" __global__ void resonance_scan(const Group* group, const i64* slots, double direction,
                                          const i64* noted, i64 n_noted, const i64* entries, i64 n_entries,
                                          i64* failed) {
    scan<ResonantModel>(group, slots, direction, noted, n_noted, entries, n_entries, failed);
}
