// Two classes: the documents' 100-128-64-1 with a sigmoid, the best possible error, and the cost of overfitting.
//
// The network and its training are those of documents/004, section 4.1, written there for Keras:
//
//     model = tf.keras.Sequential([tf.keras.layers.Dense(128, activation='relu', input_shape=(100,)),
//                                  tf.keras.layers.Dense(64, activation='relu'),
//                                  tf.keras.layers.Dense(1, activation='sigmoid')])
//     model.compile(optimizer='adam', loss='binary_crossentropy', metrics=['accuracy'])
//     model.fit(x_train, y_train, epochs=10, batch_size=32)
//
// About that code:
//   - It does not run as printed: `x_train` and `y_train` are never defined. Two round normal distributions in 100
//     dimensions are used here, x ~ N(±½ d u, I) with d = 2.5. Their best classifier is known, Bayes's: it decides by
//     the side of a plane on which x lies, with an error of Φ(−d/2) = 10.56 %, the smallest possible.
//   - The document's formulas (3.3) have another loss, L = Σ (y − ŷ)² / 2n, than its code, binary cross-entropy. Both
//     are trained here. They also have another optimizer: gradient descent, while the code uses Adam.
//   - "Model evaluation" is a step in its text (3.2), but not in its code. Keras prints the accuracy on the training
//     data, which reaches 100 %. On new data it is 87 %.
//   - Its sigmoid is in the network, and the loss takes the logarithm of the output. For logits up to 16 that is as
//     accurate as the loss from logits, and the networks are equally good; the last table shows where it fails.
//
// Results (5 networks each, 2000 training points): an error of 12.8 %. Ten epochs are too many: the test loss is
// smallest after the second, and then grows to twice the best possible, while the network memorizes the training set.
// Early stopping ends at 12.0 %, dropout of one half at 11.5 %; weight decay helps little. A single layer, which is all
// that this problem needs, is as good as dropout. The squared error makes as many errors as cross-entropy, but has
// better probabilities: it does not reward more and more confident outputs. Ten times the data help, 11.3 %, for the
// same number of steps; with ten epochs of them, ten times the steps, the network memorizes most of them too, with an
// error of 13.8 %.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <gradus.hpp>
#include <gradus/metrics/classification.hpp>
#include <gradus/metrics/roc.hpp>
#include <gradus/plot/confusion.hpp>
#include <gradus/plot/figure.hpp>
#include <numbers>
#include <string>
#include <vector>

#include "options.hpp"

namespace gr = gradus;

using points = gr::data::targeted<float>;  // x (N, 100)     y (N, 1) 0 or 1
const gr::binary_cross_entropy_of_probabilities J;

// --- the best possible result ----------------------------------------------------------------------------------------
// The logit of x, log p(1 | x) / p(0 | x) = (μ₁ − μ₀)ᵀ x, is normal: N(½ d², d²) in class 1, N(−½ d², d²) in class 0.
// From this follow the best error, Φ(−d/2), the best AUC, Φ(d/√2), and the best loss, the mean of log(1 + e^(−z)).
const gr::data::gaussians_options clouds{.features = 100, .distance = 2.5};
const double distance = clouds.distance;

double Phi(double z) { return 0.5 * std::erfc(-z / std::numbers::sqrt2); }

double best_loss() {
    double sum = 0;
    const double h = 0.01;  // z = ½ d² + d t, t ~ N(0, 1)
    for (double t = -8; t <= 8; t += h)
        sum += h * std::exp(-t * t / 2) / std::sqrt(2 * std::numbers::pi) *
               std::log1p(std::exp(-distance * (distance / 2 + t)));
    return sum;
}

points draw(std::size_t samples, std::uint64_t seed) {
    auto drawn = clouds;
    drawn.samples = samples, drawn.seed = seed;
    return gr::data::two_gaussians(drawn);
}

/// Bayes's logits, (N, 1).
gr::tensor<double, 2> bayes(const points& data) {
    gr::tensor<double, 2> z({data.size(), std::size_t{1}}, 0.0);
    for (std::size_t n = 0; n < data.size(); ++n)
        for (std::size_t i = 0; i < 100; ++i)
            z(n, 0) += distance / 10 * data.x(n, i);  // μ₁ − μ₀ = d (1, ..., 1) / √100
    return z;
}

