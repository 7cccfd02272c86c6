// Refinement: samples of stretches, then the encounters in them.
#include "refine.cuh"

#include "launch.cuh"

using namespace gpuprop;

// Thread: one sample of one stretch; stretch s has the samples offset[s] to offset[s + 1].
// Memory: rank_1, rank_2, begin_ns (n,); range2 (n_samples,), km^2, NaN where there is no state.
extern "C" __global__ void sample_stretches(const Group *groups, const i64 *rank_1, const i64 *rank_2,
                                            const i64 *begin_ns, const i64 *stretch, const i64 *offset,
                                            i64 n_samples, i64 cell_ns, double *range2) {
    i64 sample = thread_number();
    if (sample >= n_samples) return;
    i64 s = stretch[sample];
    Pair pair = {groups, rank_1[s], rank_2[s]};
    range2[sample] = pair.range2(begin_ns[s] + (sample - offset[s]) * cell_ns);
}

// Thread: one stretch.
// Memory: as sample_stretches; whole (capacity, 6) and farthest_km (capacity,), in any order.
extern "C" __global__ void find_intervals(const Group *groups, const i64 *rank_1, const i64 *rank_2,
                                          const i64 *begin_ns, const i64 *offset, i64 n, i64 cell_ns,
                                          const double *range2, i64 start_ns, i64 stop_ns,
                                          double threshold_km, i64 *whole, double *farthest_km, i64 capacity,
                                          u64 *count) {
    i64 s = thread_number();
    if (s >= n) return;
    Pair pair = {groups, rank_1[s], rank_2[s]};
    Intervals found = {whole, farthest_km, capacity, count};
    MinimumFinder finder = {{pair, threshold_km * threshold_km, start_ns, stop_ns, s, found}};
    bool usable = false;
    for (i64 k = offset[s]; k < offset[s + 1]; ++k) {
        i64 now = begin_ns[s] + (k - offset[s]) * cell_ns;
        i64 previous = now - cell_ns;
        bool first = k == offset[s];
        bool was_usable = usable;
        usable = is_finite(range2[k]);
        bool failed = !first && usable != was_usable;
        i64 edge = failed ? last_usable(pair, usable ? now : previous, usable ? previous : now) : 0;
        bool stops = !first && previous < stop_ns && stop_ns < now;
        double at_stop = stops ? pair.range2(stop_ns) : not_a_number();
        stops = stops && is_finite(at_stop);
        if (failed && !(stops && stop_ns < edge)) finder.add({edge, pair.range2(edge), true, false});
        if (stops) finder.add({stop_ns, at_stop, false, false});
        if (failed && stops && stop_ns < edge) finder.add({edge, pair.range2(edge), true, false});
        if (usable) finder.add({now, range2[k], false, false});
    }
    finder.finish();
}
