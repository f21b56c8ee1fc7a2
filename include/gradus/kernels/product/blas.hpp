#pragma once
/// \file
/// The BLAS that the program is linked with, if any: its name, its settings and its matrix product.
///
/// `GRADUS_USE_BLAS` (0 or 1, the same in the whole program) says whether one is linked. Vendor-specific functions are
/// looked up at run time, so that none of them is needed for linking.

#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>

#include "gradus/base/compiled.hpp"
#include "gradus/kernels/matrix.hpp"

/// 1 if the program is linked with a BLAS (CMake sets it); the default 0 needs only the headers.
#ifndef GRADUS_USE_BLAS
#define GRADUS_USE_BLAS 0
#endif

#if GRADUS_USE_BLAS
#include <algorithm>

#include "gradus/kernels/product/cxxblas.hpp"
#endif

#if GRADUS_USE_BLAS && __has_include(<dlfcn.h>)
#include <dlfcn.h>
#define GRADUS_HAS_DLSYM 1
#else
#define GRADUS_HAS_DLSYM 0
#endif

namespace gradus {

/// Describes the library that computes the matrix products of this program.
struct blas_description {
    std::string library;    ///< "OpenBLAS 0.3.21", "MKL", "a BLAS" if unknown, or "built-in" if none is linked
    std::string core;       ///< the processor that its kernels were written for: "SkylakeX"; the built-in's: "avx512bw"
    int threads = 1;        ///< the number that one product may use
    int register_bits = 0;  ///< width of its SIMD registers; 0 if unknown
    bool half_speed = false;  ///< its registers are half as wide as this processor's
    std::string advice;       ///< how to improve the speed, in one line, or empty

    /// "OpenBLAS 0.3.21, core SkylakeX, 1 thread", and the advice on a separate line.
    GRADUS_ONCE [[nodiscard]] std::string text() const;
};

namespace kernels {

/// Whether this processor has the 512-bit registers that OpenBLAS's SkylakeX kernels need; elsewhere they crash.
GRADUS_ONCE [[nodiscard]] bool has_avx512();

/// The function with this name, or null if no library of this program has it.
template <class Function>
[[nodiscard]] Function* symbol([[maybe_unused]] const char* name) {
#if GRADUS_HAS_DLSYM
    return reinterpret_cast<Function*>(dlsym(RTLD_DEFAULT, name));
#else
    return nullptr;
#endif
}

/// The short form of "OpenBLAS 0.3.21 DYNAMIC_ARCH NO_AFFINITY Haswell MAX_THREADS=64": its first two words.
[[nodiscard]] inline std::string short_name(std::string_view config) {
    return std::string(config.substr(0, config.find(' ', config.find(' ') + 1)));
}

/// Width of the SIMD registers used by OpenBLAS's kernels for `core`.
GRADUS_ONCE [[nodiscard]] int register_bits(std::string_view core);

/// Describes OpenBLAS with kernels for `core`, on a processor with or without AVX-512.
GRADUS_ONCE [[nodiscard]] blas_description describe_openblas(std::string_view config, std::string_view core,
                                                             int threads, bool avx512);

/// While any object of this class lives, each product uses one thread: code that divides a batch over threads should
/// not divide each product as well. The destructor of the last one restores the previous number, whatever their order.
/// Without a BLAS it does nothing.
class single_threaded_blas {
  public:
    single_threaded_blas() {
        const std::lock_guard one_at_a_time(mutex_);
        if (alive_++ != 0) return;
        before_ = threads();
        set(1);
    }
    ~single_threaded_blas() {
        const std::lock_guard one_at_a_time(mutex_);
        if (--alive_ == 0) set(before_);
    }
    single_threaded_blas(const single_threaded_blas&) = delete;
    single_threaded_blas& operator=(const single_threaded_blas&) = delete;

    /// Threads that a product may use now.
    [[nodiscard]] static int threads() { return get() != nullptr ? get()() : 1; }

