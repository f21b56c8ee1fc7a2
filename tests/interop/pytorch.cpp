#include "gradus/interop/pytorch.hpp"

#include <doctest/doctest.h>

#include <xtensor/xmanipulation.hpp>
#include <xtensor/xmath.hpp>

#include "../support/draw.hpp"
#include "../support/message.hpp"

namespace gr = gradus;
namespace from = gr::from_pytorch;
namespace to = gr::to_pytorch;
template <std::size_t N>
using tensor = gr::tensor<float, N>;

TEST_CASE("pytorch.images: by hand") {
    const tensor<3> sequence{{{1, 2, 3}, {4, 5, 6}}};  // two channels, three steps
    CHECK(from::images(sequence) == tensor<3>{{{1, 4}, {2, 5}, {3, 6}}});
    const tensor<4> image{{{{1, 2}}, {{3, 4}}, {{5, 6}}}};  // red, green and blue of two pixels
    CHECK(from::images(image) == tensor<4>{{{{1, 3, 5}, {2, 4, 6}}}});
    CHECK(to::images(from::images(image)) == image);
    CHECK(from::images(gr::tensor<std::uint8_t, 4>({0, 3, 5, 7})).shape() == std::array<std::size_t, 4>{0, 5, 7, 3});
}

TEST_CASE("pytorch.weights: by hand") {
    CHECK(from::weights(tensor<2>{{1, 2, 3}, {4, 5, 6}}) == tensor<2>{{1, 4}, {2, 5}, {3, 6}});
    // Two outputs of one input each, two taps: (O, I, K) → (K, I, O).
    CHECK(from::weights(tensor<3>{{{1, 2}}, {{3, 4}}}) == tensor<3>{{{1, 3}}, {{2, 4}}});
    // (2, 1, 1, 3) → (1, 3, 1, 2)
    CHECK(from::weights(tensor<4>{{{{1, 2, 3}}}, {{{4, 5, 6}}}}) == tensor<4>{{{{1, 4}}, {{2, 5}}, {{3, 6}}}});
}

TEST_CASE("pytorch.flattened: by hand") {
    // An image of two channels and two pixels: PyTorch flattens c₀h₀ c₀h₁ c₁h₀ c₁h₁, gradus h₀c₀ h₀c₁ h₁c₀ h₁c₁.
    CHECK(from::weights(tensor<2>{{1, 2, 3, 4}}, {2, 2, 1}) == tensor<2>{{1}, {3}, {2}, {4}});
    CHECK(from::weights(tensor<2>{{1, 2, 3, 4, 5, 6}, {7, 8, 9, 10, 11, 12}}, {3, 2}) ==
          tensor<2>{{1, 7}, {3, 9}, {5, 11}, {2, 8}, {4, 10}, {6, 12}});
    CHECK(to::weights(tensor<2>{{1}, {3}, {2}, {4}}, {2, 2, 1}) == tensor<2>{{1, 2, 3, 4}});
}

TEST_CASE("pytorch.images, pytorch.weights, pytorch.flattened: as xtensor transposes, and back") {
    const auto x = support::draw<gr::tensor<double, 4>>({3, 4, 5, 6}, 1);
    CHECK(from::images(x) == xt::transpose(x, {0, 2, 3, 1}));
    CHECK(from::weights(x) == xt::transpose(x, {2, 3, 1, 0}));
    CHECK(to::images(x) == xt::transpose(x, {0, 3, 1, 2}));
    CHECK(to::weights(x) == xt::transpose(x, {3, 2, 0, 1}));
    const auto volume = support::draw<gr::tensor<double, 5>>({2, 3, 4, 5, 6}, 2);
    CHECK(from::images(volume) == xt::transpose(volume, {0, 2, 3, 4, 1}));
    CHECK(to::images(from::images(volume)) == volume);
    CHECK(from::weights(volume) == xt::transpose(volume, {2, 3, 4, 1, 0}));
    CHECK(to::weights(from::weights(volume)) == volume);

    const auto weight = support::draw<gr::tensor<double, 2>>({3, 4 * 5 * 6}, 3);
    gr::tensor<double, 4> whole({3, 4, 5, 6});
    std::copy(weight.begin(), weight.end(), whole.begin());
    const gr::tensor<double, 4> turned = xt::transpose(whole, {2, 3, 1, 0});
    const auto W = from::weights(weight, {4, 5, 6});
    CHECK(W.shape() == std::array<std::size_t, 2>{4 * 5 * 6, 3});
    CHECK(std::equal(W.begin(), W.end(), turned.begin()));
    CHECK(to::weights(W, {4, 5, 6}) == weight);
}

TEST_CASE("pytorch.flattened: a sample of other features is an error") {
    const tensor<2> weight({10, 120}, 0);
    CHECK(support::message_of([&] { (void)from::weights(weight, {8, 4, 4}); }) ==
          "pytorch: a flattened sample of (8, 4, 4) has 128 features, a weight of (10, 120) takes 120");
    CHECK(support::message_of([&] { (void)to::weights(weight, {8, 4}); }) ==
          "pytorch: a flattened sample of (8, 4) has 32 features, a weight of (10, 120) takes 10");
}
