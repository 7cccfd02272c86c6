// Stands in for the CUDA compiler: a .cu file is included behind this and its
// kernels are run by loops.
#pragma once

#include <cstddef>
#include <string>
#include <type_traits>
#include <utility>

#define __global__
#define __device__
#define __forceinline__ inline

struct Index {
    unsigned x;
};

inline thread_local Index blockIdx, blockDim, threadIdx;

// One thread runs at a time, so plain operations are atomic
template <class T, class U>
T atomicAdd(T *address, U value) {
    T old = *address;
    *address = static_cast<T>(old + static_cast<T>(value));
    return old;
}

template <class T, class U>
T atomicMin(T *address, U value) {
    T old = *address;
    if (static_cast<T>(value) < old) *address = static_cast<T>(value);
    return old;
}

namespace emulation {

// A letter and a size per argument, as the Python side forms it from what it is
// about to pass
template <class T>
std::string code() {
    if constexpr (std::is_pointer_v<T>) {
        return "P" + code<std::remove_cv_t<std::remove_pointer_t<T>>>();
    } else if constexpr (std::is_floating_point_v<T>) {
        return "f" + std::to_string(sizeof(T));
    } else if constexpr (std::is_integral_v<T>) {
        return (std::is_signed_v<T> ? "i" : "u") + std::to_string(sizeof(T));
    } else {
        static_assert(sizeof(T) % 8 == 0, "a struct in device memory is written as int64");
        return "i8";
    }
}

template <class... A>
std::string signature(void (*)(A...)) {
    return (... + (code<A>() + " "));
}

template <class... A, std::size_t... I>
void call(void (*kernel)(A...), void **arguments, std::index_sequence<I...>) {
    kernel(*static_cast<A *>(arguments[I])...);
}

// As cuLaunchKernel: arguments by address
template <class... A>
void launch(void (*kernel)(A...), unsigned blocks, unsigned threads, void **arguments) {
    blockDim.x = threads;
    for (blockIdx.x = 0; blockIdx.x < blocks; ++blockIdx.x) {
        for (threadIdx.x = 0; threadIdx.x < threads; ++threadIdx.x) {
            call(kernel, arguments, std::index_sequence_for<A...>{});
        }
    }
}

}  // namespace emulation

#define EMULATE(kernel)                                                                    \
    extern "C" const char *signature_##kernel() {                                          \
        static const std::string text = emulation::signature(kernel);                      \
        return text.c_str();                                                               \
    }                                                                                      \
    extern "C" void launch_##kernel(unsigned blocks, unsigned threads, void **arguments) { \
        emulation::launch(kernel, blocks, threads, arguments);                             \
    }
