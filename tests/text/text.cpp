#include "gradus/text.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "../io/temporary_folder.hpp"
#include "../support/close.hpp"
#include "gradus/io/save.hpp"
#include "gradus/layers/dense.hpp"
#include "gradus/layers/embedding.hpp"
#include "gradus/layers/recurrent/lstm.hpp"
#include "gradus/losses/cross_entropy.hpp"
#include "gradus/models/sequential.hpp"
#include "gradus/optimizers/adam.hpp"
#include "gradus/training/fit.hpp"

namespace gr = gradus;
using table = gr::tensor<std::int32_t, 2>;

namespace {

const std::string poem = "Über allen Gipfeln ist Ruh, in allen Wipfeln spürest du kaum einen Hauch;\n"
                         "die Vögelein schweigen im Walde. Warte nur, balde ruhest du auch.\n";

template <class T>
auto language_model(std::size_t V, std::size_t H) {
    return gr::sequential(gr::embedding<T>(V, 8), gr::lstm<T>(8, H), gr::dense<T>(H, V));
}

/// What a network writes behind the first symbol, the most likely each time.
template <class Net>
std::string written(const Net& net, const gr::data::vocabulary& letters, std::int32_t first, std::size_t n) {
    table x({1, 1}, first);
    gr::pass pass(net, x);
    pass.training = false;
    std::string out;
    for (std::size_t t = 0; t < n; ++t) {
        x = gr::sample(net.forward(x, pass), {.temperature = 0}, 0, t);
        gr::carry_state(net, pass);
        out += letters[x(0, 0)];
    }
    return out;
}

}  // namespace

TEST_CASE("streams.x, streams.y: chunks with their state carried on are judged as the whole streams are") {
    gr::seed(3);
    const auto letters = gr::data::characters(poem);
    const auto ids = letters.encode(poem);  // 2 streams of 7 chunks of 9 steps
    const auto chunks = gr::data::streams(ids, 2, 9), whole = gr::data::streams(ids, 2, 63);
    REQUIRE(chunks.size() == 14);
    REQUIRE(whole.size() == 2);
    const auto net = language_model<double>(letters.size(), 12);
    const auto carried = gr::evaluate(net, gr::cross_entropy{}, chunks, {.stateful = true, .batch_size = 2});
    const auto forgotten = gr::evaluate(net, gr::cross_entropy{}, chunks);
    CHECK(support::difference(carried.loss, gr::evaluate(net, gr::cross_entropy{}, whole).loss) < 1e-14);
    CHECK(std::abs(forgotten.loss - carried.loss) > 1e-6);
}

TEST_CASE("text: a poem is learnt by heart, kept with its vocabulary, and written again") {
    gr::seed(1);
    const auto letters = gr::data::characters(poem);
    const auto ids = letters.encode(poem);
    const auto data = gr::data::streams(ids, 1, 10);
    auto net = language_model<float>(letters.size(), 48);
    const auto history = gr::fit(net, gr::cross_entropy{}, gr::adam{.learning_rate = 0.01f}, data,
                                 {.epochs = 150, .batch_size = 1, .stateful = true, .shuffle = false,
                                  .progress = gr::show::never});
    CHECK(gr::perplexity(history.loss.front()) > 5);
    CHECK(gr::bits_per_character(history.loss.back()) < 0.1);

    const temporary_folder folder;
    gr::data::save(folder / "letters.txt", letters);
    gr::save(folder / "net.npz", net);
    const auto loaded = gr::data::load_vocabulary(folder / "letters.txt");
    auto again = language_model<float>(loaded.size(), 48);
    gr::load(folder / "net.npz", again);
    CHECK(written(again, loaded, ids(0), 60) == letters.decode(gr::flat(ids).subspan(1, 60)));
}

TEST_CASE("text: names of different lengths, each with a mark at its ends") {
    gr::seed(2);
    const std::vector<std::string> names = {"ada", "grace", "al", "blaise", "emmy"};
    const auto letters = gr::data::characters(".abcdefghijklmnopqrstuvwxyz");
    std::vector<gr::tensor<std::int32_t, 1>> ids;
    for (const std::string& name : names) ids.push_back(letters.encode("." + name + "."));
    const auto data = gr::data::next_symbols(ids);
    auto net = language_model<float>(letters.size(), 32);
    (void)gr::fit(net, gr::cross_entropy{}, gr::adam{.learning_rate = 0.02f}, data,
                  {.epochs = 200, .batch_size = 5, .progress = gr::show::never});
    const double PP = gr::perplexity(data.y, gr::predict(net, data.x, &data.mask), &data.mask);
    // at the least: one of five names, then each letter is certain but for a-d or a-l
    const double least = std::exp((5 * std::log(5.0)) / 25);
    CHECK(PP < 1.02 * least);
    CHECK(PP > 0.98 * least);
}
