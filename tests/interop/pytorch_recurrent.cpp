#include "gradus/interop/pytorch_recurrent.hpp"

#include <doctest/doctest.h>

#include <tuple>

#include "gradus/layers/recurrent/bidirectional.hpp"
#include "gradus/layers/recurrent/gru.hpp"
#include "gradus/layers/recurrent/lstm.hpp"
#include "gradus/layers/recurrent/rnn.hpp"
#include "gradus/models/sequential.hpp"
#include "gradus/nn/pass.hpp"

#include "../support/close.hpp"
#include "../support/draw.hpp"
#include "../support/fixture.hpp"
#include "../support/message.hpp"

namespace gr = gradus;
namespace from = gr::from_pytorch;
namespace to = gr::to_pytorch;
using support::draw;
using support::message_of;
using matrix = gr::tensor<float, 2>;
using row = gr::tensor<float, 1>;
using weights = gr::io::pytorch::recurrent_weights<float>;

namespace {

/// D = 3, H = 2, G gates.
weights drawn(std::size_t G) {
    return {draw<matrix>({2 * G, 3}, 1), draw<matrix>({2 * G, 2}, 2), draw<row>({2 * G}, 3), draw<row>({2 * G}, 4)};
}

}  // namespace

TEST_CASE("pytorch.recurrent: by hand") {
    auto rnn = gr::rnn(3, 2);
    from::recurrent(rnn, weights{{{1, 2, 3}, {4, 5, 6}}, {{7, 8}, {9, 10}}, {1, 2}, {10, 20}});
    CHECK(rnn.theta.W == matrix{{1, 4}, {2, 5}, {3, 6}});
    CHECK(rnn.theta.U == matrix{{7, 9}, {8, 10}});
    CHECK(rnn.theta.b == row{11, 22});

    auto lstm = gr::lstm(1, 1);  // rows i f g o
    from::recurrent(lstm, weights{{{1}, {2}, {3}, {4}}, {{5}, {6}, {7}, {8}}, {1, 2, 3, 4}, {10, 20, 30, 40}});
    CHECK(lstm.theta.W == matrix{{1, 2, 3, 4}});
    CHECK(lstm.theta.U == matrix{{5, 6, 7, 8}});
    CHECK(lstm.theta.b == row{11, 22, 33, 44});

    auto gru = gr::gru(1, 1);  // rows r z n
    from::recurrent(gru, weights{{{1}, {2}, {3}}, {{5}, {6}, {7}}, {1, 2, 3}, {10, 20, 30}});
    CHECK(gru.theta.W == matrix{{1, 2, 3}});
    CHECK(gru.theta.U == matrix{{5, 6, 7}});
    CHECK(gru.theta.b == row{11, 22, 3});  // n has two
    CHECK(gru.theta.b_q == row{30});

    from::recurrent(gru, weights{{{1}, {2}, {3}}, {{5}, {6}, {7}}});  // bias=False
    CHECK(gru.theta.b == row{0, 0, 0});
    CHECK(gru.theta.b_q == row{0});
}

TEST_CASE("pytorch.recurrent: and back") {
    const auto there_and_back = [](auto layer, const weights& given) {
        from::recurrent(layer, given);
        const auto back = to::recurrent(layer);
        CHECK(back.weight_ih == given.weight_ih);
        CHECK(back.weight_hh == given.weight_hh);
        const std::size_t H = 2;
        for (std::size_t k = 0; k < given.bias_ih.size(); ++k) {
            const bool apart = requires { layer.theta.b_q; } && k >= 2 * H;
            CHECK(back.bias_ih(k) == given.bias_ih(k) + (apart ? 0 : given.bias_hh(k)));
            CHECK(back.bias_hh(k) == (apart ? given.bias_hh(k) : 0));
        }
        auto again = layer;
        again.initialize(9);
        from::recurrent(again, back);
        gr::each([](const gr::entry&, const auto& a, const auto& b) { CHECK(a == b); }, layer, again);
    };
    there_and_back(gr::rnn(3, 2), drawn(1));
    there_and_back(gr::lstm(3, 2), drawn(4));
    there_and_back(gr::gru(3, 2), drawn(3));
}

TEST_CASE("pytorch.recurrent: a stack in two directions from a file of its state_dict gives PyTorch's y") {
    using cube = gr::tensor<double, 3>;
    const gr::io::npz_reader file(support::fixture("pytorch/recurrent.npz"));
    const auto check = [&](const std::string& name, auto net) {
        CAPTURE(name);
        from::recurrent(net.template layer<0>(), file, name + ".");
        from::recurrent(net.template layer<1>(), file, name + ".", "l1");
        const auto x = file[name + ".x"].to<cube>(), h = file[name + ".h"].to<cube>();
        const auto mask = file[name + ".mask"].to<gr::tensor<double, 2>>();
        gr::pass pass(net);
        gr::reshape(pass.mask, mask.shape());
        std::copy(mask.begin(), mask.end(), pass.mask.begin());
        std::size_t place = 0;
        const auto begin = [&](auto& cache) {
            const auto state = [&](const cube& all) {
                gr::tensor<double, 2> s({all.shape()[1], all.shape()[2]});
                std::copy_n(&all(place, 0, 0), s.size(), s.data());
                return s;
            };
            cache.initial.h = state(h);
            if constexpr (requires { cache.initial.c; }) cache.initial.c = state(file[name + ".c"].template to<cube>());
            ++place;
        };
        auto& [first, second] = pass.cache.layers;
        begin(first.forwards), begin(first.backwards), begin(second.forwards), begin(second.backwards);
        auto y = net.forward(x, pass);
        for (std::size_t i = 0; i < y.size(); ++i)
            y.data()[i] *= mask.data()[i / gr::features(y)];  // PyTorch says 0 where there is no data
        CHECK(support::difference(y, file[name + ".y"].to<cube>()) <= support::tolerance<double>());
    };
    check("rnn.deep", gr::sequential(gr::bidirectional(gr::rnn<double>(2, 3)), gr::bidirectional(gr::rnn<double>(6, 3))));
    check("lstm.deep", gr::sequential(gr::bidirectional(gr::lstm<double>(2, 3)), gr::bidirectional(gr::lstm<double>(6, 3))));
    check("gru.deep", gr::sequential(gr::bidirectional(gr::gru<double>(2, 3)), gr::bidirectional(gr::gru<double>(6, 3))));
}

TEST_CASE("pytorch.recurrent: weights of another layer name themselves, and change nothing") {
    auto gru = gr::gru(3, 2);
    const auto kept = gru.theta.W;
    CHECK(message_of([&] { from::recurrent(gru, drawn(4)); }) ==
          "pytorch: weight_ih of (8, 3) is not gru's, which takes (6, 3)");
    auto other = drawn(3);
    other.weight_hh = matrix({6, 3}, 0.f);
    CHECK(message_of([&] { from::recurrent(gru, other); }) ==
          "pytorch: weight_hh of (6, 3) is not gru's, which takes (6, 2)");
    other = drawn(3), other.bias_hh = row({2}, 0.f);
    CHECK(message_of([&] { from::recurrent(gru, other); }) == "pytorch: bias_hh of (2) is not gru's, which takes (6)");
    CHECK(gru.theta.W == kept);
    auto lstm = gr::lstm<double>(3, 5);
    const gr::io::npz_reader file(support::fixture("pytorch/recurrent.npz"));
    const auto said = message_of([&] { from::recurrent(lstm, file, "no.", ""); });
    CHECK(said.starts_with(support::fixture("pytorch/recurrent.npz") + ": no array 'no.weight_ih', it has "));
}
