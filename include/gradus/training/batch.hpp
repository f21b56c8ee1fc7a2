#pragma once
/// \file
/// A batch of a network in training, with its types erased. The loop and evaluation are compiled once; they call these
/// few virtual functions, twice per batch and thread.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gradus/base/compiled.hpp"
#include "gradus/base/error.hpp"
#include "gradus/base/function_ref.hpp"
#include "gradus/nn/parameter_list.hpp"
#include "gradus/tensor/tensor.hpp"
#include "gradus/tensor/tensor_ref.hpp"

namespace gradus::training {

/// Samples of a batch, or of one thread's part of it.
struct batch_rows {
    std::span<const std::size_t> samples;  ///< indices into the data
    std::size_t first_row = 0;             ///< row of the first of them in the whole step
    bool all = false;                      ///< they are all of the data, in order
    bool last = false;                     ///< fewer than the batch size: the remainder at the end of an epoch
    bool stateful = false;                 ///< continues from the state after the previous rows
    std::uint64_t seed = 0, step = 0;      ///< of the random stream
};

/// Totals of a forward over its rows: the loss before it is divided, the count to divide it by, correctly predicted
/// labels, and labels evaluated.
struct batch_totals {
    double loss = 0, count = 0, correct = 0, judged = 0;
    batch_totals& operator+=(const batch_totals& o) {
        loss += o.loss, count += o.count, correct += o.correct, judged += o.judged;
        return *this;
    }
};

/// How a loss is reduced, and its name in messages.
struct loss_facts {
    std::string_view name, formula;
    bool is_sum = false;  ///< J is a sum, not a mean
    bool judges = false;  ///< it counts correctly predicted labels

    /// J of the whole from the sums over its parts; 0 if nothing counts.
    [[nodiscard]] double reduced(double sum, double count) const { return is_sum ? sum : count > 0 ? sum / count : 0; }
};

/// ŷ and the targets of the last forward.
struct batch_outputs {
    tensor_ref y_hat, y;
    const tensor<bool, 2>* mask = nullptr;  ///< of the rows of ŷ; null: all count
};

/// The forward pass of network, loss and data.
class batch_forward {
  public:
    virtual batch_totals forward(const batch_rows& rows) = 0;
    [[nodiscard]] virtual batch_outputs outputs() = 0;
    /// Describes the first value of the last forward that was NaN or infinite; empty if there is none.
    [[nodiscard]] virtual std::string first_not_finite() = 0;
    [[nodiscard]] virtual std::string first_not_finite_in_data() = 0;  ///< the same for all of the data
    [[nodiscard]] virtual bool has_state() = 0;  ///< whether any layer carries a state
    virtual void forget_state() = 0;             ///< the next batch starts from zeros

  protected:
    ~batch_forward() = default;
};

/// The same with the backward pass.
class batch_backward {
  public:
    virtual ~batch_backward() = default;
    [[nodiscard]] virtual batch_forward& rows() = 0;
    /// ∇J(θ) of the rows of the last forward, J divided by `total`. `further`: added to that of the step's earlier
    /// batches.
    virtual void backward(double total, bool further) = 0;
    virtual void list_parameters(parameter_list& into) = 0;
    virtual void list_gradients(parameter_list& into) = 0;
};

/// Calls f for n samples in order, `batch_size` at a time; for n = 0 once, so that the network reports the error.
GRADUS_ONCE void each_batch(std::size_t n, std::size_t batch_size, function_ref<void(const batch_rows&)> f);

/// \throws data_error if `batch_size` does not divide `samples`.
GRADUS_ONCE void require_even_batches(std::string_view who, std::string_view what, std::size_t samples,
                                                   std::size_t batch_size);
/// \throws data_error if the mask has another number of rows.
GRADUS_ONCE void require_rows(std::string_view who, std::size_t samples, const tensor<bool, 2>* mask);
GRADUS_ONCE [[noreturn]] void refuse_stateless(std::string_view who);

#if GRADUS_BODIES_OF(training)

GRADUS_BODY void each_batch(std::size_t n, std::size_t batch_size, function_ref<void(const batch_rows&)> f) {
    std::vector<std::size_t> which;
    for (std::size_t first = 0; first < n || first == 0; first += batch_size) {
        which.resize(std::min(batch_size, n - first));
        for (std::size_t i = 0; i < which.size(); ++i) which[i] = first + i;
        batch_rows rows{.samples = which, .first_row = first};
        rows.all = which.size() == n;
        rows.last = which.size() < batch_size;
        f(rows);
    }
}

GRADUS_BODY void require_even_batches(std::string_view who, std::string_view what, std::size_t samples,
                                                   std::size_t batch_size) {
    if (samples % batch_size != 0)
        throw data_error(message({who, ": stateful needs batches of one size: batch_size = ", batch_size, " does not divide ",
                                  samples, " ", what}));
}

GRADUS_BODY void require_rows(std::string_view who, std::size_t samples, const tensor<bool, 2>* mask) {
    if (mask != nullptr && mask->size() != 0 && mask->shape()[0] != samples)
        throw data_error(message({who, ": x has ", samples, " rows, the mask is ", mask->shape()}));
}

GRADUS_BODY [[noreturn]] void refuse_stateless(std::string_view who) {
    throw data_error(message({who, ": stateful, but no layer of the network has a state"}));
}

#endif

}  // namespace gradus::training
