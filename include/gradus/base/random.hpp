#pragma once
/// \file
/// Counter-based random numbers: draw = f(key, counter). There is no state that a draw would advance, so a repeated
/// forward, any number of threads and a resumed run get the same numbers.
///
/// Source: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (2011), Philox 4x32-10.

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace gradus {

namespace random {

/// Ten rounds of Philox: 128 random bits for a 128-bit counter under a 64-bit key.                     [random.philox]
[[nodiscard]] constexpr std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter,
                                                            std::array<std::uint32_t, 2> key) {
    for (int round = 0; round < 10; ++round) {
        const std::uint64_t p0 = 0xD2511F53ull * counter[0];
        const std::uint64_t p1 = 0xCD9E8D57ull * counter[2];
        counter = {static_cast<std::uint32_t>(p1 >> 32) ^ counter[1] ^ key[0], static_cast<std::uint32_t>(p1),
                   static_cast<std::uint32_t>(p0 >> 32) ^ counter[3] ^ key[1], static_cast<std::uint32_t>(p0)};
        key[0] += 0x9E3779B9u;
        key[1] += 0xBB67AE85u;
    }
    return counter;
}

/// Mixes a word into a key: combines a seed, a step and a layer's path into one key (splitmix64's finalizer).
[[nodiscard]] constexpr std::uint64_t mix(std::uint64_t key, std::uint64_t word) {
    std::uint64_t z = key + 0x9E3779B97F4A7C15ull * (word + 1);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return z ^ (z >> 31);
}
[[nodiscard]] constexpr std::uint64_t mix(std::uint64_t key, std::string_view text) {
    for (char c : text) key = mix(key, static_cast<std::uint64_t>(static_cast<unsigned char>(c)));
    return mix(key, text.size());
}

/// 64 random bits for position (row, element) of the stream `key`.
[[nodiscard]] constexpr std::uint64_t bits(std::uint64_t key, std::uint64_t row, std::uint64_t element = 0) {
    const auto r = philox({static_cast<std::uint32_t>(row), static_cast<std::uint32_t>(row >> 32),
                           static_cast<std::uint32_t>(element), static_cast<std::uint32_t>(element >> 32)},
                          {static_cast<std::uint32_t>(key), static_cast<std::uint32_t>(key >> 32)});
    return (static_cast<std::uint64_t>(r[1]) << 32) | r[0];
}

/// Uniform in [0, 1), 53 bits.                                                                        [random.uniform]
[[nodiscard]] constexpr double uniform(std::uint64_t key, std::uint64_t row, std::uint64_t element = 0) {
    return static_cast<double>(bits(key, row, element) >> 11) * 0x1.0p-53;
}

/// Uniform integer in [0, n), without bias: u mod n, redrawing the 2^64 mod n smallest values of u.    [random.integer]
[[nodiscard]] constexpr std::uint64_t integer(std::uint64_t key, std::uint64_t row, std::uint64_t n) {
    const std::uint64_t tail = n == 0 ? 0 : (0 - n) % n;  // 2^64 mod n
    for (std::uint64_t attempt = 0;; ++attempt) {
        const std::uint64_t u = bits(key, row, attempt);
        if (u >= tail) return n == 0 ? 0 : u % n;
    }
}

/// A permutation of 0..n-1 (Fisher and Yates, from the end).                                      [random.permutation]
[[nodiscard]] inline std::vector<std::size_t> permutation(std::size_t n, std::uint64_t key) {
    std::vector<std::size_t> p(n);
    for (std::size_t i = 0; i < n; ++i) p[i] = i;
    for (std::size_t i = n; i > 1; --i) std::swap(p[i - 1], p[static_cast<std::size_t>(integer(key, i, i))]);
    return p;
}

/// ab, rounded before it is used. Where the processor has a fused multiply-add, compilers use it for `a * b + c` and
/// round only once: the last bit would depend on `-march`.
template <class T>
[[nodiscard]] constexpr T product(T a, T b) {
    T ab = a * b;
    if (!std::is_constant_evaluated()) {
#if defined(__SSE2__)
        asm("" : "+x"(ab));  // no instruction, but the compiler must assume a new value
#elif defined(__aarch64__)
        asm("" : "+w"(ab));
#else
        volatile T rounded = ab;
        ab = rounded;
#endif
    }
    return ab;
}

/// c₀ xⁿ + ... + cₙ by Horner's rule.
template <std::size_t N>
[[nodiscard]] constexpr double polynomial(const double (&c)[N], double x) {
    double sum = c[0];
    for (std::size_t i = 1; i < N; ++i) sum = product(sum, x) + c[i];
    return sum;
}

/// ln x for normal positive x: x = 2^e m, ln m = 2 artanh((m-1)/(m+1)) by its series. Only + - * / of IEEE doubles.
[[nodiscard]] constexpr double log(double x) {
    constexpr double series[] = {1.0 / 23, 1.0 / 21, 1.0 / 19, 1.0 / 17, 1.0 / 15, 1.0 / 13,
                                 1.0 / 11, 1.0 / 9,  1.0 / 7,  1.0 / 5,  1.0 / 3,  1.0};
    const std::uint64_t u = std::bit_cast<std::uint64_t>(x);
    int e = static_cast<int>(u >> 52) - 1023;
    double m = std::bit_cast<double>((u & 0x000FFFFFFFFFFFFFull) | 0x3FF0000000000000ull);
    if (m > 1.4142135623730951) m *= 0.5, ++e;
    const double s = (m - 1) / (m + 1);
    return product(2 * s, polynomial(series, product(s, s))) + product(static_cast<double>(e), 0.6931471805599453);
}

/// Square root by Newton's iteration, starting from the halved exponent.
[[nodiscard]] constexpr double sqrt(double x) {
    if (x <= 0) return 0;
    double r = std::bit_cast<double>((std::bit_cast<std::uint64_t>(x) >> 1) + 0x1FF8000000000000ull);
    for (int i = 0; i < 6; ++i) r = 0.5 * (r + x / r);
    return r;
}

/// z with Φ(z) = p, for p in (0, 1): Acklam's rational approximation of the normal distribution's inverse, relative
/// error 1.2e-9. Uses the logarithm, root and products above: the result does not depend on the libm or the compiler.
[[nodiscard]] constexpr double normal_quantile(double p) {
    constexpr double a[] = {-3.969683028665376e+01, 2.209460984245205e+02,  -2.759285104469687e+02,
                            1.383577518672690e+02,  -3.066479806614716e+01, 2.506628277459239e+00};
    constexpr double b[] = {-5.447609879822406e+01, 1.615858368580409e+02,  -1.556989798598866e+02,
                            6.680131188771972e+01,  -1.328068155288572e+01, 1};
    constexpr double c[] = {-7.784894002430293e-03, -3.223964580411365e-01, -2.400758277161838e+00,
                            -2.549732539343734e+00, 4.374664141464968e+00,  2.938163982698783e+00};
    constexpr double d[] = {7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996e+00, 3.754408661907416e+00, 1};
    const double tail = p < 0.5 ? p : 1 - p;
    if (tail < 0.02425) {
        const double q = sqrt(-2 * log(tail));
        const double z = polynomial(c, q) / polynomial(d, q);
        return p < 0.5 ? z : -z;
    }
    const double q = p - 0.5, r = product(q, q);
    return product(polynomial(a, r), q) / polynomial(b, r);
}

/// The midpoint of cell k when (0, 1) is divided into 2^52 cells: never 0 and never 1, for every k of 52 bits.
[[nodiscard]] constexpr double middle(std::uint64_t k) { return (static_cast<double>(k) + 0.5) * 0x1.0p-52; }

/// Standard normal: the quantile of a uniform draw of 52 bits. Bitwise identical on every platform.    [random.normal]
[[nodiscard]] constexpr double normal(std::uint64_t key, std::uint64_t row, std::uint64_t element = 0) {
    return normal_quantile(middle(bits(key, row, element) >> 12));
}

}  // namespace random

/// The seed used when none is given: for initial parameters, shuffling and dropout.
[[nodiscard]] inline std::uint64_t& default_seed() {
    static std::uint64_t value = 0;
    return value;
}

/// Sets the default seed for layers, passes and optimizers constructed afterwards.
inline void seed(std::uint64_t value) { default_seed() = value; }

}  // namespace gradus
