// expect: this type is no layer: it lacks `const X& backward
#include "gradus.hpp"

struct mine {
    using parameters = gradus::no_parameters;
    template <class X>
    struct cache {
        X y;
    };
    template <class X>
    const X& forward(const X& x, cache<X>& c) const { return c.y = x; }
#ifdef FIXED
    template <class X>
    const X& backward(const X&, const X& dy, cache<X>&, parameters&) const { return dy; }
#endif
};

int main() {
    auto net = gradus::sequential(gradus::dense(2, 3), mine{}, gradus::dense(3, 1));
    gradus::fit(net, gradus::mse{}, gradus::adam{}, gradus::data::xor_gate());
}
