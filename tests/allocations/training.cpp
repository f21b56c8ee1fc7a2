// labels: threads
// No heap allocation in a training step after the first. Counted at malloc, posix_memalign and aligned_alloc, as xsimd's
// allocator calls the second and a count of operator new would miss it.
#include <doctest/doctest.h>

#include "gradus.hpp"

#include "../support/draw.hpp"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define GRADUS_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define GRADUS_SANITIZED 1
#endif
#endif

#if defined(__GLIBC__) && !defined(GRADUS_SANITIZED)
#include <atomic>
#include <cerrno>
#include <cstdlib>

namespace {
std::atomic<std::size_t> allocations{0};
constexpr bool counts = true;
}  // namespace

extern "C" {
void* __libc_malloc(std::size_t);                  // NOLINT(bugprone-reserved-identifier): glibc's own doors
void* __libc_calloc(std::size_t, std::size_t);     // NOLINT(bugprone-reserved-identifier)
void* __libc_realloc(void*, std::size_t);          // NOLINT(bugprone-reserved-identifier)
void* __libc_memalign(std::size_t, std::size_t);   // NOLINT(bugprone-reserved-identifier)

void* malloc(std::size_t size) { return ++allocations, __libc_malloc(size); }
void* calloc(std::size_t n, std::size_t size) { return ++allocations, __libc_calloc(n, size); }
void* realloc(void* p, std::size_t size) { return ++allocations, __libc_realloc(p, size); }
void* aligned_alloc(std::size_t alignment, std::size_t size) { return ++allocations, __libc_memalign(alignment, size); }
int posix_memalign(void** p, std::size_t alignment, std::size_t size) {
    ++allocations;
    *p = __libc_memalign(alignment, size);
    return *p == nullptr ? ENOMEM : 0;
}
}
#else
namespace {
constexpr std::size_t allocations = 0;
constexpr bool counts = false;
}  // namespace
#endif

namespace gr = gradus;
using matrix = gr::tensor<float, 2>;

namespace {

/// How many allocations a call makes.
template <class F>
std::size_t allocations_of(F&& f) {
    const std::size_t before = allocations;
    f();
    return allocations - before;
}

/// Whether they are counted at all: a sanitizer has its own malloc.
bool counted() {
    if (!counts) MESSAGE("not counted here: the sanitizer has its own malloc");
    return counts;
}

gr::dataset<matrix, gr::tensor<std::int32_t, 1>> images(std::size_t n) {
    gr::tensor<std::int32_t, 1> y({n}, 0);
    for (std::size_t i = 0; i < n; ++i) y(i) = static_cast<std::int32_t>(i % 10);
    return {support::draw<matrix>({n, 784}, 1), y};
}
auto mnist_network() {
    return gr::sequential(gr::dense(784, 128, gr::relu{}), gr::dense(128, 128, gr::relu{}), gr::dense(128, 10));
}

/// What `fit` allocates in `epochs` epochs: what it sets up, what its first steps leave behind, and its history.
template <class Net, class J, class Options, class Data>
std::size_t fitted(const Net& start, const J& loss, const Options& options, const Data& data, std::size_t epochs,
                   std::size_t batch_size, std::size_t threads) {
    Net net = start;
    gr::optimizer descend(net, options);
    return allocations_of([&] {
        gr::fit(net, loss, descend, data,
                {.epochs = epochs, .batch_size = batch_size, .threads = threads, .progress = gr::show::never});
    });
}

}  // namespace

TEST_CASE("allocations: one tensor is seen, and so is what new, malloc and aligned_alloc give") {
    if (!counted()) return;
    CHECK(allocations_of([] { const gr::tensor<float, 1> one({100}, 1.0f); }) == 1);
    CHECK(allocations_of([] { delete[] new char[100]; }) <= 1);  // a compiler may leave out this pair
    void* kept = nullptr;
    CHECK(allocations_of([&] { kept = std::malloc(100); }) == 1);
    std::free(kept);
    CHECK(allocations_of([&] { kept = std::aligned_alloc(64, 128); }) == 1);
    std::free(kept);
    CHECK(allocations_of([] {}) == 0);
}

