// expect: this layer's cache lacks the output: a member `y`
#include "gradus.hpp"

struct mine {
    using parameters = gradus::no_parameters;
    template <class X>
    struct cache {
        X z;
#ifdef FIXED
        const X& output() const { return z; }
#endif
    };
    template <class X>
    const X& forward(const X& x, cache<X>& c) const { return c.z = x; }
    template <class X>
    const X& backward(const X&, const X& dy, cache<X>&, parameters&) const { return dy; }
};

int main() {
    const auto net = gradus::sequential(gradus::dense(2, 3), mine{}, gradus::dense(3, 1));
    gradus::pass pass(net);
    return static_cast<int>(net.forward(gradus::tensor<float, 2>({1, 2}, 0.0f), pass).size());
}
