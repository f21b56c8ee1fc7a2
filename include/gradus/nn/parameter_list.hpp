#pragma once
/// \file
/// The parameters of a network as a list, for all code that is not a formula. Compiled once for all networks.
///
/// ```cpp
/// gr::parameter_list theta(net);
/// for (gr::parameter_ref& p : theta) std::cout << p.path() << shape_text(p.values.shape()) << '\n';
/// ```
/// A list is built on the stack where it is needed and never stored, because the network may move.

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "gradus/base/compiled.hpp"
#include "gradus/base/error.hpp"
#include "gradus/base/function_ref.hpp"
#include "gradus/nn/checks.hpp"
#include "gradus/nn/entry.hpp"
#include "gradus/nn/parameters.hpp"
#include "gradus/tensor/tensor_ref.hpp"

namespace gradus {

/// The operations of batch statistics, for any type of them.
struct statistics_functions {
    void (*clear)(void* s);
    void (*merge)(void* s, const void* other);                  ///< adds those of another shard
    void (*absorb)(void* s, const void* seen);                  ///< applies those of a step
    void (*copy)(void* s, const void* other);
    void (*swap)(void* s, void* other);
    void (*each)(void* s, function_ref<void(const entry&, tensor_ref)> f);  ///< its tensors, as they are saved
};
template <statistics S>
inline constexpr statistics_functions statistics_functions_of{
    [](void* s) { static_cast<S*>(s)->clear(); },
    [](void* s, const void* other) { static_cast<S*>(s)->merge(*static_cast<const S*>(other)); },
    [](void* s, const void* seen) { static_cast<S*>(s)->absorb(*static_cast<const S*>(seen)); },
    [](void* s, const void* other) { *static_cast<S*>(s) = *static_cast<const S*>(other); },
    [](void* s, void* other) { std::swap(*static_cast<S*>(s), *static_cast<S*>(other)); },
    [](void* s, function_ref<void(const entry&, tensor_ref)> f) {
        S::each([&](const entry& e, auto& t) { f(e, tensor_ref(t)); }, *static_cast<S*>(s));
    }};

/// One parameter of a network: a tensor, or batch statistics. Valid as long as its list.
struct parameter_ref {
    const entry* place = nullptr;                 ///< path, whether it is trainable, whether weight decay applies
    tensor_ref values;                            ///< the elements of a tensor
    void* object = nullptr;                       ///< statistics, never changed by an optimizer; null for a tensor
    const statistics_functions* its = nullptr;    ///< the operations of the statistics

    [[nodiscard]] bool is_tensor() const { return object == nullptr; }
    [[nodiscard]] std::string path() const { return place->path(); }
};

/// The parameters of a network, of a layer, or of a struct of parameters such as gradients, in the order in which
/// `each` names them. No allocation for up to 256 parameters.
class parameter_list {
  public:
    parameter_list() = default;
    template <class P>
    explicit parameter_list(const P& of) {
        add_all(nullptr, of);
    }
    parameter_list(const parameter_list&) = delete;
    parameter_list& operator=(const parameter_list&) = delete;
    ~parameter_list() {
        if (places_ == most_places || capacity_ != most) free_more();
    }

    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] parameter_ref* begin() { return first_; }
    [[nodiscard]] parameter_ref* end() { return first_ + size_; }
    [[nodiscard]] const parameter_ref* begin() const { return first_; }
    [[nodiscard]] const parameter_ref* end() const { return first_ + size_; }
    [[nodiscard]] parameter_ref& operator[](std::size_t i) { return first_[i]; }
    [[nodiscard]] const parameter_ref& operator[](std::size_t i) const { return first_[i]; }

    /// Adds the parameters of `of` below `above`: by its own `list_into` if it has one, else all that `each` names.
    template <class P>
    [[gnu::noinline]] void add_all(const entry* above, const P& of) {
        if constexpr (requires { of.list_into(*this, above); }) {
            of.list_into(*this, above);
        } else {
            using parameters = typename walk::parameters_type<P>::type;
            parameters::each(collector{*this, above}, walk::theta(of));
        }
    }

  private:
    struct collector {
        parameter_list& list;
        const entry* above;

        template <class P>
        void operator()(const entry& step, const P& p) const {
            if constexpr (any_tensor<P>) {
                static_assert(std::is_same_v<scalar_of<P>, float> || std::is_same_v<scalar_of<P>, double>,
                              "gradus: parameters are tensors of float or double");
                list.add(step, above, tensor_ref(p), nullptr, nullptr);
            } else if constexpr (statistics<P>) {
                list.add(step, above, {}, const_cast<P*>(&p), &statistics_functions_of<P>);
            } else {
                list.add_all(list.place(step, above), p);
            }
        }
    };

    // Inlined, except for the case of a full stack buffer: each step of a small network builds two lists.

