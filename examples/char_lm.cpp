// Text like Shakespeare's, generated letter by letter: two LSTM layers on a million characters, 1.46 nats each.
//
// It reads a character and predicts the next, as logits z over all characters. The loss is the mean cross-entropy in
// nats, J = −Σ ln p[next] / characters; e^J, the perplexity, is the number of equally likely characters among which it
// would be as uncertain. It generates text by drawing from its prediction and reading the drawn character as next
// input.
//
//   - The text is read in 32 parallel streams, 64 characters per step. The state is carried from step to step, the
//     gradient is not: truncated backpropagation through time. So the state can hold information from far back, but
//     training uses at most the last 64 characters.
//   - ∇J is clipped to a norm of 1: through 64 steps it may explode.
//   - one_cycle: α rises to 0.008 in the first fifth of the run and falls to almost 0.
//   - Dropout, p = 0.1, after both layers.
//   - After each epoch the network and Adam's m and v are saved. --resume out/char_lm.npz continues from there, with
//     the same results as a run that was never stopped, bit for bit: dropout depends on seed and step, the schedule on
//     Adam's step count, and each epoch begins with a zero state. The seed is in the file, so another --seed is an
//     error; the losses so far are in the file next to it, char_lm_loss.npz.
//
// The last tenth of the text is never trained on and not used for any choice: it is evaluated once, after the last
// epoch, in four streams, with 1.461 nats per character, 2.11 bits. All this takes two minutes of processor time.
// The options were chosen by the ninth tenth, after training on the eight before it (--judge validation). Nats per
// character there, seed 1, two layers of 256 units:
//       1.428   p = 0.1, 4 epochs: this program
// Before this program, a loop of the same network by hand had compared
//       1.430   p = 0.1, 4 epochs
//       1.433   p = 0.25, 8 epochs
//       1.436   p = 0.2, α up to 0.004, after 8 of 14 epochs, where it was stopped
// Twice the time gained nothing there, so the first is the default.
//
// The pictures of the gates show how long the network remembers: in the first layer for a few letters; in the second,
// some units remember for a whole speech, until the next speaker is named.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <gradus.hpp>
#include <gradus/data/sequences.hpp>
#include <gradus/io/checkpoint.hpp>
#include <gradus/io/npz.hpp>
#include <gradus/metrics/language.hpp>
#include <gradus/plot/figure.hpp>
#include <gradus/plot/heat.hpp>
#include <gradus/text/vocabulary.hpp>
#include <map>
#include <numeric>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "options.hpp"
#include "text.hpp"

namespace gr = gradus;

/// x (N, T) → z (N, T, V): at each step, the logits of the next character.
auto network(std::size_t vocabulary, std::size_t units, double p) {
    return gr::sequential(gr::embedding(vocabulary, 64),                            // (N, T) → (N, T, 64)
                          gr::named("first", gr::lstm(64, units)), gr::dropout{p},  // → (N, T, H)
                          gr::named("second", gr::lstm(units, units)), gr::dropout{p},
                          gr::dense(units, vocabulary));  // z, logits
}

/// Used if Shakespeare's text is not found: `length` characters of sentences with four places, each filled with one of
/// six phrases. A sentence of 52 characters has 4 ln 6 nats, so no network can be better than 0.14 nats per character.
example::text drawn_sentences(std::size_t length) {
    constexpr std::string_view words[4][6] = {
        {"The old teacher ", "A careful student ", "My neighbour ", "The gardener ", "Her brother ", "No traveller "},
        {"measures ", "explains ", "forgets ", "remembers ", "draws ", "climbs "},
        {"the long slope ", "every step ", "a narrow valley ", "the first letter ", "two small numbers ",
         "the other side "},
        {"before breakfast.\n", "in the rain.\n", "without a map.\n", "again.\n", "by candle light.\n",
         "for a friend.\n"}};
    example::text out{"", "sentences drawn by a grammar"};
    const std::uint64_t key = gr::random::mix(0, "sentences");
    for (std::size_t n = 0; out.content.size() < length; ++n)
        for (std::size_t place = 0; place < 4; ++place)
            out.content += words[place][static_cast<std::size_t>(6 * gr::random::uniform(key, n, place))];
    out.content.resize(length);
    return out;
}

