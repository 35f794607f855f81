// SPDX-License-Identifier: MIT OR Apache-2.0
#include "rpc/codec.hpp"

#include "rpc/error.hpp"

namespace venus::rpc::detail {
namespace {

std::unexpected<Error> bad_params(std::string message) {
  return std::unexpected(rpc_error(kInvalidParams, ErrorCode::InvalidArgument, std::move(message)));
}

Result<void> decode_one(const MethodInfo& method, std::size_t index,
                        const boost::json::value& value, const ArgSlot& slot) {
  auto decoded = slot.decode(value, slot.target);
  if (decoded) return {};
  return bad_params(fmt::format("parameter '{}' (number {}) of '{}': {}", method.params[index],
                                index + 1, method.name, decoded.error().message));
}

Result<void> decode_named(const MethodInfo& method, const boost::json::object& params,
                          std::span<const ArgSlot> slots) {
  std::size_t used = 0;
  for (std::size_t i = 0; i < slots.size(); ++i) {
    const auto* value = params.if_contains(method.params[i]);
    if (value == nullptr) {
      if (i < method.required) {
        return bad_params(
            fmt::format("parameter '{}' of '{}' is missing", method.params[i], method.name));
      }
      continue;
    }
    ++used;
    TRY_VOID(decode_one(method, i, *value, slots[i]));
  }
  if (used != params.size())
    return bad_params(fmt::format("'{}' got unknown parameters", method.name));
  return {};
}

}  // namespace

Result<void> decode_args(const MethodInfo& method, const boost::json::value& params,
                         std::span<const ArgSlot> slots) {
  if (const auto* named = params.if_object()) return decode_named(method, *named, slots);
  static const boost::json::array kNone;
  if (!params.is_array() && !params.is_null())
    return bad_params("params must be a list or an object");
  const auto& list = params.is_array() ? params.get_array() : kNone;
  if (list.size() < method.required || list.size() > slots.size()) {
    return bad_params(fmt::format("wrong param count (method '{}'): {} != {}", method.name,
                                  list.size(), slots.size()));
  }
  for (std::size_t i = 0; i < list.size(); ++i) {
    TRY_VOID(decode_one(method, i, list[i], slots[i]));
  }
  return {};
}

}  // namespace venus::rpc::detail
