// First names, letter by letter: an RNN, an LSTM and a GRU of equal size, compared with a table of letter pairs.
//
// The networks read a name from its beginning, and predict the next letter at each letter; by drawing from their
// predictions, letter by letter, they generate names that do not exist. The table uses one letter: p[b | a], counted.
// The networks use all letters before, as far as their state holds them. They have equal numbers of parameters, about
// 23 000, not of units: a step of an LSTM has four products where an RNN has one, so it has 64 units, the RNN 130, the
// GRU 75.
//
// Nats per letter on the tenth of 32 033 names held out from training, seeds 1, 2 and 3 (each draws its own tenth):
//       2.448  2.451  2.456   pairs
//       2.009  2.020  2.021   RNN
//       2.003  2.018  2.026   LSTM
//       2.000  2.007  2.015   GRU
// Most of the information about the next letter is in the few letters before it, and no gate is needed to remember
// those (rnn_sine shows how far an RNN remembers): the three differ less than another held-out tenth would change the
// results. The options are the first that were tried; no choice was made by the held-out names.
//
// Names have different lengths. A row is as long as the longest name, and the steps after the end of its name are
// masked: they do not count in the loss, and do not change the state. A temperature τ divides the logits: below 1,
// likely letters become more likely, and names safer and more alike; above 1, names are bolder, and finally random
// letters.
#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <gradus.hpp>
#include <gradus/data/sequences.hpp>
#include <gradus/plot/figure.hpp>
#include <gradus/text/vocabulary.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "options.hpp"
#include "text.hpp"

namespace gr = gradus;

constexpr std::size_t dimensions = 16;  // of a letter's embedding

/// x (N, T) → z (N, T, V): at each step, the logits of the next letter.
template <class Layer>
auto network(std::size_t vocabulary, const Layer& layer) {
    return gr::sequential(gr::embedding(vocabulary, dimensions), layer, gr::dense(layer.units(), vocabulary));
}

constexpr std::string_view end_of_name = "\n";

/// Names as rows of equal length, the rest of a row masked. The same mark is at the beginning and the end of a name:
///   x  ↵ e m m a      y  e m m a ↵
auto sequences(const std::vector<std::string_view>& names, const gr::data::vocabulary& letters) {
    std::vector<gr::tensor<std::int32_t, 1>> x, y;
    for (const std::string_view name : names) {
        x.push_back(letters.encode(std::string(end_of_name).append(name)));
        y.push_back(letters.encode(std::string(name).append(end_of_name)));
    }
    auto in = gr::data::padded(x);
    gr::dataset data(std::move(in.x), gr::data::padded(y).x);
    data.mask = std::move(in.mask);
    return data;
}
using names_data = gr::dataset<example::symbols, example::symbols>;

/// Counts which letter follows which, starting from one for each pair, so that no probability is 0 (Laplace):
///   p[b | a] = (count[a, b] + 1) / (Σ count[a, ·] + V)     J = −Σ ln p[y | x] / letters
double bigram_loss(const names_data& train, const names_data& test, std::size_t V) {
    gr::tensor<double, 2> count({V, V}, 1.0);
    const auto each_pair = [](const names_data& data, auto&& f) {
        for (std::size_t i = 0; i < data.x.size(); ++i)
            if (data.mask.data()[i])
                f(static_cast<std::size_t>(data.x.data()[i]), static_cast<std::size_t>(data.y.data()[i]));
    };
    each_pair(train, [&](std::size_t a, std::size_t b) { ++count(a, b); });
    double sum = 0, n = 0;
    each_pair(test, [&](std::size_t a, std::size_t b) {
        double all = 0;
        for (std::size_t k = 0; k < V; ++k) all += count(a, k);
        sum -= std::log(count(a, b) / all), ++n;
    });
    return sum / n;
}

/// Used if no list of names is found.
constexpr std::string_view own_names =
    "ada adam agnes alan alba albert alice alina amir amos ana andre anita anna anton aria arthur astrid august "
    "aurora bea bella ben berta bianca boris bruno carl carla carmen casper cecil celia chloe clara colin cora cosmo "
    "cyrus dahlia dan dana daria david della diana dora dylan edgar edith elena elias elin ella elmer elsa emil "
    "emilia enid enzo eric erin ester eva evan ezra fabian felix fiona flora frank franz freda frida gabriel gemma "
    "georg gerda gilbert gina grace greta gustav hana hanna harald harvey hazel hector heidi helen helga henry hilda "
    "hugo ida igor ilse ines inga ingrid irene iris isaac ivan ivy jack jakob jana jasper joan joel johan jonas josef "
    "judith julia juno kai kara karin karl kate kira klara lara lars laura lea lena leo leonie lilia lina linus lisa "
    "livia lorenz louis lucas lucia luna lydia mabel magda malin mara marco maria marina mark martha matilda max mila "
    "milo mina mira miriam mona nadia nathan nell nina noah nora norman olaf olga oliver olivia omar oscar otis otto "
    "pablo paula pearl peter petra philip quentin rafael ralph rita robin rosa ruben ruth samuel sara selma simon "
    "sofia stella sven tamara theo thomas tilda tobias ulla ursula vera victor vincent viola walter wanda willa xenia "
    "yara yusuf zara zelda";

/// The names of a list, separated by blanks or line ends, in random order, since the list may be sorted.
std::vector<std::string_view> names_of(std::string_view list, std::uint64_t seed) {
    std::vector<std::string_view> all, out;
    for (std::size_t at = 0, end; at < list.size(); at = end + 1) {
        end = std::min(list.find_first_of(" \r\n", at), list.size());
        if (end > at) all.push_back(list.substr(at, end - at));
    }
    for (const std::size_t i : gr::random::permutation(all.size(), gr::random::mix(seed, "names")))
        out.push_back(all[i]);
    return out;
}

