// expect: gradus: PyTorch's GRU has its reset gate behind the product: it is gr::gru, not gr::gru_reset_before
#include "gradus.hpp"
#include "gradus/interop/pytorch_recurrent.hpp"

int main() {
#ifdef FIXED
    auto layer = gradus::gru(2, 3);
#else
    auto layer = gradus::gru_reset_before(2, 3);
#endif
    gradus::from_pytorch::recurrent(layer, gradus::to_pytorch::recurrent(gradus::gru(2, 3)));
}
