// SPDX-License-Identifier: MIT OR Apache-2.0
#include "net/ip_network.hpp"

#include <charconv>

namespace venus::net {
namespace {

constexpr std::size_t kLongestIp = 45;  // "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255"

struct Raw {
  bool is_v4;
  std::array<std::uint8_t, 16> bytes{};
};

Raw raw_of(const IpAddress& address) {
  Raw out{address.is_v4()};
  if (out.is_v4) {
    const auto four = address.to_v4().to_bytes();
    std::copy(four.begin(), four.end(), out.bytes.begin());
  } else {
    out.bytes = address.to_v6().to_bytes();
  }
  return out;
}

IpScope scope_v4(const std::array<std::uint8_t, 16>& b) {
  if (b[0] == 127) return IpScope::Loopback;
  if (b[0] == 0 || b[0] >= 224) return IpScope::None;
  const bool is_private = b[0] == 10 || (b[0] == 172 && (b[1] & 0xF0U) == 16) || (b[0] == 192 && b[1] == 168) ||
                          (b[0] == 169 && b[1] == 254) || (b[0] == 100 && (b[1] & 0xC0U) == 64);
  return is_private ? IpScope::Private : IpScope::Public;
}

IpScope scope_v6(const asio::ip::address_v6& address) {
  if (address.is_loopback()) return IpScope::Loopback;
  if (address.is_unspecified() || address.is_multicast()) return IpScope::None;
  const auto first = address.to_bytes()[0];
  return address.is_link_local() || (first & 0xFEU) == 0xFC ? IpScope::Private : IpScope::Public;
}

}  // namespace

Result<IpAddress> parse_ip(std::string_view text) {
  const auto refused = [&] { return fail(ErrorCode::Malformed, "\"{}\" is no IP address", text.substr(0, 64)); };
  if (text.empty() || text.size() > kLongestIp || text.find('%') != std::string_view::npos) return refused();
  boost::system::error_code error;
  const auto address = asio::ip::make_address(std::string(text), error);
  if (error) return refused();
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    return IpAddress(asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()));
  }
  return address;
}

IpScope scope_of(const IpAddress& address) noexcept {
  return address.is_v4() ? scope_v4(raw_of(address).bytes) : scope_v6(address.to_v6());
}

IpNetwork::IpNetwork(const IpAddress& single) : IpNetwork(single, single.is_v4() ? 32 : 128) {}

IpNetwork::IpNetwork(const IpAddress& first, unsigned prefix) : prefix_(prefix) {
  const auto raw = raw_of(first);
  is_v4_ = raw.is_v4;
  bytes_ = raw.bytes;
  for (unsigned bit = prefix; bit < 128; ++bit) {
    bytes_[bit / 8] = static_cast<std::uint8_t>(bytes_[bit / 8] & ~(0x80U >> (bit % 8)));
  }
}

Result<IpNetwork> IpNetwork::parse(std::string_view text) {
  const auto slash = text.find('/');
  TRY(const auto address, parse_ip(text.substr(0, slash)));
  if (slash == std::string_view::npos) return IpNetwork(address);
  const auto digits = text.substr(slash + 1);
  unsigned prefix = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), prefix);
  const bool is_number = error == std::errc() && end == digits.data() + digits.size() && digits.size() <= 3;
  if (!is_number || prefix > (address.is_v4() ? 32U : 128U)) {
    return fail(ErrorCode::Malformed, "\"{}\" is no network: the prefix has 0 to {} bits", text.substr(0, 64),
                address.is_v4() ? 32 : 128);
  }
  return IpNetwork(address, prefix);
}

bool IpNetwork::contains(const IpAddress& address) const noexcept {
  if (address.is_v4() != is_v4_) return false;
  return IpNetwork(address, prefix_).bytes_ == bytes_;
}

std::string IpNetwork::address_text() const {
  if (!is_v4_) return asio::ip::address_v6(bytes_).to_string();
  return asio::ip::address_v4({bytes_[0], bytes_[1], bytes_[2], bytes_[3]}).to_string();
}

std::string IpNetwork::str() const { return fmt::format("{}/{}", address_text(), prefix_); }

}  // namespace venus::net
