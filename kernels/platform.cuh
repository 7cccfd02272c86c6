// What differs between a CUDA compiler and a host compiler, and nothing else.
#pragma once

#if defined(__CUDACC__) || defined(__CUDACC_RTC__)
#define GP_INLINE __device__ __forceinline__
#define GP_CALL __device__ __noinline__
#define GP_UNROLL _Pragma("unroll")
#else
#include <math.h>

#include <cstring>
#define GP_INLINE inline
#define GP_CALL inline
#define GP_UNROLL
#endif

namespace gpuprop {

using i32 = int;
using i64 = long long;
using u8 = unsigned char;
using u32 = unsigned int;
using u64 = unsigned long long;

GP_INLINE i64 to_bits(double x) {
#if defined(__CUDA_ARCH__)
    return __double_as_longlong(x);
#else
    i64 bits;
    std::memcpy(&bits, &x, sizeof bits);
    return bits;
#endif
}

GP_INLINE double from_bits(i64 bits) {
#if defined(__CUDA_ARCH__)
    return __longlong_as_double(bits);
#else
    double x;
    std::memcpy(&x, &bits, sizeof x);
    return x;
#endif
}

GP_INLINE u32 float_bits(float x) {
#if defined(__CUDA_ARCH__)
    return __float_as_uint(x);
#else
    u32 bits;
    std::memcpy(&bits, &x, sizeof bits);
    return bits;
#endif
}

GP_INLINE double not_a_number() {
    return from_bits(0x7ff8000000000000LL);
}

GP_INLINE double infinity() {
    return from_bits(0x7ff0000000000000LL);
}

GP_INLINE bool is_finite(double x) {
    return (to_bits(x) & 0x7ff0000000000000LL) != 0x7ff0000000000000LL;
}

template <class T>
GP_INLINE T smaller(T a, T b) {
    return b < a ? b : a;
}

template <class T>
GP_INLINE T larger(T a, T b) {
    return a < b ? b : a;
}

}  // namespace gpuprop
