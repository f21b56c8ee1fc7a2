// Softmax twice: the documents' 100-64-64-10 in its Keras and its PyTorch form, and why the second loses 59 points.
//
// documents/003, section 4, has two forms of one network. The one for Keras:
//
//     model = tf.keras.Sequential([tf.keras.layers.Dense(64, activation='relu', input_shape=(100,)),
//                                  tf.keras.layers.Dense(64, activation='relu'),
//                                  tf.keras.layers.Dense(10, activation='softmax')])
//     model.compile(optimizer='adam', loss='sparse_categorical_crossentropy', metrics=['accuracy'])
//     model.fit(x_train, y_train, epochs=10)
//
// The one for PyTorch:
//
//     self.fc1 = torch.nn.Linear(100, 64)        # then relu
//     self.fc2 = torch.nn.Linear(64, 64)         # then relu
//     self.fc3 = torch.nn.Linear(64, 10)         # then torch.softmax(..., dim=1)
//     criterion = torch.nn.CrossEntropyLoss()
//     optimizer = torch.optim.Adam(net.parameters(), lr=0.001)
//     for epoch in range(10):
//         optimizer.zero_grad()
//         loss = criterion(net(x_train), y_train)
//         loss.backward()
//         optimizer.step()
//
// About that code:
//   - Neither runs as printed: `x_train` and `y_train` are never defined. Ten round clouds in 100 dimensions are used
//     here; their densities are known, and so is the best result that any classifier can have.
//   - There is no test: both print at most the accuracy on the training data. Here there is a test set.
//   - They are presented as the same model in two libraries, but they are not. In the PyTorch form
//       1. CrossEntropyLoss takes logits and applies softmax itself: softmax is applied twice;
//       2. the whole set is one batch: ten epochs are ten steps, while Keras, with batches of 32, takes 1250;
//       3. W and b are drawn as in PyTorch's Linear, U(−1/√in, 1/√in), not as in Keras's Dense, Glorot's W and b = 0;
//       4. Adam's ε is 1e-8, added to √v̂, not 1e-7, added to √v.
//     The tables below change these one at a time.
//
// The effect of the second softmax. With p = softmax(z), the network's output, the loss is
//   J = log Σⱼ e^(p[j]) − p[y],  ∂J/∂p[y] = q[y] − 1 < 0,  ∂J/∂p[j] = q[j] > 0,  q = softmax(p),
// so moving probability from any other class to y always lowers it. Over all p ≥ 0 with Σ p = 1 it is smallest if
// p[y] = 1, and largest if another class has probability 1. For V = 10 classes:
//   log(e + V − 1) − 1 = 1.4612 ≤ J ≤ log(e + V − 1) = 2.4612.
// A perfect network has a loss of 1.4612, one that is confidently wrong only 1 more, where −log p[y] has no bound. And
//   ∂J/∂z[y] = p[y] (∂J/∂p[y] − Σⱼ p[j] ∂J/∂p[j])
// goes to 0 with p[y]: a network that is confidently wrong does not learn; cross-entropy has p[y] − 1 = −1 there.
//
// Results (5 networks each; the best possible is 94.7 %): the Keras form reaches 91.6 %, the PyTorch form 33 %. Nearly
// all of the difference is due to the single batch: ten steps of Adam move no weight by more than 0.0102, while the
// initial weights are up to 0.125 from 0. The second softmax costs 6 points there; in batches it costs no accuracy, but
// it makes the probabilities worse (an NLL of 0.33 instead of 0.29) and the loss meaningless: Adam divides each
// gradient by its own size, and with small initial weights no network is confidently wrong. Without that help it shows:
// gradient descent gets 75 % instead of 91 %, and catches up only with a step ten times as large; networks that start
// confidently wrong are at 4.6 % after an epoch, or at 29 % with the large steps, instead of 89 %. Adam's ε and the
// initial weights hardly matter.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <gradus.hpp>
#include <gradus/losses/categorical_cross_entropy.hpp>
#include <gradus/metrics/classification.hpp>
#include <gradus/plot/figure.hpp>
#include <numbers>
#include <string>
#include <vector>

#include "options.hpp"

namespace gr = gradus;

const double floor_of_J = std::log(std::numbers::e + 9) - 1;

/// x (N, 100) and the class (N): ten clouds N(c_k, I) of equal probability.
const gr::data::blobs_options clouds{.samples = 24000, .features = 100, .classes = 10, .low = -0.6, .high = 0.6};
using points = gr::data::classified<float>;

