// Handwritten digits: the documents' MNIST network, 784-128-128-10, trained by Adam to 97.8 %.
//
// The network and its training are those of documents/002, section 4, written there for Keras:
//
//     (x_train, y_train), (x_test, y_test) = mnist.load_data()
//     x_train, x_test = x_train / 255.0, x_test / 255.0
//     model = Sequential([Dense(128, activation='relu', input_shape=(784,)),
//                         Dense(128, activation='relu'),
//                         Dense(2, activation='softmax')])
//     model.compile(optimizer='adam', loss='sparse_categorical_crossentropy', metrics=['accuracy'])
//     model.fit(x_train, y_train, epochs=10)
//     test_loss, test_acc = model.evaluate(x_test, y_test)
//
// As printed it does not run; `as_printed` below makes the same two mistakes and prints what gradus says to them:
//   - The images come as (60000, 28, 28) and are never flattened to the 784 inputs that the first layer wants.
//   - Dense(2) gives two probabilities, for ten digits. TensorFlow refuses the labels 2 to 9 on a CPU; on a GPU their
//     loss is NaN, and after one step so is the network.
// The document calls it a two-class task, so there are two ways to mend it: ten outputs (the default here), or the
// digits 0 and 1 alone (--classes 2). Besides, it says that gradient descent trains the model, where its code says
// Adam; and that the data is split for validation, where the second part is the test set. Here it is asked once, after
// the last epoch, and chooses nothing.
//
// What the code leaves to Keras's defaults, and this program says: W from Glorot's uniform distribution and b = 0,
// batches of 32 shuffled anew in each epoch, Adam with α = 0.001, β₁ = 0.9, β₂ = 0.999 and ε = 1e-7. (Keras adds ε to
// √v and not to √v̂. This amounts to a larger ε in the first steps, 3e-6 at t = 1, and changes nothing that could be
// measured.)
#include <cstdio>
#include <gradus.hpp>
#include <gradus/data/mnist.hpp>
#include <gradus/plot/figure.hpp>
#include <numeric>
#include <string>
#include <vector>

#include "options.hpp"

namespace gr = gradus;

/// The document's network. Its softmax is not in it but in the loss, where softmax and logarithm cancel:
///   p = softmax(z),  J = −Σₙ log p[n, yₙ] / N = Σₙ (log Σⱼ e^(z[n, j]) − z[n, yₙ]) / N [cross_entropy.forward]
/// Through a softmax layer and then a logarithm, a probability that has become 0 would cost an infinite loss.
auto network(std::size_t classes) {
    return gr::sequential(gr::dense(784, 128, gr::relu{}),  // y₁ = max(x W₁ + b₁, 0)     W₁ (784, 128)
                          gr::dense(128, 128, gr::relu{}),  // y₂ = max(y₁ W₂ + b₂, 0)    W₂ (128, 128)
                          gr::dense(128, classes));         // z  = y₂ W₃ + b₃            W₃ (128, classes)
}

/// The document's two mistakes, and what comes of them.
template <class Data>
void as_printed(const example::options& o, const Data& train) {
    const auto printed = network(2);
    std::vector<std::size_t> which(32);
    std::iota(which.begin(), which.end(), 0);
    const auto batch = gr::take(train, which);
    o.say("As the document prints it:\n");
    try {
        (void)gr::predict(printed, gr::data::with_shape(batch.x, {32, 28, 28}));  // images that nobody flattened
    } catch (const gr::shape_error& e) {
        o.say("  %s\n", e.what());
    }
    try {
        (void)gr::cross_entropy{}.value(gr::predict(printed, batch.x), batch.y);  // ten digits for two outputs
    } catch (const gr::data_error& e) {
        o.say("  %s\n", e.what());
    }
    o.say("\n");
}

