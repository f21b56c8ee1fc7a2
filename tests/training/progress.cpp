#include "gradus/training/progress.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <optional>
#include <string>
#include <thread>

#include "gradus.hpp"

namespace gr = gradus;
using matrix = gr::tensor<float, 2>;

namespace {

/// What a call writes to standard error, which is a file meanwhile.
template <class F>
std::string written(F&& f) {
    std::fflush(stderr);
    const int kept = ::dup(STDERR_FILENO);
    std::FILE* file = std::tmpfile();
    REQUIRE(file != nullptr);
    ::dup2(::fileno(file), STDERR_FILENO);
    f();
    std::fflush(stderr);
    ::dup2(kept, STDERR_FILENO);
    ::close(kept);
    std::string text(static_cast<std::size_t>(::lseek(::fileno(file), 0, SEEK_END)), '\0');
    std::rewind(file);
    text.resize(std::fread(text.data(), 1, text.size(), file));
    std::fclose(file);
    return text;
}
bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

void train(gr::show when) {
    auto net = gr::sequential(gr::dense(2, 1));
    const auto data = gr::data::xor_gate();
    gr::fit(net, gr::binary_cross_entropy{}, gr::adam{}, data, {.epochs = 3, .validation = data, .progress = when});
}

}  // namespace

TEST_CASE("progress: quiet where standard error is no terminal, or where it is told so") {
    CHECK(written([] { train(gr::show::on_terminal); }) == "");
    CHECK(written([] { train(gr::show::never); }) == "");
}

TEST_CASE("progress: shown where it is asked for, a line for each epoch") {
    const std::string text = written([] { train(gr::show::always); });
    CHECK(holds(text, "epoch 1/3  loss 0."));
    CHECK(holds(text, "epoch 3/3  loss 0."));
    CHECK(holds(text, "  accuracy 0."));
    CHECK(holds(text, "  validation loss 0."));
    CHECK(holds(text, " s\n"));
}

TEST_CASE("progress: the line of a batch has a bar, loss, accuracy and the time left, at most ten times a second") {
    const std::string text = written([] {
        gr::progress line(gr::show::always, 4);
        gr::progress::figures f;
        f.loss = 0.5, f.accuracy = 0.75;
        line.batch(0, 0.1, f);  // too early
        std::this_thread::sleep_for(std::chrono::milliseconds(120));
        line.batch(1, 0.5, f);
        line.batch(1, 0.6, f);  // too early again
    });
    CHECK(holds(text, "\repoch 2/4 [==========>         ]  50%  loss 0.5000  accuracy 0.7500  0."));
    CHECK(text.ends_with(" s left "));
    CHECK_FALSE(holds(text, "60%"));
    CHECK_FALSE(holds(text, "epoch 1/4"));
    CHECK_FALSE(holds(text, "nan"));
}

TEST_CASE("progress: what a loss does not judge is not shown") {
    const std::string text = written([] {
        gr::progress line(gr::show::always, 1);
        line.epoch(0, 1.234, {.loss = 2});
    });
    CHECK(text == "\r\033[Kepoch 1/1  loss 2.0000  1.23 s\n");
}

TEST_CASE("stopwatch: counts seconds") {
    const gr::stopwatch clock;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    CHECK(clock.seconds() >= 0.02);
    CHECK(clock.seconds() < 10);
}

namespace {
extern "C" void theirs(int) {}
/// The handler of SIGINT now.
auto handler() {
    auto* now = std::signal(SIGINT, SIG_DFL);
    std::signal(SIGINT, now);
    return now;
}
}  // namespace

TEST_CASE("interruptible: however two overlap, the handler from before the first is back after the last") {
    auto* before = std::signal(SIGINT, theirs);
    for (const bool first_ends_first : {true, false}) {
        std::optional<gr::interruptible> first(std::in_place), second(std::in_place);
        CHECK((handler() != theirs));
        (first_ends_first ? first : second).reset();
        CHECK((handler() != theirs));
        std::raise(SIGINT);  // asks the one that still runs, and does not end the program
        CHECK(gr::interruptible::asked());
        (first_ends_first ? second : first).reset();
        CHECK((handler() == theirs));
    }
    {
        const gr::interruptible anew;
        CHECK_FALSE(gr::interruptible::asked());
    }
    std::signal(SIGINT, before);
}

TEST_CASE("interruptible: a Ctrl-C that the program ignores stays ignored") {
    auto* before = std::signal(SIGINT, SIG_IGN);
    {
        const gr::interruptible guard;
        CHECK((handler() == SIG_IGN));
        std::raise(SIGINT);
        CHECK_FALSE(gr::interruptible::asked());
    }
    CHECK((handler() == SIG_IGN));
    std::signal(SIGINT, before);
}

TEST_CASE("interruptible: made and gone in many threads at once") {
    auto* before = std::signal(SIGINT, theirs);
    {
        std::vector<std::jthread> threads;
        for (int k = 0; k < 4; ++k)
            threads.emplace_back([] {
                for (int i = 0; i < 200; ++i) const gr::interruptible guard;
            });
    }
    CHECK((handler() == theirs));
    std::signal(SIGINT, before);
}
