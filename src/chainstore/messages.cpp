// SPDX-License-Identifier: MIT OR Apache-2.0
#include "chainstore/messages.hpp"

#include <unordered_map>

#include "ipld/amt.hpp"

namespace venus::chainstore {
namespace {

// A signed message is a tuple of two: one byte of head stands before the bare message.
constexpr std::size_t kSignedHead = 1;

Result<std::vector<Cid>> load_cids(Blockstore& store, const Cid& root) {
  return ipld::read_amt<Cid>(store, root, ipld::kBlockAmt, kMaxBlockMessages);
}

}  // namespace

BytesView ChainMessage::encoded() const noexcept {
  if (!signature) return stored;
  ipld::cbor::Reader reader(BytesView(stored).subspan(kSignedHead));
  return reader.read_raw();
}

types::SignedMessage ChainMessage::signed_message() const {
  return {message, signature.value_or(types::Signature{types::SignatureType::Bls, {}})};
}

Result<ChainMessage> ChainMessage::from_bls(const Cid& cid, Bytes stored) {
  ChainMessage out;
  out.cid = cid;
  TRY(out.message, with_context(ipld::decode<types::Message>(stored), cid.str()));
  out.stored = std::move(stored);
  return out;
}

Result<ChainMessage> ChainMessage::from_signed(const Cid& cid, Bytes stored) {
  ChainMessage out;
  out.cid = cid;
  TRY(auto decoded, with_context(ipld::decode<types::SignedMessage>(stored), cid.str()));
  out.message = std::move(decoded.message);
  out.signature = std::move(decoded.signature);
  out.stored = std::move(stored);
  return out;
}

Result<MessageCids> load_message_cids(Blockstore& store, const Cid& meta) {
  TRY(auto roots, with_context(ipld::load<types::MessageMeta>(store, meta), "message roots"));
  MessageCids out;
  TRY(out.bls, with_context(load_cids(store, roots.bls_messages), "BLS messages"));
  TRY(out.secpk, with_context(load_cids(store, roots.secpk_messages), "secp messages"));
  if (out.bls.size() + out.secpk.size() > kMaxBlockMessages) {
    return fail(ErrorCode::TooLarge, "{} messages in a block, at most {}", out.bls.size() + out.secpk.size(),
                kMaxBlockMessages);
  }
  return out;
}

Result<BlockMessages> load_block_messages(Blockstore& store, const Cid& meta) {
  TRY(auto cids, load_message_cids(store, meta));
  BlockMessages out;
  out.bls.reserve(cids.bls.size());
  out.secpk.reserve(cids.secpk.size());
  for (const auto& cid : cids.bls) {
    TRY(auto bytes, store.get(cid));
    TRY(auto message, ChainMessage::from_bls(cid, std::move(bytes)));
    out.bls.push_back(std::move(message));
  }
  for (const auto& cid : cids.secpk) {
    TRY(auto bytes, store.get(cid));
    TRY(auto message, ChainMessage::from_signed(cid, std::move(bytes)));
    out.secpk.push_back(std::move(message));
  }
  return out;
}

Result<Cid> store_message_meta(Blockstore& store, std::span<const Cid> bls, std::span<const Cid> secpk) {
  types::MessageMeta meta;
  TRY(meta.bls_messages, ipld::write_amt(&store, bls));
  TRY(meta.secpk_messages, ipld::write_amt(&store, secpk));
  return ipld::store_value(store, meta);
}

Result<std::vector<std::vector<SelectedMessage>>> select_for_execution(std::span<const MessagesPtr> messages,
                                                                       const ResolveId& resolve) {
  std::unordered_map<Address, std::uint64_t> next;
  // Until a sender shows up by its id, addresses as written tell senders apart without a look at the state.
  bool by_id = false;
  const auto to_id = [&](const Address& address) -> Result<Address> {
    TRY(auto id, with_context(resolve(address), "sender of a message"));
    return Address::id(id);
  };
  std::vector<std::vector<SelectedMessage>> out(messages.size());
  for (std::size_t block = 0; block < messages.size(); ++block) {
    for (std::size_t index = 0; index < messages[block]->size(); ++index) {
      const auto& message = messages[block]->at(index).message;
      if (!by_id && message.from.is_id()) {
        by_id = true;
        std::unordered_map<Address, std::uint64_t> resolved;
        for (const auto& [address, nonce] : next) {
          TRY(auto id, to_id(address));
          resolved[id] = nonce;
        }
        next = std::move(resolved);
      }
      auto sender = message.from;
      if (by_id) {
        TRY(sender, to_id(sender));
      }
      const auto [at, first] = next.try_emplace(sender, message.nonce.value());
      if (at->second != message.nonce.value()) continue;
      ++at->second;
      out[block].push_back({block, index});
    }
  }
  return out;
}

}  // namespace venus::chainstore
