// A noisy sine by a simple RNN, forecast one step ahead and unrolled in time; why gates exist; and gradients that explode.
//
// The recurrent layer and its gates are named in documents/001 (循环层, 门机制: LSTM, GRU), without a formula. Elman's is
//
//     h_t = tanh(x_t W + h_{t−1} U + b)      ŷ = h_T V + c      h_0 = 0
//
// The same W, U and b at every step; so the gradient comes back over every step, too: ∂J/∂h_{t−1} = (∂J/∂h_t ∘ (1 − h_t²)) Uᵀ.
// Over k steps that is a product of k matrices which shrinks or grows as a power of k. All of what follows is that product.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <gradus.hpp>
#include <gradus/data/sequences.hpp>
#include <gradus/data/series.hpp>
#include <gradus/layers/gru.hpp>
#include <gradus/layers/last_step.hpp>
#include <gradus/layers/lstm.hpp>
#include <gradus/layers/rnn.hpp>
#include <gradus/plot/figure.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "options.hpp"
#include "unrolled.hpp"

namespace gr = gradus;

using sequences = gr::tensor<float, 3>;  // (N, T, D)
using rows = gr::tensor<float, 2>;       // (N, D)
using series = gr::dataset<sequences, rows>;

/// A recurrent layer, of which the state after the last step goes on, and a linear layer: ŷ (N, 1) of x (N, T, D).
template <class Cell>
auto network(const Cell& cell) {
    return gr::sequential(gr::last_step(cell), gr::dense(cell.units(), 1));
}

/// The textbook's loop, on `of_step(i)`. Calls `after(i, J, ‖∇J‖)`, which goes on while it says true. Gradients above `limit`
/// are cut down to it; 0: not.
template <class Net, class Options, class Data, class F>
void train(Net& net, const Options& how, std::size_t steps, const Data& of_step, double limit, const F& after) {
    const gr::mse J;
    auto descend = gr::optimizer(net, how);
    gr::pass pass(net);
    gr::gradients grad(net);
    for (std::size_t i = 0; i < steps; ++i) {
        const auto& [x, y] = of_step(i);
        const auto& y_hat = net.forward(x, pass);                                                // ŷ = f(x; θ)
        net.backward(x, J.gradient(y_hat, y), pass, grad);                                       // ∇J(θ)
        const double norm = limit > 0 ? gr::clip_norm(grad, limit) : gr::global_norm(grad);      // ∇J ← min(1, c / ‖∇J‖) ∇J
        if (!after(i, J.value(y_hat, y), norm)) return;
        descend(net, grad);                                                                      // θ ← θ − α ∇J(θ)
    }
}

// --- 1. the forecast -------------------------------------------------------------------------------------------------

constexpr std::size_t window = 25;  // T, a period of the sine
constexpr double noise = 0.1;

/// Steps [from, to) of a series, in windows of T and the value behind each.
series windows_of(const gr::tensor<float, 1>& s, std::size_t from, std::size_t to, std::size_t T) {
    auto part = gr::tensor<float, 1>::from_shape({to - from});
    std::copy(s.begin() + static_cast<std::ptrdiff_t>(from), s.begin() + static_cast<std::ptrdiff_t>(to), part.begin());
    return gr::data::windows(part, T);
}

/// Goes on by itself from a window of x: each forecast is the next step's x.
template <class Net>
std::vector<double> free_run(const Net& net, const sequences& x, std::size_t n, std::size_t steps) {
    sequences w({1, window, 1});
    std::copy_n(&x(n, 0, 0), window, w.data());
    std::vector<double> run;
    for (std::size_t i = 0; i < steps; ++i) {
        const float y_hat = gr::predict(net, w)(0, 0);
        run.push_back(y_hat);
        std::copy(w.begin() + 1, w.end(), w.begin());
        w(0, window - 1, 0) = y_hat;
    }
    return run;
}

/// Sample n with all its numbers.
template <class Cell>
void picture_unrolled(const example::options& o, const decltype(network(std::declval<Cell>()))& net, const series& data, std::size_t n) {
    sequences x({1, window, 1});
    std::copy_n(&data.x(n, 0, 0), window, x.data());
    const Cell& cell = net.template layer<0>();                      // the same, without last_step: every h_t
    const auto h = gr::predict(cell, x);                             // (1, T, H)
    const auto& head = net.template layer<1>().theta;
    const auto& theta = cell.theta;
    example::unrolled of{theta.W, theta.U, theta.b, head.W, head.b, {x.begin(), x.end()}, {}, 0, 0};
    of.h.emplace_back(cell.units());                                 // h_0 = 0
    for (std::size_t t = 0; t < window; ++t) of.h.emplace_back(&h(0, t, 0), &h(0, t, 0) + cell.units());
    of.y_hat = gr::predict(net, x)(0, 0), of.y = data.y(n, 0);
    of.picture("One window, unrolled: the same W, U and b at every step").save(o.picture("rnn_sine_unrolled.svg"));
}

