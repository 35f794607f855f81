// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "base/json_fwd.hpp"

#include <compare>
#include <functional>
#include <string>
#include <string_view>

namespace venus::types {

/// A peer's identity in libp2p: the multihash of its public key. JSON and texts: base58btc ("12D3Koo…",
/// "Qm…").
class PeerId {
 public:
  /// No peer; not equal to any that was parsed.
  PeerId() = default;
  /// From base58btc, or base32 with prefix "b" (a CID of codec libp2p-key). Malformed unless it is an
  /// identity multihash of at most 42 bytes or a SHA-256 one.
  static Result<PeerId> parse(std::string_view text);
  /// From a multihash; errors as parse.
  static Result<PeerId> from_bytes(BytesView multihash);

  [[nodiscard]] const std::string& str() const noexcept { return text_; }
  /// The multihash.
  [[nodiscard]] Bytes bytes() const;
  [[nodiscard]] bool empty() const noexcept { return text_.empty(); }
  bool operator==(const PeerId&) const = default;
  auto operator<=>(const PeerId&) const = default;

 private:
  explicit PeerId(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

}  // namespace venus::types

namespace venus {
using types::PeerId;
}

template <>
struct std::hash<venus::types::PeerId> {
  std::size_t operator()(const venus::types::PeerId& id) const noexcept {
    return std::hash<std::string>{}(id.str());
  }
};
template <>
struct venus::base::JsonCodec<venus::types::PeerId> {
  static boost::json::value encode(const types::PeerId& v);
  static Result<types::PeerId> decode(const boost::json::value& v);
};
template <>
struct fmt::formatter<venus::types::PeerId> : fmt::formatter<std::string> {
  template <class Context>
  auto format(const venus::types::PeerId& v, Context& context) const {
    return fmt::formatter<std::string>::format(v.str(), context);
  }
};