TEST_CASE("allocations: none in a step of the textbook's loop after the first") {
    if (!counted()) return;
    auto net = gr::sequential(gr::dense(2, 3, gr::sigmoid{}), gr::dense(3, 1));
    const auto data = gr::data::xor_gate();
    const gr::mse J;
    gr::mse::cache<matrix> loss_cache;
    gr::optimizer descend(net, gr::gradient_descent{});
    gr::pass pass(net);
    gr::gradients grad(net);
    const auto step = [&] {
        const auto& y_hat = net.forward(data.x, pass);
        (void)J.forward(y_hat, data.y, loss_cache);
        net.backward(data.x, J.backward(y_hat, data.y, loss_cache), pass, grad);
        descend(net, grad, pass);
    };
    CHECK(allocations_of(step) > 0);
    CHECK(allocations_of([&] { for (int t = 0; t < 10; ++t) step(); }) == 0);
}

TEST_CASE("allocations: none in a step of the MNIST network with Adam after the first, gradients added up included") {
    if (!counted()) return;
    auto net = mnist_network();
    const auto data = images(32);
    const gr::cross_entropy J;
    gr::cross_entropy::cache<matrix> loss_cache;
    gr::optimizer descend(net, gr::adam{});
    gr::pass pass(net);
    gr::gradients grad(net), total(net);
    const auto step = [&] {
        const auto& y_hat = net.forward(data.x, pass);
        (void)J.forward(y_hat, data.y, loss_cache);
        net.backward(data.x, J.backward(y_hat, data.y, loss_cache), pass, grad);
        total.zero();
        total += grad;
        total *= 1 / (1 + total.norm());
        descend(net, total, pass);
    };
    step();
    CHECK(allocations_of([&] { for (int t = 0; t < 3; ++t) step(); }) == 0);
}

TEST_CASE("allocations: none in a step of convolutions after the first, whichever way they go") {
    if (!counted()) return;
    using images = gr::tensor<float, 4>;
    const auto none = [](auto net, const images& x) {
        gr::tensor<std::int32_t, 1> y({x.shape()[0]}, 3);
        const gr::cross_entropy J;
        gr::cross_entropy::cache<matrix> loss_cache;
        gr::optimizer descend(net, gr::adam{});
        gr::pass pass(net);
        pass.input_gradient = true;
        gr::gradients grad(net);
        const auto step = [&] {
            const auto& y_hat = net.forward(x, pass);
            (void)J.forward(y_hat, y, loss_cache);
            net.backward(x, J.backward(y_hat, y, loss_cache), pass, grad);
            descend(net, grad, pass);
        };
        CHECK(allocations_of(step) > 0);
        CHECK(allocations_of([&] { for (int t = 0; t < 3; ++t) step(); }) == 0);
    };
    none(gr::sequential(gr::conv2d(1, 32, 3, gr::relu{}), gr::max_pool2d(2), gr::conv2d(32, 48, 3, gr::relu{}), gr::max_pool2d(2),
                          gr::flatten{}, gr::dense(1200, 10)),
           support::draw<images>({40, 26, 26, 1}, 1));  // several chunks
    none(gr::sequential(gr::conv2d(3, 7, 3, gr::gelu{}, {.stride = 2, .padding = gr::same}),
                          gr::conv2d(7, 14, 2, gr::prelu(14), {.padding = 1, .groups = 7}),
                          gr::depthwise_conv2d(14, 3, gr::softmax{}, {.padding = gr::same, .dilation = 2}), gr::flatten{},
                          gr::dense(504, 4)),
           support::draw<images>({5, 10, 10, 3}, 1));
}

