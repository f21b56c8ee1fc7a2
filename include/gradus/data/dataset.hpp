#pragma once
/// \file
/// Datasets: samples and their targets as a pair of tensors, batch first; splitting, shuffling, batching, gathering.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "gradus/base/compiled.hpp"
#include "gradus/base/error.hpp"
#include "gradus/base/random.hpp"
#include "gradus/tensor/tensor.hpp"

namespace gradus {

/// The number of samples of an input: the size of its first axis. A struct of tensors, whose
/// `static void each(f, x...)` calls `f(name, member...)` for each member, must have the same number in each.
/// \throws data_error if two members differ.
template <class X>
[[nodiscard]] std::size_t samples(const X& x) {
    if constexpr (any_tensor<X>) {
        return x.shape()[0];
    } else {
        std::optional<std::size_t> n;
        std::string first;
        X::each(
            [&](const auto& name, const auto& member) {
                const std::size_t m = samples(member);
                if (!n) n = m, first = name;
                if (m != *n)
                    throw data_error(message({"dataset: ", first, " has ", *n, " rows, ", name, " has ", m}));
            },
            x);
        return n.value_or(0);
    }
}

namespace detail {

GRADUS_ONCE [[noreturn]] void refuse_row(std::size_t i, std::size_t n);
/// Checks of a dataset.
/// \throws data_error
GRADUS_ONCE void require_pairs(std::size_t samples, std::size_t targets, bool of_one);
GRADUS_ONCE void require_samples(std::size_t samples, const std::vector<double>& weights, const tensor<bool, 2>& mask);

}  // namespace detail

/// Copies the samples `which`, in that order, into `into`. Allocates only if `into` has another shape.
/// O(values copied); one copy per row, since the rows of a shuffled batch are scattered over the whole set.
/// \throws data_error for an index beyond the last sample.
template <class X>
void gather(const X& from, std::span<const std::size_t> which, X& into) {
    if constexpr (any_tensor<X>) {
        const std::size_t n = samples(from);
        auto shape = from.shape();
        shape[0] = which.size();
        reshape(into, shape);
        const std::size_t row = n == 0 ? 0 : from.size() / n;
        auto* out = into.data();
        for (std::size_t i : which) {
            if (i >= n) detail::refuse_row(i, n);
            out = std::copy_n(from.data() + i * row, row, out);
        }
    } else {
        X::each([&](const auto&, const auto& a, auto& b) { gather(a, which, b); }, from, into);
    }
}

/// The weights of the samples `which`; empty if there are no weights.
inline void gather(const std::vector<double>& weights, std::span<const std::size_t> which, std::vector<double>& into) {
    into.resize(weights.empty() ? 0 : which.size());
    for (std::size_t i = 0; i < into.size(); ++i) into[i] = weights[which[i]];
}

/// Samples `x` and their targets `y`, row by row; `auto [x, y] = data` unpacks them.
///   x (N, ...), or a struct of such tensors     y (N) labels (std::int32_t), or (N, O) targets
///   weights (N) of the samples in the loss; empty: all 1
///   mask (N, T) of sequences, true where there is data; empty: true everywhere
template <class X, class Y>
struct dataset {
    X x;
    Y y;
    std::vector<double> weights = {};
    tensor<bool, 2> mask = {};

    dataset() = default;

    /// \throws data_error if x and y differ in their number of rows, or have no rows.
    dataset(X x_, Y y_) : x(std::move(x_)), y(std::move(y_)) {
        bool of_one = false;  // tensor<T, 1>({n}) has one element of value n
        if constexpr (any_tensor<Y>) of_one = rank_of<Y> == 1 && samples(y) == 1;
        detail::require_pairs(samples(x), samples(y), of_one);
    }

    /// Number of samples.
    [[nodiscard]] std::size_t size() const { return samples(x); }

    /// \throws data_error if the weights or the mask have another number of samples.
    void check() const { detail::require_samples(size(), weights, mask); }

