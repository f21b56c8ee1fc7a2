#pragma once

#include "gradus/base/compiled.hpp"
/// \file
/// The progress line of training, and its interruption by Ctrl-C.

#include <atomic>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <mutex>

#if __has_include(<unistd.h>)
#include <unistd.h>
#endif

namespace gradus {

/// When `fit` shows its progress: if standard error is a terminal, always, or never.
enum class show { on_terminal, always, never };

/// Seconds since construction.
class stopwatch {
  public:
    [[nodiscard]] double seconds() const {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    }

  private:
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// `epoch 3/10 [=========>          ]  47%  loss 0.0912  accuracy 0.9731  4.2 s left`, on standard error, at most ten
/// times a second. The line of a finished epoch stays.
class progress {
  public:
    struct figures {
        double loss = 0;
        double accuracy = std::nan("");             ///< NaN: the loss defines no accuracy
        double validation_loss = std::nan("");      ///< NaN: none
        double validation_accuracy = std::nan("");
    };

    GRADUS_ONCE progress(show when, std::size_t epochs);

    GRADUS_ONCE void batch(std::size_t epoch, double done, const figures& f);
    GRADUS_ONCE void epoch(std::size_t epoch, double seconds, const figures& f) const;

  private:
    static constexpr std::size_t width = 20;

    GRADUS_ONCE static void numbers(const figures& f);

    std::size_t epochs_;
    bool shown_;
    stopwatch clock_;
    double last_ = 0;
};

/// While an object of this class exists, the first Ctrl-C only sets a flag that all objects share; a second one ends
/// the program as usual. The last object to be destroyed restores the handler from before the first. If the program
/// ignores Ctrl-C, it stays ignored.
class interruptible {
  public:
    interruptible() {
        const std::lock_guard one_at_a_time(mutex_);
        if (alive_++ != 0) return;
        asked_ = 0;
        before_ = std::signal(SIGINT, ask);
        if (before_ == SIG_IGN) std::signal(SIGINT, SIG_IGN);
    }
    interruptible(const interruptible&) = delete;
    interruptible& operator=(const interruptible&) = delete;
    ~interruptible() {
        const std::lock_guard one_at_a_time(mutex_);
        if (--alive_ == 0) std::signal(SIGINT, before_);
    }

    [[nodiscard]] static bool asked() { return asked_.load(std::memory_order_relaxed) != 0; }

  private:
    static void ask(int) {
        asked_.store(1, std::memory_order_relaxed);
        std::signal(SIGINT, SIG_DFL);
    }

    static_assert(std::atomic<int>::is_always_lock_free, "or a signal handler could not set it");
    static inline std::atomic<int> asked_ = 0;  // any thread may get the signal
    static inline std::mutex mutex_;            // for the members below
    static inline std::size_t alive_ = 0;
    static inline void (*before_)(int) = nullptr;
};

#if GRADUS_BODIES_OF(training)

GRADUS_BODY progress::progress(show when, std::size_t epochs) : epochs_(epochs), shown_(when == show::always) {
#if __has_include(<unistd.h>)
    if (when == show::on_terminal) shown_ = isatty(STDERR_FILENO) == 1;
#endif
}

GRADUS_BODY void progress::batch(std::size_t epoch, double done, const figures& f) {
    if (!shown_ || clock_.seconds() - last_ < 0.1) return;
    last_ = clock_.seconds();
    const double all = (static_cast<double>(epoch) + done) / static_cast<double>(epochs_);
    char bar[width + 1];
    const auto filled = static_cast<std::size_t>(done * width);
    for (std::size_t i = 0; i < width; ++i) bar[i] = i < filled ? '=' : i == filled ? '>' : ' ';
    bar[width] = '\0';
    std::fprintf(stderr, "\repoch %zu/%zu [%s] %3.0f%%", epoch + 1, epochs_, bar, 100 * done);
    numbers(f);
    if (all > 0) std::fprintf(stderr, "  %.1f s left ", last_ / all * (1 - all));
    std::fflush(stderr);
}

GRADUS_BODY void progress::epoch(std::size_t epoch, double seconds, const figures& f) const {
    if (!shown_) return;
    std::fprintf(stderr, "\r\033[Kepoch %zu/%zu", epoch + 1, epochs_);
    numbers(f);
    std::fprintf(stderr, "  %.2f s\n", seconds);
}

GRADUS_BODY void progress::numbers(const figures& f) {
    std::fprintf(stderr, "  loss %.4f", f.loss);
    if (!std::isnan(f.accuracy)) std::fprintf(stderr, "  accuracy %.4f", f.accuracy);
    if (!std::isnan(f.validation_loss)) std::fprintf(stderr, "  validation loss %.4f", f.validation_loss);
    if (!std::isnan(f.validation_accuracy)) std::fprintf(stderr, "  accuracy %.4f", f.validation_accuracy);
}

#endif

}  // namespace gradus
