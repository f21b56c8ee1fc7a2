// Is a review good or bad? An LSTM reads sentences of different lengths, word by word.
#include <gradus.hpp>
#include <gradus/text.hpp>

#include <cstdio>
#include <exception>
#include <iostream>
#include <string>
#include <vector>
namespace gr = gradus;

struct reviews {
    std::vector<std::string> texts;
    gr::tensor<std::int32_t, 1> good;
};

/// Drawn sentences: "the acting was not dull, but the story was weak": what stands last counts.
reviews drawn(std::size_t count, std::uint64_t seed) {
    const std::string things[] = {"the film", "the story", "the acting", "the music", "this"};
    const std::string words[2][4] = {{"dull", "weak", "bad", "boring"}, {"good", "great", "moving", "funny"}};
    const auto draw = [&](std::size_t n, std::uint64_t k, std::uint64_t below) {
        return static_cast<std::size_t>(gr::random::integer(seed, 100 * n + k, below));
    };
    reviews out{{}, gr::tensor<std::int32_t, 1>::from_shape({count})};
    for (std::size_t n = 0; n < count; ++n) {
        std::string text;
        const std::size_t parts = 1 + draw(n, 0, 3);
        for (std::size_t part = 0; part < parts; ++part) {
            const std::size_t negated = draw(n, 10 * part + 1, 2), word = draw(n, 10 * part + 2, 2);
            if (part > 0) text += ", but ";
            text += things[draw(n, 10 * part + 3, 5)] + (negated ? " was not " : " was ") +
                    words[word][draw(n, 10 * part + 4, 4)];
            out.good(n) = static_cast<std::int32_t>(word != negated);
        }
        out.texts.push_back(text);
    }
    return out;
}

/// Sentences as rows of one length, the rest of a row masked.
auto encoded(const gr::data::vocabulary& words, const reviews& from) {
    std::vector<gr::tensor<std::int32_t, 1>> ids;
    for (const auto& text : from.texts) ids.push_back(words.encode(text));
    auto rows = gr::data::padded(ids, 0, 24);
    gr::dataset data(std::move(rows.x), from.good);
    data.mask = std::move(rows.mask);
    return data;
}

int main() try {
    const auto written = drawn(2000, 1), unseen = drawn(500, 2);
    std::string all;
    for (const auto& text : written.texts) all += text + "\n";
    const auto words = gr::data::words(all, {.padding = true, .unknown = true});
    const auto [train, validation] = gr::split(encoded(words, written), 0.9);
    const auto test = encoded(words, unseen);

    gr::seed(7);
    auto net = gr::sequential(gr::embedding(words.size(), 16), gr::last_step(gr::lstm(16, 32)), gr::dropout{0.2},
                              gr::dense(32, 2));
    std::cout << gr::summary(net, {24});
    gr::early_stopping stop(net, {.patience = 3});
    gr::fit(net, gr::cross_entropy{}, gr::adam{.learning_rate = 0.01}, train,
            {.epochs = 10, .batch_size = 32, .validation = validation, .threads = 2, .clip_norm = 1}, stop);

    const auto score = gr::evaluate(net, gr::cross_entropy{}, test);
    std::printf("test: J = %.4f, accuracy %.4f, F1 %.4f\n", score.loss, score.accuracy,
                gr::f1(score.confusion, gr::average::binary));
    const auto p = gr::probabilities(net, test);
    for (std::size_t n = 0; n < 5; ++n) std::printf("%3.0f %%  %s\n", 100 * p(n, 1), unseen.texts[n].c_str());
} catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
}
