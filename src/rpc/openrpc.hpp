// SPDX-License-Identifier: MIT OR Apache-2.0
// The OpenRPC document of an API, generated from its method table and the fields of its types.
#pragma once

#include "rpc/dispatcher.hpp"
#include "rpc/schema.hpp"

#include <boost/json/object.hpp>

namespace venus::rpc {

namespace detail {

struct MethodSchemas {
  const MethodInfo* info;
  SchemaFn result;
  std::vector<SchemaFn> params;
};

template <class M, class In = typename M::In>
struct SchemasOf;
template <class M, class... Args>
struct SchemasOf<M, std::tuple<Args...>> {
  static MethodSchemas get() {
    return {&kMethodInfo<M>, &schema_of<typename M::Out>, {&schema_of<Args>...}};
  }
};

boost::json::object build_openrpc(std::string_view title, std::string_view version,
                                  std::vector<MethodSchemas> methods,
                                  std::optional<ApiVersion> only);

template <class... M>
std::vector<MethodSchemas> all_schemas(MethodList<M...>) {
  return {SchemasOf<M>::get()...};
}

}  // namespace detail

/// The document: title, version, every method with its parameters, result, x-permission and shared
/// schemas. With `only`, the methods of one version. Expensive to compile: call it in one file per
/// API.
template <class Api>
boost::json::object openrpc(std::string_view title, std::string_view version,
                            std::optional<ApiVersion> only = std::nullopt) {
  return detail::build_openrpc(title, version, detail::all_schemas(typename Api::methods{}), only);
}

/// The method behind rpc.discover.
using DiscoverMethod =
    Method<"rpc.discover", Perm::Read, RawJson(), "The OpenRPC document of this service">;

/// Binds rpc.discover to the document of Api (v0 and v1 each with their own methods).
template <class Api>
void bind_discover(Dispatcher& dispatcher, std::string_view title, std::string_view version) {
  const auto bind_version = [&]<class M>(std::type_identity<M>, ApiVersion which) {
    auto text = base::write_json(openrpc<Api>(title, version, which));
    dispatcher.bind<M>([text = std::move(text)]() -> Result<RawJson> { return RawJson{text}; });
  };
  bind_version(std::type_identity<OnlyV0<DiscoverMethod>>{}, ApiVersion::V0);
  bind_version(std::type_identity<OnlyV1<DiscoverMethod>>{}, ApiVersion::V1);
}

}  // namespace venus::rpc
