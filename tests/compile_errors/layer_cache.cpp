// expect: this type is no layer: it lacks `template <class X> struct cache`
#include "gradus.hpp"

struct mine {
    using parameters = gradus::no_parameters;
    template <class X>
    struct memory {
        X y;
    };
#ifdef FIXED
    template <class X>
    using cache = memory<X>;
#endif
    template <class X>
    const X& forward(const X& x, memory<X>& c) const { return c.y = x; }
    template <class X>
    const X& backward(const X&, const X& dy, memory<X>&, parameters&) const { return dy; }
};

int main() {
    const auto net = gradus::sequential(gradus::dense(2, 3), mine{}, gradus::dense(3, 1));
    gradus::pass pass(net);
    return static_cast<int>(net.forward(gradus::tensor<float, 2>({1, 2}, 0.0f), pass).size());
}
