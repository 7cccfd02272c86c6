// From stretches of candidate steps to encounters, from the elements themselves: minima of the range of a
// pair and its crossings of the threshold. Everything works on positions, since SGP4's velocity is not their
// derivative. Instants are int64 ns, so that a result depends on the instants asked for and on nothing else.
#pragma once

#include "sieve.cuh"
#include "states.cuh"

namespace gpuprop {

constexpr double NS_PER_S = 1e9;
// Half width of the parabola that finds a minimum: wide enough for the range to change by far more than its
// rounding (50 m of relative travel), narrow enough for relative motion to be straight
constexpr double TRAVEL_KM = 0.05;
constexpr double NARROWEST_S = 0.02;
constexpr double WIDEST_S = 5.0;
constexpr int MINIMUM_PASSES = 8;
constexpr i64 CROSSING_NS = 1000;
// False position with halvings closes a bracket of ten seconds in some 20 passes, and always in 256
constexpr int CROSSING_PASSES = 256;

template <class Model>
GP_INLINE Vector position_in(const Group &group, i64 slot, i64 time_ns) {
    State state = Object<Model>(group, slot).template at<double, false>(group.minutes(slot, time_ns));
    return {state.r[0], state.r[1], state.r[2]};
}

// Position of the object of a rank, NaN if it has none. Groups come in the order of ranks. Not inlined:
// refinement asks for positions in many places.
GP_CALL Vector position_of(const Group *groups, i64 rank, i64 time_ns) {
    if (rank < groups[0].n) return position_in<NearEarthModel>(groups[0], rank, time_ns);
    rank -= groups[0].n;
    if (rank < groups[1].n) return position_in<DeepSpaceModel>(groups[1], rank, time_ns);
    rank -= groups[1].n;
    if (rank < groups[2].n) return position_in<ResonantModel>(groups[2], rank, time_ns);
    return {not_a_number(), not_a_number(), not_a_number()};
}

struct Pair {
    const Group *groups;
    i64 rank_1, rank_2;

    // Square of the distance, km^2; NaN where one has no state
    GP_INLINE double range2(i64 time_ns) const {
        Vector apart = position_of(groups, rank_2, time_ns) - position_of(groups, rank_1, time_ns);
        return dot(apart, apart);
    }
};

struct Sample {
    i64 time_ns;
    double range2;
    bool cut;  // an object failed next to this instant
    bool minimum;
};

// Bisect, to the nanosecond, for the last usable instant between a usable and a failed one
GP_INLINE i64 last_usable(const Pair &pair, i64 good, i64 bad) {
    while (bad - good > 1 || good - bad > 1) {
        i64 middle = good + (bad - good) / 2;
        bool usable = is_finite(pair.range2(middle));
        good = usable ? middle : good;
        bad = usable ? bad : middle;
    }
    return good;
}

// Vertex (s from the middle) and curvature of the parabola through three values at left_s < 0 < right_s.
// Where it has no minimum, the curvature is not above 0 and the vertex is the lowest of the three.
GP_INLINE double vertex_s(double left_s, double right_s, double left, double middle, double right,
                          double &curvature) {
    double slope_left = (left - middle) / left_s;
    double slope_right = (right - middle) / right_s;
    curvature = (slope_right - slope_left) / (right_s - left_s);
    double slope = slope_left - curvature * left_s;
    double lowest = smaller(left, right) < middle ? (left < right ? left_s : right_s) : 0.0;
    double vertex = curvature > 0.0 ? -0.5 * slope / curvature : lowest;
    return smaller(larger(vertex, left_s), right_s);
}

GP_INLINE i64 nanoseconds(double seconds) {
    return static_cast<i64>(rint(seconds * NS_PER_S));
}

GP_INLINE i64 magnitude(i64 value) {
    return value < 0 ? -value : value;
}

// The minimum between three samples, the middle one not above the outer ones. A parabola through three
// positions close to the estimate gives the next one, until it stays within their spacing.
GP_INLINE Sample minimum_of(const Pair &pair, const Sample &left, const Sample &middle, const Sample &right) {
    double curvature;
    double left_s = static_cast<double>(left.time_ns - middle.time_ns) / NS_PER_S;
    double right_s = static_cast<double>(right.time_ns - middle.time_ns) / NS_PER_S;
    double offset = vertex_s(left_s, right_s, left.range2, middle.range2, right.range2, curvature);
    double half_s = TRAVEL_KM / sqrt(larger(curvature, 1e-12));
    i64 half_ns = nanoseconds(smaller(larger(half_s, NARROWEST_S), WIDEST_S));
    half_s = static_cast<double>(half_ns) / NS_PER_S;
    i64 best = middle.time_ns + nanoseconds(offset);
    for (int pass = 0; pass < MINIMUM_PASSES; ++pass) {
        double here = pair.range2(best);
        double before = pair.range2(best - half_ns);
        double after = pair.range2(best + half_ns);
        // Next to a failure one side has no state: what is known there is that it is no lower
        before = is_finite(before) ? before : here;
        after = is_finite(after) ? after : here;
        i64 moved = best + nanoseconds(vertex_s(-half_s, half_s, before, here, after, curvature));
        moved = smaller(larger(moved, left.time_ns), right.time_ns);
        i64 step = magnitude(moved - best);
        best = moved;
        if (step < half_ns) break;
    }
    double found = pair.range2(best);
    if (!(found <= middle.range2)) return {middle.time_ns, middle.range2, false, true};
    return {best, found, false, true};
}

// Last instant within the threshold on the way from an instant inside to one outside, to 1 us. False position
// with the Illinois correction, on the root of the growth of the squared range since the lowest one of the
// encounter, which on a straight line is proportional to time. An estimate is kept off both ends, so that the
// bracket closes.
GP_INLINE i64 crossing(const Pair &pair, double threshold2, double lowest, const Sample &inside,
                       const Sample &outside) {
    double start = sqrt(threshold2 - lowest);
    double fa = sqrt(inside.range2 - lowest) - start, fb = sqrt(outside.range2 - lowest) - start;
    i64 a = inside.time_ns, b = outside.time_ns;
    int kept = 0;
    for (int pass = 0; pass < CROSSING_PASSES && magnitude(b - a) > CROSSING_NS; ++pass) {
        i64 width = magnitude(b - a);
        i64 guard = smaller(CROSSING_NS / 2, width / 2);
        double part = fa / (fa - fb);
        // Estimates may stay on one side although the other end has been halved again and again
        part = (kept > 3 || kept < -3 || !is_finite(part)) ? 0.5 : part;
        i64 ahead = static_cast<i64>(rint(part * static_cast<double>(width)));
        ahead = smaller(larger(ahead, guard), width - guard);
        i64 now = b > a ? a + ahead : a - ahead;
        double value = sqrt(larger(pair.range2(now) - lowest, 0.0)) - start;
        if (value <= 0.0) {
            a = now;
            fa = value;
            fb = kept > 0 ? 0.5 * fb : fb;
            kept = kept > 0 ? kept + 1 : 1;
        } else {
            b = now;
            fb = value;
            fa = kept < 0 ? 0.5 * fa : fa;
            kept = kept < 0 ? kept - 1 : -1;
        }
    }
    return a;
}

// Flags of an interval
constexpr i64 ENTER_SEEN = 1;
constexpr i64 EXIT_SEEN = 2;
constexpr i64 CUT_BY_ERROR = 4;

// Room for intervals; the count goes on when it is used up, so that the caller learns the need
struct Intervals {
    i64 *whole;           // (capacity, 6): stretch, enter, exit, TCA in ns, number of minima, flags
    double *farthest_km;  // (capacity,)
    i64 capacity;
    u64 *count;
};

// Maximal intervals within the threshold, from the samples of a stretch in the order of time
struct IntervalBuilder {
    Pair pair;
    double threshold2;
    i64 start_ns, stop_ns, stretch;
    Intervals found;

