#pragma once
/// \file
/// Shared by the examples on MNIST: the training and test data, training, evaluation and the report.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <gradus.hpp>
#include <gradus/data/mnist.hpp>
#include <gradus/plot/confusion.hpp>
#include <gradus/plot/figure.hpp>
#include <gradus/plot/images.hpp>
#include <numeric>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "options.hpp"

namespace example {

namespace gr = gradus;

/// Images of digits, as rows (N, 784) or as images (N, 28, 28, 1).
template <class X>
using digits = gr::dataset<X, gr::data::labels>;

/// The first `n` samples.
template <class X>
digits<X> first(const digits<X>& all, std::size_t n) {
    std::vector<std::size_t> which(std::min(n, all.size()));
    std::iota(which.begin(), which.end(), 0);
    return gr::take(all, which);
}

/// The training data, and the data to evaluate on: the test set, or images held out from the training set.
template <class X>
struct problem {
    const options& o;
    std::string name, recipe, source;
    digits<X> train, held_out;
    std::string judge = "test";
    std::string option = "recipe";  ///< name of the option that selects `recipe`, used as its key in the results
    std::vector<std::pair<std::string, value>> further = {};  ///< additional results of one example

    /// Evaluates on the last images of the shuffled training set instead of the test set; 0: no change.
    void hold_out(std::size_t images) {
        if (images == 0) return;
        const double kept = 1 - static_cast<double>(images) / static_cast<double>(train.size());
        std::tie(train, held_out) = gr::split(train, kept, 0);
        judge = "validation";
    }
    /// The path of a picture; with "*", of all pictures.
    [[nodiscard]] std::string picture(const std::string& of) const {
        return o.picture(name + (recipe == "document" ? "_" : "_" + recipe + "_") + of + ".svg");
    }
    void say_sizes() const {
        o.say("%s: %zu to learn from, %zu to be judged by\n\n", source.c_str(), train.size(), held_out.size());
    }
};

/// True class by predicted class.
inline void print_confusion(const options& o, const gr::tensor<std::size_t, 2>& confusion) {
    const std::size_t classes = confusion.shape()[0];
    o.say("\n          taken for\n     digit");
    for (std::size_t k = 0; k < classes; ++k) o.say("%6zu", k);
    for (std::size_t y = 0; y < classes; ++y) {
        o.say("\n%10zu", y);
        for (std::size_t k = 0; k < classes; ++k)
            confusion(y, k) == 0 ? o.say("     ·") : o.say("%6zu", confusion(y, k));
    }
    o.say("\n\n");
}

/// The errors with the largest loss, the worst first: −log p[y] is largest where p[y] is smallest.
template <class X, class Net>
void picture_errors(const problem<X>& of, const Net& net) {
    const auto& y = of.held_out.y;
    const auto p = gr::probabilities(net, of.held_out.x);
    const auto told = gr::classes(net, of.held_out.x);
    const auto of_truth = [&](std::size_t n) { return p(n, static_cast<std::size_t>(y(n))); };
    std::vector<std::size_t> wrong;
    for (std::size_t n = 0; n < y.size(); ++n)
        if (told(n) != y(n)) wrong.push_back(n);
    std::ranges::sort(wrong, {}, of_truth);
    wrong.resize(std::min<std::size_t>(20, wrong.size()));
    if (wrong.empty()) return;
    gr::plot::image_grid grid{.title = "The worst errors", .columns = 5};
    for (std::size_t n : wrong) grid.titles.push_back(std::to_string(y(n)) + " taken for " + std::to_string(told(n)));
    const auto worst = gr::take(of.held_out, wrong);
    gr::plot::images(gr::data::with_shape(worst.x, {wrong.size(), 28, 28}), grid).save(of.picture("errors"));
}

/// Trains a network, evaluates it once on the held-out data, and reports the results. Returns the trained network.
template <class X, class Net, class Options, class... Callbacks>
Net learn(const problem<X>& of, Net net, const Options& optimizer, Callbacks&&... callbacks) {
    const options& o = of.o;
    const gr::cross_entropy J;
    o.say("%s\n", gr::summary(net, first(of.train, 1).x).c_str());
    const auto history = gr::fit(net, J, optimizer, of.train,
                                 {.epochs = o.epochs,
                                  .batch_size = o.batch_size,
                                  .threads = o.threads,
                                  .progress = o.quiet ? gr::show::never : gr::show::on_terminal},
                                 callbacks...);
    const auto score = gr::evaluate(net, J, of.held_out);

    const auto samples = static_cast<double>(history.samples);
    o.say("%zu epochs in %.2f s, %.0f samples a second\n", history.loss.size(), history.seconds,
          samples / history.seconds);
    o.say("  train: loss %.4f, accuracy %.2f %% (mean over the last epoch, as it went by)\n", history.loss.back(),
          100 * history.accuracy.back());
    o.say("  %s: loss %.4f, accuracy %.2f %%\n", of.judge.c_str(), score.loss, 100 * score.accuracy);
    print_confusion(o, score.confusion);

    const std::vector end{static_cast<double>(history.loss.size())};
    gr::plot::figure("Loss", {.x = "epoch", .y = "cross-entropy", .log_y = true})
        .line("train", history.loss)
        .scatter(of.judge + ", after the last epoch", end, std::vector{score.loss})
        .save(of.picture("loss"));
    gr::plot::figure("Accuracy", {.x = "epoch", .y = "share of digits that are right"})
        .line("train", history.accuracy)
        .scatter(of.judge + ", after the last epoch", end, std::vector{score.accuracy})
        .save(of.picture("accuracy"));
    gr::plot::confusion(score.confusion, {}, {.y = "digit", .x = "taken for"}).save(of.picture("confusion"));
    picture_errors(of, net);
    o.say("Pictures: %s\n", of.picture("*").c_str());

    std::vector<std::pair<std::string, value>> results = {{"example", of.name},
                                                          {of.option, of.recipe},
                                                          {"seed", o.seed},
                                                          {"epochs", history.loss.size()},
                                                          {"data", of.source},
                                                          {"train_samples", of.train.size()},
                                                          {of.judge + "_samples", of.held_out.size()},
                                                          {"parameters", gr::count(net)},
                                                          {"train_loss", history.loss},
                                                          {"train_accuracy", history.accuracy},
                                                          {of.judge + "_accuracy", score.accuracy},
                                                          {of.judge + "_loss", score.loss},
                                                          {"seconds", history.seconds},
                                                          {"samples_per_second", samples / history.seconds}};
    results.insert(results.end(), of.further.begin(), of.further.end());
    write_json(o, results);
    return net;
}

}  // namespace example
