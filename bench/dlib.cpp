// dlib's CNN of documents/001: a training step and inference.             apt: libdlib-dev
// At its best: one thread, its products through OpenBLAS (which bench/run configures for AVX-512), batches prepared in
// its tensors. Its own loops are in the library, as Debian compiles it for every x86-64; their sources are not in the
// package. It starts with our parameters: before timing, ŷ must agree (inference), and the losses of ten steps
// (training).
#undef GRADUS_USE_BLAS  // both declare the BLAS, in different ways; ours is needed for its results only
#define GRADUS_USE_BLAS 0
#include <dlib/dnn.h>
#include <dlib/revision.h>

#include <cmath>
#include <span>

#include "jobs.hpp"
#include "workloads.hpp"

namespace {

template <long filters, typename Below>
using convolution = dlib::add_layer<dlib::con_<filters, 3, 3, 1, 1, 0, 0>, Below>;
template <typename Below>
using pooling = dlib::max_pool<2, 2, 2, 2, Below>;

using image = dlib::input<dlib::matrix<float>>;
using features = pooling<dlib::relu<convolution<64, pooling<dlib::relu<convolution<32, image>>>>>>;
using classifier = dlib::loss_multiclass_log<dlib::fc<10, dlib::relu<dlib::fc<64, features>>>>;

struct network {
    classifier net;
    std::vector<dlib::resizable_tensor> x;
    std::vector<std::vector<unsigned long>> y;
    std::vector<dlib::adam> adam =
        std::vector<dlib::adam>(classifier::num_computational_layers, dlib::adam(0, 0.9f, 0.999f));
    std::size_t t = 0;

    explicit network(const auto& ours) {
        for (std::size_t b = 0; b < ours.x.size(); ++b) {
            std::vector<dlib::matrix<float>> of_batch(ours.y[b].size(), dlib::matrix<float>(28, 28));
            for (std::size_t i = 0; i < of_batch.size(); ++i)
                std::copy_n(&ours.x[b](i, 0, 0, 0), 28 * 28, of_batch[i].begin());
            net.to_tensor(of_batch.begin(), of_batch.end(), x.emplace_back());
            y.emplace_back(ours.y[b].begin(), ours.y[b].end());
        }
        forward();  // draws the parameters, which are then replaced
        const auto& [conv1, pool1, conv2, pool2, flatten, dense1, dense2] = ours.net.layers;
        set_convolution(parameters_of<9>(), conv1.theta), set_convolution(parameters_of<6>(), conv2.theta);
        set_dense(parameters_of<3>(), dense1.theta, 5 * 5), set_dense(parameters_of<1>(), dense2.theta, 1);
    }

    /// W, then b; W from HWIO to OIHW.
    void set_convolution(dlib::tensor& to, const auto& theta) {
        float* p = to.host();
        for (std::size_t o = 0; o < theta.b.size(); ++o)
            for (std::size_t c = 0; c < theta.W.shape()[2]; ++c)
                for (std::size_t u = 0; u < 3; ++u)
                    for (std::size_t v = 0; v < 3; ++v) *p++ = theta.W(u, v, c, o);
        std::ranges::copy(theta.b, p);
    }
    /// The rows of W from HWC to CHW, for HW pixels.
    void set_dense(dlib::tensor& to, const auto& theta, std::size_t pixels) {
        float* p = to.host();
        const std::size_t channels = theta.W.shape()[0] / pixels;
        for (std::size_t c = 0; c < channels; ++c)
            for (std::size_t i = 0; i < pixels; ++i) p = std::copy_n(&theta.W(i * channels + c, 0), theta.b.size(), p);
        std::ranges::copy(theta.b, p);
    }

    template <unsigned layer>
    dlib::tensor& parameters_of() {
        return dlib::layer<layer>(net).layer_details().get_layer_params();
    }
    const dlib::tensor& forward() { return net.subnet().forward(x[t % x.size()]); }
    double step() {
        const std::size_t b = t++ % x.size();
        const double J = net.compute_parameter_gradients(x[b], y[b].begin());
        net.update_parameters(adam, 1e-3);
        return J;
    }
};

bool infers_as_ours(network& n, const auto& ours) {
    const dlib::tensor& y_hat = n.forward();
    return bench::agree(std::span(y_hat.host(), y_hat.size()), bench::gr::predict(ours.net, ours.x[0]));
}

/// dlib's Adam adds its ε, 1e-8, to √v, as in Keras, so ours does the same here.
bool trains_as_ours(network& n, auto ours) {
    ours.options = {.epsilon = 1e-8, .form = bench::gr::adam::keras};
    bench::trainer trainer{std::move(ours)};
    for (int k = 0; k < 10; ++k) {
        const double J = trainer.step();
        if (!(std::abs(n.step() - J) <= 1e-5 * J)) return false;
    }
    return true;
}

void add(const std::string& kind, std::size_t batch, auto agrees, auto step) {
    benchmark::RegisterBenchmark((kind + "/cnn/" + std::to_string(batch)).c_str(), [=](benchmark::State& state) {
        const auto ours = bench::cnn(batch);
        network n(ours);
        if (std::getenv("BENCH_CHECKED") == nullptr && !agrees(n, ours)) return state.SkipWithError("MISMATCH");
        const double flops = kind == "train" ? ours.training_flops : ours.inference_flops;
        bench::measure(state, {.flops = flops}, [&] { step(n); });
    });
}

}  // namespace

int main(int argc, char** argv) {
    benchmark::AddCustomContext("peer", "dlib " + std::to_string(DLIB_MAJOR_VERSION) + "." +
                                            std::to_string(DLIB_MINOR_VERSION) +
                                            " as Debian builds it, one thread, products through OpenBLAS");
    for (std::size_t batch : {32u, 128u}) {
        add(
            "train", batch, [](auto& n, auto& ours) { return trains_as_ours(n, ours); },
            [](network& n) { benchmark::DoNotOptimize(n.step()); });
        add(
            "infer", batch, [](auto& n, auto& ours) { return infers_as_ours(n, ours); },
            [](network& n) { ++n.t, benchmark::DoNotOptimize(n.forward().host()); });
    }
    return bench::run(argc, argv);
}
