// Drawn digits: one hidden layer, tested on images that it was not trained on. gr::data::mnist() has real ones.
#include <gradus.hpp>
#include <gradus/data/digits.hpp>

#include <cstdio>
namespace gr = gradus;

int main() {
    const auto drawn = gr::data::drawn_digits(6000, 1);  // x (6000, 28, 28) bytes, y (6000)
    const auto [train, test] = gr::split(gr::dataset(gr::normalize(drawn.x), drawn.y), 0.8);

    gr::seed(1);
    auto net = gr::sequential(gr::flatten{}, gr::dense(784, 64, gr::relu{}), gr::dense(64, 10));
    gr::fit(net, gr::cross_entropy{}, gr::adam{.learning_rate = 0.003}, train, {.epochs = 5, .batch_size = 32});

    const auto score = gr::evaluate(net, gr::cross_entropy{}, test);
    std::printf("%.1f %% of %zu images\n", 100 * score.accuracy, test.size());
    const auto p = gr::probabilities(net, test.x);
    for (std::size_t n = 0; n < 3; ++n)
        std::printf("image %zu is a %d, with probability %.1f\n", n, test.y(n),
                    p(n, static_cast<std::size_t>(test.y(n))));
}
