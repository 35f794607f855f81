// SPDX-License-Identifier: MIT OR Apache-2.0
#include "net/gossip_messages.hpp"

namespace venus::net {

using bridge::P2pVerdict;

namespace {

/// A signed message: an array of two that begins with one of ten.
constexpr ByteArray<2> kMessageShape{0x82, 0x8a};

}  // namespace

GossipVerdict verdict_of(const Error& error) {
  switch (error.code) {
    case ErrorCode::FailedValidation: return {P2pVerdict::Reject, "invalid", error.message};
    case ErrorCode::TooLarge: return {P2pVerdict::Reject, "too_large", error.message};
    case ErrorCode::AlreadyExists: return {P2pVerdict::Ignore, "known", error.message};
    case ErrorCode::Temporal:
    case ErrorCode::NotFound: return {P2pVerdict::Ignore, "not_now", error.message};
    // Our own trouble says nothing of the message.
    default: return {P2pVerdict::Ignore, "unable", error.message};
  }
}

GossipVerdict GossipMessages::judge_now(BytesView data) {
  // Lotus does not mind bytes after the message and relays them: to reject them would punish its peers.
  ipld::cbor::Reader reader(data);
  types::SignedMessage message;
  ipld::decode_from(reader, message);
  if (const auto decoded = reader.finish(true); !decoded) {
    if (looks_like(data, kMessageShape)) return {P2pVerdict::Ignore, "not_canonical", decoded.error().message};
    return {P2pVerdict::Reject, "undecodable", decoded.error().message};
  }
  const auto added = pool_.add(std::move(message), mpool::Origin::Remote);
  if (!added) return verdict_of(added.error());
  return {P2pVerdict::Accept, "accepted"};
}

GossipVerdict GossipMessages::judge_on_worker(const PeerId& from, BytesView data) {
  if (!buckets_.take(from)) return {P2pVerdict::Ignore, "flooded"};
  auto verdict = judge_now(data);
  // The gossip score pays for the rest; a peer that relays what no Filecoin node would is told apart.
  if (verdict.reason == "undecodable") judge_.misbehaved(from, Misbehaviour::Malformed, "message: " + verdict.detail);
  return verdict;
}

Task<GossipVerdict> GossipMessages::judge(PeerId from, Bytes data) {
  co_return co_await on(workers_, [this, from = std::move(from), data = std::move(data)] {
    return judge_on_worker(from, data);
  });
}

}  // namespace venus::net