TEST_CASE_TEMPLATE("allocations: none in a step of recurrent layers after the first: masked, in two directions, from chunk to chunk", T, float,
                   double) {
    if (!counted()) return;
    using sequences = gr::tensor<T, 3>;
    const auto x = support::draw<sequences>({5, 7, 4}, 1);
    const auto none = [&](auto net, bool carried, const gr::tensor<bool, 2>& mask) {
        gr::optimizer descend(net, gr::adam{});
        gr::pass pass(net);
        pass.input_gradient = true;
        pass.mask = mask;
        gr::gradients grad(net);
        auto dy = net.forward(x, pass);
        const auto step = [&] {
            if (carried) gr::carry_state(net, pass);
            (void)net.forward(x, pass);
            net.backward(x, dy, pass, grad);
            descend(net, grad, pass);
        };
        step();
        CHECK(allocations_of([&] { for (int t = 0; t < 3; ++t) step(); }) == 0);
    };
    gr::tensor<bool, 2> mask({5, 7}, true);
    mask(1, 6) = mask(3, 0) = mask(4, 4) = false;
    none(gr::sequential(gr::lstm<T>(4, 17), gr::gru<T>(17, 9), gr::peephole_lstm<T>(9, 3), gr::gru_reset_before<T>(3, 5), gr::rnn<T>(5, 2)), true, {});
    none(gr::sequential(gr::bidirectional(gr::lstm<T>(4, 9)), gr::dropout{0.25}, gr::bidirectional(gr::gru_reset_before<T>(18, 3)),
                        gr::last_step(gr::bidirectional(gr::gru<T>(6, 40, {.truncate = 3}))), gr::dense<T>(80, 2)), false, mask);
}

TEST_CASE("allocations: fit makes none per step, with one thread or two, through last batches that are smaller") {
    if (!counted()) return;
    const auto net = mnist_network();
    const auto data = images(71);  // 32, 32 and 7
    for (std::size_t threads = 1; threads <= 3; ++threads) {
        CAPTURE(threads);
        // What is left of an epoch: the order of its samples, drawn anew, and a longer history now and then.
        const auto cost = [&](std::size_t epochs) { return fitted(net, gr::cross_entropy{}, gr::adam{}, data, epochs, 32, threads); };
        (void)cost(1);
        const std::size_t two = cost(2), ten = cost(10);
        CHECK(ten - two <= 8 + 3 * 4);  // loss, accuracy, learning rate
    }
}

TEST_CASE("allocations: an epoch of many steps costs fit what an epoch of few does") {
    if (!counted()) return;
    const auto net = gr::sequential(gr::dense(2, 3, gr::sigmoid{}), gr::dense(3, 1));
    const gr::dataset few(support::draw<matrix>({12, 2}, 1), support::draw<matrix>({12, 1}, 2));
    const gr::dataset many(support::draw<matrix>({404, 2}, 1), support::draw<matrix>({404, 1}, 2));
    for (std::size_t threads = 1; threads <= 2; ++threads) {
        CAPTURE(threads);
        const auto cost = [&](const auto& data, std::size_t size) { return fitted(net, gr::mse{}, gr::adam{}, data, 1, size, threads); };
        (void)cost(few, 8);
        CHECK(cost(many, 8) == cost(few, 8));      // 51 steps, the last of 4 samples; 2 steps, the last of 4
        CHECK(cost(many, 101) == cost(few, 3));    // no smaller one
    }
}

TEST_CASE("allocations: none in a step of an embedding after the first") {
    if (!counted()) return;
    auto net = gr::sequential(gr::embedding(50, 7, {.padding = 0}), gr::gru(7, 5));
    gr::tensor<std::int32_t, 2> x({8, 6});
    for (std::size_t i = 0; i < x.size(); ++i) x.data()[i] = static_cast<std::int32_t>(i % 50);
    gr::optimizer descend(net, gr::adam{});
    gr::pass pass(net);
    gr::gradients grad(net);
    const auto step = [&] {
        const auto& y = net.forward(x, pass);
        net.backward(x, y, pass, grad);
        descend(net, grad, pass);
    };
    CHECK(allocations_of(step) > 0);
    CHECK(allocations_of([&] { for (int t = 0; t < 3; ++t) step(); }) == 0);
}
