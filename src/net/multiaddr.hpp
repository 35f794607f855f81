// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "net/ip_network.hpp"
#include "types/peer_id.hpp"

namespace venus::net {

/// Where a peer can be reached: "/ip4/1.2.3.4/udp/1234/quic-v1/p2p/12D3Koo…". Only protocols that occur
/// in Filecoin networks are known; others are Malformed. Always valid.
class Multiaddr {
 public:
  static constexpr std::size_t kMaxText = 512;
  static constexpr std::size_t kMaxParts = 12;  ///< a relayed WebTransport address has nine

  /// Strict: known protocols, each with a value of its kind. "/ipfs/ID" is read as "/p2p/ID". Malformed,
  /// TooLarge.
  static Result<Multiaddr> parse(std::string_view text);
  /// From the binary form, as miners keep theirs on chain.
  static Result<Multiaddr> from_bytes(BytesView bytes);

  [[nodiscard]] const std::string& str() const noexcept { return text_; }
  /// The peer named last, if the address ends with one.
  [[nodiscard]] const std::optional<PeerId>& peer() const noexcept { return peer_; }
  /// The text without a last /p2p part.
  [[nodiscard]] std::string transport() const;
  /// The address it begins with; nothing for names.
  [[nodiscard]] const std::optional<IpAddress>& ip() const noexcept { return ip_; }
  /// The name it begins with (dns, dns4, dns6, dnsaddr), else empty.
  [[nodiscard]] const std::string& host_name() const noexcept { return host_; }
  [[nodiscard]] bool is_dnsaddr() const noexcept { return is_dnsaddr_; }
  /// Whether our host can connect to it: plain TCP or QUIC v1 with a port, no relay, an address somebody
  /// can have.
  [[nodiscard]] bool is_dialable() const noexcept { return is_dialable_; }
  bool operator==(const Multiaddr& other) const { return text_ == other.text_; }
  auto operator<=>(const Multiaddr& other) const { return text_ <=> other.text_; }

 private:
  struct Part;
  static Result<Multiaddr> from_parts(std::vector<Part> parts);
  void judge(const std::vector<Part>& parts);

  std::string text_;
  std::optional<PeerId> peer_;
  std::optional<IpAddress> ip_;
  std::string host_;
  bool is_dnsaddr_ = false;
  bool is_dialable_ = false;
};

/// A peer with addresses, as command lines and network files name it.
struct PeerAddress {
  PeerId peer;
  std::vector<std::string> addresses;  ///< without /p2p
};

/// "/ip4/…/p2p/ID" taken apart. Malformed without a peer.
Result<PeerAddress> parse_peer_address(std::string_view text);

/// The IP address of a multiaddr's text; nothing when it has none or is not valid.
std::optional<IpAddress> ip_of(std::string_view multiaddr);

}  // namespace venus::net
