// SPDX-License-Identifier: MIT OR Apache-2.0
#include "rpc/rpc_text.hpp"

#include "rpc/error.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace venus::rpc {
namespace {

std::unexpected<Error> invalid_request(std::string message) {
  return std::unexpected(
      rpc_error(kInvalidRequest, ErrorCode::InvalidArgument, std::move(message)));
}

}  // namespace

Result<boost::json::value> parse_request(std::string_view text, std::size_t max_depth,
                                         boost::json::storage_ptr memory) {
  boost::json::parse_options options;
  options.max_depth = max_depth;
  boost::json::error_code error;
  auto value = boost::json::parse(boost::json::string_view(text.data(), text.size()), error,
                                  std::move(memory), options);
  if (error) {
    return std::unexpected(
        rpc_error(kParseError, ErrorCode::Malformed, "Parse error: " + error.message()));
  }
  return value;
}

Result<void> read_request(const boost::json::value& value, RpcRequest& request) {
  const auto* object = value.if_object();
  if (object == nullptr) return invalid_request("Invalid request: not an object");
  if (const auto* id = object->if_contains("id")) {
    if (id->is_string() && id->get_string().size() > 256)
      return invalid_request("Invalid request: id too long");
    if (!id->is_string() && !id->is_number() && !id->is_null()) {
      return invalid_request("Invalid request: id must be a number, a string or null");
    }
    if (id->is_int64())
      request.id = fmt::to_string(id->get_int64());
    else
      request.id = boost::json::serialize(*id);
  }
  const auto* method = object->if_contains("method");
  if (method == nullptr || !method->is_string())
    return invalid_request("Invalid request: no method");
  request.method = {method->get_string().data(), method->get_string().size()};
  static const boost::json::value kNull;
  const auto* params = object->if_contains("params");
  request.params = params == nullptr ? &kNull : params;
  return {};
}

void append_result(std::string& out, std::string_view id, std::string_view result) {
  constexpr std::string_view kStart = R"({"jsonrpc":"2.0","result":)";
  out.reserve(out.size() + kStart.size() + result.size() + id.size() + 16);
  out += kStart;
  out += result;
  out += R"(,"id":)";
  out += id;
  out += '}';
}

void append_error(std::string& out, std::string_view id, const Error& error, bool with_kind) {
  out += R"({"jsonrpc":"2.0","error":)";
  append_error_object(out, error, with_kind);
  out += R"(,"id":)";
  out += id.empty() ? std::string_view("null") : id;
  out += '}';
}

std::string channel_message(std::string_view method, std::uint64_t channel,
                            std::string_view value) {
  std::string out;
  out.reserve(value.size() + 80);
  fmt::format_to(std::back_inserter(out), R"({{"jsonrpc":"2.0","method":"{}","params":[{})", method,
                 channel);
  if (!value.empty()) {
    out += ',';
    out += value;
  }
  out += "]}";
  return out;
}

unsigned http_status_of(const Error& error) {
  switch (rpc_code(error)) {
    case kInvalidRequest:
      return 400;
    case kParseError:
    case kMethodNotFound:
    case kInvalidParams:
      return 500;
    case kBusy:
      return 503;
    default:
      return 200;
  }
}

}  // namespace venus::rpc
