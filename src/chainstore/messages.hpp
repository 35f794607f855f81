// SPDX-License-Identifier: MIT OR Apache-2.0
// Messages as blocks carry them.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "ipld/blockstore.hpp"
#include "types/message.hpp"
#include "types/tipset.hpp"

namespace venus::chainstore {

/// A message of a block, with the bytes it is stored as so that nobody encodes it again.
struct ChainMessage {
  Cid cid;  ///< as the block refers to it: of the bare message for BLS, else of the signed one
  types::Message message;
  std::optional<types::Signature> signature;  ///< none for BLS: the block's aggregate covers it
  Bytes stored;                               ///< CBOR under `cid`

  /// Bytes on chain, which gas is charged for.
  [[nodiscard]] std::size_t chain_length() const noexcept { return stored.size(); }
  /// CBOR of the unsigned message: a part of `stored`.
  [[nodiscard]] BytesView encoded() const noexcept;
  /// Message and signature; a BLS signature is unknown here and left empty.
  [[nodiscard]] types::SignedMessage signed_message() const;

  /// From the bytes stored for a BLS message (bare) or for others (signed). Malformed otherwise.
  static Result<ChainMessage> from_bls(const Cid& cid, Bytes stored);
  static Result<ChainMessage> from_signed(const Cid& cid, Bytes stored);
};

/// All messages of one block, in its order.
struct BlockMessages {
  std::vector<ChainMessage> bls;
  std::vector<ChainMessage> secpk;
  [[nodiscard]] std::size_t size() const noexcept { return bls.size() + secpk.size(); }
  [[nodiscard]] const ChainMessage& at(std::size_t i) const {
    return i < bls.size() ? bls[i] : secpk.at(i - bls.size());
  }
};
using MessagesPtr = std::shared_ptr<const BlockMessages>;

/// CIDs of the messages of a block, read from its MsgMeta. At most kMaxBlockMessages in all.
struct MessageCids {
  std::vector<Cid> bls;
  std::vector<Cid> secpk;
};
inline constexpr std::size_t kMaxBlockMessages = 10'000;
Result<MessageCids> load_message_cids(Blockstore& store, const Cid& meta);

/// Reads and decodes all messages of a block; NotFound when one is missing.
Result<BlockMessages> load_block_messages(Blockstore& store, const Cid& meta);

/// The root (MsgMeta) that a block with these messages has; its blocks are written to `store`.
Result<Cid> store_message_meta(Blockstore& store, std::span<const Cid> bls, std::span<const Cid> secpk);

/// A message of a tipset that is executed: `block` and `index` say where it stands.
struct SelectedMessage {
  std::size_t block = 0;
  std::size_t index = 0;  ///< in BlockMessages::at order
};

/// Resolves an address to an actor's id in the parent state of the tipset; NotFound when absent.
using ResolveId = std::function<Result<ActorId>(const Address&)>;

/// Which messages of a tipset run, in order: a sender's message runs only if its nonce follows the one
/// before (protocol.md section 5; rule of nv13 and later). `messages[i]` belong to the i-th block;
/// `resolve` is called only when some sender is written as an ID address. One list per block.
Result<std::vector<std::vector<SelectedMessage>>> select_for_execution(std::span<const MessagesPtr> messages,
                                                                       const ResolveId& resolve);

}  // namespace venus::chainstore