    Sample previous = {0, 0.0, false, false}, first = previous, before = previous;
    bool any = false, open = false;
    i64 tca = 0, n_minima = 0, flags = 0;
    double lowest = 0.0, highest = 0.0;

    GP_INLINE void add(const Sample &sample) {
        if (sample.time_ns < start_ns || sample.time_ns > stop_ns) return;
        bool linked = any && !(previous.cut && sample.cut);
        bool inside = sample.range2 <= threshold2;
        if (open && !(inside && linked)) close(linked, sample);
        if (inside) {
            if (!open) begin(linked, sample);
            if (sample.range2 < lowest) {
                lowest = sample.range2;
                tca = sample.time_ns;
            }
            highest = larger(highest, sample.range2);
            n_minima += sample.minimum ? 1 : 0;
        }
        previous = sample;
        any = true;
    }

    GP_INLINE void finish() {
        if (open) close(false, previous);
    }

  private:
    GP_INLINE void begin(bool crossed, const Sample &sample) {
        open = true;
        first = sample;
        before = previous;
        flags = crossed ? ENTER_SEEN : (sample.cut ? CUT_BY_ERROR : 0);
        n_minima = 0;
        lowest = infinity();
        highest = 0.0;
    }

    GP_INLINE void close(bool crossed, const Sample &sample) {
        open = false;
        bool entered = (flags & ENTER_SEEN) != 0;
        i64 enter = entered ? crossing(pair, threshold2, lowest, first, before) : first.time_ns;
        i64 exit = crossed ? crossing(pair, threshold2, lowest, previous, sample) : previous.time_ns;
        flags |= crossed ? EXIT_SEEN : (previous.cut ? CUT_BY_ERROR : 0);
        i64 place = static_cast<i64>(atomicAdd(found.count, static_cast<u64>(1)));
        if (place >= found.capacity) return;
        i64 *row = found.whole + 6 * place;
        row[0] = stretch;
        row[1] = enter;
        row[2] = exit;
        row[3] = tca;
        row[4] = n_minima;
        row[5] = flags;
        found.farthest_km[place] = sqrt(highest);
    }
};

// Puts the minimum next to every sample that is no higher than its neighbours
struct MinimumFinder {
    IntervalBuilder builder;
    Sample before = {0, 0.0, false, false}, last = {0, 0.0, false, false};
    int held = 0;

    GP_INLINE void add(const Sample &sample) {
        if (held > 0 && last.time_ns == sample.time_ns) {
            last.cut |= sample.cut;
            return;
        }
        if (held > 1) {
            pass_on(sample);
        } else if (held == 1) {
            builder.add(last);
        }
        before = last;
        last = sample;
        held = held < 2 ? held + 1 : 2;
    }

    GP_INLINE void finish() {
        if (held > 0) builder.add(last);
        builder.finish();
    }

  private:
    GP_INLINE void pass_on(const Sample &next) {
        bool together = !(before.cut && last.cut) && !(last.cut && next.cut);
        bool low = together && last.range2 <= before.range2 && last.range2 < next.range2;
        if (!low) {
            builder.add(last);
            return;
        }
        Sample minimum = minimum_of(builder.pair, before, last, next);
        last.minimum = minimum.time_ns == last.time_ns;
        if (minimum.time_ns < last.time_ns) builder.add(minimum);
        builder.add(last);
        if (minimum.time_ns > last.time_ns) builder.add(minimum);
    }
};

}  // namespace gpuprop
