// The arc sieve: which pairs may come within the threshold during a step, from positions alone. An object's
// path is its chord p(0)-p(1) plus a bulge. Neighbours are found by radius interval and direction; the gate
// then looks at the chord of the relative position. The proofs of both bounds stand in
// gpuprop/engines/cpu/sieve.py.
#pragma once

#include "constants.cuh"
#include "platform.cuh"

namespace gpuprop {

constexpr double ROUNDING_KM = 1e-3;
constexpr double FLOAT32_ROUNDING = 2.5e-7;

// SieveGeometry of the host, in its order
struct Bounds {
    double threshold_km, eighth, gradient, half_limit, spread, inverse_edge, reach_km;
    i64 side;

    GP_INLINE explicit Bounds(const double *geometry)
        : threshold_km(geometry[0]),
          eighth(geometry[2]),
          gradient(geometry[3]),
          half_limit(geometry[4]),
          spread(geometry[5]),
          inverse_edge(geometry[6]),
          reach_km(geometry[8]),
          side(static_cast<i64>(geometry[7])) {}

    // Objects without a cell of their own are listed behind the cells
    GP_INLINE i64 wide_list() const {
        return side * side * side;
    }
    GP_INLINE i64 cut_list() const {
        return wide_list() + 1;
    }
    GP_INLINE i64 nowhere() const {
        return wide_list() + 2;
    }
    GP_INLINE i64 n_lists() const {
        return wide_list() + 3;
    }

    // Cell along one axis, with a border of one empty cell
    GP_INLINE i64 along(double component) const {
        return static_cast<i64>((component + 1.0) * inverse_edge) + 1;
    }
};

struct Vector {
    double x, y, z;
};

GP_INLINE Vector operator-(Vector a, Vector b) {
    return {a.x - b.x, a.y - b.y, a.z - b.z};
}

GP_INLINE double dot(Vector a, Vector b) {
    return a.x * b.x + a.y * b.y + a.z * b.z;
}

// Positions (n_time, 3, n), NaN where there is none
struct Positions {
    const double *value;
    i64 n;

    GP_INLINE Vector at(i64 k, i64 object) const {
        const double *plane = value + 3 * k * n + object;
        return {plane[0], plane[n], plane[2 * n]};
    }
};

// Where an object may be during a step
struct Arc {
    float lower, upper;         // radius, km; the threshold is in the upper one
    float mid_x, mid_y, mid_z;  // middle direction
    float half;                 // half arc, as a chord on the unit sphere
    double gradient, bulge;     // km per km, km
    i64 list;                   // cell of the middle direction, or one of the lists behind the cells

