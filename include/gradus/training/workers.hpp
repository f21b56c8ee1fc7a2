#pragma once
/// \file
/// Threads that divide a batch: each processes its part, all synchronize, each does its part of the step.

#include <atomic>
#include <cstddef>
#include <exception>
#include <thread>
#include <utility>
#include <vector>

#include "gradus/base/compiled.hpp"
#include "gradus/base/error.hpp"
#include "gradus/base/function_ref.hpp"

namespace gradus {

/// A fixed team of threads. `run(f)` calls f(0), ..., f(size − 1), each in its own thread (0 in the caller's), and
/// returns when all are done; it rethrows the first exception.
///
/// A step of a small network takes some hundred microseconds, so threads spin before they sleep: waking a thread
/// through the kernel would cost as much as its part of the work. With fewer free cores than threads, spinning would
/// block the very thread that is waited for: after about twenty microseconds a waiting thread yields.
class workers {
  public:
    /// \throws gradus::error if the system cannot create the threads; those already started have ended by then.
    GRADUS_ONCE explicit workers(std::size_t size);
    workers(const workers&) = delete;
    workers& operator=(const workers&) = delete;
    ~workers() { stop(); }

    [[nodiscard]] std::size_t size() const { return errors_.size(); }

    GRADUS_ONCE void run(function_ref<void(std::size_t)> job);

  private:
    /// One iteration of waiting until `state` is no longer `now`: spins, then yields, then sleeps.
    static void linger(std::size_t turn, const std::atomic<std::size_t>& state, std::size_t now) {
        if (turn < 2'000)
            pause();
        else if (turn < 2'500)
            std::this_thread::yield();
        else
            state.wait(now, std::memory_order_acquire);
    }
    static void pause() {
#if defined(__x86_64__) || defined(__i386__)
        __builtin_ia32_pause();
#endif
    }
    GRADUS_ONCE void stop();
    GRADUS_ONCE void work(std::size_t k);
    GRADUS_ONCE void serve(std::size_t k);

    const function_ref<void(std::size_t)>* job_ = nullptr;
    std::atomic<std::size_t> go_{0}, busy_{0};
    std::vector<std::exception_ptr> errors_;
    std::vector<std::thread> threads_;
};

#if GRADUS_BODIES_OF(training)

GRADUS_BODY workers::workers(std::size_t size)
    : errors_(size == 0 ? 1 : size) {
    try {
        threads_.reserve(errors_.size() - 1);
        for (std::size_t k = 1; k < size; ++k) threads_.emplace_back([this, k] { serve(k); });
    } catch (const std::exception& e) {
        const std::size_t made = threads_.size() + 1;
        stop();
        throw error(message({"workers: only ", made, " of ", size, " threads could be had: ", e.what()}));
    }
}

GRADUS_BODY void workers::run(function_ref<void(std::size_t)> job) {
    job_ = &job;
    busy_.store(threads_.size(), std::memory_order_relaxed);
    go_.fetch_add(1, std::memory_order_release);
    if (!threads_.empty()) go_.notify_all();
    work(0);
    for (std::size_t left = busy_.load(std::memory_order_acquire), turn = 0; left != 0;
         left = busy_.load(std::memory_order_acquire))
        linger(++turn, busy_, left);
    std::exception_ptr first;  // the other exceptions are dropped: the next run must not throw them
    for (auto& e : errors_)
        if (const auto thrown = std::exchange(e, nullptr); thrown && !first) first = thrown;
    if (first) std::rethrow_exception(first);
}

GRADUS_BODY void workers::stop() {
    job_ = nullptr;
    go_.fetch_add(1, std::memory_order_release);
    go_.notify_all();
    for (auto& t : threads_) t.join();
}

GRADUS_BODY void workers::work(std::size_t k) {
    try {
        (*job_)(k);
    } catch (...) {
        errors_[k] = std::current_exception();
    }
}

GRADUS_BODY void workers::serve(std::size_t k) {
    for (std::size_t seen = 0;;) {
        for (std::size_t turn = 0; go_.load(std::memory_order_acquire) == seen;) linger(++turn, go_, seen);
        ++seen;
        if (job_ == nullptr) return;
        work(k);
        if (busy_.fetch_sub(1, std::memory_order_acq_rel) == 1) busy_.notify_one();
    }
}

#endif

}  // namespace gradus
