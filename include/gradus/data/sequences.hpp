#pragma once
/// \file
/// Long texts, sentences and series cut into training samples, batch first. Symbols are indices (std::int32_t).

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "gradus/base/compiled.hpp"
#include "gradus/base/error.hpp"
#include "gradus/data/dataset.hpp"
#include "gradus/tensor/tensor.hpp"

namespace gradus::data {

/// A long text s (L) as R streams that are read in parallel, T symbols at a time, for stateful training: batch k of R
/// rows holds the k-th piece of each stream, so row r continues where row r of the previous batch ended.
///   x[k R + r, t] = s[r K T + k T + t]     y[k R + r, t] = s[r K T + k T + t + 1]              [streams.x] [streams.y]
///   x, y (K R, T)     K = ⌊(L − 1) / (R T)⌋ batches; the remainder at the end, fewer than R T symbols, is not used
/// `gr::fit(net, J, optimizer, streams(s, R, T), {.batch_size = R, .stateful = true, .shuffle = false})`
/// Source: Zaremba, Sutskever and Vinyals, "Recurrent neural network regularization" (2014), 4.1.
/// \throws data_error for no rows or steps, or fewer than R T + 1 symbols.
GRADUS_ONCE [[nodiscard]] dataset<tensor<std::int32_t, 2>, tensor<std::int32_t, 2>> streams(
    const tensor<std::int32_t, 1>& s, std::size_t R, std::size_t T);

/// Each run of n symbols and the symbol that follows it.
///   x[i, j] = s[i + j]     y[i] = s[i + n]                                                     [n_grams.x] [n_grams.y]
///   s (L)     x (L − n, n)     y (L − n)
/// Source: Bengio and others, "A neural probabilistic language model" (2003), 2: the n symbols before predict the next.
/// \throws data_error for n = 0, or no more than n symbols.
GRADUS_ONCE [[nodiscard]] dataset<tensor<std::int32_t, 2>, tensor<std::int32_t, 1>> n_grams(
    const tensor<std::int32_t, 1>& s, std::size_t n);

/// Each run of T values of a series and the value `ahead` steps after its last.
///   x[i, t, 0] = s[i + t]     y[i, 0] = s[i + T − 1 + ahead]                                   [windows.x] [windows.y]
///   s (L)     x (N, T, 1)     y (N, 1)     N = L − T + 1 − ahead
/// Windows overlap: split them by time (`gr::split` without a seed), or the test set contains values seen in training.
/// \throws data_error for T = 0, ahead = 0, or a series too short for one window.
template <class V>
[[nodiscard]] dataset<tensor<V, 3>, tensor<V, 2>> windows(const tensor<V, 1>& s, std::size_t T, std::size_t ahead = 1) {
    if (T == 0 || ahead == 0 || T > s.size() || ahead > s.size() - T)
        throw data_error(message({"windows: ", s.size(), " values hold no window of ", T, " and the value ", ahead,
                                  " ahead of it"}));
    const std::size_t N = s.size() - T + 1 - ahead;
    tensor<V, 3> x({N, T, std::size_t{1}});
    tensor<V, 2> y({N, std::size_t{1}});
    for (std::size_t i = 0; i < N; ++i) {
        for (std::size_t t = 0; t < T; ++t) x(i, t, 0) = s(i + t);
        y(i, 0) = s(i + T - 1 + ahead);
    }
    return {std::move(x), std::move(y)};
}

/// The mask of rows of these lengths: m[n, t] = t < lengths[n].                                               [mask_of]
///   lengths (N)     m (N, T)
/// \throws data_error for a length above T, naming its row; if there are no lengths, or T = 0.
GRADUS_ONCE [[nodiscard]] tensor<bool, 2> mask_of(const std::vector<std::size_t>& lengths, std::size_t T);

/// Sequences of different lengths as one tensor.   x (N, T, ...)   mask (N, T)   lengths (N)
template <class V, std::size_t R>
struct padded_sequences {
    tensor<V, R + 1> x;
    tensor<bool, 2> mask;
    std::vector<std::size_t> lengths;
};

/// Pads sequences to one length: each sequence s_n (T_n, ...) starts at step 0; padding follows its end.
///   x[n, t] = s_n[t] where t < T_n, else padding     mask[n, t] = t < T_n                                     [padded]
/// \param steps  T; 0: the length of the longest sequence
/// \throws data_error for no sequences, only empty ones, or naming the row: longer than T, or another D in (T_n, D).
template <class V, std::size_t R>
[[nodiscard]] padded_sequences<V, R> padded(const std::vector<tensor<V, R>>& sequences, V padding = V(0),
                                            std::size_t steps = 0) {
    std::vector<std::size_t> lengths;
    std::size_t T = steps;
    for (const auto& s : sequences) {
        lengths.push_back(s.shape()[0]);
        if (steps == 0) T = std::max(T, lengths.back());
    }
    if (lengths.empty() || T == 0)
        throw data_error(message({"padded: ", lengths.size(), " sequences of ", T, " steps: nothing to pad"}));
    for (std::size_t n = 0; n < lengths.size(); ++n)
        if (lengths[n] > T) throw data_error(message({"padded: sequence ", n, " has ", lengths[n], " steps, T is ", T}));
    tensor<bool, 2> mask = mask_of(lengths, T);
    typename tensor<V, R + 1>::shape_type shape{sequences.size(), T};
    for (std::size_t axis = 1; axis < R; ++axis) shape[axis + 1] = sequences[0].shape()[axis];
    tensor<V, R + 1> x(shape, padding);
    const std::size_t row = x.size() / sequences.size();
    for (std::size_t n = 0; n < sequences.size(); ++n) {
        for (std::size_t axis = 1; axis < R; ++axis)
            if (sequences[n].shape()[axis] != shape[axis + 1])
                throw data_error(message({"padded: sequence ", n, " is ", sequences[n].shape(), ", sequence 0 ",
                                          sequences[0].shape(), ": only their lengths may differ"}));
        std::copy_n(sequences[n].data(), sequences[n].size(), x.data() + n * row);
    }
    return {std::move(x), std::move(mask), std::move(lengths)};
}

/// Short texts in which each symbol is predicted from those before it: names, sentences, with a marker at either end.
///   x[n, t] = s_n[t]     y[n, t] = s_n[t + 1]                                        [next_symbols.x] [next_symbols.y]
///   s_n (T_n)     x, y (N, max T_n − 1), padding where t + 1 ≥ T_n, which the dataset's mask excludes
/// \throws data_error for no sequences, or if none has two symbols.
GRADUS_ONCE [[nodiscard]] dataset<tensor<std::int32_t, 2>, tensor<std::int32_t, 2>> next_symbols(
    const std::vector<tensor<std::int32_t, 1>>& sequences, std::int32_t padding = 0);

#ifdef GRADUS_COMPILED
GRADUS_EXTERN(data) template padded_sequences<std::int32_t, 1> padded(
    const std::vector<tensor<std::int32_t, 1>>&, std::int32_t, std::size_t);
#endif

#if GRADUS_BODIES_OF(data)

GRADUS_BODY dataset<tensor<std::int32_t, 2>, tensor<std::int32_t, 2>> streams(const tensor<std::int32_t, 1>& s,
                                                                              std::size_t R, std::size_t T) {
    const std::size_t L = s.size();
    if (R == 0 || T == 0) throw data_error(message({"streams: ", R, " rows of ", T, " steps: one of both is the least"}));
    const std::size_t K = L == 0 || R > L / T ? 0 : (L - 1) / (R * T);
    if (K == 0)
        throw data_error(message({"streams: ", L, " symbols are too few for ", R, " rows of ", T,
                                  " steps and one symbol more"}));
    tensor<std::int32_t, 2> x({K * R, T}), y({K * R, T});
    for (std::size_t k = 0; k < K; ++k)
        for (std::size_t r = 0; r < R; ++r)
            for (std::size_t t = 0; t < T; ++t) {
                x(k * R + r, t) = s(r * K * T + k * T + t);
                y(k * R + r, t) = s(r * K * T + k * T + t + 1);
            }
    return {std::move(x), std::move(y)};
}

GRADUS_BODY dataset<tensor<std::int32_t, 2>, tensor<std::int32_t, 1>> n_grams(const tensor<std::int32_t, 1>& s,
                                                                              std::size_t n) {
    if (n == 0 || s.size() <= n)
        throw data_error(message({"n_grams: ", s.size(), " symbols hold no window of ", n, " and the symbol behind it"}));
    const std::size_t N = s.size() - n;
    tensor<std::int32_t, 2> x({N, n});
    auto y = tensor<std::int32_t, 1>::from_shape({N});
    for (std::size_t i = 0; i < N; ++i) {
        for (std::size_t j = 0; j < n; ++j) x(i, j) = s(i + j);
        y(i) = s(i + n);
    }
    return {std::move(x), std::move(y)};
}

GRADUS_BODY tensor<bool, 2> mask_of(const std::vector<std::size_t>& lengths, std::size_t T) {
    if (lengths.empty() || T == 0)
        throw data_error(message({"mask_of: ", lengths.size(), " rows of ", T, " steps: nothing to mask"}));
    tensor<bool, 2> m({lengths.size(), T});
    for (std::size_t n = 0; n < lengths.size(); ++n) {
        if (lengths[n] > T) throw data_error(message({"mask_of: length ", lengths[n], " of row ", n, " is beyond T = ", T}));
        for (std::size_t t = 0; t < T; ++t) m(n, t) = t < lengths[n];
    }
    return m;
}

GRADUS_BODY dataset<tensor<std::int32_t, 2>, tensor<std::int32_t, 2>> next_symbols(
    const std::vector<tensor<std::int32_t, 1>>& sequences, std::int32_t padding) {
    std::size_t T = 1;
    for (const auto& s : sequences) T = std::max(T, s.size());
    if (sequences.empty() || T == 1)
        throw data_error(message({"next_symbols: none of ", sequences.size(), " sequences has two symbols"}));
    const std::size_t N = sequences.size();
    tensor<std::int32_t, 2> x({N, T - 1}, padding), y({N, T - 1}, padding);
    tensor<bool, 2> mask({N, T - 1}, false);
    for (std::size_t n = 0; n < N; ++n)
        for (std::size_t t = 0; t + 1 < sequences[n].size(); ++t)
            x(n, t) = sequences[n](t), y(n, t) = sequences[n](t + 1), mask(n, t) = true;
    dataset data(std::move(x), std::move(y));
    data.mask = std::move(mask);
    return data;
}

#endif

}  // namespace gradus::data
