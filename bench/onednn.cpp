// oneDNN's products and convolutions, with the names of ours.             apt: libdnnl-dev
// At its best: every implementation that supports the sizes, by either algorithm, is timed, and the fastest counts.
// Matrices have our layout; images and weights have the layout that each implementation prefers, or images have
// channels last, and the conversion is not timed. NAME/direct is the fastest without Winograd's algorithm, which
// computes fewer products than the textbook and rounds differently.
#include <time.h>

#include <dnnl.hpp>
#include <optional>
#include <unordered_map>

#include "jobs.hpp"

namespace {

using bench::images;
using dnnl::memory;
using layout = memory::desc;
using tag = memory::format_tag;

const dnnl::engine cpu(dnnl::engine::kind::cpu, 0);
dnnl::stream stream(cpu);

layout lie(std::initializer_list<std::size_t> sizes, tag t) {
    return {{sizes.begin(), sizes.end()}, memory::data_type::f32, t};
}
layout any(const layout& l) { return {l.dims(), memory::data_type::f32, tag::any}; }

void copy(memory from, memory to) {
    dnnl::reorder(from, to).execute(stream, from, to);
    stream.wait();
}

/// One of our tensors, with oneDNN's number for its role.
struct argument {
    int id;
    memory ours;

    template <class X>
    argument(int i, const layout& l, X& x) : id(i), ours(l, cpu, x.data()) {}
};

/// One implementation, with its own copies of the arguments in its own layouts.
struct implementation {
    std::string name;
    dnnl::primitive primitive;
    std::unordered_map<int, memory> own{};

    implementation(const dnnl::primitive_desc& d, const std::vector<argument>& arguments)
        : name(d.impl_info_str()), primitive(d) {
        for (const argument& a : arguments) {
            own.emplace(a.id, memory(d.query_md(dnnl::query::exec_arg_md, a.id), cpu));
            copy(a.ours, own.at(a.id));
        }
    }
    bool is_winograd() const { return name.find("wino") != std::string::npos; }
    void operator()() {
        primitive.execute(stream, own);
        stream.wait();
    }
    /// CPU time of the thread, which does not count while another process has the core.
    double seconds() {
        const auto now = [] {
            timespec t;
            clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
            return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
        };
        const double start = now();
        (*this)();
        return now() - start;
    }
};

/// The implementations of one operation, except oneDNN's reference implementations. The last argument is the result.
struct implementations {
    std::vector<argument> arguments;
    std::vector<implementation> all{};

    template <class Description>
    void add(Description d) {
        if (!d) return;
        do {
            if (!std::string(d.impl_info_str()).starts_with("ref")) all.emplace_back(d, arguments);
        } while (d.next_impl());
    }
    void fetch_result(const implementation& i) const { copy(i.own.at(arguments.back().id), arguments.back().ours); }

    /// Compares the best time of several runs, each with its own data in the caches; the slowest are run only twice.
    implementation& fastest() {
        std::vector<double> best(all.size(), 1e9);
        for (int round = 0; round < 2; ++round)
            for (std::size_t i = 0; i < all.size(); ++i)
                for (int run = 0; run < 2 || (run < 10 && best[i] < 2 * *std::ranges::min_element(best)); ++run)
                    best[i] = std::min(best[i], all[i].seconds());
        return all.at(static_cast<std::size_t>(std::ranges::min_element(best) - best.begin()));
    }
};

/// The fastest implementation for a job, if all of them agree with the reference implementation (see bench::add).
template <class Job>
std::optional<implementation> choose(Job job, bool winograd) {
    implementations there = job.there();
    if (!winograd) std::erase_if(there.all, &implementation::is_winograd);
    if (std::getenv("BENCH_CHECKED") == nullptr) {
        const auto expected = job.twin();
        for (implementation& i : there.all) {
            i();
            there.fetch_result(i);
            if (!bench::agree(job.result(), expected)) return {};
        }
    }
    return there.fastest();
}

/// Registers `name`. (Google Benchmark calls it several times, with more steps each time.)
template <class Job, class Sizes>
void add(const std::string& name, const Sizes& sizes, bool winograd = true) {
    auto run = [=, chosen = std::optional<implementation>()](benchmark::State& state) mutable {
        if (!chosen) chosen = choose(Job(sizes), winograd);
        if (!chosen) return state.SkipWithError("MISMATCH");
        state.SetLabel(chosen->name);
        bench::measure(state, sizes.work(), *chosen);
    };
    benchmark::RegisterBenchmark(name.c_str(), run);
}

struct product : bench::product {
    using bench::product::product;
    const bench::matrix& result() const { return C; }

