// The price of houses from a table: csv_regression [houses.csv]
#include <gradus.hpp>
#include <gradus/data/csv.hpp>
#include <gradus/data/preprocessing.hpp>
#include <gradus/plot/figure.hpp>

#include <cstdio>
#include <exception>
#include <iostream>
#include <string>
namespace gr = gradus;

int main(int argc, char** argv) try {
    const std::string file = argc > 1 ? argv[1] : "houses.csv";
    const auto table = gr::data::csv(file, {.label = "price", .labels = gr::data::csv_labels::number});
    std::printf("%zu houses, %zu features:", table.x.shape()[0], table.columns.size());
    for (const auto& name : table.columns) std::printf(" %s", name.c_str());
    std::printf("\n");

    auto [rest, test] = gr::split(table.regression(), 0.8, 1);
    auto [train, validation] = gr::split(rest, 0.8, 2);
    const auto fill = gr::data::fill_missing(train.x, gr::data::fill_by::median);
    train.x = fill(train.x), validation.x = fill(validation.x), test.x = fill(test.x);
    const auto scale = gr::data::standard_score(train.x), scale_y = gr::data::standard_score(train.y);
    train.x = scale(train.x), validation.x = scale(validation.x), test.x = scale(test.x);
    train.y = scale_y(train.y), validation.y = scale_y(validation.y), test.y = scale_y(test.y);

    gr::seed(7);
    auto net = gr::sequential(gr::dense(table.columns.size(), 32, gr::relu{}), gr::dropout{0.1},
                              gr::dense(32, 16, gr::relu{}), gr::dense(16, 1));
    std::cout << gr::summary(net, {table.columns.size()});

    gr::early_stopping stop(net, {.patience = 20});
    const gr::schedule::warm_up rate{10, gr::schedule::cosine{.learning_rate = 0.01, .steps = 2000}};
    const auto report = [](auto& now) {
        const auto& h = now.so_far;
        if (now.epoch % 20 == 0)
            std::printf("epoch %3zu  J = %.4f  validation %.4f\n", now.epoch, h.loss.back(), h.validation_loss.back());
    };
    const auto history = gr::fit(net, gr::mse{}, gr::adam{}, train,
                                 {.epochs = 200, .batch_size = 16, .validation = validation, .clip_norm = 1},
                                 gr::scheduled(rate), stop, report);
    std::printf("best epoch %zu, validation %.4f\n", stop.best_epoch(), stop.best());

    const auto y_hat = scale_y.inverse(gr::predict(net, test.x)), y = scale_y.inverse(test.y);
    std::printf("test: R² = %.3f, mean absolute error %.1f\n", gr::r_squared(y, y_hat),
                gr::mean_absolute_error(y, y_hat));

    gr::plot::figure("Price of houses", {.x = "epoch", .y = "mean squared error", .log_y = true})
        .line("training", history.loss)
        .line("validation", history.validation_loss)
        .save("loss.svg");
    gr::plot::figure("Test set", {.x = "price", .y = "predicted price"})
        .scatter("houses", gr::flat(y), gr::flat(y_hat))
        .save("prices.svg");
} catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
}
