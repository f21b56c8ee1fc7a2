#pragma once
/// \file
/// The common part of all optimizers: the step over a list of parameters. Compiled once for all networks and formulas.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gradus/base/compiled.hpp"
#include "gradus/base/random.hpp"
#include "gradus/kernels/elementwise.hpp"
#include "gradus/nn/checks.hpp"
#include "gradus/nn/parameter_list.hpp"
#include "gradus/optimizers/clip.hpp"

namespace gradus {

/// Values that an optimizer stores for each parameter, such as Adam's m, with each tensor aligned to 64 bytes. Refers
/// to the optimizer's memory.
class slot {
  public:
    slot(std::byte* begin, std::size_t size) : begin_(begin), size_(size) {}

    [[nodiscard]] std::byte* data() const { return begin_; }
    [[nodiscard]] std::size_t size() const { return size_; }  ///< in bytes
    friend bool operator==(const slot& a, const slot& b) {
        return a.size_ == b.size_ && (a.size_ == 0 || std::memcmp(a.begin_, b.begin_, a.size_) == 0);
    }

    /// f(place, stored values) for each tensor of the optimizer's network (`require_own`).
    GRADUS_ONCE void each(const parameter_list& theta, function_ref<void(const entry&, tensor_ref)> f) const;

    /// The offset of the next tensor, after one of `bytes` bytes.
    [[nodiscard]] static constexpr std::size_t next(std::size_t bytes) { return (bytes + 63) / 64 * 64; }
    /// The bytes for all tensors of a network.
    [[nodiscard]] static std::size_t end(const parameter_list& theta) {
        std::size_t n = 0;
        for (const parameter_ref& p : theta) n += next(p.values.bytes());
        return n;
    }

  private:
    std::byte* begin_;
    std::size_t size_;
};

/// The part of all elements of a network that one of several threads processes: elements first ... last − 1.
struct share_of {
    std::size_t first = 0, last = static_cast<std::size_t>(-1);

    share_of() = default;
    share_of(const parameter_list& theta, std::size_t part, std::size_t parts) {
        if (parts == 1) return;
        const std::size_t n = count(theta);
        first = n * part / parts, last = n * (part + 1) / parts;
    }
    struct piece {
        std::size_t begin, size;
    };
    /// Its part of a tensor of `size` elements that begins at element `at`, relative to the tensor's beginning.
    [[nodiscard]] piece of(std::size_t at, std::size_t size) const {
        const std::size_t a = std::clamp(first, at, at + size) - at, b = std::clamp(last, at, at + size) - at;
        return {a, b - a};
    }
};

/// The state of an optimizer between steps, and the loop of a step over the list of parameters. `optimizer_of` adds the
/// formula.
class optimizer_core {
  public:
    std::uint64_t t = 0;                  ///< steps taken
    std::uint64_t epoch = 0;              ///< epochs completed by `fit` with this optimizer
    std::uint64_t seed = default_seed();  ///< of shuffling and of every pass in `fit`

    /// The k-th slot, in the order of the options' `slots`; zero at t = 0.
    [[nodiscard]] slot kept(std::size_t k) const {
        return {const_cast<std::byte*>(memory_.data()) + k * slot_size_, slot_size_};
    }

    /// \throws shape_error unless the slots, if there are any, belong to a network of these sizes.
    GRADUS_ONCE void require_own(const parameter_list& theta) const;

    /// A run of elements of one tensor: pointers into θ and g, and the offset in the slots.
    struct run {
        const entry* place = nullptr;
        std::size_t size = 0, in_slot = 0;  ///< elements; bytes from the beginning of a slot
        void* theta = nullptr;
        const void* grad = nullptr;
    };
    /// Iterates over the runs of a share.
    class runs {
      public:
        /// \throws shape_error if the gradient or the slots belong to a network of other sizes.
        GRADUS_ONCE runs(const optimizer_core& of, parameter_list& theta, const parameter_list& grad, share_of mine);
        /// The next run of elements of this type in a tensor that is not frozen. \returns whether there is one
        GRADUS_ONCE [[nodiscard]] bool next(dtype type, run& r);

