// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <memory>
#include <type_traits>
#include <utility>

namespace venus::base {

template <class Signature>
class FunctionRef;

/// A callable borrowed for the time of a call: as std::function in a parameter list, but it never
/// allocates and never owns. Must not outlive what it was made from.
template <class R, class... Args>
class FunctionRef<R(Args...)> {
 public:
  template <class F>
    requires(!std::is_same_v<std::remove_cvref_t<F>, FunctionRef> && std::is_invocable_r_v<R, F&, Args...>)
  FunctionRef(F&& function) noexcept  // NOLINT: lambdas convert at the call
      : object_(const_cast<void*>(static_cast<const void*>(std::addressof(function)))),
        call_([](void* object, Args... args) -> R {
          return (*static_cast<std::add_pointer_t<std::remove_reference_t<F>>>(object))(
              std::forward<Args>(args)...);
        }) {}

  R operator()(Args... args) const { return call_(object_, std::forward<Args>(args)...); }

 private:
  void* object_;
  R (*call_)(void*, Args...);
};

}  // namespace venus::base

namespace venus {
using base::FunctionRef;
}
