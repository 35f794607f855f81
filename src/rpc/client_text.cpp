// SPDX-License-Identifier: MIT OR Apache-2.0
#include "rpc/client_text.hpp"

#include "rpc/error.hpp"
#include "rpc/rpc_text.hpp"

namespace venus::rpc {

std::string request_text(std::uint64_t id, std::string_view method,
                         const boost::json::array& params, const std::optional<Trace>& trace) {
  std::string out = fmt::format(R"({{"jsonrpc":"2.0","id":{},"method":)", id);
  append_json_string(out, method);
  out += R"(,"params":)";
  out += base::write_json(params);
  if (trace) out += fmt::format(R"(,"meta":{{"traceparent":"{}"}})", trace->child().to_string());
  out += '}';
  return out;
}

std::string cancel_text(std::uint64_t id) {
  return fmt::format(R"({{"jsonrpc":"2.0","method":"{}","params":[{}]}})", kCancelCall, id);
}

Result<boost::json::value> take_answer(boost::json::value document) {
  auto* object = document.if_object();
  if (object == nullptr) return fail(ErrorCode::Malformed, "the answer is no JSON-RPC object");
  if (const auto* error = object->if_contains("error"); error != nullptr && !error->is_null()) {
    return std::unexpected(from_error_object(*error));
  }
  auto* result = object->if_contains("result");
  // Older Go peers leave a null result out.
  if (result == nullptr) return boost::json::value();
  return std::move(*result);
}

}  // namespace venus::rpc