/// The results of one network.
struct result {
    std::string name;
    std::size_t units, parameters;
    std::vector<double> train, test;  // nats per letter, by epoch
    double seconds;
    std::vector<std::string> written;  // at each temperature
};
constexpr std::array temperatures{0.5, 1.0, 1.5};

/// Trains one kind of network, and generates names with it.
template <class Layer>
result learn(const example::options& o, std::string name, const Layer& layer, const gr::data::vocabulary& letters,
             const names_data& train, const names_data& test) {
    gr::seed(o.seed);
    auto net = network(letters.size(), layer);
    const std::size_t steps = o.epochs * ((train.size() - 1) / o.batch_size + 1);
    const gr::schedule::cosine rate{.learning_rate = o.learning_rate, .steps = steps};
    o.say("%s: %zu units\n", name.c_str(), layer.units());
    const auto history = gr::fit(net, gr::cross_entropy{}, gr::adam{}, train,
                                 {.epochs = o.epochs,
                                  .batch_size = o.batch_size,
                                  .validation = test,
                                  .threads = o.threads,
                                  .clip_norm = 1,
                                  .progress = o.quiet ? gr::show::never : gr::show::on_terminal},
                                 gr::scheduled(rate));
    result r{
        std::move(name), layer.units(), gr::count(net), history.loss, history.validation_loss, history.seconds, {}};
    for (const double temperature : temperatures) {
        std::string line;
        for (std::size_t n = 0; n < 7; ++n)
            line +=
                (n == 0 ? "" : ", ") + example::write_on(net, letters, end_of_name, 20, {.temperature = temperature},
                                                         gr::random::mix(o.seed, n), end_of_name);
        r.written.push_back(std::move(line));
    }
    return r;
}

int main(int argc, char** argv) try {
    example::options o;
    o.epochs = 8, o.batch_size = 64, o.learning_rate = 0.005;
    std::size_t part = 0;
    o.parse(argc, argv, "First names, letter by letter: RNN, LSTM and GRU beside a table of pairs.",
            {{"--part", part, 0, 1000000000, "How many names to take; 0: all"}});

    const auto text = example::find_text(o, "names.txt", {std::string(own_names), "a short list of our own"});
    auto names = names_of(text.content, o.seed);
    if (part > 0) names.resize(std::min(part, names.size()));
    std::string all(end_of_name);
    for (const std::string_view name : names) all.append(name);
    const auto letters = gr::data::characters(all);
    const auto [train, test] = gr::split(sequences(names, letters), 0.9);
    const double pairs = bigram_loss(train, test, letters.size());
    o.say("%s: %zu names to learn from, %zu to be judged by; %zu letters, the end of a name among them\n\n",
          text.source.c_str(), train.size(), test.size(), letters.size());

    std::vector<result> results;
    results.push_back(learn(o, "RNN", gr::rnn(dimensions, 130), letters, train, test));
    results.push_back(learn(o, "LSTM", gr::lstm(dimensions, 64), letters, train, test));
    results.push_back(learn(o, "GRU", gr::gru(dimensions, 75), letters, train, test));

    o.say("\n           units  parameters  seconds   train    test (nats a letter)\n");
    o.say("pairs          – %11zu        –       –  %.4f\n", letters.size() * letters.size(), pairs);
    for (const result& r : results)
        o.say("%-8s %7zu %11zu %8.1f  %.4f  %.4f\n", r.name.c_str(), r.units, r.parameters, r.seconds, r.train.back(),
              r.test.back());
    if (test.size() < 1000)
        o.say("%zu names to judge by are too few to tell the cells apart.\n", test.size());
    for (std::size_t i = 0; i < temperatures.size(); ++i) {
        o.say("\nWritten at a temperature of %.1f\n", temperatures[i]);
        for (const result& r : results) o.say("  %-5s %s\n", r.name.c_str(), r.written[i].c_str());
    }

    gr::plot::figure picture("Names that were not learnt", {.x = "epoch", .y = "nats a letter"});
    double lowest = pairs;
    for (const result& r : results) {
        picture.line(r.name, r.test);
        lowest = std::min(lowest, r.test.back());
    }
    picture.line("table of pairs", std::vector{1.0, static_cast<double>(o.epochs)}, std::vector{pairs, pairs})
        .scatter("", std::vector{std::nan("")}, std::vector{lowest - 0.05})  // invisible: extends the y axis
        .save(o.picture("rnn_names_loss.svg"));
    o.say("\nPicture: %s\n", o.picture("rnn_names_loss.svg").c_str());

    std::vector<std::pair<std::string, example::value>> found{{"example", "rnn_names"},
                                                              {"seed", o.seed},
                                                              {"epochs", o.epochs},
                                                              {"data", text.source},
                                                              {"train_samples", train.size()},
                                                              {"test_samples", test.size()},
                                                              {"bigram_test_loss", pairs}};
    double seconds = 0;
    for (const result& r : results) {
        std::string key;
        for (const char c : r.name) key += static_cast<char>(std::tolower(c));
        found.insert(found.end(), {{key + "_units", r.units},
                                   {key + "_parameters", r.parameters},
                                   {key + "_train_loss", r.train},
                                   {key + "_test_losses", r.test},
                                   {key + "_test_loss", r.test.back()},
                                   {key + "_seconds", r.seconds}});
        seconds += r.seconds;
    }
    found.insert(found.end(), {{"seconds", seconds}});
    example::write_json(o, found);
} catch (const gr::error& e) {
    std::fprintf(stderr, "rnn_names: %s\n", e.what());
    return 1;
}
