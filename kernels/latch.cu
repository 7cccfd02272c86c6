// When near-Earth objects first fail, before and after their epochs.
#include "latch.cuh"

#include "launch.cuh"

using namespace gpuprop;

// Thread: one object.
// Memory: done, wanted (all slots,) cells from the epoch; noted (n, n_noted) cells to look at, -1 for none.
extern "C" __global__ void bound_failures(const Group *groups, const i64 *slots, i64 n, i64 *done,
                                          const i64 *wanted, double direction, i64 *noted, i64 n_noted) {
    i64 i = thread_number();
    if (i >= n) return;
    const Group group = *groups;
    i64 slot = slots[i];
    NearRows constants(group.table, group.n, slot);
    done[slot] = bound_cells(constants, done[slot], wanted[slot], direction, noted + i * n_noted, n_noted);
}

// Thread: one mark of one noted cell.
// Memory: noted (n, n_noted), entries its cells to look at; failed (n,) lowest failing mark from the epoch.
extern "C" __global__ void scan_marks(const Group *groups, const i64 *slots, double direction,
                                      const i64 *noted, i64 n_noted, const i64 *entries, i64 n_entries,
                                      i64 *failed) {
    constexpr i64 n_marks = MARKS_PER_CELL + 1;
    i64 thread = thread_number();
    if (thread >= n_entries * n_marks) return;
    const Group group = *groups;
    i64 entry = entries[thread / n_marks];
    i64 i = entry / n_noted;
    NearRows constants(group.table, group.n, slots[i]);
    i64 mark = noted[entry] * MARKS_PER_CELL + thread % n_marks;
    double t = direction * MARK_MINUTES * static_cast<double>(mark);
    int code = orientation<double, false>(near_earth<double>(constants, t)).code;
    if (0 < code && code < NON_PHYSICAL_STATUS) atomicMin(failed + i, mark);
}