    template <std::size_t I>
    [[nodiscard]] auto& get() & {
        return std::get<I>(std::tie(x, y));
    }
    template <std::size_t I>
    [[nodiscard]] const auto& get() const& {
        return std::get<I>(std::tie(x, y));
    }
    template <std::size_t I>
    [[nodiscard]] auto&& get() && {
        return std::move(std::get<I>(std::tie(x, y)));
    }
};

/// The samples `which`, in that order, as a new dataset.
/// \throws data_error for an index beyond the last sample, or if `which` is empty.
template <class X, class Y>
[[nodiscard]] dataset<X, Y> take(const dataset<X, Y>& data, std::span<const std::size_t> which) {
    data.check();
    X x;
    Y y;
    gather(data.x, which, x);
    gather(data.y, which, y);
    dataset<X, Y> part(std::move(x), std::move(y));
    gather(data.weights, which, part.weights);
    if (data.mask.size() != 0) gather(data.mask, which, part.mask);
    return part;
}

/// Splits a dataset in two: `auto [train, validation] = gr::split(data, 0.9);`. The first part gets `fraction` of the
/// samples, rounded. With a seed, the samples are shuffled first; files are often sorted by class.
/// \throws data_error for a fraction outside (0, 1), or if a part would be empty.
template <class X, class Y>
[[nodiscard]] std::pair<dataset<X, Y>, dataset<X, Y>> split(const dataset<X, Y>& data, double fraction,
                                                            std::optional<std::uint64_t> seed = {}) {
    const std::size_t n = data.size();
    const std::string given = number_text(fraction);
    if (!(fraction > 0 && fraction < 1))
        throw data_error(message({"split: the fraction must lie between 0 and 1, got ", given}));
    const auto front = static_cast<std::size_t>(fraction * static_cast<double>(n) + 0.5);
    if (front == 0 || front >= n)
        throw data_error(message({"split: ", given, " of ", n, " samples leaves parts of ", front, " and ", n - front}));
    std::vector<std::size_t> order(n);
    for (std::size_t i = 0; i < n; ++i) order[i] = i;
    if (seed) order = random::permutation(n, random::mix(*seed, "split"));
    const std::span<const std::size_t> all(order);
    return {take(data, all.first(front)), take(data, all.subspan(front))};
}

/// The batches of an epoch: a permutation of all samples that depends only on (seed, epoch), cut into pieces of
/// `batch_size`; the last piece may be smaller. A run that is resumed at epoch e therefore sees the same batches as one
/// that was never stopped.
class batches {
  public:
    /// \throws data_error for no samples or a batch size of 0.
    GRADUS_ONCE batches(std::size_t samples, std::size_t batch_size, std::uint64_t seed, bool shuffle = true);

    /// Draws the order of epoch `e`. O(samples).
    GRADUS_ONCE const batches& epoch(std::uint64_t e);

    /// Number of batches in an epoch.
    [[nodiscard]] std::size_t size() const { return (order_.size() - 1) / batch_size_ + 1; }

    /// The indices of the samples in batch `b`.
    [[nodiscard]] std::span<const std::size_t> operator[](std::size_t b) const {
        const std::span<const std::size_t> all(order_);
        return all.subspan(b * batch_size_, std::min(batch_size_, order_.size() - b * batch_size_));
    }

