#pragma once

#include <memory>
#include <type_traits>
#include <utility>

namespace gradus {

/// A non-owning reference to a callable: passes a lambda to a function that is compiled once. Valid as long as the
/// callable lives. Source: the standard library's `std::function_ref` of C++26.
template <class Signature>
class function_ref;

template <class R, class... Args>
class function_ref<R(Args...)> {
  public:
    template <class F>
        requires(!std::is_same_v<std::remove_cvref_t<F>, function_ref> && std::is_invocable_r_v<R, F&, Args...>)
    function_ref(F&& f)
        : object_(const_cast<void*>(static_cast<const void*>(std::addressof(f)))),
          call_([](void* object, Args... args) -> R {
              return (*static_cast<std::remove_reference_t<F>*>(object))(std::forward<Args>(args)...);
          }) {}

    R operator()(Args... args) const { return call_(object_, std::forward<Args>(args)...); }

  private:
    void* object_;
    R (*call_)(void*, Args...);
};

}  // namespace gradus