/// A part of a text, between two shares of its length.
std::string_view part(std::string_view text, double from, double to) {
    const auto place = [&](double share) { return static_cast<std::size_t>(share * static_cast<double>(text.size())); };
    return text.substr(place(from), place(to) - place(from));
}

/// The losses of the epochs before a checkpoint, from the file next to it; NaN where the file does not have them.
std::string losses_beside(const std::string& checkpoint) {
    return checkpoint.substr(0, checkpoint.rfind(".npz")) + "_loss.npz";
}
std::vector<double> losses_before(const std::string& checkpoint, std::size_t epochs) {
    const std::string path = losses_beside(checkpoint);
    std::vector<double> out;
    if (access(path.c_str(), F_OK) == 0) {
        const auto kept = gr::io::npz_reader(path)["loss"];
        out.assign(kept.as<double>().begin(), kept.as<double>().end());
    }
    out.resize(epochs, std::nan(""));
    return out;
}
/// Callback of `fit`: writes the losses after each epoch.
struct keep_losses {
    std::string path;
    std::vector<double>& losses;
    void after_epoch(auto& now) {
        losses.push_back(now.so_far.loss.back());
        gr::io::npz_writer out(path);
        out.add("loss", {losses.size()}, losses);
        out.close();
    }
};

/// Collects the intermediate values of the layer at a path, by name: i, f, g, o, (1, T, H) each.
struct gates_at : gr::visitor {
    std::string path;
    std::map<std::string, gr::tensor<float, 3>> made;

    explicit gates_at(std::string p) : path(std::move(p)) {}
    void value(const gr::layer_ref& layer, gr::role of, const gr::entry& name, const gr::tensor_ref& t) override {
        if (of == gr::role::made && layer.place.path() == path) made[name.text()] = *t.get<gr::tensor<float, 3>>();
    }
};

/// The gates of a layer while a sentence is read: a panel for each gate, a row for each unit, a column for each
/// character. Shown are the units whose forget gates vary most, in descending order.
void picture_gates(const example::options& o, std::string_view sentence, gates_at gates, const std::string& title,
                   const std::string& name) {
    namespace plot = gr::plot;
    const gr::tensor<float, 3>& f = gates.made.at("f");
    const std::size_t T = f.shape()[1], H = f.shape()[2], shown = std::min<std::size_t>(12, H);
    const auto spread = [&](std::size_t unit) {
        double sum = 0, squares = 0;
        for (std::size_t t = 0; t < T; ++t) sum += f(0, t, unit), squares += std::pow(f(0, t, unit), 2);
        return squares - sum * sum / static_cast<double>(T);
    };
    std::vector<std::size_t> units(H);
    std::iota(units.begin(), units.end(), 0);
    std::ranges::sort(units, std::ranges::greater{}, spread);

    const double cell = 14, left = 44, width = cell * static_cast<double>(T),
                 height = cell * static_cast<double>(shown);
    double top = 0;
    std::string out = plot::heading(title, left, width, top);
    out += plot::label(left, top + 11, "start",
                       "Row: a unit, by its number; the " + std::to_string(shown) + " of " + std::to_string(H) +
                           " whose forget gates move most. Column: the character that is read.");
    top += 28;
    const auto cells = [&](double x, double y, double w, double h, plot::heat map) {
        (void)map.fit_colours();
        out += plot::element("svg", {{"x", plot::px(x)}, {"y", plot::px(y)}}, map.cells_as_svg(w, h));
        out += plot::rectangle("frame", x, y, w, h);
    };
    plot::heat scale{.rows = 1, .columns = plot::heat_levels, .colour = {0, 1}};
    for (std::size_t k = 0; k < scale.columns; ++k)
        scale.values.push_back((static_cast<double>(k) + 0.5) / plot::heat_levels);
    cells(left + width - 220, top, 120, cell, scale);
    out += plot::label(left + width - 228, top + 11, "end", "0, closed");
    out += plot::label(left + width - 92, top + 11, "start", "1, open");
    const std::pair<const char*, const char*> panels[] = {
        {"i", "input gate: what is written"}, {"f", "forget gate: what is kept"}, {"o", "output gate: what is shown"}};
    for (const auto& [gate, what] : panels) {
        plot::heat map{.rows = shown, .columns = T, .colour = {0, 1}};
        for (std::size_t row = shown; row-- > 0;)  // row 0 of a heat map is the lowest
            for (std::size_t t = 0; t < T; ++t) map.values.push_back(gates.made.at(gate)(0, t, units[row]));
        out += plot::label(left, top + 11, "start", what);
        cells(left, top + 20, width, height, map);
        for (std::size_t row = 0; row < shown; ++row)
            out += plot::label(left - 6, top + 20 + cell * (static_cast<double>(row) + 0.8), "end",
                               std::to_string(units[row]), "small");
        top += 20 + height + 16;
        for (std::size_t t = 0; t < T; ++t)
            out += plot::label(left + cell * (static_cast<double>(t) + 0.5), top, "middle",
                               sentence[t] == '\n' ? "↵" : sentence.substr(t, 1));
        top += 20;
    }
    plot::picture(title, left + width + 24, top, out).save(o.picture(name));
}

