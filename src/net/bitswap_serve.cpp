// SPDX-License-Identifier: MIT OR Apache-2.0
// Reading peers' bitswap messages and answering their wants.
#include <algorithm>

#include "net/bitswap_core.hpp"
#include "net/exchange_server.hpp"

namespace venus::net {
namespace {

// Of messages that are coming in: for one peer (one whole message and the start of another), and for all.
constexpr std::size_t kMaxBufferedOfPeer = 2 * bitswap::kMaxMessage;
constexpr std::size_t kMaxBuffered = std::size_t{128} << 20;

}  // namespace

bool Bitswap::Core::reserve(Peer& state, std::size_t& held, std::size_t size) {
  const auto all = buffered_.fetch_add(size - held) + (size - held);
  const auto of_peer = state.buffered.fetch_add(size - held) + (size - held);
  const bool shrinks = size <= held;
  held = size;
  return shrinks || (all <= kMaxBuffered && of_peer <= kMaxBufferedOfPeer);
}

Task<> Bitswap::Core::serve(bridge::P2pStreamPtr stream) {
  const auto self = shared_from_this();
  const auto peer = stream->peer();
  PeerPtr state;
  {
    const std::scoped_lock lock(mutex_);
    if (stopped_) co_return fail(ErrorCode::Cancelled, "bitswap stops");
    state = peer_state(peer);
  }
  auto done = co_await self->read_messages(stream, state);
  if (done) co_return co_await stream->finish(limits_.write);
  if (const auto what = misbehaviour_of(done.error())) judge_.misbehaved(peer, *what, "bitswap: " + done.error().message);
  stream->reset();
  co_return done;
}

Task<> Bitswap::Core::read_messages(bridge::P2pStreamPtr stream, PeerPtr state) {
  const auto peer = stream->peer();
  const Pace idle{limits_.idle, limits_.read.bytes_per_second, limits_.idle};
  StreamReader reader(stream, idle);
  BitswapFramer framer;
  std::size_t held = 0;
  struct Release {
    Core& core;
    Peer& state;
    std::size_t& held;
    ~Release() { core.reserve(state, held, 0); }
  };
  const Release release{*this, *state, held};
  for (;;) {
    auto bytes = co_await reader.next();
    if (!bytes) {
      // Between messages a peer may close its stream in any way, or say nothing for long.
      if (!framer.inside()) co_return Result<void>();
      co_return std::unexpected(std::move(bytes).error());
    }
    if (bytes->empty()) {
      if (framer.inside()) co_return fail(ErrorCode::Unavailable, "the stream ends within a message");
      co_return Result<void>();
    }
    const bool began = !framer.inside();
    framer.feed(*bytes);
    if (!reserve(*state, held, held + bytes->size())) co_return fail(ErrorCode::Exhausted, "too much is coming in");
    for (;;) {
      CO_TRY(auto message, framer.next());
      if (!message) break;
      reserve(*state, held, held - std::min(held, message->size()));
      CO_TRY(auto decoded, co_await on(workers_, [message = *std::move(message)] { return decode_bitswap(message); }));
      handle(peer, std::move(decoded));
      if (framer.inside()) reader.set_pace(limits_.read);
    }
    if (!framer.inside()) reader.set_pace(idle);
    else if (began) reader.set_pace(limits_.read);
  }
}

void Bitswap::Core::handle(const PeerId& peer, BitswapMessage message) {
  if (!message.blocks.empty()) take_blocks(peer, std::move(message.blocks));
  if (!message.presences.empty()) take_presences(peer, message.presences);
  if (!message.wants.empty() || message.full) take_wants(peer, message.full, std::move(message.wants));
}

void Bitswap::Core::take_wants(const PeerId& peer, bool full, std::vector<BitswapWant> wants) {
  if (!wants_.take(peer, static_cast<double>(wants.size()))) {
    judge_.misbehaved(peer, Misbehaviour::Flooded, "bitswap: too many wants");
    return;
  }
  const std::scoped_lock lock(mutex_);
  if (stopped_) return;
  const auto state = peer_state(peer);
  if (full) {
    state->queue.clear();
    state->kept.clear();
  }
  for (auto& want : wants) {
    if (want.cancel) {
      state->kept.erase(want.cid);
      std::erase_if(state->queue, [&](const BitswapWant& queued) { return queued.cid == want.cid; });
      continue;
    }
    // More than it may have waiting is dropped, as boxo does: it asks again.
    if (state->queue.size() < limits_.queued_wants) state->queue.push_back(std::move(want));
  }
  start_pump(peer, state);
}

Result<std::optional<Bytes>> Bitswap::Core::find(const Cid& cid) {
  if (!is_chain_cid(cid)) return std::optional<Bytes>();
  TRY(auto stored, chain_.blocks().find(cid));
  if (!stored && pool_ != nullptr) {
    if (const auto message = pool_->find(cid)) {
      stored = message->signature.type == types::SignatureType::Bls ? ipld::encode(message->message)
                                                                    : ipld::encode<types::SignedMessage>(*message);
    }
  }
  if (stored && stored->size() > limits_.block_bytes) stored.reset();
  return stored;
}

Bitswap::Core::Answer Bitswap::Core::answer(const std::vector<BitswapWant>& wants) {
  Answer out;
  for (const auto& want : wants) {
    if (out.bytes >= limits_.message_bytes) {
      out.later.push_back(want);
      continue;
    }
    auto found = find(want.cid);
    if (!found || !*found) {
      if (want.send_dont_have) out.message.presences.push_back({want.cid, false});
      out.bytes += want.cid.bytes().size();
      // A want of the chain may be answered when the block comes; others never.
      if (is_chain_cid(want.cid)) out.missing.push_back(want);
      continue;
    }
    if (want.type == WantType::Have) {
      out.message.presences.push_back({want.cid, true});
      out.bytes += want.cid.bytes().size();
    } else {
      out.bytes += (*found)->size();
      out.message.blocks.push_back({want.cid, **std::move(found)});
    }
  }
  return out;
}

}  // namespace venus::net
