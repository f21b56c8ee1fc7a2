// expect: this type is no layer: it lacks `struct parameters`
#include "gradus.hpp"

struct mine {
#ifdef FIXED
    using parameters = gradus::no_parameters;
#endif
    template <class X>
    struct cache {
        X y;
    };
    template <class X>
    const X& forward(const X& x, cache<X>& c) const { return c.y = x; }
    template <class X>
    const X& backward(const X&, const X& dy, cache<X>&, gradus::no_parameters&) const { return dy; }
};

int main() {
    const auto net = gradus::sequential(gradus::dense(2, 3), mine{}, gradus::dense(3, 1));
    gradus::pass pass(net);
    return static_cast<int>(net.forward(gradus::tensor<float, 2>({1, 2}, 0.0f), pass).size());
}