// --- 2. why gates exist ----------------------------------------------------------------------------------------------

constexpr std::size_t far = 100;  // T

/// Noisy sines that begin with a mark of −1 or 1, which is what is asked for behind their end.
///   x (N, T, 2): the sine, and the mark (0 after the first step)     y (N, 1): the mark
series marked(std::size_t samples, std::uint64_t seed) {
    const auto s = gr::data::noisy_sine({.steps = samples * 7 + far, .noise = noise, .seed = seed});
    const auto key = gr::random::mix(seed, "marks");
    sequences x({samples, far, 2}, 0);
    rows y({samples, 1});
    for (std::size_t n = 0; n < samples; ++n) {
        for (std::size_t t = 0; t < far; ++t) x(n, t, 0) = s(n * 7 + t);
        x(n, 0, 1) = y(n, 0) = gr::random::uniform(key, n) < 0.5 ? -1.f : 1.f;
    }
    return {std::move(x), std::move(y)};
}

/// x from step t on, and the state in which that begins; the layer says of which kind.
gr::rnn_input<float> suffix(sequences x, gr::hidden_state<float> s) { return {std::move(x), std::move(s.h)}; }
gr::lstm_input<float> suffix(sequences x, gr::lstm_state<float> s) { return {std::move(x), std::move(s.h), std::move(s.c)}; }

/// How much J changes with the state k steps before the end: ‖∂J/∂h_{T−k}‖, k = 1 ... T, over that for k = 1. (An LSTM's
/// state is h and c.) The state is an input of what comes after it, and backward gives its gradient as any input's.
template <class Net>
std::vector<double> norms_by_distance(const Net& net, const series& data) {
    const std::size_t N = data.size(), D = data.x.shape()[2];
    const auto& cell = net.template layer<0>();
    typename std::decay_t<decltype(cell)>::state state;
    state.each([&](std::string_view, auto& s) { s = rows({N, cell.units()}, 0); }, state);       // h_0 = 0
    std::vector<double> norms(far);
    for (std::size_t t = 0; t < far; ++t) {
        sequences rest({N, far - t, D});
        rows x_t({N, D});
        for (std::size_t n = 0; n < N; ++n) {
            std::copy_n(&data.x(n, t, 0), rest.shape()[1] * D, &rest(n, 0, 0));
            std::copy_n(&data.x(n, t, 0), D, &x_t(n, 0));
        }
        const auto in = suffix(std::move(rest), state);
        gr::pass pass(net, in);
        gr::gradients grad(net);
        pass.input_gradient = true;
        const auto dy = gr::mse{}.gradient(net.forward(in, pass), data.y);
        const auto& dx = net.backward(in, dy, pass, grad);                                       // ∂J/∂(x, h, c)
        double sum = 0;
        dx.each([&](std::string_view name, const auto& d) { if (name != "x") sum += gr::sum_of_squares(d.data(), d.size()); }, dx);
        norms[far - 1 - t] = std::sqrt(sum);
        state = cell.step(x_t, state);                                                           // h_{t+1}
    }
    for (std::size_t k = far; k-- > 0;) norms[k] /= norms[0];
    return norms;
}

/// One row of the table, and one line of the picture.
struct keeper {
    std::string name, key;
    std::vector<double> norms;
    double loss;
};

/// What reaches the first step as the layer begins, and what has been learnt after so many epochs.
template <class Cell>
keeper remember(const example::options& o, const char* name, const char* key, const Cell& cell, const series& data, std::size_t epochs) {
    auto net = network(cell);
    std::vector<std::size_t> some(64);
    for (std::size_t n = 0; n < some.size(); ++n) some[n] = n;
    const auto norms = norms_by_distance(net, gr::take(data, some));
    gr::fit(net, gr::mse{}, gr::adam{.learning_rate = 0.01}, data,
            {.epochs = epochs, .batch_size = 64, .clip_norm = 1, .progress = gr::show::never});
    const double loss = gr::evaluate(net, gr::mse{}, marked(512, 2)).loss;
    o.say("  %-26s %8.0e %8.0e %8.0e   %8.4f\n", name, norms[9], norms[29], norms[far - 1], loss);
    return {name, key, norms, loss};
}

