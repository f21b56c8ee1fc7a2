#pragma once
/// \file
/// The network whose files are read.

#include <algorithm>

#include "gradus/activations/sigmoid.hpp"
#include "gradus/layers/dense.hpp"
#include "gradus/models/sequential.hpp"

namespace fuzz {

inline auto network() {
    return gradus::sequential(gradus::dense(2, 3, gradus::sigmoid{}), gradus::dense(3, 1));
}

template <class P>
bool same(const P& a, const P& b) {
    bool equal = true;
    gradus::each(
        [&](const gradus::entry&, const auto& p, const auto& q) {
            equal = equal && p.shape() == q.shape() && std::ranges::equal(gradus::flat(p), gradus::flat(q));
        },
        a, b);
    return equal;
}

}  // namespace fuzz
