// SPDX-License-Identifier: MIT OR Apache-2.0
// What the pool asks of the chain and of storage. The node implements both.
#pragma once

#include <vector>

#include "types/message.hpp"
#include "types/tipset.hpp"

namespace venus::mpool {

/// An account as it is after a tipset's messages were executed.
struct SenderState {
  /// The key address (f1, f3) or delegated address (f4) the pool files its messages under.
  Address key;
  Nonce nonce;
  TokenAmount balance;
  /// Whether it may send at all: an account, an ethaccount, or a placeholder with an f410 address.
  bool can_send = false;
};

class ChainView {
 public:
  virtual ~ChainView() = default;
  /// The sender after `tipset`; NotFound when there is no such actor.
  virtual Result<SenderState> sender(const TipsetPtr& tipset, const Address& address) = 0;
  /// What children of `tipset` carry as ParentBaseFee.
  virtual Result<TokenAmount> next_base_fee(const TipsetPtr& tipset) = 0;
  virtual NetworkVersion network_version(ChainEpoch epoch) const = 0;
  /// Gas that carrying so many bytes costs a message at an epoch: the least its limit may be.
  virtual Gas on_chain_message_gas(std::size_t chain_length, ChainEpoch epoch) const = 0;
  /// Whether the signature is the sender's over this message (protocol.md 2.4); FailedValidation if not.
  virtual Result<void> verify_signature(const types::SignedMessage& message, const Address& key) = 0;

  struct TipsetMessages {
    std::vector<types::Message> bls;
    std::vector<types::SignedMessage> secpk;
  };
  /// Messages of all blocks of a tipset, each once.
  virtual Result<TipsetMessages> messages(const TipsetPtr& tipset) = 0;

  struct Path {
    std::vector<TipsetPtr> revert;
    std::vector<TipsetPtr> apply;
  };
  /// Tipsets to undo (newest first) and to apply (oldest first) to get from one to the other.
  virtual Result<Path> path(const TipsetPtr& from, const TipsetPtr& to) = 0;
};

/// Keeps local messages over restarts.
class MessageStore {
 public:
  virtual ~MessageStore() = default;
  virtual Result<void> save(const types::SignedMessage& message) = 0;
  virtual Result<void> erase(const Cid& cid) = 0;
  virtual Result<std::vector<types::SignedMessage>> load_all() = 0;
};

}  // namespace venus::mpool