    GP_INLINE Arc(const Bounds &bounds, Vector p0, Vector p1, double semi_major_km, double unmodelled) {
        double a = 1.0 / sqrt(dot(p0, p0));
        double b = 1.0 / sqrt(dot(p1, p1));
        Vector u = {p0.x * a + p1.x * b, p0.y * a + p1.y * b, p0.z * a + p1.z * b};
        double length = sqrt(dot(u, u));
        // An arc may dip a little below both its ends: 1 % on 1/r covers steps of five minutes
        double inverse = 1.01 * larger(a, b);
        double inverse2 = inverse * inverse;
        // Three times the largest J2 acceleration; what an object shows beyond that was measured
        double j2 = 4.5 * J2 * MU * RADIUSEARTHKM * RADIUSEARTHKM * inverse2 * inverse2;
        bulge = bounds.eighth * (j2 + unmodelled);
        gradient = bounds.gradient * inverse * inverse2;
        double ra = 1.0 / a, rb = 1.0 / b;
        double eccentric = larger(fabs(1.0 - ra / semi_major_km), fabs(1.0 - rb / semi_major_km));
        double pad = bounds.eighth * 1.05 * MU * inverse2 * eccentric + bulge + ROUNDING_KM;
        // Below zero there is nothing, and the bits of what is above are in the order of the numbers
        lower = static_cast<float>(larger(smaller(ra, rb) * (1.0 - FLOAT32_ROUNDING) - pad, 0.0));
        upper = static_cast<float>(larger(ra, rb) * (1.0 + FLOAT32_ROUNDING) + pad + bounds.threshold_km);
        Vector mid = {u.x / length, u.y / length, u.z / length};
        mid_x = static_cast<float>(mid.x);
        mid_y = static_cast<float>(mid.y);
        mid_z = static_cast<float>(mid.z);
        double half_arc = sqrt(fabs(2.0 - length)) + bulge * inverse + FLOAT32_ROUNDING;
        half = static_cast<float>(half_arc);
        if (half_arc <= bounds.half_limit) {
            i64 column = bounds.along(mid.x) * bounds.side + bounds.along(mid.y);
            list = column * bounds.side + bounds.along(mid.z);
        } else if (half_arc > bounds.half_limit) {
            list = bounds.wide_list();
        } else {
            list = (a > 0.0) != (b > 0.0) ? bounds.cut_list() : bounds.nowhere();
        }
    }
};

// Step, list and lower radius: the order in which arcs are swept
constexpr int LIST_SHIFT = 32;
constexpr int STEP_SHIFT = 50;

GP_INLINE u64 list_key(i64 step, i64 list) {
    return static_cast<u64>(step) << STEP_SHIFT | static_cast<u64>(list) << LIST_SHIFT;
}

// Arcs sorted by key: rows lower, upper, mid x, y, z, half (6, m), gradient and bulge (2, m), and the objects
// (m,)
struct SortedArcs {
    const float *rows;
    const double *slack;
    const i32 *member;
    i64 m;

    GP_INLINE float lower(i64 item) const {
        return rows[item];
    }
    GP_INLINE float upper(i64 item) const {
        return rows[m + item];
    }
    GP_INLINE float mid(int axis, i64 item) const {
        return rows[(2 + axis) * m + item];
    }
    GP_INLINE float half(i64 item) const {
        return rows[5 * m + item];
    }

    // Whether the middle directions are no farther apart than both half arcs and the threshold's angle
    GP_INLINE bool neighbours(i64 i, i64 j, float spread) const {
        float dx = mid(0, i) - mid(0, j), dy = mid(1, i) - mid(1, j), dz = mid(2, i) - mid(2, j);
        float reach = half(i) + half(j) + spread;
        return dx * dx + dy * dy + dz * dz <= reach * reach;
    }

    GP_INLINE bool overlap(i64 i, i64 j) const {
        return lower(i) <= upper(j) && lower(j) <= upper(i);
    }

    // First item of a range whose lower radius is above (or, if closed, not below) a value
    GP_INLINE i64 first_above(float value, bool closed, i64 begin, i64 end) const {
        while (begin < end) {
            i64 middle = begin + (end - begin) / 2;
            bool below = closed ? lower(middle) < value : lower(middle) <= value;
            begin = below ? middle + 1 : begin;
            end = below ? end : middle;
        }
        return begin;
    }
};

// Part of the step in which a pair may be within the threshold; may lie partly outside 0..1
struct Part {
    double begin, end;

    GP_INLINE bool possible() const {
        return begin <= 1.0 && end >= 0.0;
    }
};

// a is the relative position at the start of the step, d its change until the end
GP_INLINE Part gate(Vector a, Vector d, double gradient, double bulge, double threshold_km) {
    double length2 = dot(d, d);
    double along_chord = -dot(a, d);
    double limit = threshold_km + bulge + gradient * (threshold_km + 0.17 * sqrt(length2));
    // |a + s d| = limit, as length2 s^2 - 2 along_chord s + excess = 0
    double excess = dot(a, a) - limit * limit;
    if (length2 < 1e-9) return excess <= 1e-3 ? Part{0.0, 1.0} : Part{2.0, -1.0};
    double discriminant = along_chord * along_chord - length2 * excess;
    if (discriminant < 0.0) return {2.0, -1.0};
    double root = sqrt(discriminant);
    return {(along_chord - root) / length2, (along_chord + root) / length2};
}

}  // namespace gpuprop
