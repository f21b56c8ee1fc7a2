#include "gradus/io/checkpoint.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <filesystem>

#include "gradus.hpp"
#include "gradus/optimizers/schedule.hpp"
#include "temporary_folder.hpp"

namespace gr = gradus;
using matrix = gr::tensor<float, 2>;

namespace {

constexpr auto quiet = gr::show::never;

auto line() {
    gr::seed(3);
    return gr::sequential(gr::dense(1, 1));
}
/// Class 1 where x > 0.
gr::dataset<matrix, matrix> signs() { return {matrix{{-2}, {-1}, {1}, {2}}, matrix{{0}, {0}, {1}, {1}}}; }

/// Makes the network better or worse by hand, epoch by epoch: W is set to what is given.
struct script {
    std::vector<float> W;
    void after_step(auto& now) {
        auto& theta = now.net.template layer<0>().theta;
        theta.W(0, 0) = W[now.epoch], theta.b(0) = 0;
    }
};
/// W of the file after each epoch of a script; −99 where there is none yet.
std::vector<float> kept(std::vector<float> W, gr::watch best_of, std::size_t every = 1) {
    const temporary_folder folder;
    const std::string path = folder / "best.npz";
    auto net = line();
    const auto data = signs();
    std::vector<float> out;
    const std::size_t epochs = W.size();
    gr::fit(net, gr::binary_cross_entropy{}, gr::gradient_descent{}, data,
            {.epochs = epochs, .batch_size = 4, .validation = data, .progress = quiet}, script{std::move(W)},
            gr::checkpoint(path, {.every = every, .best_of = best_of}), [&](auto&) {
                auto read = line();
                const bool there = std::filesystem::exists(path);
                if (there) gr::load(path, read);
                out.push_back(there ? read.layer<0>().theta.W(0, 0) : -99);
            });
    CHECK(folder.files() <= 1);
    return out;
}

}  // namespace

TEST_CASE("checkpoint: every so many epochs, counted over runs, each in a file of its own or all in one") {
    const temporary_folder folder;
    auto net = line();
    gr::optimizer descend(net, gr::adam{});
    const auto exists = [&](const char* name) { return std::filesystem::exists(folder / name); };
    const auto run = [&](std::size_t epochs) {
        gr::fit(net, gr::mse{}, descend, signs(), {.epochs = epochs, .progress = quiet},
                gr::checkpoint(folder / "net-{epoch}.npz", {.every = 2}));
    };
    run(5);
    CHECK((exists("net-2.npz") && exists("net-4.npz")));
    CHECK(folder.files() == 2);
    run(1);
    CHECK(exists("net-6.npz"));
    CHECK(folder.files() == 3);

    gr::fit(net, gr::mse{}, descend, signs(), {.epochs = 3, .progress = quiet}, gr::checkpoint(folder / "last.npz"));
    CHECK(folder.files() == 4);
    auto read = line();
    gr::load(folder / "last.npz", read);
    CHECK(read.layer<0>().theta.W == net.layer<0>().theta.W);
}
TEST_CASE("checkpoint: each mark in the path is the epoch") {
    const temporary_folder folder;
    std::filesystem::create_directory(folder / "1");
    auto net = line();
    gr::fit(net, gr::mse{}, gr::adam{}, signs(), {.epochs = 1, .progress = quiet},
            gr::checkpoint(folder / "{epoch}/net-{epoch}.npz"));
    CHECK(std::filesystem::exists(folder / "1/net-1.npz"));
}

