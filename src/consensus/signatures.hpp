// SPDX-License-Identifier: MIT OR Apache-2.0
// Signatures of messages, blocks and VRFs, with a memory of those already found good.
#pragma once

#include <array>
#include <memory>

#include "chainstore/lru_cache.hpp"
#include "chainstore/messages.hpp"
#include "types/block.hpp"

namespace venus::consensus {

/// Whether `signer` (f1, f3 or f410) signed `data`; FailedValidation if not, also when the signature's
/// type does not fit the address.
Result<void> verify_signature(const types::Signature& signature, const Address& signer, BytesView data);

/// A VRF proof is a BLS signature over the input by the worker key.
Result<void> verify_vrf(const Address& worker, BytesView input, BytesView proof);

/// The miner's signature over its header.
Result<void> verify_block_signature(const types::BlockHeader& block, const Address& worker);

/// Several BLS signatures at once, cheaper than one by one; false if any of them does not verify.
struct WorkerSignature {
  Bytes input;
  BytesView signature;
};
bool verify_worker_signatures(const Address& worker, std::span<const WorkerSignature> signatures);

/// Verifies signed messages of all types. Thread-safe; a message found good is not computed again.
class MessageVerifier {
 public:
  /// `chain_id` is the network's EIP-155 id; `capacity` good signatures are remembered.
  explicit MessageVerifier(std::uint64_t chain_id, std::size_t capacity = 40'000)
      : chain_id_(chain_id), good_(capacity) {}

  /// `key` is the sender's key address. FailedValidation for a bad signature.
  Result<void> verify(const types::SignedMessage& message, const Address& key);
  /// The same for a message of a block that carries its own signature.
  Result<void> verify(const chainstore::ChainMessage& message, const Address& key);
  struct SignedBy {
    const types::SignedMessage* message = nullptr;
    Address key;
  };
  /// Verifies BLS messages together, for less than half the price of one by one, and remembers the good
  /// ones, so that verify() then finds them. Tells nothing of the others.
  void verify_ahead(std::span<const SignedBy> messages);
  /// How many good signatures are remembered.
  [[nodiscard]] std::size_t known_good() const { return good_.size(); }
  /// The aggregate over a block's BLS messages; `keys[i]` (f3) signed `messages[i]`. A block without such
  /// messages may carry any 96 bytes. Messages met before, alone or in another block, cost little.
  Result<void> verify_aggregate(const types::Signature& aggregate,
                                std::span<const chainstore::ChainMessage> messages,
                                std::span<const Address> keys);

 private:
  using Hash = std::array<std::uint8_t, 192>;
  std::shared_ptr<const Hash> hash_of(const Cid& message);

  struct Candidate {
    const types::SignedMessage* message = nullptr;
    Address key;
    Cid identity;
    Cid cid;
    std::shared_ptr<const Hash> hash;
  };
  static Cid identity_of(const types::SignedMessage& message, const Address& key);
  Result<void> check(const types::SignedMessage& message, const Address& key);
  void verify_sum(std::span<const Candidate> candidates);

  const std::uint64_t chain_id_;
  // Hashes to the curve of BLS messages: most of what verifying them costs.
  chainstore::LruCache<Cid, std::shared_ptr<const Hash>> hashes_{20'000};
  chainstore::LruCache<Cid, bool> good_;  // by message, signature and key
};

}  // namespace venus::consensus