  private:
    std::vector<std::size_t> order_;
    std::size_t batch_size_;
    std::uint64_t seed_;
    bool shuffle_;
};

#if GRADUS_BODIES_OF(data)

GRADUS_BODY [[noreturn]] void detail::refuse_row(std::size_t i, std::size_t n) {
    throw data_error(message({"gather: row ", i, " of ", n}));
}

GRADUS_BODY void detail::require_pairs(std::size_t n, std::size_t targets, bool of_one) {
    if (n != targets)
        throw data_error(message({"dataset: x has ", n, " rows, y has ", targets, ": each sample needs one of both",
                                  of_one ? "; y({n}) is one element of value n, from_shape({n}) makes n of them" : ""}));
    if (n == 0) throw data_error("dataset: x and y have 0 rows: no sample to learn from");
}

GRADUS_BODY void detail::require_samples(std::size_t n, const std::vector<double>& weights, const tensor<bool, 2>& mask) {
    if (weights.size() != 0 && weights.size() != n)
        throw data_error(message({"dataset: x has ", n, " rows, there are ", weights.size(), " weights"}));
    if (mask.size() != 0 && mask.shape()[0] != n)
        throw data_error(message({"dataset: x has ", n, " rows, the mask is ", mask.shape()}));
}

GRADUS_BODY batches::batches(std::size_t samples, std::size_t batch_size, std::uint64_t seed, bool shuffle)
    : order_(samples), batch_size_(batch_size), seed_(seed), shuffle_(shuffle) {
    if (samples == 0 || batch_size == 0)
        throw data_error(message({"batches: ", samples, " samples in batches of ", batch_size, ": both must be at least 1"}));
    for (std::size_t i = 0; i < samples; ++i) order_[i] = i;
}

GRADUS_BODY const batches& batches::epoch(std::uint64_t e) {
    if (shuffle_) order_ = random::permutation(order_.size(), random::mix(random::mix(seed_, "batches"), e));
    return *this;
}

#endif

/// Labels (N) as rows of an identity matrix (N, classes): y[n, k] = 1 where k is the label of n, else 0.      [one_hot]
/// \throws data_error for a label outside 0..classes-1, naming it and its sample.
template <class T = float>
[[nodiscard]] tensor<T, 2> one_hot(const tensor<std::int32_t, 1>& labels, std::size_t classes) {
    tensor<T, 2> y({labels.size(), classes}, T(0));
    for (std::size_t n = 0; n < labels.size(); ++n) {
        const std::int32_t k = labels(n);
        if (k < 0 || static_cast<std::size_t>(k) >= classes)
            throw data_error(message({"one_hot: label ", k, " of sample ", n, " is not one of ", classes,
                                      " classes, counted from 0"}));
        y(n, static_cast<std::size_t>(k)) = T(1);
    }
    return y;
}

/// Bytes 0..255 as numbers in [0, 1]: x / 255.                                                             [normalize]
template <class T = float, std::size_t N>
[[nodiscard]] tensor<T, N> normalize(const tensor<std::uint8_t, N>& x) {
    tensor<T, N> out(x.shape());
    std::transform(x.data(), x.data() + x.size(), out.data(),
                   [](std::uint8_t v) { return static_cast<T>(v) / T(255); });
    return out;
}

#ifdef GRADUS_COMPILED
#define GRADUS_GATHER(T, N)                                                                                           \
    GRADUS_EXTERN(data) template void gather(const tensor<T, N>&, std::span<const std::size_t>, tensor<T, N>&);
GRADUS_GATHER(float, 2)
GRADUS_GATHER(float, 3)
GRADUS_GATHER(float, 4)
GRADUS_GATHER(double, 2)
GRADUS_GATHER(double, 3)
GRADUS_GATHER(double, 4)
GRADUS_GATHER(std::int32_t, 1)
GRADUS_GATHER(std::int32_t, 2)
GRADUS_GATHER(bool, 2)
#undef GRADUS_GATHER
#define GRADUS_TAKE(T, N, U, M)                                                                                       \
    GRADUS_EXTERN(data) template dataset<tensor<T, N>, tensor<U, M>> take(const dataset<tensor<T, N>, tensor<U, M>>&, \
                                                                          std::span<const std::size_t>);
GRADUS_TAKE(float, 2, float, 2)
GRADUS_TAKE(float, 2, std::int32_t, 1)
GRADUS_TAKE(float, 3, std::int32_t, 1)
GRADUS_TAKE(float, 4, std::int32_t, 1)
GRADUS_TAKE(double, 2, double, 2)
GRADUS_TAKE(double, 2, std::int32_t, 1)
GRADUS_TAKE(std::int32_t, 2, std::int32_t, 1)
#undef GRADUS_TAKE
#endif

}  // namespace gradus

// Structured bindings: a dataset is the pair (x, y).
template <class X, class Y>
struct std::tuple_size<gradus::dataset<X, Y>> : std::integral_constant<std::size_t, 2> {};
template <std::size_t I, class X, class Y>
struct std::tuple_element<I, gradus::dataset<X, Y>> {
    using type = std::conditional_t<I == 0, X, Y>;
};