TEST_CASE("checkpoint: the best only, be it the least loss or the greatest accuracy") {
    CHECK(kept({1, 0.5f, 2, 1.5f, 3}, gr::watch::validation_loss) == std::vector<float>{1, 1, 2, 2, 3});
    CHECK(kept({-1, -2, 1, -1, 2}, gr::watch::validation_accuracy) == std::vector<float>{-1, -1, 1, 1, 1});  // 0 0 1 0 1
    CHECK(kept({1, 3, 0.5f, 2}, gr::watch::validation_loss, 2) == std::vector<float>{-99, 3, 3, 3});
}
TEST_CASE("checkpoint: NaN is never the best, neither first nor later") {
    const temporary_folder folder;
    auto trained = line();
    gr::optimizer state(trained, gr::adam{});
    struct {  // fit itself ends where a loss is NaN
        decltype(trained)& net;
        decltype(state)& descend;
        gr::history so_far = {};
    } now{trained, state, {}};
    gr::checkpoint keep(folder / "{epoch}.npz", {.best_of = gr::watch::validation_loss});
    std::vector<std::uint64_t> saved;
    for (const double loss : {std::nan(""), 1.0, 0.5, std::nan(""), 2.0, 0.25}) {
        ++state.epoch;
        now.so_far.validation_loss.push_back(loss);
        keep.after_epoch(now);
        if (std::filesystem::exists(folder / (std::to_string(state.epoch) + ".npz"))) saved.push_back(state.epoch);
    }
    CHECK(saved == std::vector<std::uint64_t>{2, 3, 6});
}

TEST_CASE("checkpoint: a run that was ended goes on from it bit for bit, with dropout, Adam and a schedule") {
    const temporary_folder folder;
    const auto data = gr::data::spirals({.samples = 60, .classes = 2});
    const auto make = [](std::uint64_t seed) {
        gr::seed(seed);
        return gr::sequential(gr::dense(2, 8, gr::relu{}), gr::dropout{0.3}, gr::dense(8, 2));
    };
    const auto run = [&](auto& net, auto& descend, std::size_t epochs, auto... more) {
        return gr::fit(net, gr::cross_entropy{}, descend, data, {.epochs = epochs, .batch_size = 16, .progress = quiet},
                       gr::scheduled(gr::schedule::one_cycle{.learning_rate = 0.05, .steps = 24}), more...);
    };
    auto whole = make(5);
    gr::optimizer descend(whole, gr::adam{});
    const auto expected = run(whole, descend, 6, gr::checkpoint(folder / "{epoch}.npz", {.every = 2}));

    auto resumed = make(99);
    gr::optimizer goes_on(resumed, gr::adam{});
    gr::load(folder / "2.npz", resumed, goes_on);
    CHECK(goes_on.epoch == 2);
    const auto got = run(resumed, goes_on, 4);
    CHECK(std::equal(got.loss.begin(), got.loss.end(), expected.loss.begin() + 2, expected.loss.end()));
    CHECK(resumed.template layer<0>().theta.W == whole.template layer<0>().theta.W);
    CHECK(resumed.template layer<2>().theta.W == whole.template layer<2>().theta.W);
    CHECK(resumed.template layer<2>().theta.b == whole.template layer<2>().theta.b);
    CHECK(goes_on.t == descend.t);
}

TEST_CASE("checkpoint: every error says what and where") {
    const temporary_folder folder;
    CHECK(message_of([] { gr::checkpoint never("net.npz", {.every = 0}); }) ==
          "checkpoint net.npz: every 0 epochs is never: it must be at least 1");
    auto net = line();
    const auto run = [&](const auto& J, gr::checkpoint keep) {
        return message_of([&] { gr::fit(net, J, gr::adam{}, signs(), {.epochs = 1, .progress = quiet}, keep); });
    };
    const std::string path = folder / "none/net.npz";
    CHECK(run(gr::mse{}, gr::checkpoint(path)) == path + ": cannot be written: there is no folder " + (folder / "none"));
    CHECK(run(gr::mse{}, gr::checkpoint(path, {.best_of = gr::watch::validation_loss})) ==
          "checkpoint: watches the validation, and fit was given none: set .validation, or watch gradus::watch::loss");
    CHECK(run(gr::mse{}, gr::checkpoint(path, {.best_of = gr::watch::accuracy})) ==
          "checkpoint: watches the accuracy, and this loss judges no classes");
}