/// The best possible logits, (N, 10), from the true densities: z[n, k] = −½ ‖xₙ − c_k‖².
gr::tensor<double, 2> bayes(const points& data) {
    auto drawn = clouds;
    drawn.samples = 10, drawn.deviation = 0;  // one point of each cloud, without noise: the centers
    const auto centers = gr::data::blobs<double>(drawn).x;
    gr::tensor<double, 2> z({data.size(), std::size_t{10}}, 0.0);
    for (std::size_t n = 0; n < data.size(); ++n)
        for (std::size_t k = 0; k < 10; ++k)
            for (std::size_t d = 0; d < 100; ++d) z(n, k) -= 0.5 * std::pow(data.x(n, d) - centers(k, d), 2);
    return z;
}

/// The last activation of a network and its loss.
template <class Last, class J>
struct head {
    using last = Last;
    const char* name;
    J loss = {};
};
const head<gr::softmax, gr::sparse_categorical_cross_entropy> once{"softmax, −log p"};  // the Keras form
const head<gr::identity, gr::cross_entropy> logits{"logits, cross-entropy"};            // the recommended form
const head<gr::softmax, gr::cross_entropy> twice{"softmax twice"};                      // the PyTorch form

template <class Head>
auto network(const Head&, const gr::initializer& init) {
    return gr::sequential(gr::dense(100, 64, gr::relu{}, init), gr::dense(64, 64, gr::relu{}, init),
                          gr::dense(64, 10, typename Head::last{}, init));
}

/// How a network is trained.
template <class Optimizer>
struct recipe {
    gr::initializer weights;
    Optimizer optimizer;
    std::size_t batch_size, epochs;
};

/// The results. NLL: the mean of −log p[y] of the network's probabilities p, whatever loss it was trained with.
struct result {
    gr::history history;
    double accuracy, nll;
};

/// The data, and the settings that all trainings have in common.
struct problem {
    const example::options& o;
    points train, test;

    /// Trains a network on `data`. `watched`: the test set is evaluated after each epoch, for a picture only.
    template <class Net, class Head, class Optimizer>
    result fit(Net& net, const Head& head, const recipe<Optimizer>& how, const points& data,
               bool watched = false) const {
        gr::fit_options<decltype(data.x), decltype(data.y)> options{.epochs = how.epochs, .batch_size = how.batch_size};
        options.threads = o.threads, options.progress = gr::show::never;
        if (watched) options.validation = test;
        auto history = gr::fit(net, head.loss, how.optimizer, data, options);
        const auto p = gr::probabilities(net, test.x);
        return {std::move(history), gr::top_k_accuracy(test.y, p, 1), once.loss.value(p, test.y)};
    }
    /// The same from the start.
    template <class Head, class Optimizer>
    result fit(const Head& head, const recipe<Optimizer>& how, std::uint64_t seed, bool watched = false) const {
        gr::seed(seed);
        auto net = network(head, how.weights);
        return fit(net, head, how, train, watched);
    }
};

/// Mean and standard deviation.
struct spread {
    double mean = 0, deviation = 0;

    explicit spread(const std::vector<double>& values) {
        const auto n = static_cast<double>(values.size());
        for (double v : values) mean += v / n;
        for (double v : values) deviation += (v - mean) * (v - mean) / std::max(1.0, n - 1);
        deviation = std::sqrt(deviation);
    }
};

/// One row of a table: `train(seed)` for each seed, mean ± standard deviation over them.
template <class F>
void row(const example::options& o, const char* what, std::size_t seeds, const F& train) {
    std::vector<double> accuracy, nll, loss;
    for (std::size_t i = 0; i < seeds; ++i) {
        const result r = train(o.seed + i);
        accuracy.push_back(100 * r.accuracy), nll.push_back(r.nll), loss.push_back(r.history.loss.back());
    }
    const spread a(accuracy), n(nll), J(loss);
    o.say("  %6.2f ± %-5.2f %7.4f ± %-7.4f %7.4f   %s\n", a.mean, a.deviation, n.mean, n.deviation, J.mean, what);
}
void title(const example::options& o, const char* what) {
    o.say("\n%s\n  accuracy, %%           NLL       train J\n", what);
}

/// ∂J/∂z[0] of one sample of class 0, where z[1] is larger by m and all others are equal to z[0].
template <class Last, class J>
double pull(const head<Last, J>& h, double m) {
    gr::tensor<double, 2> z({std::size_t{1}, std::size_t{10}}, 0.0);
    z(0, 1) = m;
    auto p = z, dz = z;
    gr::activate(Last{}, z, p);  // p = softmax(z), or z
    const gr::tensor<std::int32_t, 1> y{std::int32_t{0}};
    gr::activate_backward(Last{}, p, h.loss.gradient(p, y), dz);  // dz = its Jacobianᵀ ∂J/∂p
    return dz(0, 0);
}