  private:
    static auto get() -> int (*)() {
        static const auto found = either<int()>("openblas_get_num_threads", "MKL_Get_Max_Threads");
        return found;
    }
    static void set(int n) {
        static const auto found = either<void(int)>("openblas_set_num_threads", "MKL_Set_Num_Threads");
        if (found != nullptr) found(n);
    }
    template <class Function>
    static Function* either(const char* openblas, const char* mkl) {
        auto* function = symbol<Function>(openblas);
        return function != nullptr ? function : symbol<Function>(mkl);
    }

    static inline std::mutex mutex_;  // protects the next two members
    static inline std::size_t alive_ = 0;
    static inline int before_ = 1;
};

#if GRADUS_BODIES_OF(kernels)

GRADUS_BODY bool has_avx512() {
#if defined(__x86_64__) && defined(__GNUC__)
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq");
#else
    return false;
#endif
}

GRADUS_BODY int register_bits(std::string_view core) {
    for (auto name : {"SkylakeX", "Cooperlake", "Sapphirerapids"})
        if (core == name) return 512;
    for (auto name : {"Haswell", "Zen", "Sandybridge", "Bulldozer", "Piledriver", "Steamroller", "Excavator"})
        if (core == name) return 256;
    return 128;
}

GRADUS_BODY blas_description describe_openblas(std::string_view config, std::string_view core, int threads,
                                               bool avx512) {
    blas_description out{short_name(config), std::string(core), threads, register_bits(core), false, {}};
    out.half_speed = avx512 && out.register_bits < 512;
    if (out.half_speed)
        out.advice =
            "half of this processor's speed is unused: set OPENBLAS_CORETYPE=SkylakeX before the program starts "
            "(the kernels for " +
            out.core + " know no AVX-512)";
    return out;
}

#endif

}  // namespace kernels

/// Describes the library that computes the matrix products, with advice if it is slower than it could be.
GRADUS_ONCE [[nodiscard]] blas_description blas_info();

#if GRADUS_USE_BLAS
namespace kernels::blas {

/// C = αAB + βC by the BLAS, through xtensor-blas.
template <class T>
void product(T alpha, matrix<const T> a, matrix<const T> b, T beta, matrix<T> c) {
    using index = xt::blas_index_t;
    const auto order = [](const auto& m) { return m.transposed ? cxxblas::Trans : cxxblas::NoTrans; };
    // A BLAS rejects a stride less than the length of a row, even for a single row.
    const auto stride = [](const auto& m) {
        return static_cast<index>(std::max({m.stride, m.transposed ? m.rows : m.cols, std::size_t{1}}));
    };
    cxxblas::gemm<index>(cxxblas::RowMajor, order(a), order(b), static_cast<index>(c.rows), static_cast<index>(c.cols),
                         static_cast<index>(a.cols), alpha, a.data, stride(a), b.data, stride(b), beta, c.data,
                         stride(c));
}

}  // namespace kernels::blas
#endif

#if GRADUS_BODIES_OF(kernels)

GRADUS_BODY std::string blas_description::text() const {
    std::string out = library;
    if (!core.empty()) out += ", core " + core;
    out += ", " + std::to_string(threads) + (threads == 1 ? " thread" : " threads");
    return advice.empty() ? out : out + "\n" + advice;
}

GRADUS_BODY blas_description blas_info() {
#if GRADUS_USE_BLAS
    using kernels::symbol;
    const int threads = kernels::single_threaded_blas::threads();
    if (auto* config = symbol<const char*()>("openblas_get_config")) {
        auto* core = symbol<const char*()>("openblas_get_corename");
        return kernels::describe_openblas(config(), core != nullptr ? core() : "", threads, kernels::has_avx512());
    }
    if (symbol<int()>("MKL_Get_Max_Threads") != nullptr)
        return {"MKL", "", threads, kernels::has_avx512() ? 512 : 256, false, ""};
    return {"a BLAS", "", threads, 0, false, ""};
#else
    return {"built-in", xsimd::default_arch::name(), 1, int(8 * sizeof(xsimd::batch<float>)), false, ""};
#endif
}

#endif

}  // namespace gradus
