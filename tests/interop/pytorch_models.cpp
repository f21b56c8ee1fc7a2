// Models as PyTorch's users write them, taken over: the same outputs and the same gradients.
#include <doctest/doctest.h>

#include "gradus/activations/relu.hpp"
#include "gradus/activations/tanh.hpp"
#include "gradus/interop/pytorch.hpp"
#include "gradus/layers/convolution/conv_transpose2d.hpp"
#include "gradus/layers/convolution/convolution.hpp"
#include "gradus/layers/dense.hpp"
#include "gradus/layers/normalization/batch_norm.hpp"
#include "gradus/layers/pooling/max_pool2d.hpp"
#include "gradus/layers/reshape.hpp"
#include "gradus/losses/cross_entropy.hpp"
#include "gradus/models/sequential.hpp"
#include "gradus/nn/pass.hpp"
#include "gradus/nn/paths.hpp"
#include "gradus/training/evaluate.hpp"
#include "../support/close.hpp"
#include "../support/fixture.hpp"

namespace gr = gradus;
namespace from = gr::from_pytorch;
namespace to = gr::to_pytorch;
using support::difference;
using support::pytorch;
using support::tolerance;

namespace {

/// θ of one layer, and what PyTorch has of it: `conv1d.0.weight`, `conv1d.d0.weight`.
template <std::size_t N>
struct check_layer {
    using matrix = gr::tensor<double, N>;
    using row = gr::tensor<double, 1>;
    std::string path, model, name;

    template <class Net, class... Sample>
    void load(Net& net, const Sample&... sample) const {
        gr::set_parameter(net, path + ".W", from::weights(pytorch<matrix>(model + "." + name + ".weight"), sample...));
        gr::set_parameter(net, path + ".b", pytorch<row>(model + "." + name + ".bias"));
    }
    /// Gradients, taken back to PyTorch's layout.
    template <class Gradients, class... Sample>
    void gradients(const Gradients& grad, const Sample&... sample) const {
        CAPTURE(path);
        const auto dW = to::weights(gr::parameter<matrix>(grad.values, path + ".W"), sample...);
        CHECK(difference(dW, pytorch<matrix>(model + ".d" + name + ".weight")) <= tolerance<double>());
        CHECK(difference(gr::parameter<row>(grad.values, path + ".b"), pytorch<row>(model + ".d" + name + ".bias")) <=
              tolerance<double>());
    }
};

/// What came of a model: images of the fixture, in our layout.
template <class X>
X images_of(const std::string& name) {
    return from::images(pytorch<X>("conversion/" + name));
}

constexpr std::size_t sample_of_cnn[] = {8, 2, 2}, sample_of_conv1d[] = {6, 5};

}  // namespace

TEST_CASE("pytorch.images, pytorch.weights, pytorch.flattened: a classifier of images gives PyTorch's loss and gradients") {
    using images = gr::tensor<double, 4>;
    auto net = gr::sequential(gr::conv2d<double>(3, 6, 3, gr::relu{}, {.padding = 1}), gr::max_pool2d(2),
                              gr::conv2d<double>(6, 8, 3, gr::tanh{}, {.groups = 2}), gr::flatten{},
                              gr::dense<double>(32, 5));
    const check_layer<4> first{"0", "conversion/cnn", "0"}, second{"2", "conversion/cnn", "3"};
    const check_layer<2> last{"4", "conversion/cnn", "6"};
    first.load(net), second.load(net), last.load(net, sample_of_cnn);

    const auto x = images_of<images>("cnn.x");
    const auto labels = support::stored("conversion/cnn.labels").to<gr::tensor<std::int32_t, 1>>();
    gr::pass pass(net, x);
    pass.input_gradient = true;
    gr::gradients grad(net);
    const gr::cross_entropy J;
    const auto logits = net.forward(x, pass);
    CHECK(difference(logits, pytorch<gr::tensor<double, 2>>("conversion/cnn.y")) <= tolerance<double>());
    CHECK(difference(J.value(logits, labels), support::pytorch_number("conversion/cnn.J")) <= tolerance<double>());
    const auto dx = net.backward(x, J.gradient(logits, labels), pass, grad);
    CHECK(difference(dx, images_of<images>("cnn.dx")) <= tolerance<double>());
    first.gradients(grad), second.gradients(grad), last.gradients(grad, sample_of_cnn);
}

TEST_CASE("pytorch.images, pytorch.weights, pytorch.flattened: a network of sequences gives PyTorch's y and gradients") {
    auto net = gr::sequential(gr::conv1d<double>(3, 6, 3, gr::tanh{}, {.stride = 2}), gr::flatten{},
                              gr::dense<double>(30, 2));
    const check_layer<3> first{"0", "conversion/conv1d", "0"};
    const check_layer<2> last{"2", "conversion/conv1d", "3"};
    first.load(net), last.load(net, sample_of_conv1d);

    using sequences = gr::tensor<double, 3>;
    const auto x = images_of<sequences>("conv1d.x");
    gr::pass pass(net, x);
    pass.input_gradient = true;
    gr::gradients grad(net);
    const auto y = net.forward(x, pass);
    CHECK(difference(y, pytorch<gr::tensor<double, 2>>("conversion/conv1d.y")) <= tolerance<double>());
    const auto dx = net.backward(x, pytorch<gr::tensor<double, 2>>("conversion/conv1d.dy"), pass, grad);
    CHECK(difference(dx, images_of<sequences>("conv1d.dx")) <= tolerance<double>());
    first.gradients(grad), last.gradients(grad, sample_of_conv1d);
}

TEST_CASE("pytorch.images, pytorch.weights: channels each by itself, and transposed convolution") {
    const auto check = [](const std::string& model, auto layer) {
        CAPTURE(model);
        auto net = gr::sequential(std::move(layer));
        const check_layer<4> only{"0", "conversion/" + model, "0"};
        only.load(net);
        using images = gr::tensor<double, 4>;
        const auto x = images_of<images>(model + ".x");
        gr::pass pass(net, x);
        pass.input_gradient = true;
        gr::gradients grad(net);
        const auto y = net.forward(x, pass);
        CHECK(difference(y, images_of<images>(model + ".y")) <= tolerance<double>());
        const auto dx = net.backward(x, images_of<images>(model + ".dy"), pass, grad);
        CHECK(difference(dx, images_of<images>(model + ".dx")) <= tolerance<double>());
        only.gradients(grad);
    };
    check("depthwise", gr::conv2d<double>(3, 6, 3, gr::identity{}, {.groups = 3}));
    check("transposed", gr::conv_transpose2d<double>(4, 3, 3, gr::identity{}, {.stride = 2}));
}

TEST_CASE("pytorch.images, pytorch.weights: a batch normalization with what it has learnt") {
    using images = gr::tensor<double, 4>;
    auto net = gr::sequential(gr::conv2d<double>(3, 4, 3), gr::batch_norm<double>(4));
    check_layer<4>{"0", "conversion/normalized", "0"}.load(net);
    const auto row = [](const std::string& what) {
        return pytorch<gr::tensor<double, 1>>("conversion/normalized.1." + what);
    };
    auto& theta = net.layer<1>().theta;
    theta.gamma = row("weight"), theta.beta = row("bias");
    theta.running.mean = row("running_mean"), theta.running.variance = row("running_var");
    CHECK(difference(gr::predict(net, images_of<images>("normalized.x")), images_of<images>("normalized.y")) <=
          tolerance<double>());
}
