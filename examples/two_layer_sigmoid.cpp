// Two layers and XOR: the documents' first network, step by step; why its recipe does not learn, and what does.
//
// The network, the loss and the training loop are those of documents/000, section 4.1, written there for TensorFlow:
//
//     W1 = tf.Variable(tf.random_normal([2, 3], stddev=0.1))       b1 = tf.Variable(tf.zeros([3]))
//     W2 = tf.Variable(tf.random_normal([3, 1], stddev=0.1))       b2 = tf.Variable(tf.zeros([1]))
//     layer1 = tf.nn.sigmoid(tf.matmul(x, W1) + b1)                layer2 = tf.matmul(layer1, W2) + b2
//     loss = tf.reduce_mean(tf.square(layer2 - y))
//     optimizer = tf.train.GradientDescentOptimizer(learning_rate=0.01).minimize(loss)
//     ... 1000 times: sess.run(optimizer), and every 100: print("Epoch:", i, "Loss:", loss_value)
//     prediction = tf.nn.sigmoid(layer2)
//
// About that code:
//   - It is TensorFlow 1: `tf.placeholder`, `tf.Session`, `tf.random_normal`, `tf.global_variables_initializer` and
//     `tf.train.GradientDescentOptimizer` were removed in TensorFlow 2. Only `tf.compat.v1` still has them, and
//     placeholders work only after `tf.compat.v1.disable_eager_execution()`.
//   - `x_train`, `y_train` and `x_test` are never defined, so it does not run as printed. XOR, the smallest problem
//     that needs two layers, is used here: it has the 2 inputs and 1 output of the network.
//   - What it calls an epoch is one step on the whole set. It prints the loss after the step.
//   - It is announced as a binary classification, trained as a regression (a linear layer2 with a squared error), and
//     read as a classification again: sigmoid(layer2).
#include <cmath>
#include <cstdio>
#include <gradus.hpp>
#include <gradus/plot/figure.hpp>
#include <string>
#include <vector>

#include "options.hpp"

namespace gr = gradus;

const auto points = gr::data::xor_gate();  // x (4, 2): 00 01 10 11     y (4, 1): 0 1 1 0

/// The network: 2-3-1. `deviation` is 0.1 in the document.
auto two_layers(double deviation = 0.1) {
    return gr::sequential(
        gr::dense(2, 3, gr::sigmoid{}, gr::normal{.deviation = deviation}),    // layer1 = σ(x W1 + b1)
        gr::dense(3, 1, gr::identity{}, gr::normal{.deviation = deviation}));  // layer2 = layer1 W2 + b2
}
using network = decltype(two_layers());

/// The textbook's loop. Calls `after(i)` when step i is done.
template <class J, class Optimizer, class F>
void train(network& net, const J& loss, const Optimizer& how, std::size_t steps, const F& after) {
    const auto& [x, y] = points;
    auto descend = gr::optimizer(net, how);
    gr::pass pass(net);
    gr::gradients grad(net);
    for (std::size_t i = 0; i < steps; ++i) {
        const auto& layer2 = net.forward(x, pass);              // ŷ = f(x; θ)
        net.backward(x, loss.gradient(layer2, y), pass, grad);  // ∇J(θ)
        descend(net, grad);                                     // θ ← θ − α ∇J(θ)
        after(i);
    }
}

/// Two ways to read an output as the probability of class 1.
float by_sigmoid(float layer2) { return gr::sigmoid::value(layer2); }  // as the document does
float as_it_is(float layer2) { return layer2; }

/// Share of the four points on the right side of ½.
double accuracy(const network& net, float (*read)(float)) {
    const auto layer2 = gr::predict(net, points.x);
    double right = 0;
    for (std::size_t n = 0; n < 4; ++n) right += (read(layer2(n, 0)) >= 0.5f) == (points.y(n, 0) == 1) ? 0.25 : 0;
    return right;
}

/// Whether XOR is learnt: each output is within ¼ of its target. (The accuracy is not enough: four outputs of 0.5, each
/// with a rounding error, are all correct once in sixteen times.)
bool learnt(const network& net, float (*read)(float)) {
    const auto layer2 = gr::predict(net, points.x);
    bool all = true;
    for (std::size_t n = 0; n < 4; ++n) all = all && std::abs(read(layer2(n, 0)) - points.y(n, 0)) < 0.25f;
    return all;
}