/// True class by predicted class.
void print_confusion(const example::options& o, const gr::tensor<std::size_t, 2>& confusion) {
    const std::size_t classes = confusion.shape()[0];
    o.say("\n          taken for\n     digit");
    for (std::size_t k = 0; k < classes; ++k) o.say("%6zu", k);
    for (std::size_t y = 0; y < classes; ++y) {
        o.say("\n%10zu", y);
        for (std::size_t k = 0; k < classes; ++k)
            confusion(y, k) == 0 ? o.say("     ·") : o.say("%6zu", confusion(y, k));
    }
    o.say("\n\n");
}

int main(int argc, char** argv) try {
    example::options o;
    o.epochs = 10, o.batch_size = 32, o.learning_rate = 0.001;
    std::size_t classes = 10;
    o.parse(argc, argv, "The documents' MNIST network.",
            {{"--classes", classes, 2, 10, "How many digits, from 0 on; 2: the document's two classes"}});

    // x (N, 784) in [0, 1]: the bytes / 255, flattened; y (N): the digit
    gr::data::mnist_options from{.folder = o.data};
    for (std::int32_t digit = 0; classes < 10 && digit < static_cast<std::int32_t>(classes); ++digit)
        from.classes.push_back(digit);
    const auto digits = gr::data::mnist(from);
    o.say("%s: %zu to learn from, %zu to be judged by\n\n", digits.source.c_str(), digits.train.size(),
          digits.test.size());
    if (classes == 10) as_printed(o, digits.train);

    gr::seed(o.seed);
    auto net = network(classes);
    const gr::cross_entropy J;
    const gr::adam adam{.learning_rate = o.learning_rate, .epsilon = 1e-7};
    o.say("%s\n", gr::summary(net, {784}).c_str());

    const auto history = gr::fit(net, J, adam, digits.train,
                                 {.epochs = o.epochs,
                                  .batch_size = o.batch_size,
                                  .threads = o.threads,
                                  .progress = o.quiet ? gr::show::never : gr::show::on_terminal});
    const auto score = gr::evaluate(net, J, digits.test);

    const auto samples = static_cast<double>(history.samples);
    o.say("%zu epochs in %.2f s, %.0f samples a second\n", history.loss.size(), history.seconds,
          samples / history.seconds);
    o.say("  train: loss %.4f, accuracy %.2f %% (mean over the last epoch, as it went by)\n", history.loss.back(),
          100 * history.accuracy.back());
    o.say("  test:  loss %.4f, accuracy %.2f %%\n", score.loss, 100 * score.accuracy);
    print_confusion(o, score.confusion);

    const std::vector end{static_cast<double>(history.loss.size())};
    gr::plot::figure("Loss", {.x = "epoch", .y = "cross-entropy", .log_y = true})
        .line("train", history.loss)
        .scatter("test, after the last epoch", end, std::vector{score.loss})
        .save(o.picture("mlp_mnist_loss.svg"));
    gr::plot::figure("Accuracy", {.x = "epoch", .y = "share of digits that are right"})
        .line("train", history.accuracy)
        .scatter("test, after the last epoch", end, std::vector{score.accuracy})
        .save(o.picture("mlp_mnist_accuracy.svg"));
    o.say("Pictures: %s, %s\n", o.picture("mlp_mnist_loss.svg").c_str(), o.picture("mlp_mnist_accuracy.svg").c_str());

    example::write_json(o, {{"example", "mlp_mnist"},
                            {"seed", o.seed},
                            {"epochs", history.loss.size()},
                            {"data", digits.source},
                            {"train_samples", digits.train.size()},
                            {"test_samples", digits.test.size()},
                            {"parameters", gr::count(net)},
                            {"train_loss", history.loss},
                            {"train_accuracy", history.accuracy},
                            {"test_accuracy", score.accuracy},
                            {"test_loss", score.loss},
                            {"seconds", history.seconds},
                            {"samples_per_second", samples / history.seconds}});
} catch (const gr::error& e) {
    std::fprintf(stderr, "mlp_mnist: %s\n", e.what());
    return 1;
}
