// SPDX-License-Identifier: MIT OR Apache-2.0
// The table from method names to handlers. Filled at start-up from as many files as one likes, then
// read by the server; it must outlive the server.
//
//   dispatcher.bind<WalletApi::Has>(wallet, &Wallet::has);          // member of an object that
//   outlives it dispatcher.bind<WalletApi::Has>([](Address a) -> Result<bool> { ... });
//
// A handler takes the method's parameters, before them optionally a CallContext, and returns
// Task<Out> or, when it never waits, Result<Out>. It checks nothing: rights and parameters are
// checked.
#pragma once

#include "rpc/codec.hpp"
#include "rpc/context.hpp"

#include <functional>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace venus::rpc {

namespace detail {

/// A call on its way: done at once, or to be awaited.
struct Invocation {
  std::optional<Result<Outcome>> ready;
  Task<Outcome> pending{};
};

class Handler {
 public:
  virtual ~Handler() = default;
  virtual Invocation invoke(CallContext context, const boost::json::value& params) = 0;
};

template <class T>
inline constexpr bool kIsTask = false;
template <class T>
inline constexpr bool kIsTask<asio::awaitable<T>> = true;

template <class Out>
Result<Outcome> to_outcome(Result<Out> result) {
  if (!result) return std::unexpected(std::move(result).error());
  if constexpr (std::is_void_v<Out>) {
    return Outcome{"null", nullptr};
  } else if constexpr (kIsStream<Out>) {
    using Item = typename Out::Item;
    return Outcome{{}, std::make_shared<TypedTextStream<Item>>(*std::move(result))};
  } else {
    return Outcome{encode_text(*result), nullptr};
  }
}

template <class Out>
Task<Outcome> finish_call(Task<Out> task) {
  co_return to_outcome<Out>(co_await std::move(task));
}

template <class M, class Function, class In = typename M::In>
class BoundHandler;

template <class M, class Function, class... Args>
class BoundHandler<M, Function, std::tuple<Args...>> final : public Handler {
 public:
  explicit BoundHandler(Function function) : function_(std::move(function)) {}

  Invocation invoke(CallContext context, const boost::json::value& params) override {
    std::tuple<Args...> args;
    auto decoded = std::apply(
        [&](auto&... arg) {
          const std::array<ArgSlot, sizeof...(Args)> slots{
              ArgSlot{&decode_into<std::remove_reference_t<decltype(arg)>>, &arg}...};
          return decode_args(kMethodInfo<M>, params, slots);
        },
        args);
    if (!decoded) return {.ready = std::unexpected(std::move(decoded).error())};
    return std::apply([&](auto&... arg) { return start(std::move(context), std::move(arg)...); },
                      args);
  }

 private:
  Invocation start(CallContext context, Args... args) {
    if constexpr (std::is_invocable_v<Function&, CallContext, Args...>) {
      return wrap(function_(std::move(context), std::move(args)...));
    } else {
      static_assert(std::is_invocable_v<Function&, Args...>,
                    "the handler's parameters are not those of the method");
      return wrap(function_(std::move(args)...));
    }
  }

  template <class Returned>
  Invocation wrap(Returned returned) {
    using Out = typename M::Out;
    if constexpr (kIsTask<Returned>) {
      static_assert(std::is_same_v<Returned, Task<Out>>, "the handler must return Task<Out>");
      return {.ready = std::nullopt, .pending = finish_call<Out>(std::move(returned))};
    } else {
      static_assert(std::is_same_v<Returned, Result<Out>>, "the handler must return Result<Out>");
      return {.ready = to_outcome<Out>(std::move(returned))};
    }
  }

  Function function_;
};

template <class Object, class Member>
struct MemberCall {
  Object* object;
  Member member;
  template <class... Args>
    requires std::is_invocable_v<Member, Object*, Args...>
  auto operator()(Args... args) {
    return std::invoke(member, object, std::move(args)...);
  }
};

}  // namespace detail

class Dispatcher {
 public:
  struct Entry {
    const MethodInfo* info;
    std::shared_ptr<detail::Handler> handler;
  };

  /// Binds a function object; a second handler for a name replaces the first.
  template <class M, class Function>
  void bind(Function function) {
    add(kMethodInfo<M>, std::make_shared<detail::BoundHandler<M, Function>>(std::move(function)));
  }
  /// Binds a member function of an object that outlives the dispatcher.
  template <class M, class Object, class Member>
  void bind(Object& object, Member member) {
    bind<M>(detail::MemberCall<Object, Member>{&object, member});
  }

  /// InvalidArgument naming the methods of Api that have no handler.
  template <class Api>
  Result<void> check_complete() const {
    return check_list(typename Api::methods{});
  }

  /// The handler of a name or alias, or nullptr.
  [[nodiscard]] const Entry* find(std::string_view name, ApiVersion version) const;
  /// Every bound method of a version, by name.
  [[nodiscard]] std::vector<const MethodInfo*> methods(ApiVersion version) const;

  /// Looks up, checks the caller's right, decodes and starts. Errors carry their JSON-RPC code.
  detail::Invocation start(CallContext context, std::string_view name,
                           const boost::json::value& params, ApiVersion version) const;
  /// The same, awaited; an exception of a handler becomes Internal.
  Task<Outcome> call(CallContext context, std::string name, boost::json::value params,
                     ApiVersion version = ApiVersion::V1) const;

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
      return std::hash<std::string_view>{}(text);
    }
  };
  using Table = std::unordered_map<std::string, Entry, Hash, std::equal_to<>>;

  void add(const MethodInfo& info, std::shared_ptr<detail::Handler> handler);
  template <class... M>
  Result<void> check_list(MethodList<M...>) const {
    const MethodInfo* const infos[] = {&kMethodInfo<M>...};
    return check_bound(infos);
  }
  Result<void> check_bound(std::span<const MethodInfo* const> infos) const;

  Table tables_[2];
};

}  // namespace venus::rpc
