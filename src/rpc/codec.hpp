// SPDX-License-Identifier: MIT OR Apache-2.0
// Types seen as function pointers, so that JSON code is generated once per type and not per method.
#pragma once

#include "base/json.hpp"
#include "rpc/method.hpp"
#include "rpc/stream.hpp"

#include <boost/json/array.hpp>

#include <memory>
#include <span>
#include <string>

namespace venus::rpc {

/// A result that is JSON text already, for answers kept ready (the head) or built by hand.
struct RawJson {
  std::string text;
};

namespace detail {

using DecodeFn = Result<void> (*)(const boost::json::value&, void* out);

template <class T>
Result<void> decode_into(const boost::json::value& value, void* out) {
  auto decoded = base::JsonCodec<T>::decode(value);
  if (!decoded) return std::unexpected(std::move(decoded).error());
  *static_cast<T*>(out) = *std::move(decoded);
  return {};
}

template <class T>
std::string encode_text(const T& value) {
  if constexpr (std::is_same_v<T, RawJson>)
    return value.text;
  else
    return base::write_json(base::JsonCodec<T>::encode(value));
}

struct ArgSlot {
  DecodeFn decode;
  void* target;
};

/// Fills the slots from positional or named parameters (null means none). InvalidArgument with
/// kInvalidParams for a wrong count or a value that does not fit.
Result<void> decode_args(const MethodInfo& method, const boost::json::value& params,
                         std::span<const ArgSlot> slots);

/// A stream whose items leave as JSON text.
class TextStream {
 public:
  virtual ~TextStream() = default;
  virtual Task<std::optional<std::string>> next() = 0;
  virtual void close() = 0;
};

template <class T>
class TypedTextStream final : public TextStream {
 public:
  explicit TypedTextStream(Stream<T> stream) : stream_(std::move(stream)) {}
  Task<std::optional<std::string>> next() override {
    CO_TRY(auto item, co_await stream_.next());
    if (!item) co_return std::nullopt;
    co_return encode_text(*item);
  }
  void close() override { stream_.close(); }

 private:
  Stream<T> stream_;
};

}  // namespace detail

/// What a call leaves: JSON text, or an open stream.
struct Outcome {
  std::string text;
  std::shared_ptr<detail::TextStream> stream;
};

}  // namespace venus::rpc

template <>
struct venus::base::JsonCodec<venus::rpc::RawJson> {
  static boost::json::value encode(const rpc::RawJson& v) {
    auto parsed = parse_json(v.text);
    return parsed ? *std::move(parsed) : boost::json::value();
  }
  static Result<rpc::RawJson> decode(const boost::json::value& v) {
    return rpc::RawJson{write_json(v)};
  }
};
