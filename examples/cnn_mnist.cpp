// Handwritten digits seen as images: the documents' convolutional network, 99 %, and with --recipe best one of our own.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <gradus.hpp>
#include <gradus/data/mnist.hpp>
#include <gradus/plot/images.hpp>
#include <string>
#include <utility>

#include "digits.hpp"
#include "options.hpp"

namespace gr = gradus;

using images = gr::tensor<float, 4>;  // (N, H, W, C)

/// The document's network. A 3 × 3 window that stays inside the image loses a pixel on each side; what does not fill a
/// 2 × 2 window of the pooling is dropped. The softmax is in the loss, where it and the logarithm cancel (see mlp_mnist).
auto document_network() {
    return gr::sequential(gr::named("first", gr::conv2d(1, 32, 3, gr::relu{})),    // (28, 28, 1) → (26, 26, 32)
                          gr::max_pool2d(2),                                       // → (13, 13, 32)
                          gr::named("second", gr::conv2d(32, 64, 3, gr::relu{})),  // → (11, 11, 64)
                          gr::max_pool2d(2),                                       // → (5, 5, 64)
                          gr::flatten{},                                           // → (1600)
                          gr::dense(1600, 64, gr::relu{}), gr::dense(64, 10));     // z, logits
}

/// A convolution of ours: normalized before its relu.
auto convolution(std::size_t in, std::size_t out, gr::padding2d padding = gr::valid) {
    return gr::sequential(gr::conv2d(in, out, 3, gr::identity{}, {.padding = padding}, gr::he_normal{}),
                          gr::batch_norm(out), gr::relu{});
}

/// Ours. The images move, and dropout drops, in training alone.
auto best_network() {
    return gr::sequential(
        gr::random_affine{.height = 28, .width = 28, .shift = 2, .rotation = 12, .zoom = 0.1, .shear = 6},
        gr::named("first", convolution(1, 32)),                           // → (26, 26, 32)
        convolution(32, 32), gr::max_pool2d(2), gr::dropout{0.1},         // → (12, 12, 32)
        gr::named("second", convolution(32, 64)),                         // → (10, 10, 64)
        convolution(64, 64), gr::max_pool2d(2), gr::dropout{0.2},         // → (4, 4, 64)
        convolution(64, 128, gr::same), gr::flatten{}, gr::dropout{0.3},  // → (2048)
        gr::dense(2048, 128, gr::relu{}, gr::he_normal{}), gr::dropout{0.3}, gr::dense(128, 10));
}

/// Channels last, each channel an image of its own: of W (H, W, 1, O) a filter each, of y (1, H, W, C) a map each.
gr::tensor<float, 3> channels(const images& v, std::size_t height, std::size_t width) {
    const std::size_t count = v.shape()[3];
    gr::tensor<float, 3> out({count, height, width});
    for (std::size_t c = 0; c < count; ++c)
        for (std::size_t i = 0; i < height * width; ++i) out.data()[c * height * width + i] = v.data()[i * count + c];
    return out;
}

/// What a layer has made of a digit: where each of its filters has found what it looks for, bright.
void picture_maps(const example::problem<images>& of, const images& y, const std::string& title, const char* name) {
    const double most = *std::max_element(y.begin(), y.end());
    gr::plot::images(channels(y, y.shape()[1], y.shape()[2]), {.title = title, .columns = 8, .low = 0, .high = most})
        .save(of.picture(name));
}

/// Pictures of what a network has learnt; `path` is that of its first filters.
template <class Net>
void picture_inside(const example::problem<images>& of, const Net& net, const char* path) {
    const auto& W = gr::parameter<images>(net, path);
    double most = 0;
    for (float w : gr::flat(W)) most = std::max(most, std::abs(static_cast<double>(w)));
    gr::plot::images(channels(W, W.shape()[0], W.shape()[1]),
                     {.title = "Filters of the first layer: white for ink, black against it",
                      .columns = 8,
                      .low = -most,
                      .high = most})
        .save(of.picture("filters"));

    const auto digit = example::first(of.held_out, 1);
    const std::string name = std::to_string(digit.y(0));
    gr::pass pass(net, digit.x);
    pass.training = false;
    pass.every_output = true;  // else a convolution goes straight into its pooling, and leaves nothing to look at
    (void)net.forward(digit.x, pass);
    picture_maps(of, gr::layer_output(net, pass, "first"), "What the first convolution makes of a " + name,
                 "maps_first");
    picture_maps(of, gr::layer_output(net, pass, "second"), "What the second makes of it", "maps_second");
}

int main(int argc, char** argv) try {
    example::options o;
    o.epochs = 10, o.batch_size = 32, o.learning_rate = 0.001;
    std::size_t hold_out = 0, part = 0;
    std::string recipe = "document";
    o.parse(argc, argv, "Handwritten digits, by a convolutional network.",
            {{"--hold-out", hold_out, 0, 50000, "How many training images judge in place of the test set; 0: none"},
             {"--part", part, 0, 60000, "How many training images to learn from; 0: all"}},
            {},
            {{"--recipe",
              recipe,
              {"document", "bytes", "best"},
              "The documents' network; the same fed with 0 to 255; or our own: then 12 epochs of batches of 64, α up "
              "to 0.004"}});
    if (recipe == "best") {
        if (!o.given("--epochs")) o.epochs = 12;
        if (!o.given("--batch-size")) o.batch_size = 64;
        if (!o.given("--learning-rate")) o.learning_rate = 0.004;
    }

    // x (N, 28, 28, 1) in [0, 1]: the bytes / 255; y (N): the digit
    auto digits = gr::data::mnist({.folder = o.data});
    example::problem<images> of{o,
                                "cnn_mnist",
                                recipe,
                                digits.source,
                                gr::data::as_images(std::move(digits.train)),
                                gr::data::as_images(std::move(digits.test))};
    of.hold_out(hold_out);
    if (part > 0) of.train = example::first(of.train, part);
    if (recipe == "bytes") of.train.x *= 255.f, of.held_out.x *= 255.f;
    of.say_sizes();

    gr::seed(o.seed);
    if (recipe == "best") {
        const std::size_t steps = o.epochs * ((of.train.size() - 1) / o.batch_size + 1);
        const gr::schedule::one_cycle rate{.learning_rate = o.learning_rate, .steps = steps};
        picture_inside(of, example::learn(of, best_network(), gr::adam{}, gr::scheduled(rate)), "first.0.W");
    } else {
        const gr::adam adam{.learning_rate = o.learning_rate, .epsilon = 1e-7};
        picture_inside(of, example::learn(of, document_network(), adam), "first.W");
    }
} catch (const gr::error& e) {
    std::fprintf(stderr, "cnn_mnist: %s\n", e.what());
    return 1;
}