    implementations there() {
        const std::size_t m = a().rows, k = a().cols, n = b().cols;
        const layout A_lies = lie({m, k}, a_is_transposed ? tag::ba : tag::ab);
        const layout B_lies = lie({k, n}, b_is_transposed ? tag::ba : tag::ab), C_lies = lie({m, n}, tag::ab);
        implementations found{{{DNNL_ARG_SRC, A_lies, A}, {DNNL_ARG_WEIGHTS, B_lies, B}, {DNNL_ARG_DST, C_lies, C}}};
        found.add(dnnl::matmul::primitive_desc({A_lies, B_lies, C_lies}, cpu, true));
        return found;
    }
};

struct convolution : bench::convolution {
    using bench::convolution::convolution;

    const layout x_lies = lie({x.shape()[0], x.shape()[3], x.shape()[1], x.shape()[2]}, tag::nhwc);
    const layout z_lies = lie({dz.shape()[0], dz.shape()[3], dz.shape()[1], dz.shape()[2]}, tag::nhwc);
    const layout W_lies = lie({W.shape()[3], W.shape()[2], 3, 3}, tag::hwio), b_lies = lie({b.size()}, tag::a);
    const memory::dims stride{1, 1}, padding{0, 0};

    /// Calls f(forward, algorithm, layout of x, of W, of z) for each choice. (oneDNN needs the forward whose
    /// derivatives it computes.)
    template <class F>
    void each_choice(F&& f) const {
        for (auto algorithm : {dnnl::algorithm::convolution_direct, dnnl::algorithm::convolution_winograd})
            for (const auto& [X, Z] : {std::pair(x_lies, z_lies), std::pair(any(x_lies), any(z_lies))}) {
                const layout V = any(W_lies);
                const dnnl::convolution_forward::primitive_desc forward(
                    {dnnl::prop_kind::forward_training, algorithm, X, V, b_lies, Z, stride, padding, padding}, cpu,
                    true);
                if (forward) f(forward, algorithm, X, V, Z);
            }
    }
};

struct convolution_forward : convolution {
    using convolution::convolution;
    images z = dz;
    const images& result() const { return z; }
    images twin() const { return bench::reference::convolution(x, window, W, b, 1); }

    implementations there() {
        implementations found{{{DNNL_ARG_SRC, x_lies, x},
                               {DNNL_ARG_WEIGHTS, W_lies, W},
                               {DNNL_ARG_BIAS, b_lies, b},
                               {DNNL_ARG_DST, z_lies, z}}};
        each_choice([&](auto& forward, auto, auto&...) { found.add(forward); });
        return found;
    }
};

struct convolution_dW : convolution {
    using convolution::convolution;
    images dW = W;
    const images& result() const { return dW; }
    images twin() const { return bench::reference::convolution_dW(x, window, dz, 1); }

    implementations there() {
        implementations found{
            {{DNNL_ARG_SRC, x_lies, x}, {DNNL_ARG_DIFF_DST, z_lies, dz}, {DNNL_ARG_DIFF_WEIGHTS, W_lies, dW}}};
        each_choice([&](auto& forward, auto algorithm, auto& X, auto& V, auto& Z) {
            found.add(dnnl::convolution_backward_weights::primitive_desc({algorithm, X, V, Z, stride, padding, padding},
                                                                         cpu, forward, true));
        });
        return found;
    }
};

struct convolution_dx : convolution {
    using convolution::convolution;
    images dx = x;
    const images& result() const { return dx; }
    images twin() const { return bench::reference::convolution_dx(x, window, W, dz, 1); }

    implementations there() {
        implementations found{
            {{DNNL_ARG_WEIGHTS, W_lies, W}, {DNNL_ARG_DIFF_DST, z_lies, dz}, {DNNL_ARG_DIFF_SRC, x_lies, dx}}};
        each_choice([&](auto& forward, auto algorithm, auto& X, auto& V, auto& Z) {
            found.add(dnnl::convolution_backward_data::primitive_desc({algorithm, X, V, Z, stride, padding, padding},
                                                                      cpu, forward, true));
        });
        return found;
    }
};

}  // namespace

int main(int argc, char** argv) {
    const dnnl_version_t& v = *dnnl_version();
    benchmark::AddCustomContext("peer", "oneDNN " + std::to_string(v.major) + "." + std::to_string(v.minor) + "." +
                                            std::to_string(v.patch) +
                                            ", one thread, each implementation's own layouts, the fastest of all");
    for (const auto& s : bench::all_products()) add<product>(s.name(), s);
    for (bool winograd : {true, false})
        for (const auto& s : bench::all_convolutions()) {
            const std::string suffix = winograd ? "" : "/direct";
            add<convolution_forward>(s.name("forward") + suffix, s, winograd);
            add<convolution_dW>(s.name("dW") + suffix, s, winograd);
            if (s.in > 1) add<convolution_dx>(s.name("dx") + suffix, s, winograd);
        }
    return bench::run(argc, argv);
}