/// Confidently wrong predictions: the gradient of each loss, as a table and a picture. (The gradient of −log p is 0 if
/// p[y] < 1e-7, which Keras clips to 1e-7. Cross-entropy of logits has no such limit.)
void print_pull(const example::options& o) {
    o.say("\n∂J/∂z[y], where another class is ahead by m\n      m   %s   %s   %s\n", logits.name, once.name,
          twice.name);
    for (double m : {0.0, 2.0, 5.0, 10.0, 15.0, 20.0, 40.0})
        o.say("  %5g   %21.4f   %15.4f   %13.2e\n", m, pull(logits, m), pull(once, m), pull(twice, m));
    std::vector<double> ahead, one, two;
    for (double m = -5; m <= 15; m += 0.25)
        ahead.push_back(m), one.push_back(-pull(logits, m)), two.push_back(-pull(twice, m));
    gr::plot::figure("How hard a wrong answer is pulled back",
                     {.x = "m: how far another class is ahead", .y = "−∂J/∂z[y]", .log_y = true})
        .line("cross-entropy of logits", ahead, one)
        .line("softmax twice", ahead, two)
        .save(o.picture("mlp_classifier_gradient.svg"));
}

/// Networks that are confidently wrong: trained with each label moved to the next class, then with the right ones.
template <class Head, class Optimizer>
void recover(const problem& of, const Head& head, const recipe<Optimizer>& how, std::size_t seeds, const char* what) {
    points wrong = of.train;
    for (auto& y : wrong.y) y = (y + 1) % 10;
    recipe first = how;
    first.epochs = 1;
    row(of.o, what, seeds, [&](std::uint64_t seed) {
        gr::seed(seed);
        auto net = network(logits, gr::keras_default{});
        (void)of.fit(net, logits, recipe<gr::adam>{gr::keras_default{}, {}, 32, how.epochs}, wrong);
        auto same = network(head, gr::keras_default{});
        same.template layer<0>().theta = net.template layer<0>().theta;
        same.template layer<1>().theta = net.template layer<1>().theta;
        same.template layer<2>().theta = net.template layer<2>().theta;
        return of.fit(same, head, first, of.train);
    });
}