    /// The entry below `above`, stored as long as the list lives.
    [[gnu::always_inline]] const entry* place(const entry& step, const entry* above) {
        entry& e = places_ < most_places ? place_room()[places_++] : more_places();
        e = step.below(above);
        return &e;
    }
    [[gnu::always_inline]] void add(const entry& step, const entry* above, const tensor_ref& values, void* object,
                                    const statistics_functions* its) {
        const entry* const e = place(step, above);
        if (size_ == capacity_) grow();
        parameter_ref& p = first_[size_++];
        p.place = e, p.values = values, p.object = object, p.its = its;
    }

    // For entries that do not fit on the stack.
    struct further_place {
        entry place;
        further_place* next;
    };
    GRADUS_ONCE entry& more_places();
    GRADUS_ONCE void grow();
    GRADUS_ONCE void free_more();
    entry* place_room() { return reinterpret_cast<entry*>(place_room_); }

    static constexpr std::size_t most = 256, most_places = 384;
    static_assert(std::is_trivially_destructible_v<entry> && std::is_trivially_destructible_v<parameter_ref>);

    parameter_ref* first_ = reinterpret_cast<parameter_ref*>(room_);
    std::size_t size_ = 0, capacity_ = most, places_ = 0;
    further_place* further_places_ = nullptr;
    alignas(parameter_ref) std::byte room_[most * sizeof(parameter_ref)];
    alignas(entry) std::byte place_room_[most_places * sizeof(entry)];
};

/// f(place, tensor) for each tensor of a network that is saved to a file: parameters, and the tensors of statistics.
GRADUS_ONCE void each_tensor(parameter_list& theta, function_ref<void(const entry&, tensor_ref)> f);

/// f(T()) with T the element type of the tensor, float or double.
template <class F>
decltype(auto) with_scalar(dtype type, F&& f) {
    return type == dtype_of<double> ? f(double()) : f(float());
}

/// The number of elements of all parameters.
GRADUS_ONCE [[nodiscard]] std::size_t count(const parameter_list& theta);
template <class Net>
[[nodiscard]] std::size_t count(const Net& net) {
    return count(parameter_list(net));
}

/// Two networks of one type may differ in size; gradients or an optimizer of one must not be used with the other.
GRADUS_ONCE [[noreturn]] void refuse_other_shape(const parameter_ref& theta, std::span<const std::size_t> other);
/// \throws shape_error with the first parameter whose shape differs between the lists.
GRADUS_ONCE void require_same_shapes(const parameter_list& theta, const parameter_list& other);

namespace detail {
/// θ ← θ' of a network of the same type, including statistics.
/// \throws shape_error with the first parameter whose shape differs.
GRADUS_ONCE void assign(parameter_list&& to, const parameter_list& from);
}  // namespace detail

#if GRADUS_BODIES_OF(nn)

GRADUS_BODY void detail::assign(parameter_list&& to, const parameter_list& from) {
    require_same_shapes(to, from);
    for (std::size_t k = 0; k < to.size(); ++k) {
        if (!to[k].is_tensor()) to[k].its->copy(to[k].object, from[k].object);
        if (to[k].values.size() != 0) std::memcpy(to[k].values.data(), from[k].values.data(), from[k].values.bytes());
    }
}

GRADUS_BODY entry& parameter_list::more_places() {
    further_places_ = new further_place{"", further_places_};
    return further_places_->place;
}

GRADUS_BODY void parameter_list::grow() {
    auto* const bigger = new parameter_ref[2 * capacity_];
    std::copy_n(first_, size_, bigger);
    if (capacity_ != most) delete[] first_;
    first_ = bigger;
    capacity_ *= 2;
}

GRADUS_BODY void parameter_list::free_more() {
    if (capacity_ != most) delete[] first_;
    while (further_places_ != nullptr) delete std::exchange(further_places_, further_places_->next);
}

GRADUS_BODY void each_tensor(parameter_list& theta, function_ref<void(const entry&, tensor_ref)> f) {
    for (parameter_ref& p : theta) {
        if (p.is_tensor())
            f(*p.place, p.values);
        else
            p.its->each(p.object, [&](const entry& inner, tensor_ref t) { f(inner.below(p.place), t); });
    }
}

GRADUS_BODY std::size_t count(const parameter_list& theta) {
    std::size_t n = 0;
    for (const parameter_ref& p : theta) n += p.values.size();
    return n;
}

GRADUS_BODY [[noreturn]] void refuse_other_shape(const parameter_ref& theta, std::span<const std::size_t> other) {
    throw shape_error("parameters", {theta.path(), " is ", shape_text(theta.values.shape()), " here and ", shape_text(other),
                                     " there: gradients and optimizers belong to one network"});
}

GRADUS_BODY void require_same_shapes(const parameter_list& theta, const parameter_list& other) {
    for (std::size_t k = 0; k < theta.size(); ++k) {
        const auto there = k < other.size() ? other[k].values.shape() : std::span<const std::size_t>();
        if (!same_shape(theta[k].values.shape(), there)) refuse_other_shape(theta[k], there);
    }
    if (theta.size() < other.size()) refuse_other_shape(other[theta.size()], {});
}

#endif

}  // namespace gradus
