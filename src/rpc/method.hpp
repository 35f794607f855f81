// SPDX-License-Identifier: MIT OR Apache-2.0
// One declaration per RPC method; server binding, typed client, permission check, OpenRPC and
// command line all follow from it:
//
//   struct WalletApi {
//     using Has = Method<"Filecoin.WalletHas", Perm::Write, bool(Address),
//                        "Whether the key of an address is held here", "address">;
//     using Watch = OnlyV1<Method<"Filecoin.ChainNotify", Perm::Read,
//                        Stream<std::vector<HeadChange>>(), "Head changes as they happen">>;
//     using methods = MethodList<Has, Watch>;
//   };
//
// Parameters and results have their JSON form by base/json.hpp. Trailing std::optional parameters
// may be left out by the caller. A result of void is written as null; a result of Stream<T> opens a
// channel.
#pragma once

#include "rpc/perm.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <tuple>
#include <type_traits>

namespace venus::rpc {

/// A text usable as a template argument.
template <std::size_t N>
struct FixedString {
  char text[N]{};
  consteval FixedString(const char (&literal)[N]) { std::copy_n(literal, N, text); }
  [[nodiscard]] constexpr std::string_view view() const noexcept { return {text, N - 1}; }
};

template <class T>
class Stream;

namespace detail {
template <class T>
inline constexpr bool kIsOptional = false;
template <class T>
inline constexpr bool kIsOptional<std::optional<T>> = true;
template <class T>
inline constexpr bool kIsStream = false;
template <class T>
inline constexpr bool kIsStream<Stream<T>> = true;

/// How many leading parameters a caller must give.
template <class... Args>
consteval std::size_t required_count() {
  std::size_t index = 0;
  std::size_t required = 0;
  ((++index, required = kIsOptional<Args> ? required : index), ...);
  return required;
}
}  // namespace detail

/// Which API paths know a method: /rpc/v0, /rpc/v1, or both.
enum class ApiVersion : std::uint8_t { V0 = 0, V1 = 1 };

/// The declaration: wire name, right it needs, C++ signature, one sentence, a name for each
/// parameter.
template <FixedString Name, Perm P, class Signature, FixedString Doc, FixedString... ParamNames>
struct Method;

template <FixedString Name, Perm P, class R, class... Args, FixedString Doc,
          FixedString... ParamNames>
struct Method<Name, P, R(Args...), Doc, ParamNames...> {
  static_assert(sizeof...(Args) == sizeof...(ParamNames), "name every parameter");
  using Out = R;
  using In = std::tuple<Args...>;
  static constexpr std::string_view name = Name.view();
  static constexpr std::string_view doc = Doc.view();
  static constexpr Perm perm = P;
  static constexpr std::array<std::string_view, sizeof...(Args)> params{ParamNames.view()...};
  static constexpr std::size_t required = detail::required_count<Args...>();
  static constexpr bool is_stream = detail::kIsStream<R>;
  static constexpr bool retry_safe = true;
  static constexpr bool in_v0 = true;
  static constexpr bool in_v1 = true;
  static constexpr std::array<std::string_view, 0> aliases{};
};

/// A method that must not be sent twice when the answer got lost (it pushes, signs or pays).
template <class M>
struct NotRetrySafe : M {
  static constexpr bool retry_safe = false;
};
/// Known at /rpc/v0 only.
template <class M>
struct OnlyV0 : M {
  static constexpr bool in_v1 = false;
};
/// Known at /rpc/v1 only.
template <class M>
struct OnlyV1 : M {
  static constexpr bool in_v0 = false;
};
/// Other names of the same method, for example eth_chainId.
template <class M, FixedString... Names>
struct WithAliases : M {
  static constexpr std::array<std::string_view, sizeof...(Names)> aliases{Names.view()...};
};

/// The methods of an API, in documentation order.
template <class... M>
struct MethodList {
  static constexpr std::size_t size = sizeof...(M);
};

namespace detail {
template <class... Lists>
struct Joined;
template <class... A>
struct Joined<MethodList<A...>> {
  using type = MethodList<A...>;
};
template <class... A, class... B, class... Rest>
struct Joined<MethodList<A...>, MethodList<B...>, Rest...>
    : Joined<MethodList<A..., B...>, Rest...> {};
}  // namespace detail

/// Several lists as one.
template <class... Lists>
using JoinMethods = typename detail::Joined<Lists...>::type;

/// What is known of a method at run time; texts live as long as the program.
struct MethodInfo {
  std::string_view name;
  std::string_view doc;
  Perm perm = Perm::Admin;
  const std::string_view* params = nullptr;
  std::size_t param_count = 0;
  std::size_t required = 0;
  const std::string_view* aliases = nullptr;
  std::size_t alias_count = 0;
  bool is_stream = false;
  bool retry_safe = true;
  bool in_v0 = true;
  bool in_v1 = true;

  [[nodiscard]] bool in(ApiVersion version) const noexcept {
    return version == ApiVersion::V0 ? in_v0 : in_v1;
  }
};

/// The run-time description of M, one object per method.
template <class M>
inline constexpr MethodInfo kMethodInfo{
    .name = M::name,
    .doc = M::doc,
    .perm = M::perm,
    .params = M::params.data(),
    .param_count = M::params.size(),
    .required = M::required,
    .aliases = M::aliases.data(),
    .alias_count = M::aliases.size(),
    .is_stream = M::is_stream,
    .retry_safe = M::retry_safe,
    .in_v0 = M::in_v0,
    .in_v1 = M::in_v1,
};

}  // namespace venus::rpc
