// Handwritten digits: trained, evaluated, saved, and loaded again.
#include <gradus.hpp>
#include <gradus/data/mnist.hpp>

#include <cstdio>
#include <exception>
#include <iostream>
namespace gr = gradus;

auto network() {
    return gr::sequential(gr::dense(784, 128, gr::relu{}), gr::dropout{0.2}, gr::dense(128, 64, gr::relu{}),
                          gr::dense(64, 10));
}

int main() try {
    const auto digits = gr::data::mnist();
    std::printf("%s\n", digits.source.c_str());
    const auto [train, validation] = gr::split(digits.train, 0.9);

    gr::seed(7);
    auto net = network();
    std::cout << gr::summary(net, {784});
    gr::early_stopping stop(net, {.what = gr::watch::validation_accuracy, .patience = 3});
    const auto history = gr::fit(net, gr::cross_entropy{}, gr::adam{.learning_rate = 2e-3}, train,
                                 {.epochs = 5, .batch_size = 64, .validation = validation, .threads = 2}, stop);
    std::printf("%.1f s, validation accuracy %.4f\n", history.seconds, stop.best());
    gr::save("digits.npz", net);

    auto loaded = network();
    gr::load("digits.npz", loaded);
    const auto score = gr::evaluate(loaded, gr::cross_entropy{}, digits.test);
    std::printf("test: J = %.4f, accuracy %.4f\n", score.loss, score.accuracy);
    std::printf("macro F1 %.4f, among the first three %.4f\n", gr::f1(score.confusion, gr::average::macro),
                gr::top_k_accuracy(digits.test.y, gr::probabilities(loaded, digits.test.x), 3));
    for (std::size_t k = 0; k < 10; ++k) {
        for (std::size_t j = 0; j < 10; ++j) std::printf("%6zu", score.confusion(k, j));
        std::printf("\n");
    }

    const auto p = gr::probabilities(loaded, digits.test.x);
    const auto guess = gr::classes(loaded, digits.test.x);
    int shown = 0;
    for (std::size_t n = 0; n < guess.size() && shown < 5; ++n) {
        if (guess(n) == digits.test.y(n)) continue;
        std::printf("digit %zu is a %d, taken for a %d (%.0f %%)\n", n, digits.test.y(n), guess(n),
                    100 * p(n, static_cast<std::size_t>(guess(n))));
        ++shown;
    }
} catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
}
