// labels: threads
#include "gradus/io/save.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include "gradus.hpp"
#include "gradus/optimizers/moving_average.hpp"
#include "gradus/optimizers/nadam.hpp"

#include "../probes/batch_normalization.hpp"
#include "gradus/layers/dropout.hpp"
#include "../support/close.hpp"
#include "../support/draw.hpp"
#include "../support/message.hpp"
#include "temporary_folder.hpp"

namespace gr = gradus;
using matrix = gr::tensor<float, 2>;

namespace {

auto network(std::uint64_t seed = 1) {
    gr::seed(seed);
    return gr::sequential(gr::dense(3, 8, gr::tanh{}), gr::dropout{0.3}, probes::batch_normalization<>(8),
                          gr::named("out", gr::dense(8, 2)));
}
auto small(std::size_t hidden = 3) { return gr::sequential(gr::dense(2, hidden, gr::sigmoid{}), gr::dense(hidden, 1)); }

/// Parameters, statistics and slots, bit for bit.
template <class P>
bool same(const P& a, const P& b) {
    bool equal = true;
    gr::each_leaf(
        [&]<class T>(const gr::entry&, const T& p, const T& q) {
            if constexpr (gr::any_tensor<T>)
                equal = equal && support::same(p, q);
            else
                equal = equal && p.count == q.count && support::same(p.mean, q.mean) && support::same(p.variance, q.variance);
        },
        a, b);
    return equal;
}

}  // namespace

TEST_CASE("save: training 10 epochs equals 5, save, load, 5, bit for bit, with dropout, statistics, Adam and 2 threads") {
    const temporary_folder folder;
    const gr::dataset data(support::draw<matrix>({50, 3}, 1), support::draw<matrix>({50, 2}, 2));
    const auto train = [&](auto& net, auto& descend, std::size_t epochs) {
        return gr::fit(net, gr::mse{}, descend, data,
                       {.epochs = epochs, .batch_size = 16, .threads = 2, .progress = gr::show::never});
    };
    auto whole = network();
    gr::optimizer a(whole, gr::adam{.learning_rate = 0.01});
    const auto ten = train(whole, a, 10);

    auto half = network();
    gr::optimizer b(half, gr::adam{.learning_rate = 0.01});
    train(half, b, 5);
    gr::save(folder / "net.npz", half, b);
    CHECK_FALSE(same(half, whole));

    auto resumed = network(99);  // another program, with another seed
    gr::optimizer c(resumed, gr::adam{.learning_rate = 0.01});
    gr::load(folder / "net.npz", resumed, c);
    CHECK(same(resumed, half));
    CHECK(c.t == 20);
    CHECK(c.epoch == 5);
    const auto five = train(resumed, c, 5);
    CHECK(same(resumed, whole));
    CHECK(c.kept(0) == a.kept(0));
    CHECK(c.kept(1) == a.kept(1));
    CHECK(five.loss.back() == ten.loss.back());
    CHECK(folder.files() == 1);
}

TEST_CASE("save: each array stands under its path, a layer's own name included, for the network and for its optimizer") {
    const temporary_folder folder;
    const auto net = network();
    gr::save(folder / "net.npz", net, gr::optimizer(net, gr::sgd{}));
    CHECK(gr::io::npz_reader(folder / "net.npz").names() ==
          std::vector<std::string>{"0.W", "0.b", "2.gamma", "2.beta", "2.running.count", "2.running.mean",
                                   "2.running.variance", "out.W", "out.b", "optimizer/v/0.W", "optimizer/v/0.b",
                                   "optimizer/v/2.gamma", "optimizer/v/2.beta", "optimizer/v/out.W", "optimizer/v/out.b",
                                   "optimizer/name", "optimizer/t", "optimizer/epoch", "optimizer/seed"});
    gr::save(folder / "alone.npz", net);
    CHECK(gr::io::npz_reader(folder / "alone.npz").names().size() == 9);
}

TEST_CASE("load: from a file with an optimizer's state, the network alone") {
    const temporary_folder folder;
    gr::seed(1);
    const auto net = small();
    gr::save(folder / "net.npz", net, gr::optimizer(net, gr::adam{}));
    gr::seed(2);
    auto other = small();
    CHECK_FALSE(same(other, net));
    gr::load(folder / "net.npz", other);
    CHECK(same(other, net));
}

