// From mean elements to constants.
#include "initialize.cuh"
#include "launch.cuh"

using namespace gpuprop;

// Thread: one object.
// Memory: elements (N_ELEMENTS, n), table (N_CONSTANTS, n), resonance (N_RESONANCE, n), regime (n,).
extern "C" __global__ void initialize_objects(const double *elements, i64 n, i32 improved, double *table,
                                              double *resonance, u8 *regime) {
    i64 i = thread_number();
    if (i >= n) return;
    DeepRows row;
    ResonanceRows res;
    regime[i] = static_cast<u8>(initialize(Elements(elements, n, i), improved != 0, row, res));
    row.store(table, n, i);
    res.store(resonance, n, i);
}