/// The gates' biases of a GRU's z so that h = (1 − z) ∘ n + z ∘ h′ keeps h′ at first.
auto opened(auto layer, float b_z) {
    const std::size_t H = layer.units();
    std::fill_n(layer.theta.b.data() + H, H, b_z);  // the gates stand in the order r z n
    return layer;
}

// --- 3. gradients that explode ---------------------------------------------------------------------------------------

struct explosion {
    std::string name, key;
    std::vector<double> loss, norm;
};

/// Trains an RNN with U = gain · Q, Q orthogonal, on windows of 100 steps that it has not seen before.
template <class Options>
explosion explode(const example::options& o, const char* name, const char* key, double gain, const Options& how, double limit,
                  std::size_t steps) {
    constexpr std::size_t batch = 64;
    const auto s = gr::data::noisy_sine({.steps = steps * batch + far, .noise = noise, .seed = 3});
    const auto data = gr::data::windows(s, far);
    gr::seed(o.seed);
    auto net = network(gr::rnn(1, 32, gr::tanh{}, {}, gr::glorot_uniform{}, gr::orthogonal{.gain = gain}));
    explosion e{name, key, {}, {}};
    series of_step;
    const auto next = [&](std::size_t i) -> const series& {
        std::vector<std::size_t> which(batch);
        for (std::size_t n = 0; n < batch; ++n) which[n] = i * batch + n;
        return of_step = gr::take(data, which);
    };
    train(net, how, steps, next, limit, [&](std::size_t, double loss, double norm) {
        e.loss.push_back(loss), e.norm.push_back(norm);
        return std::isfinite(loss);
    });
    const double last = e.loss.back();
    char end[48];
    std::snprintf(end, sizeof end, std::isfinite(last) ? "%.4f" : "none: infinite at step %.0f",
                  std::isfinite(last) ? last : static_cast<double>(e.loss.size()));
    o.say("  %-38s %8.1f %10.1e   %s\n", name, e.norm[0], *std::max_element(e.norm.begin(), e.norm.end()), end);
    return e;
}

