// A noisy sine by a simple RNN, forecast one step ahead and unrolled in time; why gates exist; gradients that explode.
//
// documents/001 names the recurrent layer and its gates (循环层; 门机制: LSTM, GRU) without a formula. Elman's is
//
//     h_t = tanh(x_t W + h_{t−1} U + b)      ŷ = h_T V + c      h_0 = 0
//
// W, U and b are the same at every step, so the gradient is propagated back through the same U at every step:
//
//     ∂J/∂h_{t−1} = (∂J/∂h_t ∘ (1 − h_t²)) Uᵀ
//
// Over k steps that is a product of k matrices, which shrinks or grows as a power of k: parts 2 and 3 measure it.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <gradus.hpp>
#include <gradus/data/sequences.hpp>
#include <gradus/data/series.hpp>
#include <gradus/plot/figure.hpp>
#include <string>
#include <utility>
#include <vector>

#include "gradients_in_time.hpp"
#include "options.hpp"
#include "unrolled.hpp"

namespace gr = gradus;
using example::noise, example::rows, example::sequences, example::series;

constexpr std::size_t window = 25;  // T of part 1, and the period of the sine

/// Steps [from, to) of a series, as windows of T and the value after each. Split before cutting windows: those overlap.
series windows_of(const gr::tensor<float, 1>& s, std::ptrdiff_t from, std::ptrdiff_t to) {
    auto part = gr::tensor<float, 1>::from_shape({static_cast<std::size_t>(to - from)});
    std::copy(s.begin() + from, s.begin() + to, part.begin());
    return gr::data::windows(part, window);
}

/// Continues from a window: each forecast is the next input.
template <class Net>
std::vector<double> free_run(const Net& net, sequences x, std::size_t steps) {
    std::vector<double> run;
    for (std::size_t i = 0; i < steps; ++i) {
        const float y_hat = gr::predict(net, x)(0, 0);
        run.push_back(y_hat);
        std::copy(x.begin() + 1, x.end(), x.begin());
        x(0, window - 1, 0) = y_hat;
    }
    return run;
}

/// One window with all its numbers.
template <class Net>
void picture_unrolled(const example::options& o, const Net& net, const series& sample) {
    const auto& cell = example::every_step(net);
    const auto& [x, y] = sample;
    const auto h = gr::predict(cell, x);  // (1, T, H)
    const auto& theta = cell.theta;
    const auto& linear = net.template layer<1>().theta;
    example::unrolled of{theta.W, theta.U, theta.b, linear.W, linear.b, {x.begin(), x.end()}, {}, 0, y(0, 0)};
    of.h.emplace_back(cell.units());  // h_0 = 0
    for (std::size_t t = 0; t < window; ++t) of.h.emplace_back(&h(0, t, 0), &h(0, t, 0) + cell.units());
    of.y_hat = gr::predict(net, x)(0, 0);
    of.picture("One window, unrolled: the same W, U and b at every step").save(o.picture("rnn_sine_unrolled.svg"));
}