// --- networks --------------------------------------------------------------------------------------------------------
/// The document's network.
template <class Last = gr::sigmoid>
auto network(Last last = {}) {
    return gr::sequential(gr::dense(100, 128, gr::relu{}),  // y₁ = max(x W₁ + b₁, 0)     W₁ (100, 128)
                          gr::dense(128, 64, gr::relu{}),   // y₂ = max(y₁ W₂ + b₂, 0)    W₂ (128, 64)
                          gr::dense(64, 1, last));          // p  = σ(y₂ W₃ + b₃)         W₃ (64, 1)
}
auto network_with_dropout(double p) {
    return gr::sequential(gr::dense(100, 128, gr::relu{}), gr::dropout{p}, gr::dense(128, 64, gr::relu{}),
                          gr::dropout{p}, gr::dense(64, 1, gr::sigmoid{}));
}
/// One layer: its decision boundary is a plane, which is sufficient here.
auto logistic_regression() { return gr::sequential(gr::dense(100, 1, gr::sigmoid{})); }

struct result {
    double error, loss, auc;  // on the test set
    double training_error;
};

/// The data, and the settings that all trainings have in common.
struct problem {
    const example::options& o;
    points train, test;

    [[nodiscard]] auto how() const {
        gr::fit_options<decltype(train.x), decltype(train.y)> fit{.epochs = o.epochs, .batch_size = o.batch_size};
        fit.threads = o.threads, fit.progress = gr::show::never;
        return fit;
    }
    template <class Net>
    [[nodiscard]] result judge(const Net& net, const points& learnt_from) const {
        const auto p = gr::probabilities(net, test.x);
        return {1 - gr::binary_accuracy(test.y, p), J.value(p, test.y), gr::roc_auc(test.y, p),
                1 - gr::binary_accuracy(learnt_from.y, gr::probabilities(net, learnt_from.x))};
    }
    template <class Net, class Loss, class Optimizer>
    [[nodiscard]] result fit(Net net, const Loss& loss, const Optimizer& optimizer, const points& data,
                             std::size_t epochs) const {
        auto options = how();
        options.epochs = epochs;
        (void)gr::fit(net, loss, optimizer, data, options);
        return judge(net, data);
    }
};

/// One row of the table: `train()` from each seed, the means over them, and the standard deviation of the error.
template <class F>
void row(const example::options& o, const char* what, std::size_t seeds, const F& train) {
    result mean{};
    double squares = 0;
    const auto n = static_cast<double>(seeds);
    for (std::size_t i = 0; i < seeds; ++i) {
        gr::seed(o.seed + i);
        const result r = train();
        mean.error += r.error / n, mean.loss += r.loss / n, mean.auc += r.auc / n;
        mean.training_error += r.training_error / n, squares += r.error * r.error / n;
    }
    const double deviation = std::sqrt(std::max(0.0, squares - mean.error * mean.error) * n / std::max(1.0, n - 1));
    o.say("  %6.2f ± %4.2f  %8.4f  %8.4f  %10.2f   %s\n", 100 * mean.error, 100 * deviation, mean.loss, mean.auc,
          100 * mean.training_error, what);
}

/// J and ∂J/∂z of wrong predictions: from logits, through a sigmoid layer, and of the document's formula. σ(17) is 1 in
/// float: a larger z cannot be recovered from it, and the gradient is lost. (gradus limits the logarithm to −100; Keras
/// clips p to [1e-7, 1 − 1e-7], so its loss ends at 16.1.) The gradient of half the squared error, (p − y) p (1 − p),
/// vanishes for every confidently wrong prediction, in any precision.
void print_forms(const example::options& o) {
    const gr::binary_cross_entropy H;
    o.say("\nOne sample with logit z, in float          J                             ∂J/∂z\n");
    o.say("  y       z      from z    from p = σ(z)      from z      from p   half squared error\n");
    for (float y : {0.f, 1.f})
        for (float size : {1.f, 5.f, 10.f, 16.f, 17.f, 40.f, 1e4f}) {
            const gr::tensor<float, 2> target{{y}}, z{{y == 0 ? size : -size}}, p{{gr::sigmoid::value(z(0, 0))}};
            const float slope = p(0, 0) * (1 - p(0, 0));  // dp/dz, the layer's factor
            o.say("  %g  %6g  %10.5g  %15.5g  %10.3g  %10.3g  %19.3g\n", y, z(0, 0), H.value(z, target),
                  J.value(p, target), H.gradient(z, target)(0, 0), J.gradient(p, target)(0, 0) * slope,
                  gr::half_mse{}.gradient(p, target)(0, 0) * slope);
        }
}