TEST_CASE("load: every error says what and where, and leaves network and optimizer as they were") {
    const temporary_folder folder;
    const std::string file = folder / "net.npz";
    gr::seed(1);
    const auto saved = small();
    gr::save(file, saved);
    gr::seed(2);
    const auto refused = [&](auto net, const std::string& why) {
        const auto before = net;
        gr::optimizer descend(net, gr::sgd{});
        descend.t = 5;
        CHECK(message_of([&] { gr::load(file, net); }) == file + why);
        CHECK(same(net, before));
        gr::save(file + "2", saved, gr::optimizer(saved, gr::sgd{}));
        CHECK(message_of([&] { gr::load(file + "2", net, descend); }).starts_with(file + "2" + why.substr(0, 20)));
        CHECK(same(net, before));
        CHECK(descend.t == 5);
    };
    refused(small(4), ", '0.W': has shape (2, 3), asked for (2, 4)");
    refused(gr::sequential(gr::dense<double>(2, 3, gr::sigmoid{}), gr::dense<double>(3, 1)), ", '0.W': holds f4, asked for f8");
    refused(gr::sequential(gr::dense(2, 3, gr::sigmoid{}), gr::dense(3, 1), gr::dense(1, 1)),
            ": no array '2.W', it has 0.W, 0.b, 1.W, 1.b");
    refused(gr::sequential(gr::dense(2, 3, gr::sigmoid{})),
            ": holds '1.W', the network has no such parameter, it has 0.W, 0.b");
    refused(gr::sequential(gr::named("in", gr::dense(2, 3, gr::sigmoid{})), gr::dense(3, 1)),
            ": holds '0.W', the network has no such parameter, it has in.W, in.b, 1.W, 1.b");
}

TEST_CASE("load: an optimizer's state that is not there, or another's") {
    const temporary_folder folder;
    const std::string file = folder / "net.npz";
    auto net = small();
    gr::optimizer descend(net, gr::adam{});
    gr::save(file, net);
    CHECK(message_of([&] { gr::load(file, net, descend); }) == file + ": holds a network without the state of its optimizer");
    gr::save(file, net, gr::optimizer(net, gr::sgd{}));
    CHECK(message_of([&] { gr::load(file, net, descend); }) ==
          file + ": holds the state of sgd, the optimizer is adam");

    descend.t = 7;
    gr::save(file, net, descend);  // m and v; sgd has a v of its own, gradient descent needs nothing
    gr::optimizer sgd(net, gr::sgd{});
    CHECK(message_of([&] { gr::load(file, net, sgd); }) == file + ": holds the state of adam, the optimizer is sgd");
    gr::optimizer plain(net, gr::gradient_descent{});
    CHECK(message_of([&] { gr::load(file, net, plain); }) ==
          file + ": holds the state of adam, the optimizer is gradient_descent");
    CHECK(sgd.t + plain.t == 0);
    gr::load(file, net, descend);
    CHECK(descend.t == 7);
}

TEST_CASE("load: an optimizer's state with more in it than the optimizer knows") {
    const temporary_folder folder;
    const std::string file = folder / "net.npz";
    auto net = small();
    gr::optimizer descend(net, gr::gradient_descent{});
    gr::save(file, net, descend);
    const auto with = [&](const std::string& more) {
        const gr::io::npz_reader in(file);
        gr::io::npz_writer out(file + "2");
        for (const auto& name : in.names()) {
            const auto a = in[name];
            if (a.type == gr::io::dtype_of<float>)
                out.add(name, a.shape, a.as<float>());
            else if (a.type == gr::io::dtype_of<std::uint8_t>)
                out.add(name, a.shape, a.as<std::uint8_t>());
            else
                out.add(name, a.shape, a.as<std::uint64_t>());
        }
        out.add(more, 1.0f);
        out.close();
    };
    for (const std::string more : {"optimizer/w/0.W", "optimizer/v/0.W", "optimizer/u"}) {
        with(more);
        CHECK(message_of([&] { gr::load(file + "2", net, descend); }) ==
              file + "2: holds '" + more + "', of which gradient_descent knows nothing");
    }
}

namespace {
/// Somebody's own, without a name.
struct nameless : gr::gradient_descent {
    static constexpr int name = 0;
};
}  // namespace

TEST_CASE("save: an optimizer of one's own needs no name") {
    const temporary_folder folder;
    auto net = small();
    gr::optimizer descend(net, nameless{});
    descend.t = 3;
    gr::save(folder / "net.npz", net, descend);
    gr::optimizer again(net, nameless{});
    gr::load(folder / "net.npz", net, again);
    CHECK(again.t == 3);
    gr::optimizer plain(net, gr::gradient_descent{});
    CHECK(message_of([&] { gr::load(folder / "net.npz", net, plain); }) ==
          folder / "net.npz" + ": holds the state of unnamed, the optimizer is gradient_descent");
}