int main(int argc, char** argv) try {
    example::options o;
    o.epochs = 300, o.learning_rate = 0.02;
    std::size_t hidden = 3;
    o.parse(argc, argv, "A noisy sine by a simple RNN; why gates exist; gradients that explode. An epoch is one step.",
            {{"--hidden", hidden, 1, 16, "How many units forecast; the picture of all numbers has room for 4"}}, {"--data", "--batch-size", "--threads"});

    // --- 1. the forecast ---------------------------------------------------------------------------------------------
    // Three units, few enough to draw, forecast the next of 25 values about as well as the noise permits: seed 1 has a
    // mean squared error of 0.0098, seeds 2 to 5 of 0.0107, 0.0140, 0.0336 (not converged yet) and 0.0107. Even the
    // true sine would miss each value by the noise, 0.01. Fed with its own forecasts, the network continues to
    // oscillate.
    const auto s = gr::data::noisy_sine({.steps = 1000, .period = window, .noise = noise, .seed = o.seed});
    const auto learnt_from = windows_of(s, 0, 800), test = windows_of(s, 800, 1000);
    const auto& [x, y] = learnt_from;  // (775, 25, 1) and (775, 1)

    gr::seed(o.seed);
    auto net = example::network(gr::rnn(1, hidden));
    o.say("%s\n", gr::summary(net, {window, 1}).c_str());
    const gr::mse J;
    auto descend = gr::optimizer(net, gr::adam{.learning_rate = o.learning_rate});
    gr::pass pass(net);
    gr::gradients grad(net);
    std::vector<double> losses;
    const gr::stopwatch clock;
    for (std::size_t i = 0; i < o.epochs; ++i) {
        const auto& y_hat = net.forward(x, pass);           // ŷ = f(x; θ)
        losses.push_back(J.value(y_hat, y));                // J = Σ (ŷ − y)² / N
        net.backward(x, J.gradient(y_hat, y), pass, grad);  // ∇J(θ), through 25 steps of time
        descend(net, grad);                                 // θ ← θ − α ∇J(θ), by Adam
        if (i % 50 == 0) o.say("step %3zu  J = %.4f\n", i, losses.back());
    }
    const double seconds = clock.seconds();

    const auto forecast = gr::predict(net, test.x);
    const double test_loss = J.value(forecast, test.y);
    double lazy_loss = 0;
    for (std::size_t n = 0; n < test.size(); ++n)
        lazy_loss += std::pow(test.x(n, window - 1, 0) - test.y(n, 0), 2) / static_cast<double>(test.size());
    o.say("Forecast of the next value, mean squared error: %.4f. The noise alone: %.4f. \"As the one before\": %.4f.\n\n",
          test_loss, noise * noise, lazy_loss);

    std::vector<double> steps(100);
    for (std::size_t n = 0; n < steps.size(); ++n) steps[n] = static_cast<double>(n + 1);
    const auto shown = [&](const rows& v) { return std::vector<double>(v.begin(), v.begin() + 100); };
    gr::plot::figure("A noisy sine, forecast", {.x = "step", .y = "s"})
        .scatter("what came", steps, shown(test.y))
        .line("forecast from the 25 before", steps, shown(forecast))
        .line("from its own forecasts", steps, free_run(net, example::some(test, 0, 1).x, 100))
        .save(o.picture("rnn_sine_forecast.svg"));
    gr::plot::figure("Loss", {.x = "step", .y = "mean squared error", .log_y = true})
        .line("train", losses)
        .scatter("test, after the last step", std::vector{static_cast<double>(o.epochs)}, std::vector{test_loss})
        .save(o.picture("rnn_sine_loss.svg"));
    if (hidden <= 4) picture_unrolled(o, net, example::some(test, 4, 1));

    // --- 2. why gates exist ------------------------------------------------------------------------------------------
    //   - An RNN's U is the same for all units, all steps and all sequences. Drawn uniform in ±1/√H, as in PyTorch, its
    //     ρ is about 0.58: over 100 steps, 1e-22 of the gradient is left. An orthogonal U, as in Keras, does not shrink
    //     it, but 1 − h² does: 1e-4 is left. With 1.5 times that U, it grows.
    //   - A gate is a factor between 0 and 1 that each unit has at each step, and that is learnt. An LSTM's dc is
    //     multiplied only by it, dc_{t−1} = dc_t ∘ f_t; a GRU's dh by z. With b_f = 4, f is initially 0.98.
    //     (The gradient through U is added to that: the LSTM's total grows forty times.)
    //   - A gate that is initially half closed does not help: σ(1) = 0.73, and 0.73^100 = 2e-14. With their defaults,
    //     LSTM and GRU forget as fast as an RNN. Their advantage is a bias that sets how long they remember.
    //   - A network with a gradient at the first step learns the mark there; the others could only guess.
    const auto marks = example::marked(2048, 1);
    const std::size_t epochs = std::max<std::size_t>(1, o.epochs / 30), H = 16;
    o.say("How much of ∂J/∂h comes back over so many steps, at first; then a mark is to be remembered for 100 steps\n"
          "      10       30      100     J, 1 is nothing (%zu epochs)\n", epochs);
    const auto row = [&](const char* name, const char* key, const auto& cell) {
        return example::remember(o, name, key, cell, marks, epochs);
    };
    const auto simple = [&](const gr::initializer& of_U) {
        return gr::rnn(2, H, gr::tanh{}, {}, gr::glorot_uniform{}, of_U);
    };
    gr::seed(o.seed);
    const std::vector<example::memory> memories = {
        row("RNN, U orthogonal", "rnn", simple(gr::orthogonal{})),
        row("RNN, U uniform in ±1/√H", "rnn_uniform", simple(gr::pytorch_default{})),
        row("LSTM, b_f = 1", "lstm", gr::lstm(2, H)),
        row("LSTM, b_f = 4", "lstm_open", gr::lstm(2, H, {.forget_bias = 4})),
        row("GRU, b_z = 0", "gru", gr::gru(2, H)),
        row("GRU, b_z = 4", "gru_open", example::opened(gr::gru(2, H), 4)),
        row("RNN, U 1.5 × orthogonal", "rnn_large", simple(gr::orthogonal{.gain = 1.5}))};
    o.say("Half-closed gates forget as fast as an RNN. Open ones bring the gradient back, and learn.\n");
    gr::plot::figure gates("How much of the gradient comes back",
                           {.x = "steps back", .y = "‖∂J/∂h‖, 1 at the first", .log_y = true});
    for (const example::memory& m : memories) gates.line(m.name, m.norms);
    gates.save(o.picture("rnn_sine_gradients.svg"));

    // --- 3. gradients that explode -----------------------------------------------------------------------------------
    //   - With U = 1.5 Q the first gradient is about a hundred times as large as with U = Q.
    //   - A step along it saturates the units: |h| = 1, where 1 − h² = 0 and the gradient is 0. Either training ends
    //     there, and the forecast hardly depends on the input, 0.31; or the last layer, for whose 32 inputs of ±1 this
    //     α is too large, diverges, and the loss with it, often to infinity. Which of the two happens depends on
    //     rounding: where gradients explode, so do small differences.
    //   - Clipping keeps the direction and limits the norm: ∇J ← min(1, c / ‖∇J‖) ∇J. The loss stays high for 50 to 100
    //     steps, then falls towards the result of U = Q: 0.016 to 0.03, and once 0.14, in ten runs, seeds 1 to 5 with
    //     two compilers, compared with 0.014 to 0.016.
    //   - Adam divides each gradient by its own size. It converges without clipping, but more slowly here: 0.02 to 0.2.
    o.say("\n   ‖∇J‖\n  first   largest         J  |h| > 0.99  (%zu steps of gradient descent on windows of 100)\n", o.epochs);
    const gr::gradient_descent descent{.learning_rate = 0.05};
    const std::vector<example::explosion> explosions = {
        example::explode(o, "ρ(U) = 1", "rho_1", 1, descent, 0),
        example::explode(o, "ρ(U) = 1.5", "rho_1.5", 1.5, descent, 0),
        example::explode(o, "ρ(U) = 1.5, ‖∇J‖ clipped to 1", "rho_1.5_clipped", 1.5, descent, 1),
        example::explode(o, "ρ(U) = 1.5, by Adam", "rho_1.5_adam", 1.5, gr::adam{}, 0)};
    o.say("One step along a gradient that has exploded saturates the units, or worse. Clipped, it teaches.\n");
    constexpr double shown_below = 100;  // next to infinity all other values would look flat
    gr::plot::figure loss("Loss where gradients explode (J ≥ 100 is cut off)",
                          {.x = "step", .y = "mean squared error", .log_y = true});
    gr::plot::figure norm("Gradients that explode", {.x = "step", .y = "‖∇J‖, before it is clipped", .log_y = true});
    for (const example::explosion& e : explosions) {
        norm.line(e.name, e.norm);
        auto visible = e.loss;
        for (double& v : visible) v = v < shown_below ? v : std::nan("");
        loss.line(e.name, visible);
    }
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
        {"lazy_loss", lazy_loss},
        {"seconds", seconds},
        {"samples_per_second", static_cast<double>(o.epochs * learnt_from.size()) / seconds}};
    for (const example::memory& m : memories) {
        results.emplace_back("gradient_norms_" + m.key, m.norms);
        results.emplace_back("remembering_loss_" + m.key, m.loss);
    }
    for (const example::explosion& e : explosions) {
        results.emplace_back("exploding_norm_" + e.key, e.norm);
        results.emplace_back("exploding_loss_" + e.key, e.loss);
        results.emplace_back("saturated_" + e.key, e.saturated);
    }
    example::write_json(o, results);
} catch (const gr::error& e) {
    std::fprintf(stderr, "rnn_sine: %s\n", e.what());
    return 1;
}
