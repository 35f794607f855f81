// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "base/bytes.hpp"

#include <memory>
#include <span>

namespace venus::crypto {

/// BLAKE2b with an output of 1 to 64 bytes, no key.
Bytes blake2b(BytesView data, std::size_t size);
ByteArray<32> blake2b_256(BytesView data);
/// BLAKE2b-256 over the concatenation of parts.
ByteArray<32> blake2b_256(std::span<const BytesView> parts);
/// The same for bytes that come one part after another.
class Blake2b256 {
 public:
  Blake2b256();
  Blake2b256(Blake2b256&&) noexcept;
  Blake2b256& operator=(Blake2b256&&) noexcept;
  ~Blake2b256();
  void update(BytesView part);
  /// Once, at the end.
  ByteArray<32> finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};
/// Payload of secp256k1 and actor addresses.
ByteArray<20> blake2b_160(BytesView data);
/// Checksum of addresses.
ByteArray<4> blake2b_32(BytesView data);
ByteArray<32> sha256(BytesView data);
/// Keccak-256 as Ethereum uses it (not SHA3-256).
ByteArray<32> keccak256(BytesView data);

}  // namespace venus::crypto