/// One row of the table: the recipe with one change, from 20 seeds. The same networks are read both ways.
template <class J, class Optimizer>
void experiment(const example::options& o, const char* what, const J& loss, const Optimizer& how, std::size_t steps,
                double deviation = 0.1) {
    int sigmoid_learnt = 0, raw_learnt = 0;
    double mean_loss = 0;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        gr::seed(seed);
        auto net = two_layers(deviation);
        train(net, loss, how, steps, [](std::size_t) {});
        sigmoid_learnt += learnt(net, by_sigmoid);
        raw_learnt += learnt(net, as_it_is);
        mean_loss += loss.value(gr::predict(net, points.x), points.y) / 20;
    }
    o.say("%9.5f   %9d of 20 %2d of 20   %s\n", mean_loss, sigmoid_learnt, raw_learnt, what);
}

/// The network's prediction over the plane, with its decision boundary and the four points.
void picture(const example::options& o, const char* file, const char* title, const network& net, float (*read)(float)) {
    const gr::plot::range side{-0.5, 1.5};
    std::vector<double> p;
    for (float layer2 : gr::predict(net, gr::plot::grid(side, side, 100))) p.push_back(read(layer2));
    gr::plot::figure(title, {.x = "x₁", .y = "x₂"})
        .heat_map("p", side, side, p, {.low = 0, .high = 1, .boundary = 0.5})
        .scatter("y = 0", std::vector{0, 1}, std::vector{0, 1})
        .scatter("y = 1", std::vector{0, 1}, std::vector{1, 0})
        .save(o.picture(file));
}

/// The four points: outputs, and how they are read.
void print(const example::options& o, const network& net) {
    const auto layer2 = gr::predict(net, points.x);
    o.say("  x     y   layer2   sigmoid(layer2)\n");
    for (std::size_t n = 0; n < 4; ++n)
        o.say("  %g %g   %g  %7.4f   %7.4f\n", points.x(n, 0), points.x(n, 1), points.y(n, 0), layer2(n, 0),
              by_sigmoid(layer2(n, 0)));
    o.say("  right: %.0f %% by sigmoid(layer2), %.0f %% by layer2 itself\n", 100 * accuracy(net, by_sigmoid),
          100 * accuracy(net, as_it_is));
}

/// How far training has moved W1: ‖W1 − initial W1‖.
double way(const network& net, const network& before) {
    return std::sqrt(xt::sum(xt::square(net.layer<0>().theta.W - before.layer<0>().theta.W))());
}