      private:
        const optimizer_core& of_;
        parameter_list& theta_;
        const parameter_list& grad_;
        share_of mine_;
        std::size_t k_ = 0, at_ = 0, in_slot_ = 0;
    };

    /// A step divided over threads: call `begin` once, then `apply` for every part.
    virtual void begin() = 0;
    /// Part `part` of `parts` of all elements, with `scale` · grad. Statistics are few and belong to part 0.
    /// \throws shape_error if the gradient, or this optimizer's state, belongs to a network of other sizes.
    virtual void apply(parameter_list& theta, const parameter_list& grad, std::size_t part, std::size_t parts,
                       double scale = 1) = 0;
    /// NaN if the options have none.
    [[nodiscard]] virtual double learning_rate() const = 0;

    /// Whether steps change the k-th parameter of the list, with entry e.
    [[nodiscard]] bool moves(const entry& e, std::size_t k) const { return e.trainable && (k >= frozen_.size() || !frozen_[k]); }

    /// total += scale · grad for the elements of one part: sums the gradients of a batch's threads, divided over these
    /// threads, or accumulates several batches. Statistics are merged.
    GRADUS_ONCE static void reduce(parameter_list& total, const parameter_list& grad, std::size_t part,
                                         std::size_t parts, double scale = 1);
    /// g ← min(max(g, −limit), limit) for the elements of one part. Returns their Σ g² over parameters that are not
    /// frozen, in double: the sum over all parts is ‖∇J‖². A limit of infinity clips nothing.
    GRADUS_ONCE double clip(parameter_list& grad, const parameter_list& theta, double limit, std::size_t part,
                                  std::size_t parts) const;
    /// Applies the batch statistics in the gradient to those of the parameters.
    GRADUS_ONCE static void absorb(parameter_list& theta, const parameter_list& grad);

    /// \throws data_error if there is no such path; the message lists the existing ones.
    GRADUS_ONCE void set_frozen(const parameter_list& theta, std::string_view path, bool value);

  protected:
    optimizer_core(const optimizer_core&) = default;  // protected: only derived classes are copied
    optimizer_core& operator=(const optimizer_core&) = default;
    ~optimizer_core() = default;
    GRADUS_ONCE optimizer_core(const parameter_list& theta, std::size_t n_slots);

