// SPDX-License-Identifier: MIT OR Apache-2.0
// How protocols tell whoever manages connections what a peer did.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include "types/peer_id.hpp"

namespace venus::net {

/// Gravest last. PeerManager says what each costs.
enum class Misbehaviour : std::uint8_t {
  Slow,          ///< missed a deadline, or sent slower than the protocol allows
  Failed,        ///< broke off, or answered with an error of its own
  Flooded,       ///< asked or sent more than its share
  Malformed,     ///< bytes that do not follow the protocol
  Lied,          ///< an answer that contradicts what was asked or its own hashes
  WrongNetwork,  ///< another genesis
  BadChain,      ///< offered a chain that breaks consensus
};

/// Thread-safe.
class PeerJudge {
 public:
  virtual ~PeerJudge() = default;
  virtual void misbehaved(const PeerId& peer, Misbehaviour what, std::string_view detail) = 0;
  /// A request was answered well.
  virtual void served(const PeerId& peer, std::chrono::microseconds latency, std::size_t bytes) = 0;
};

}  // namespace venus::net
