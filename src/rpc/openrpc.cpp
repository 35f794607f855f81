// SPDX-License-Identifier: MIT OR Apache-2.0
#include "rpc/openrpc.hpp"

namespace venus::rpc::detail {

boost::json::object build_openrpc(std::string_view title, std::string_view version,
                                  std::vector<MethodSchemas> methods,
                                  std::optional<ApiVersion> only) {
  SchemaBuilder builder;
  boost::json::array out;
  for (const auto& method : methods) {
    const auto& info = *method.info;
    if (only && !info.in(*only)) continue;
    boost::json::array params;
    for (std::size_t i = 0; i < info.param_count; ++i) {
      params.push_back({{"name", info.params[i]},
                        {"required", i < info.required},
                        {"schema", method.params[i](builder)}});
    }
    boost::json::object entry{{"name", info.name},
                              {"summary", info.doc},
                              {"paramStructure", "either"},
                              {"params", std::move(params)},
                              {"result", {{"name", "result"}, {"schema", method.result(builder)}}},
                              {"x-permission", to_string(info.perm)}};
    if (info.is_stream) entry["x-stream"] = true;
    if (!info.retry_safe) entry["x-retry-safe"] = false;
    if (info.alias_count > 0) {
      boost::json::array aliases;
      for (std::size_t i = 0; i < info.alias_count; ++i)
        aliases.emplace_back(info.aliases[i]);
      entry["x-aliases"] = std::move(aliases);
    }
    out.push_back(std::move(entry));
  }
  return {{"openrpc", "1.2.6"},
          {"info", {{"title", title}, {"version", version}}},
          {"methods", std::move(out)},
          {"components", {{"schemas", builder.take()}}}};
}

}  // namespace venus::rpc::detail