int main(int argc, char** argv) try {
    example::options o;
    o.epochs = 4, o.batch_size = 32, o.learning_rate = 0.008, o.threads = 2;
    std::size_t units = 256, steps = 64, part_of = 0, stop_after = 0;
    std::string judge = "test", resume;
    o.parse(argc, argv, "A network that writes like Shakespeare, letter by letter.",
            {{"--units", units, 1, 4096, "How many units each LSTM layer has"},
             {"--steps", steps, 1, 10000, "How many characters gradients flow back"},
             {"--part", part_of, 0, 1000000000, "How many characters of the text to take; 0: all"},
             {"--stop-after", stop_after, 0, 1000000, "Epochs until the run ends, to be resumed; 0: go on to the end"}},
            {},
            {{"--judge",
              judge,
              {"test", "validation"},
              "The last tenth, after training on nine; or the ninth, after training on eight"},
             {"--resume", resume, {}, "Go on, with its seed, from what an earlier run has saved: out/char_lm.npz"}});

    auto text = example::find_text(o, "tinyshakespeare.txt", drawn_sentences(200000));
    if (part_of > 0) text.content.resize(std::min(part_of, text.content.size()));
    const auto letters = gr::data::characters(text.content);
    const double learnt_share = judge == "test" ? 0.9 : 0.8;
    const auto learnt = part(text.content, 0, learnt_share),
               held_out = part(text.content, learnt_share, learnt_share + 0.1);
    const auto train = gr::data::streams(letters.encode(learnt), o.batch_size, steps);
    constexpr std::size_t readers = 4;  // streams of the held-out part, each from a zero state
    const auto unseen = gr::data::streams(letters.encode(held_out), readers, steps);
    o.say("%s: %zu characters, %zu different ones; %zu to learn from, %zu to be judged by\n\n", text.source.c_str(),
          text.content.size(), letters.size(), learnt.size(), held_out.size());

    gr::seed(o.seed);
    const gr::cross_entropy J;
    auto net = network(letters.size(), units, 0.1);
    gr::optimizer descend(net, gr::adam{});
    if (!resume.empty()) gr::load(resume, net, descend);
    if (o.given("--seed") && o.seed != descend.seed)
        throw gr::data_error(gr::message(
            {resume, " was begun with --seed ", descend.seed, " and goes on with it: --seed ", o.seed, " has no meaning here"}));
    o.seed = descend.seed;
    const std::size_t before = std::min<std::size_t>(descend.epoch, o.epochs);
    std::vector<double> losses = resume.empty() ? std::vector<double>{} : losses_before(resume, before);
    const std::size_t epochs = stop_after == 0 ? o.epochs - before : std::min(stop_after, o.epochs - before);
    const gr::schedule::one_cycle rate{.learning_rate = o.learning_rate,
                                       .steps = o.epochs * train.size() / o.batch_size,
                                       .rise = 0.2,
                                       .low_momentum = 0.9,
                                       .high_momentum = 0.9};
    o.say("%s\n", gr::summary(net, example::symbols({1, steps}, 0)).c_str());

    const auto history = gr::fit(net, J, descend, train,
                                 {.epochs = epochs,
                                  .batch_size = o.batch_size,
                                  .threads = o.threads,
                                  .stateful = true,
                                  .shuffle = false,
                                  .clip_norm = 1,
                                  .progress = o.quiet ? gr::show::never : gr::show::on_terminal},
                                 gr::scheduled(rate), keep_losses{losses_beside(o.picture("char_lm.npz")), losses},
                                 gr::checkpoint(o.picture("char_lm.npz")));
    const auto score = gr::evaluate(net, J, unseen, {.stateful = true, .batch_size = readers});

    const auto characters = static_cast<double>(history.samples * steps);
    o.say("epochs %zu to %zu in %.1f s, %.0f characters a second\n", before + 1, before + epochs, history.seconds,
          characters / history.seconds);
    if (epochs > 0)
        o.say("  train: %.4f nats a character (mean over the last epoch, as it went by)\n", history.loss.back());
    o.say("  %s: %.4f nats a character, %.4f bits; perplexity %.3f; %.1f %% guessed\n", judge.c_str(), score.loss,
          gr::bits_per_character(score.loss), gr::perplexity(score.loss), 100 * score.accuracy);
    for (const double temperature : {0.5, 0.8, 1.0}) {
        const auto said = example::write_on(net, letters, "\n", 400, {.temperature = temperature}, o.seed);
        o.say("\n== What it writes at a temperature of %.1f\n%s\n", temperature, said.c_str());
    }

    const std::vector end{static_cast<double>(before + epochs)};
    if (!losses.empty())
        gr::plot::figure("Loss", {.x = "epoch", .y = "nats a character"})
            .line("train", losses)
            .scatter(judge + ", after the last epoch", end, std::vector{score.loss})
            .save(o.picture("char_lm_loss.svg"));
    const std::size_t shown = std::min<std::size_t>(60, held_out.size()), blank_line = held_out.find("\n\n");
    const std::size_t start = blank_line == held_out.npos ? 0 : std::min(blank_line + 2, held_out.size() - shown);
    const std::string_view sentence = held_out.substr(start, shown);  // the beginning of a speech, if there is one
    const auto x = gr::data::with_shape(letters.encode(sentence), {1, sentence.size()});
    gr::pass pass(net, x);
    pass.training = false;
    (void)net.forward(x, pass);
    for (const std::string layer : {"first", "second"}) {
        gates_at gates(layer);
        gr::visit_forward(net, x, pass, gates);
        picture_gates(o, sentence, gates, "Gates of the " + layer + " layer", "char_lm_gates_" + layer + ".svg");
    }
    o.say("Pictures: %s\n", o.picture("char_lm_*.svg").c_str());

    example::write_json(o, {{"example", "char_lm"},
                            {"seed", o.seed},
                            {"epochs", before + epochs},
                            {"epochs_before", before},
                            {"data", text.source},
                            {"characters", text.content.size()},
                            {"vocabulary", letters.size()},
                            {"train_samples", train.y.size()},
                            {judge + "_samples", unseen.y.size()},
                            {"parameters", gr::count(net)},
                            {"train_loss", losses},
                            {judge + "_nats_per_char", score.loss},
                            {judge + "_bits_per_char", gr::bits_per_character(score.loss)},
                            {judge + "_perplexity", gr::perplexity(score.loss)},
                            {judge + "_accuracy", score.accuracy},
                            {judge + "_loss", score.loss},
                            {"seconds", history.seconds},
                            {"samples_per_second", characters / history.seconds}});
} catch (const gr::error& e) {
    std::fprintf(stderr, "char_lm: %s\n", e.what());
    return 1;
}
