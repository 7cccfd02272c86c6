// Stands in for the CUDA compiler: a .cu file is included behind this and its kernels are run by loops,
// on a few threads of the host at once, so that the thread sanitizer sees what races on a device would be.
#pragma once

#include <cstddef>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#define __global__
#define __device__
#define __forceinline__ inline

struct Index {
    unsigned x;
};

inline thread_local Index blockIdx, blockDim, threadIdx;

template <class T, class U>
T atomicAdd(T *address, U value) {
    return __atomic_fetch_add(address, static_cast<T>(value), __ATOMIC_RELAXED);
}

template <class T, class U>
T atomicMin(T *address, U value) {
    T wanted = static_cast<T>(value);
    T old = __atomic_load_n(address, __ATOMIC_RELAXED);
    while (wanted < old &&
           !__atomic_compare_exchange_n(address, &old, wanted, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
    }
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

// As cuLaunchKernel: arguments by address. Worker w of n runs the emulated threads w, w + n, ... of every
// block: neighbours, which are the likeliest to race, run on different threads of the host.
template <class... A>
void work(void (*kernel)(A...), unsigned blocks, unsigned threads, void **arguments, unsigned worker,
          unsigned workers) {
    blockDim.x = threads;
    for (blockIdx.x = 0; blockIdx.x < blocks; ++blockIdx.x) {
        for (threadIdx.x = worker; threadIdx.x < threads; threadIdx.x += workers) {
            call(kernel, arguments, std::index_sequence_for<A...>{});
        }
    }
}

template <class... A>
void launch(void (*kernel)(A...), unsigned blocks, unsigned threads, void **arguments, unsigned workers) {
    std::vector<std::thread> others;
    for (unsigned worker = 1; worker < workers; ++worker) {
        others.emplace_back(work<A...>, kernel, blocks, threads, arguments, worker, workers);
    }
    work(kernel, blocks, threads, arguments, 0, workers);
    for (std::thread &other : others) other.join();
}

}  // namespace emulation

#define EMULATE(kernel)                                                                                      \
    extern "C" const char *signature_##kernel() {                                                            \
        static const std::string text = emulation::signature(kernel);                                        \
        return text.c_str();                                                                                 \
    }                                                                                                        \
    extern "C" void launch_##kernel(unsigned blocks, unsigned threads, void **arguments, unsigned workers) { \
        emulation::launch(kernel, blocks, threads, arguments, workers);                                      \
    }