int main(int argc, char** argv) try {
    example::options o;
    o.epochs = 10, o.batch_size = 32, o.learning_rate = 0.001;
    std::size_t seeds = 5;
    o.parse(argc, argv, "The documents' 100-64-64-10, once through softmax and twice.",
            {{"--seeds", seeds, 1, 1000, "How many networks each row of a table is the mean of"}}, {"--data"});

    // --- 1. the data, and the best possible result -------------------------------------------------------------------
    auto [train, test] = gr::split(gr::data::blobs(clouds), 1.0 / 6);
    const problem of{o, std::move(train), std::move(test)};
    const auto best = bayes(of.test);
    const double best_accuracy = gr::top_k_accuracy(of.test.y, best, 1), best_nll = logits.loss.value(best, of.test.y);
    o.say("%zu points to learn from, %zu to be judged by; %zu weights and biases\n", of.train.size(), of.test.size(),
          gr::count(network(logits, gr::keras_default{})));
    o.say("Who knew the densities would be right in %.2f %% (± %.2f, as drawn here), with an NLL of %.4f\n",
          100 * best_accuracy,
          100 * std::sqrt(best_accuracy * (1 - best_accuracy) / static_cast<double>(of.test.size())), best_nll);

    // --- 2. from the Keras form to the PyTorch form ------------------------------------------------------------------
    const gr::adam keras_adam{.learning_rate = o.learning_rate, .epsilon = 1e-7, .form = gr::adam::keras};
    const gr::adam pytorch_adam{.learning_rate = o.learning_rate, .epsilon = 1e-8};
    const std::size_t whole = of.train.size();
    const recipe<gr::adam> keras{gr::keras_default{}, keras_adam, o.batch_size, o.epochs};
    const recipe<gr::adam> epsilon{gr::keras_default{}, pytorch_adam, o.batch_size, o.epochs};
    const recipe<gr::adam> batches{gr::pytorch_default{}, pytorch_adam, o.batch_size, o.epochs};
    const recipe<gr::adam> pytorch{gr::pytorch_default{}, pytorch_adam, whole, o.epochs};
    const recipe<gr::adam> keras_start{gr::keras_default{}, pytorch_adam, whole, o.epochs};
    const recipe<gr::adam> longer{gr::pytorch_default{}, pytorch_adam, whole, 30 * o.epochs};
    const auto table = [&](const char* what, const auto& head, const auto& how, std::size_t n) {
        row(o, what, n, [&](std::uint64_t seed) { return of.fit(head, how, seed); });
    };
    title(o, "In batches");
    table("softmax, −log p: the Keras form", once, keras, seeds);
    table("the same, but Adam's ε as PyTorch has it", once, epsilon, seeds);
    table("and weights as PyTorch begins them", once, batches, seeds);
    table("and logits, cross-entropy", logits, batches, seeds);
    table("and softmax twice", twice, batches, seeds);
    title(o, "The whole set as one batch: a step an epoch");
    table("softmax twice: the PyTorch form", twice, pytorch, seeds);
    table("the same, but weights as Keras begins them", twice, keras_start, seeds);
    table("the same, but softmax, −log p", once, pytorch, seeds);
    table("the same, but logits, cross-entropy", logits, pytorch, seeds);
    table("that and 30 times as many steps (one network alone)", logits, longer, 1);
    table("softmax twice and 30 times as many steps (one alone)", twice, longer, 1);

    // --- 3. what Adam hides ------------------------------------------------------------------------------------------
    // Initially p is about 1/10, so the second softmax makes each gradient ten times smaller. Adam divides every
    // gradient by its own size; gradient descent does not.
    const recipe<gr::gradient_descent> descent{gr::keras_default{}, {.learning_rate = 0.05}, o.batch_size, o.epochs};
    title(o, "Gradient descent, α = 0.05, in batches");
    table("logits, cross-entropy", logits, descent, seeds);
    table("softmax twice", twice, descent, seeds);
    const recipe<gr::gradient_descent> tenfold{gr::keras_default{}, {.learning_rate = 0.5}, o.batch_size, o.epochs};
    table("softmax twice, α = 0.5", twice, tenfold, seeds);

    // --- 4. confidently wrong ----------------------------------------------------------------------------------------
    print_pull(o);
    title(o, "Trained to take each class for the next, then one epoch with the right labels");
    recover(of, logits, keras, seeds, "logits, cross-entropy");
    recover(of, once, keras, seeds, "softmax, −log p");
    recover(of, twice, keras, seeds, "softmax twice");
    recover(of, logits, descent, seeds, "logits, cross-entropy, by gradient descent");
    recover(of, once, descent, seeds, "softmax, −log p, by gradient descent");
    recover(of, twice, descent, seeds, "softmax twice, by gradient descent");
    recover(of, twice, tenfold, seeds, "softmax twice, by gradient descent, α = 0.5");

    // --- 5. pictures -------------------------------------------------------------------------------------------------
    const result a = of.fit(once, keras, o.seed, true), b = of.fit(twice, pytorch, o.seed, true);
    const result c = of.fit(twice, batches, o.seed, true), d = of.fit(logits, pytorch, o.seed, true);
    const std::vector ends{1.0, static_cast<double>(std::max<std::size_t>(2, o.epochs))};
    gr::plot::figure("A loss that cannot fall below 1.46", {.x = "epoch", .y = "loss in training"})
        .line("the Keras form", a.history.loss)
        .line("the PyTorch form", b.history.loss)
        .line("softmax twice, in batches", c.history.loss)
        .line("its floor, log(e + 9) − 1", ends, std::vector{floor_of_J, floor_of_J})
        .save(o.picture("mlp_classifier_loss.svg"));
    gr::plot::figure("Two forms of one network", {.x = "epoch", .y = "test accuracy"})
        .line("the Keras form", a.history.validation_accuracy)
        .line("the PyTorch form", b.history.validation_accuracy)
        .line("softmax twice, in batches", c.history.validation_accuracy)
        .line("the PyTorch form with one softmax", d.history.validation_accuracy)
        .line("the best possible", ends, std::vector{best_accuracy, best_accuracy})
        .save(o.picture("mlp_classifier_accuracy.svg"));
    o.say("\nPictures: %s\n", o.picture("mlp_classifier_*.svg").c_str());

    const auto samples = static_cast<double>(a.history.samples);
    example::write_json(o, {{"example", "mlp_classifier"},
                            {"seed", o.seed},
                            {"epochs", o.epochs},
                            {"data", "blobs"},
                            {"train_samples", of.train.size()},
                            {"test_samples", of.test.size()},
                            {"parameters", gr::count(network(logits, gr::keras_default{}))},
                            {"train_loss", a.history.loss},
                            {"test_accuracy", a.accuracy},
                            {"test_loss", a.nll},
                            {"best_test_accuracy", best_accuracy},
                            {"pytorch_train_loss", b.history.loss},
                            {"pytorch_test_accuracy", b.accuracy},
                            {"pytorch_test_loss", b.nll},
                            {"seconds", a.history.seconds},
                            {"samples_per_second", samples / a.history.seconds}});
} catch (const gr::error& e) {
    std::fprintf(stderr, "mlp_classifier: %s\n", e.what());
    return 1;
}
