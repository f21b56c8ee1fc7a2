// A small residual network on the handwritten digits.
#include <gradus.hpp>
#include <gradus/data/memory.hpp>
#include <gradus/data/mnist.hpp>
#include <gradus/io/checkpoint.hpp>
#include <gradus/io/csv_log.hpp>
#include <gradus/plot/confusion.hpp>

#include <cstdio>
#include <exception>
#include <iostream>
namespace gr = gradus;

/// Convolution and batch normalization; b is in β.
auto convolution(std::size_t in, std::size_t out, std::size_t kernel, std::size_t stride) {
    return gr::sequential(gr::conv2d(in, out, kernel, {.stride = stride, .padding = gr::same}, gr::he_normal{}),
                          gr::batch_norm(out));
}

/// y = relu(x + f(x)), and relu(s(x) + f(x)) where the size changes.
auto block(std::size_t channels) {
    return gr::sequential(gr::residual(gr::sequential(convolution(channels, channels, 3, 1), gr::relu{},
                                                      convolution(channels, channels, 3, 1))),
                          gr::relu{});
}
auto block(std::size_t in, std::size_t out) {
    return gr::sequential(gr::residual(gr::sequential(convolution(in, out, 3, 2), gr::relu{},
                                                      convolution(out, out, 3, 1)),
                                       convolution(in, out, 1, 2)),
                          gr::relu{});
}

/// x (N, 784) as images (N, 28, 28, 1)
auto images(const gr::dataset<gr::tensor<float, 2>, gr::tensor<std::int32_t, 1>>& data) {
    return gr::dataset(gr::data::with_shape(data.x, {data.size(), 28, 28, 1}), data.y);
}

int main() try {
    const auto digits = gr::data::mnist();
    std::printf("%s\n", digits.source.c_str());
    const auto [train, validation] = gr::split(images(digits.train), 0.95);
    const auto test = images(digits.test);

    gr::seed(7);
    auto net = gr::sequential(gr::random_affine{.height = 28, .width = 28, .shift = 2, .rotation = 10, .zoom = 0.1},
                              gr::named("stem", gr::sequential(convolution(1, 16, 3, 1), gr::relu{})),
                              gr::named("stage1", block(16)), gr::named("stage2", block(16, 32)),
                              gr::named("stage3", block(32, 64)), gr::global_average_pool2d{}, gr::dense(64, 10));
    std::cout << gr::summary(net, {28, 28, 1});

    const std::size_t epochs = 4, batch = 128;
    const gr::schedule::one_cycle rate{.learning_rate = 0.01, .steps = epochs * (train.size() / batch + 1)};
    const auto history = gr::fit(net, gr::cross_entropy{.label_smoothing = 0.1},
                                 gr::adamw{.decay = {.decoupled = 0.01, .spare_biases = true}}, train,
                                 {.epochs = epochs, .batch_size = batch, .validation = validation, .threads = 2},
                                 gr::scheduled(rate), gr::csv_log("resnet.csv"),
                                 gr::checkpoint("resnet.npz", {.best_of = gr::watch::validation_accuracy}));
    std::printf("%.0f s\n", history.seconds);

    gr::load("resnet.npz", net);  // of the best epoch
    const auto score = gr::evaluate(net, gr::cross_entropy{}, test);
    std::printf("test: J = %.4f, accuracy %.4f\n", score.loss, score.accuracy);
    gr::plot::confusion(score.confusion, {}, {.title = "Test set"}).save("confusion.svg");
    const auto guess = gr::classes(net, test.x);
    for (std::size_t n = 0; n < 5; ++n) std::printf("digit %zu: a %d, taken for a %d\n", n, test.y(n), guess(n));
} catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
}