int main(int argc, char** argv) try {
    example::options o;
    o.epochs = 1000, o.batch_size = 4, o.learning_rate = 0.01;
    o.parse(argc, argv, "The documents' two-layer network on XOR: what they call an epoch is one step.", {},
            {"--data", "--batch-size", "--threads"});

    // --- 1. the document's recipe ------------------------------------------------------------------------------------
    gr::seed(o.seed);
    auto net = two_layers();
    const network before = net;
    const gr::mse J;  // J = Σ (layer2 − y)² / N
    const gr::gradient_descent descent{.learning_rate = o.learning_rate};
    std::vector<double> steps, losses;
    const gr::stopwatch clock;
    train(net, J, descent, o.epochs, [&](std::size_t i) {
        if (i % 10 != 0) return;
        steps.push_back(static_cast<double>(i));
        losses.push_back(J.value(gr::predict(net, points.x), points.y));
        if (i % 100 == 0) o.say("Epoch: %zu Loss: %.6f\n", i, losses.back());
    });
    const double seconds = clock.seconds();
    print(o, net);
    o.say("  W1 has moved by %.4f\n\n", way(net, before));
    picture(o, "two_layer_sigmoid_recipe.svg", "The recipe: p = sigmoid(layer2)", net, by_sigmoid);

    // --- 2. why it does not learn ------------------------------------------------------------------------------------
    //   - The output is not read as it was trained. A network that fits its targets has layer2 = 0 and 1, of which the
    //     sigmoid is 0.5 and 0.731: class 0 is exactly at the threshold ½, and no training can change that.
    //   - The step is small. With weights of about 0.1 the gradient of W1 is tiny, since it contains W2 and σ' ≤ ¼.
    //     Once b2 has reached the mean of the targets, Σ dŷ = 0, and the rest of the gradient nearly cancels: a
    //     plateau, on which the loss is the variance of the targets, ¼, and every output ½, which is read as σ(½) =
    //     0.62: a 1.
    //   - 1000 of these steps are few: they move W1 by about a hundredth of a unit. A network that has learnt XOR is
    //     several units away from its initial weights.
    // Each row is the recipe with the change that it names, from 20 seeds; the same networks are read both ways. If the
    // sigmoid of a fitted layer2 is read, no variant learns; reading layer2 itself is not enough either.
    const std::size_t many = 100 * o.epochs;
    const gr::binary_cross_entropy H;  // of p = σ(layer2): trains the value that is read
    const auto alpha = [](double learning_rate) { return gr::gradient_descent{learning_rate}; };
    o.say("            learnt, read by\n     loss   sigmoid(layer2)   layer2   the recipe, but ...\n");
    experiment(o, "nothing changed", J, descent, o.epochs);
    experiment(o, "the step 50 times as long: α = 0.5 (at 1 it diverges)", J, alpha(0.5), o.epochs);
    experiment(o, "100 times as many steps", J, descent, many);
    experiment(o, "both", J, alpha(0.5), many);
    experiment(o, "weights from normal(0, 1)", J, descent, o.epochs, 1.0);
    experiment(o, "weights from normal(0, 1) and α = 0.5", J, alpha(0.5), o.epochs, 1.0);
    experiment(o, "binary cross-entropy, which trains the sigmoid", H, descent, o.epochs);
    experiment(o, "binary cross-entropy and α = 4", H, alpha(4), o.epochs);
    experiment(o, "binary cross-entropy and α = 5", H, alpha(5), o.epochs);
    experiment(o, "binary cross-entropy and α = 8", H, alpha(8), o.epochs);
    experiment(o, "Adam, with the same α = 0.01", J, gr::adam{.learning_rate = 0.01}, o.epochs);

    // --- 3. the smallest change that does ----------------------------------------------------------------------------
    // Adam instead of gradient descent, and layer2 read as it was trained. The loss, the learning rate, the number of
    // steps (1000) and the initial weights stay. Adam divides each gradient by its own size, so the small gradient on a
    // plateau does not slow it down. (Gradient descent with binary cross-entropy and α = 5 also works, but only just:
    // see the rows at 4 and 8.)
    gr::seed(o.seed);
    auto mended = two_layers();
    std::vector<double> mended_losses;
    train(mended, J, gr::adam{.learning_rate = 0.01}, o.epochs, [&](std::size_t i) {
        if (i % 10 == 0) mended_losses.push_back(J.value(gr::predict(mended, points.x), points.y));
    });
    o.say("\nAdam, from the same weights as above:\n");
    print(o, mended);
    o.say("  W1 has moved by %.4f\n\n", way(mended, before));
    picture(o, "two_layer_sigmoid_mended.svg", "Mended: Adam, p = layer2", mended, as_it_is);
    gr::plot::figure("Two layers and XOR", {.x = "step", .y = "mean squared error"})
        .line("the recipe: gradient descent", steps, losses)
        .line("mended: Adam", steps, mended_losses)
        .save(o.picture("two_layer_sigmoid_loss.svg"));
    o.say("Pictures: %s\n", o.picture("two_layer_sigmoid_*.svg").c_str());

    example::write_json(o, {{"example", "two_layer_sigmoid"},
                            {"seed", o.seed},
                            {"epochs", o.epochs},
                            {"data", "xor"},
                            {"train_samples", points.size()},
                            {"test_samples", points.size()},
                            {"parameters", gr::count(net)},
                            {"train_loss", losses},
                            {"test_accuracy", accuracy(net, by_sigmoid)},
                            {"test_loss", J.value(gr::predict(net, points.x), points.y)},
                            {"mended_test_accuracy", accuracy(mended, as_it_is)},
                            {"seconds", seconds},
                            {"samples_per_second", static_cast<double>(4 * o.epochs) / seconds}});
} catch (const gr::error& e) {
    std::fprintf(stderr, "two_layer_sigmoid: %s\n", e.what());
    return 1;
}
