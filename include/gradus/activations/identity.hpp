#pragma once
#include "gradus/activations/activation.hpp"

namespace gradus {

/// f(z) = z,   f'(z) = 1.                                                                [identity] [identity.backward]
/// Source: documents/000, 4.1, whose output layer is linear although the article announces a binary classification;
/// Keras's `linear`, its default.
struct identity : activation_layer<identity> {
    static constexpr std::string_view name = "identity";
    static constexpr std::string_view formula = "z";
    static constexpr reads backward_reads = reads::y;
    static constexpr bool rises = true;

    template <class Z>
    static auto value(const Z& z) {
        return z;
    }
    template <class Y>
    static auto derivative(const Y& y) {
        return 0 * y + 1;
    }
};

}  // namespace gradus
