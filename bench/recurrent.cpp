// Recurrent layers: a training step and inference of 28 → 128 over 28 steps, and a training step over a grid of sizes.
//   recurrent exchange FOLDER NAME    writes the initial values and the expected results of row NAME, as .npz
#include <optional>
#include <string>

#include "networks.hpp"

using bench::sequence_sizes;

namespace {

/// One row: NAME of FOLDER/NAME.npz, and its sizes.
struct point {
    std::string row, name;
    sequence_sizes sizes;
};

/// All rows of one kind of cell. The cost of the grid's points differs by a factor of 10⁷.
std::vector<point> points(const std::string& cell) {
    std::vector<point> all{{"train/" + cell + "/32", cell + "/32", {}}};
    for (std::size_t units : {16u, 32u, 64u, 128u, 256u, 512u})
        for (std::size_t steps : {8u, 28u, 64u, 256u})
            for (std::size_t batch : {1u, 8u, 32u, 128u}) {
                const std::string name =
                    cell + "/" + std::to_string(units) + "/" + std::to_string(steps) + "/" + std::to_string(batch);
                all.push_back({"recurrent/" + name, name, {units, steps, batch, 4}});
            }
    return all;
}

/// Calls f with each kind of cell and the function that makes a workload of it.
void each_cell(auto&& f) {
    f(std::string("rnn"), bench::rnn);
    f(std::string("lstm"), bench::lstm);
    f(std::string("gru"), bench::gru);
}

/// Ten steps of the networks. Four for the grid, since with 512 units the loss doubles in some of them and the rounding
/// errors with it; two if a step takes a second.
int steps_to_compare(const point& p, double flops) { return p.row.starts_with("train/") ? 10 : flops < 1e10 ? 4 : 2; }

}  // namespace

int main(int argc, char** argv) {
    if (argc == 4 && argv[1] == std::string("exchange")) {
        each_cell([&](const std::string& cell, auto make) {
            for (const point& p : points(cell))
                if (p.row == argv[3] || "infer/" + p.name == argv[3]) {
                    auto w = make(p.name, p.sizes);
                    const int steps = steps_to_compare(p, w.training_flops);
                    bench::exchange(argv[2], std::move(w), steps);
                }
        });
        return 0;
    }
    each_cell([](const std::string& cell, auto make) {
        using made = decltype(make("", sequence_sizes{}));
        for (const point& p : points(cell))
            // Google Benchmark calls it several times, with more steps each time: the network is kept.
            benchmark::RegisterBenchmark(p.row.c_str(),
                                         [=, trainer = std::optional<bench::trainer<made>>()](auto& s) mutable {
                                             if (!trainer) trainer = bench::trainer<made>{make(p.name, p.sizes)};
                                             bench::train(s, *trainer);
                                         });
        const point first = points(cell)[0];
        benchmark::RegisterBenchmark(("infer/" + first.name).c_str(),
                                     [=](auto& s) { bench::infer(s, make(first.name, first.sizes), 1); });
    });
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
}