TEST_CASE("load: no file, no archive, a damaged one") {
    const temporary_folder folder;
    const std::string file = folder / "net.npz";
    auto net = small();
    const auto before = net;
    CHECK(message_of([&] { gr::load(file, net); }) == file + ": cannot be read: No such file or directory");
    std::ofstream(file) << "not an archive";
    CHECK(message_of([&] { gr::load(file, net); }).starts_with(file + ": "));

    gr::save(file, net);
    std::string bytes;
    {
        std::ifstream in(file, std::ios::binary);
        bytes.assign(std::istreambuf_iterator<char>(in), {});
    }
    for (std::size_t cut = 0; cut < bytes.size(); cut += 61) {
        std::ofstream(file, std::ios::binary) << bytes.substr(0, cut);
        CHECK_THROWS_AS(gr::load(file, net), gr::data_error);
    }
    bytes[150] = static_cast<char>(bytes[150] ^ 1);  // in the numbers of 0.W
    std::ofstream(file, std::ios::binary) << bytes;
    CHECK_THROWS_AS(gr::load(file, net), gr::data_error);
    CHECK(same(net, before));
}

TEST_CASE("save: two parameters of one name are an error, and the file that was there stays") {
    const temporary_folder folder;
    const std::string file = folder / "net.npz";
    gr::save(file, small());
    const auto twice = gr::sequential(gr::named("a", gr::dense(2, 2)), gr::named("a", gr::dense(2, 2)));
    CHECK(message_of([&] { gr::save(file, twice); }).starts_with(file));
    CHECK(folder.files() == 1);
    auto net = small();
    CHECK_NOTHROW(gr::load(file, net));
    CHECK(message_of([&] { gr::save(folder / "none/net.npz", net); }).starts_with(folder / "none/net.npz"));
}

TEST_CASE("save: an optimizer's scalars and slots, to go on bit for bit; what is frozen is the program's") {
    const temporary_folder folder;
    const std::string file = folder / "net.npz";
    gr::seed(1);
    auto whole = small();
    gr::optimizer a(whole, gr::nadam{.decay = {.coupled = 0.1}});
    const auto step = [](auto& net, auto& descend) {
        gr::gradients grad(net);
        gr::each([](const gr::entry&, auto& g) { g.fill(0.5f); }, grad.values);
        descend(net, grad);
    };
    for (int t = 0; t < 5; ++t) step(whole, a);
    gr::save(file, whole, a);
    CHECK(gr::io::npz_reader(file).contains("optimizer/mu_product"));

    gr::seed(2);
    auto resumed = small();
    gr::optimizer b(resumed, a.options);
    b.freeze(resumed, "0.b");
    gr::load(file, resumed, b);
    CHECK(b.scalars == a.scalars);
    CHECK(b.scalars[0] < 1);
    CHECK_FALSE(b.moves(gr::entry("b"), 1));
    b.unfreeze(resumed, "0.b");
    for (int t = 0; t < 5; ++t) step(whole, a), step(resumed, b);
    CHECK(same(resumed, whole));
}

TEST_CASE("save: a moving average, put into a network") {
    const temporary_folder folder;
    auto net = small();
    gr::moving_average average(net, {.beta = 0.5});
    gr::each([](const gr::entry&, auto& p) { p.fill(1); }, net);
    average(net);
    auto smooth = net;
    average.apply_to(smooth);
    gr::save(folder / "average.npz", smooth);
    gr::load(folder / "average.npz", net);
    CHECK(same(net, smooth));
}

TEST_CASE("save, load: an optimizer of a network of other sizes is refused, and nothing is written") {
    const temporary_folder folder;
    const auto of_size = [](std::size_t units) { return gr::sequential(gr::dense(2, units), gr::dense(units, 1)); };
    auto wide = of_size(40);
    gr::save(folder / "wide.npz", wide, gr::optimizer(wide, gr::adam{}));
    auto net = of_size(3);
    gr::optimizer descend(net, gr::adam{});
    const auto before = wide;
    const std::string message = "parameters: 0.W is (2, 40) here and (2, 3) there: gradients and optimizers belong to one network";
    CHECK(support::message_of([&] { gr::load(folder / "wide.npz", wide, descend); }) == message);
    CHECK(same(wide, before));
    CHECK(support::message_of([&] { gr::save(folder / "mixed.npz", wide, descend); }) == message);
    CHECK_FALSE(std::filesystem::exists(folder / "mixed.npz"));
}
