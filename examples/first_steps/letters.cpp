// Letter by letter: an LSTM learns a verse by heart and writes it from its first letter.
#include <gradus.hpp>
#include <gradus/text.hpp>

#include <cstdio>
#include <string>
namespace gr = gradus;

int main() {
    const std::string verse = "Tyger Tyger, burning bright,\nIn the forests of the night;\n";
    const auto letters = gr::data::characters(verse);
    const auto data =
        gr::data::streams(letters.encode(verse), 1, verse.size() - 1);  // x: the letters, y: the next ones

    gr::seed(1);
    auto net = gr::sequential(gr::embedding(letters.size(), 8), gr::lstm(8, 32), gr::dense(32, letters.size()));
    gr::fit(net, gr::cross_entropy{}, gr::adam{.learning_rate = 0.02}, data, {.epochs = 150});

    gr::tensor<std::int32_t, 2> x({1, 1}, letters.index("T"));  // one text, one letter
    gr::pass pass(net, x);
    pass.training = false;
    std::string written = "T";
    while (written.size() < verse.size()) {
        x = gr::sample(net.forward(x, pass), {.temperature = 0}, 1, written.size());  // the most probable letter
        gr::carry_state(net, pass);
        written += letters[x(0, 0)];
    }
    std::printf("%s", written.c_str());
}
