// SPDX-License-Identifier: MIT OR Apache-2.0
// IP addresses and networks (CIDR), as ban lists and address rules need them.
#pragma once

#include <boost/asio/ip/address.hpp>

#include "base/result.hpp"
#include "base/task.hpp"

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace venus::net {

/// An IPv4 address, or an IPv6 one that is not a mapped IPv4 address.
using IpAddress = asio::ip::address;

/// Strict: no zone, no leading zeros, no prefix length. "::ffff:1.2.3.4" is 1.2.3.4. Malformed.
Result<IpAddress> parse_ip(std::string_view text);

/// From where an address can be reached. Addresses that stand for nobody (0.0.0.0, multicast) are None.
enum class IpScope : std::uint8_t { None, Loopback, Private, Public };
/// Private: RFC 1918, shared (RFC 6598), link-local and unique local addresses.
IpScope scope_of(const IpAddress& address) noexcept;

/// All addresses with a common prefix.
class IpNetwork {
 public:
  /// "10.0.0.0/8", "2001:db8::/32" or a single address. Bits after the prefix are cleared, as Lotus does.
  /// Malformed, also for a prefix longer than the address.
  static Result<IpNetwork> parse(std::string_view text);
  explicit IpNetwork(const IpAddress& single);

  [[nodiscard]] bool contains(const IpAddress& address) const noexcept;
  /// Whether it has one address only.
  [[nodiscard]] bool is_single() const noexcept { return prefix_ == (is_v4_ ? 32 : 128); }
  /// With its prefix length, also for a single address.
  [[nodiscard]] std::string str() const;
  /// The first address, without prefix length.
  [[nodiscard]] std::string address_text() const;
  auto operator<=>(const IpNetwork&) const = default;

 private:
  IpNetwork(const IpAddress& first, unsigned prefix);

  bool is_v4_ = true;
  std::array<std::uint8_t, 16> bytes_{};
  unsigned prefix_ = 0;
};

}  // namespace venus::net
