// expect: this type is no layer for its input: it lacks `const Y& forward
#include "gradus.hpp"

struct mine {
    using parameters = gradus::no_parameters;
    template <class X>
    struct cache {
        X y;
    };
#ifdef FIXED
    template <class X>
    const X& forward(const X& x, cache<X>& c) const { return c.y = x; }
#endif
    template <class X>
    const X& backward(const X&, const X& dy, cache<X>&, parameters&) const { return dy; }
};

int main() {
    const auto net = gradus::sequential(gradus::dense(2, 3), mine{}, gradus::dense(3, 1));
    gradus::pass pass(net);
    return static_cast<int>(net.forward(gradus::tensor<float, 2>({1, 2}, 0.0f), pass).size());
}