int main(int argc, char** argv) try {
    example::options o;
    o.epochs = 300, o.learning_rate = 0.01;
    std::size_t hidden = 3;
    o.parse(argc, argv, "A noisy sine by a simple RNN; why gates exist; gradients that explode. An epoch is one step.",
            {{"--hidden", hidden, 1, 64, "How many units forecast"}}, {"--data", "--batch-size", "--threads"});

    // --- 1. the forecast ---------------------------------------------------------------------------------------------
    // 800 steps to learn from, 200 to be judged by. Whoever knew the sine would still miss each value by its noise.
    const auto s = gr::data::noisy_sine({.steps = 1000, .period = window, .noise = noise, .seed = o.seed});
    const auto learnt_from = windows_of(s, 0, 800, window), test = windows_of(s, 800, 1000, window);
    const gr::mse J;
    gr::seed(o.seed);
    using cell = decltype(gr::rnn(1, hidden));
    auto net = network(gr::rnn(1, hidden));
    o.say("%s\n", gr::summary(net, {window, 1}).c_str());
    std::vector<double> losses;
    const gr::stopwatch training;
    train(net, gr::adam{.learning_rate = o.learning_rate}, o.epochs, [&](std::size_t) -> const series& { return learnt_from; }, 0,
          [&](std::size_t i, double loss, double norm) {
              losses.push_back(loss);
              if (i % 50 == 0) o.say("step %3zu  J = %.4f  ‖∇J‖ = %.4f\n", i, loss, norm);
              return true;
          });
    const double seconds = training.seconds();
    const auto forecast = gr::predict(net, test.x);
    const double test_loss = J.value(forecast, test.y);
    double as_before = 0;
    for (std::size_t n = 0; n < test.size(); ++n) as_before += std::pow(test.x(n, window - 1, 0) - test.y(n, 0), 2);
    as_before /= static_cast<double>(test.size());
    o.say("Forecast of the next value, mean squared error: %.4f; the noise alone: %.4f; \"as the one before\": %.4f\n\n", test_loss,
          noise * noise, as_before);

    const auto by_itself = free_run(net, test.x, 0, 100);
    std::vector<double> steps, came(test.y.begin(), test.y.begin() + 100), one_step(forecast.begin(), forecast.begin() + 100);
    for (std::size_t n = 0; n < 100; ++n) steps.push_back(static_cast<double>(n + 1));
    gr::plot::figure("A noisy sine, forecast", {.x = "step", .y = "s"})
        .scatter("what came", steps, came)
        .line("forecast from the 25 before", steps, one_step)
        .line("from its own forecasts", steps, by_itself)
        .save(o.picture("rnn_sine_forecast.svg"));
    picture_unrolled<cell>(o, net, test, 0);

    // --- 2. why gates exist ------------------------------------------------------------------------------------------
    const auto marks = marked(2048, 1);
    const std::size_t epochs = std::max<std::size_t>(1, o.epochs / 30), H = 16;
    o.say("‖∂J/∂h‖ so many steps before the end, as the layers begin; and J after %zu epochs of remembering a mark for 100\n"
          "steps (J = 1: nothing):            10       30      100          J\n", epochs);
    gr::seed(o.seed);
    const std::vector<keeper> keepers = {
        remember(o, "RNN, U orthogonal", "rnn", gr::rnn(2, H), marks, epochs),
        remember(o, "RNN, U uniform in ±1/√H", "rnn_uniform", gr::rnn(2, H, gr::tanh{}, {}, gr::glorot_uniform{}, gr::pytorch_default{}), marks, epochs),
        remember(o, "LSTM, b_f = 1", "lstm", gr::lstm(2, H), marks, epochs),
        remember(o, "LSTM, b_f = 4", "lstm_open", gr::lstm(2, H, {.forget_bias = 4}), marks, epochs),
        remember(o, "GRU, b_z = 0", "gru", gr::gru(2, H), marks, epochs),
        remember(o, "GRU, b_z = 4", "gru_open", opened(gr::gru(2, H), 4), marks, epochs)};
    gr::plot::figure gates("What reaches a state of the gradient", {.x = "steps before the end", .y = "‖∂J/∂h‖, 1 for the last but one", .log_y = true});
    for (const keeper& k : keepers) gates.line(k.name, k.norms);
    gates.save(o.picture("rnn_sine_gradients.svg"));

    // --- 3. gradients that explode -----------------------------------------------------------------------------------
    o.say("\n                                           ‖∇J‖ at first   at most   J after %zu steps\n", o.epochs);
    const gr::gradient_descent descent{.learning_rate = 0.1};
    const std::vector<explosion> explosions = {
        explode(o, "ρ(U) = 1", "rho_1", 1, descent, 0, o.epochs), explode(o, "ρ(U) = 1.5", "rho_1.5", 1.5, descent, 0, o.epochs),
        explode(o, "ρ(U) = 1.5, ‖∇J‖ ≤ 1", "rho_1.5_clipped", 1.5, descent, 1, o.epochs),
        explode(o, "ρ(U) = 1.5, Adam", "rho_1.5_adam", 1.5, gr::adam{}, 0, o.epochs)};
    gr::plot::figure loss("The loss where gradients explode", {.x = "step", .y = "mean squared error", .log_y = true});
    gr::plot::figure norm("Gradients that explode", {.x = "step", .y = "‖∇J‖, before it is clipped", .log_y = true});
    for (const explosion& e : explosions) loss.line(e.name, e.loss), norm.line(e.name, e.norm);
    loss.save(o.picture("rnn_sine_exploding_loss.svg"));
    norm.save(o.picture("rnn_sine_exploding_norm.svg"));
    o.say("\nPictures: %s\n", o.picture("rnn_sine_*.svg").c_str());

    std::vector<std::pair<std::string, example::value>> results = {
        {"example", "rnn_sine"},
        {"seed", o.seed},
        {"epochs", o.epochs},
        {"data", "noisy sine"},
        {"train_samples", learnt_from.size()},
        {"test_samples", test.size()},
        {"parameters", gr::count(net)},
        {"train_loss", losses},
        {"test_loss", test_loss},
        {"noise_loss", noise * noise},
        {"seconds", seconds},
        {"samples_per_second", static_cast<double>(o.epochs * learnt_from.size()) / seconds}};
    for (const keeper& k : keepers) results.emplace_back("gradient_by_distance_" + k.key, k.norms), results.emplace_back("remembering_loss_" + k.key, k.loss);
    for (const explosion& e : explosions) results.emplace_back("exploding_norm_" + e.key, e.norm), results.emplace_back("exploding_loss_" + e.key, e.loss);
    example::write_json(o, results);
} catch (const gr::error& e) {
    std::fprintf(stderr, "rnn_sine: %s\n", e.what());
    return 1;
}