  private:
    std::size_t slot_size_;                                  // in bytes
    std::vector<std::byte, allocator<std::byte>> memory_;   // the slots, contiguous
    std::vector<std::size_t> shapes_;                        // for each tensor its number of axes, then its sizes
    std::vector<bool> frozen_;                               // for each parameter of the list; empty: none
};

#if GRADUS_BODIES_OF(optimizers)

GRADUS_BODY optimizer_core::runs::runs(const optimizer_core& of, parameter_list& theta, const parameter_list& grad, share_of mine)
    : of_(of), theta_(theta), grad_(grad), mine_(mine) {
    require_same_shapes(theta, grad);
    of.require_own(theta);
}

GRADUS_BODY bool optimizer_core::runs::next(dtype type, run& r) {
    while (k_ < theta_.size()) {
        const std::size_t k = k_++;
        parameter_ref& p = theta_[k];
        const std::size_t at = at_, size = p.values.size(), in_slot = in_slot_;
        at_ += size, in_slot_ += slot::next(p.values.bytes());
        const auto [begin, n] = mine_.of(at, size);
        if (n == 0 || p.values.type() != type || !of_.moves(*p.place, k)) continue;
        const std::size_t skip = begin * type.size;
        r = {p.place, n, in_slot + skip, static_cast<std::byte*>(p.values.data()) + skip,
             static_cast<const std::byte*>(grad_[k].values.data()) + skip};
        return true;
    }
    k_ = at_ = in_slot_ = 0;
    return false;
}

GRADUS_BODY void optimizer_core::reduce(parameter_list& total, const parameter_list& grad, std::size_t part,
                                     std::size_t parts, double scale) {
    const share_of mine(total, part, parts);
    require_same_shapes(total, grad);
    std::size_t at = 0;
    for (std::size_t k = 0; k < total.size(); ++k) {
        parameter_ref& p = total[k];
        if (!p.is_tensor() && part == 0) p.its->merge(p.object, grad[k].object);
        const auto [begin, n] = mine.of(at, p.values.size());
        at += p.values.size();
        with_scalar(p.values.type(), [&, begin = begin, n = n]<class T>(T) {
            T* const sum = p.values.as<T>().data() + begin;
            const auto add = [s = static_cast<T>(scale)](const auto& x, const auto& y) { return x + s * y; };
            kernels::map(n, add, sum, kernels::in(sum), grad[k].values.as<T>().data() + begin);
        });
    }
}

GRADUS_BODY double optimizer_core::clip(parameter_list& grad, const parameter_list& theta, double limit, std::size_t part,
                              std::size_t parts) const {
    const share_of mine(theta, part, parts);
    require_same_shapes(theta, grad);
    std::size_t at = 0;
    double sum = 0;
    for (std::size_t k = 0; k < grad.size(); ++k) {
        const auto [begin, n] = mine.of(at, grad[k].values.size());
        at += grad[k].values.size();
        with_scalar(grad[k].values.type(), [&, begin = begin, n = n]<class T>(T) {
            T* const g = grad[k].values.as<T>().data() + begin;
            clip_values(g, n, limit);
            if (moves(*theta[k].place, k)) sum += sum_of_squares(g, n);
        });
    }
    return sum;
}

GRADUS_BODY void optimizer_core::absorb(parameter_list& theta, const parameter_list& grad) {
    for (std::size_t k = 0; k < theta.size(); ++k)
        if (!theta[k].is_tensor()) theta[k].its->absorb(theta[k].object, grad[k].object);
}

GRADUS_BODY void optimizer_core::set_frozen(const parameter_list& theta, std::string_view path, bool value) {
    bool known = false;
    std::string all;
    if (frozen_.size() < theta.size()) frozen_.resize(theta.size());
    for (std::size_t k = 0; k < theta.size(); ++k) {
        if (!theta[k].is_tensor()) continue;
        const std::string own = theta[k].path();
        all += (all.empty() ? "" : ", ") + own;
        if (!own.starts_with(path) || (own.size() > path.size() && own[path.size()] != '.')) continue;
        known = true;
        frozen_[k] = value;
    }
    if (!known)
        throw data_error(message({"optimizer: nothing to ", value ? "freeze" : "unfreeze", " at '", path,
                                  "', the network has ", all}));
}

GRADUS_BODY optimizer_core::optimizer_core(const parameter_list& theta, std::size_t n_slots)
    : slot_size_(slot::end(theta)), memory_(n_slots * slot_size_) {
    std::size_t n = 0;
    for (const parameter_ref& p : theta) n += 1 + p.values.shape().size();
    shapes_.resize(n);
    std::size_t* to = shapes_.data();
    for (const parameter_ref& p : theta) {
        *to++ = p.values.shape().size();
        for (const std::size_t size : p.values.shape()) *to++ = size;
    }
}

GRADUS_BODY void optimizer_core::require_own(const parameter_list& theta) const {
    if (memory_.empty()) return;
    std::span<const std::size_t> left(shapes_);
    for (const parameter_ref& p : theta) {
        const auto own = left.empty() ? left : left.subspan(1, left[0]);
        if (left.empty() || !same_shape(own, p.values.shape())) refuse_other_shape(p, own);
        left = left.subspan(1 + own.size());
    }
    if (!left.empty())
        throw shape_error("optimizer", {"keeps more parameters than the ", theta.size(), " of this network: it belongs to another one"});
}

GRADUS_BODY void slot::each(const parameter_list& theta, function_ref<void(const entry&, tensor_ref)> f) const {
    std::size_t at = 0;
    for (const parameter_ref& p : theta) {
        if (p.is_tensor()) f(*p.place, p.values.over(begin_ + at));
        at += next(p.values.bytes());
    }
}

#endif

}  // namespace gradus