/// How well the network's p and Bayes's logits separate the classes, for every threshold.
void picture_roc(const example::options& o, const points& test, const gr::tensor<float, 2>& p) {
    const auto curve = gr::roc_curve(test.y, p);
    std::vector<double> x, y, best_x, best_y;
    for (std::size_t i = 0; i < curve.threshold.size(); i += 1 + curve.threshold.size() / 200)
        x.push_back(curve.false_positive_rate(i)), y.push_back(curve.true_positive_rate(i));
    x.push_back(1), y.push_back(1);
    for (double t = -6; t <= 6; t += 0.1)
        best_x.push_back(Phi(t - distance / 2)), best_y.push_back(Phi(t + distance / 2));
    gr::plot::figure("Receiver operating characteristic",
                     {.x = "false positives, of all that are 0", .y = "true positives, of all that are 1"})
        .line("network", x, y)
        .line("the best possible", best_x, best_y)
        .line("a coin", std::vector{0, 1}, std::vector{0, 1})
        .save(o.picture("binary_classifier_roc.svg"));
}

int main(int argc, char** argv) try {
    example::options o;
    o.epochs = 10, o.batch_size = 32, o.learning_rate = 0.001;
    std::size_t seeds = 5;
    o.parse(argc, argv, "The documents' 100-128-64-1 on two normal distributions.",
            {{"--seeds", seeds, 1, 1000, "How many networks each row of the table is the mean of"}}, {"--data"});
    const problem of{o, draw(2000, 1), draw(20000, 2)};
    const points &train = of.train, &test = of.test;
    const double best_error = gr::data::bayes_error(clouds), best_auc = Phi(distance / std::numbers::sqrt2);

    // --- 1. the document's recipe ------------------------------------------------------------------------------------
    gr::seed(o.seed);
    auto net = network();
    const gr::adam adam{.learning_rate = o.learning_rate, .epsilon = 1e-7, .form = gr::adam::keras};
    o.say("%s\n", gr::summary(net, {100}).c_str());
    auto how = of.how();
    how.validation = test;  // for the picture only
    const auto history = gr::fit(net, J, adam, train, how);
    const auto p = gr::probabilities(net, test.x);
    const auto z = bayes(test);
    const gr::tensor<std::int32_t, 2> labels = xt::cast<std::int32_t>(test.y);
    const auto confusion = gr::confusion(labels, gr::classes(net, test.x), 2);
    const double accuracy = gr::binary_accuracy(test.y, p), loss = J.value(p, test.y);

    o.say("%zu points to learn from, %zu to be judged by\n", train.size(), test.size());
    o.say("           network   Bayes, on these   Bayes, on all\n");
    o.say("error, %%  %8.2f          %8.2f        %8.2f\n", 100 * (1 - accuracy),
          100 * (1 - gr::binary_accuracy(test.y, z, 0)), 100 * best_error);
    o.say("loss      %8.4f          %8.4f        %8.4f\n", loss,
          gr::binary_cross_entropy{}.value(z, gr::tensor<double, 2>(test.y)), best_loss());
    o.say("AUC       %8.4f          %8.4f        %8.4f\n", gr::roc_auc(test.y, p), gr::roc_auc(test.y, z), best_auc);
    o.say("Of 1s: precision %.4f, recall %.4f, F1 %.4f\n", gr::precision(confusion, gr::average::binary),
          gr::recall(confusion, gr::average::binary), gr::f1(confusion, gr::average::binary));
    for (std::size_t k = 0; k < 2; ++k)
        o.say("  %zu taken for 0: %5zu   for 1: %5zu\n", k, confusion(k, 0), confusion(k, 1));
    o.say("\nepoch   train loss   test loss   train error, %%   test error, %%\n");
    for (std::size_t e = 0; e < history.loss.size(); ++e)
        o.say("%5zu   %10.4f   %9.4f   %14.2f   %13.2f\n", e + 1, history.loss[e], history.validation_loss[e],
              100 * (1 - history.accuracy[e]), 100 * (1 - history.validation_accuracy[e]));

    // --- 2. remedies for overfitting ---------------------------------------------------------------------------------
    // Early stopping holds out a fifth of the training set, and trains on the rest. No other row was tuned: for each
    // remedy a weak and a strong setting are shown.
    const auto table = [&](const char* what, const auto& train_one) { row(o, what, seeds, train_one); };
    const auto decayed = [&](double lambda) {
        return gr::adamw{.learning_rate = o.learning_rate, .epsilon = 1e-7, .decay = {.decoupled = lambda}};
    };
    o.say("\n  error, %%          loss       AUC   train err.   (means of %zu)\n", seeds);
    table("the document's code", [&] { return of.fit(network(), J, adam, train, o.epochs); });
    table("the same loss from logits",
          [&] { return of.fit(network(gr::identity{}), gr::binary_cross_entropy{}, adam, train, o.epochs); });
    table("the document's formula: half the squared error",
          [&] { return of.fit(network(), gr::half_mse{}, adam, train, o.epochs); });
    double epochs = 0;
    table("early stopping, patience 3", [&] {
        auto [learnt, held_back] = gr::split(train, 0.8);
        auto stopped = network();
        auto watching = of.how();
        watching.validation = held_back;
        gr::early_stopping stop(stopped, {.patience = 3});
        (void)gr::fit(stopped, J, adam, learnt, watching, stop);
        epochs += static_cast<double>(stop.best_epoch() + 1) / static_cast<double>(seeds);
        return of.judge(stopped, learnt);
    });
    table("dropout 0.2", [&] { return of.fit(network_with_dropout(0.2), J, adam, train, o.epochs); });
    table("dropout 0.5", [&] { return of.fit(network_with_dropout(0.5), J, adam, train, o.epochs); });
    table("weight decay, λ = 0.01", [&] { return of.fit(network(), J, decayed(0.01), train, o.epochs); });
    table("weight decay, λ = 1", [&] { return of.fit(network(), J, decayed(1), train, o.epochs); });
    table("a single layer, 100-1, with α = 0.01",
          [&] { return of.fit(logistic_regression(), J, gr::adam{.learning_rate = 0.01}, train, o.epochs); });
    const points more = draw(10 * train.size(), 1);
    table("ten times the data, each a tenth as often",
          [&] { return of.fit(network(), J, adam, more, (o.epochs + 9) / 10); });
    table("ten times the data, each as often", [&] { return of.fit(network(), J, adam, more, o.epochs); });
    o.say("  %6.2f         %8.4f  %8.4f               the best possible\n", 100 * best_error, best_loss(), best_auc);
    o.say("Early stopping kept the network of epoch %.1f, in the mean.\n", epochs);

    // --- 3. why logits are preferred ---------------------------------------------------------------------------------
    print_forms(o);

    // --- 4. pictures -------------------------------------------------------------------------------------------------
    const std::vector ends{1.0, static_cast<double>(std::max<std::size_t>(2, history.loss.size()))};
    gr::plot::figure("Loss", {.x = "epoch", .y = "binary cross-entropy"})
        .line("train", history.loss)
        .line("test", history.validation_loss)
        .line("the best possible", ends, std::vector{best_loss(), best_loss()})
        .save(o.picture("binary_classifier_loss.svg"));
    std::vector<double> train_error, test_error;
    for (double a : history.accuracy) train_error.push_back(100 * (1 - a));
    for (double a : history.validation_accuracy) test_error.push_back(100 * (1 - a));
    gr::plot::figure("Error", {.x = "epoch", .y = "taken for the other class, %"})
        .line("train", train_error)
        .line("test", test_error)
        .line("the best possible", ends, std::vector{100 * best_error, 100 * best_error})
        .save(o.picture("binary_classifier_error.svg"));
    gr::plot::confusion(confusion).save(o.picture("binary_classifier_confusion.svg"));
    picture_roc(o, test, p);
    o.say("\nPictures: %s\n", o.picture("binary_classifier_*.svg").c_str());

    const auto samples = static_cast<double>(history.samples);
    example::write_json(o, {{"example", "binary_classifier"},
                            {"seed", o.seed},
                            {"epochs", o.epochs},
                            {"data", "two_gaussians"},
                            {"train_samples", train.size()},
                            {"test_samples", test.size()},
                            {"parameters", gr::count(net)},
                            {"train_loss", history.loss},
                            {"train_accuracy", history.accuracy},
                            {"test_accuracy", accuracy},
                            {"test_loss", loss},
                            {"test_auc", gr::roc_auc(test.y, p)},
                            {"bayes_accuracy", 1 - best_error},
                            {"bayes_loss", best_loss()},
                            {"bayes_auc", best_auc},
                            {"seconds", history.seconds},
                            {"samples_per_second", samples / history.seconds}});
} catch (const gr::error& e) {
    std::fprintf(stderr, "binary_classifier: %s\n", e.what());
    return 1;
}
