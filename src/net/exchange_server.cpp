// SPDX-License-Identifier: MIT OR Apache-2.0
#include "net/exchange_server.hpp"

namespace venus::net {
namespace {

using ipld::cbor::Writer;

/// How often a request that waits looks for a free place. Requests take less than this, so it is no queue.
constexpr milliseconds kTurn{10};

/// Appends what the store keeps under a CID.
Result<void> append_stored(Blockstore& store, const Cid& cid, Writer& writer) {
  TRY(const bool found, store.view(cid, [&](BytesView bytes) { writer.write_raw(bytes); }));
  if (!found) return fail(ErrorCode::NotFound, "{} is not here", cid);
  return {};
}

/// Messages of one kind of a tipset: each once, and which block has which.
struct Compacted {
  std::vector<Cid> cids;
  std::vector<std::vector<std::uint64_t>> of_block;

  void add(const std::vector<Cid>& of_next_block) {
    auto& indices = of_block.emplace_back();
    indices.reserve(of_next_block.size());
    for (const auto& cid : of_next_block) {
      const auto [at, first] = index_.try_emplace(cid, cids.size());
      if (first) cids.push_back(cid);
      indices.push_back(at->second);
    }
  }

  Result<void> write(Blockstore& store, Writer& writer) const {
    writer.write_array(cids.size());
    for (const auto& cid : cids) TRY_VOID(append_stored(store, cid, writer));
    encode_includes(writer, of_block);
    return {};
  }

 private:
  std::unordered_map<Cid, std::uint64_t> index_;
};

Result<void> write_messages(Blockstore& store, const types::Tipset& tipset, Writer& writer) {
  Compacted bls, secpk;
  for (const auto& block : tipset.blocks()) {
    TRY(const auto cids, chainstore::load_message_cids(store, block.messages));
    bls.add(cids.bls);
    secpk.add(cids.secpk);
  }
  writer.write_array(4);
  TRY_VOID(bls.write(store, writer));
  return secpk.write(store, writer);
}

/// One tipset of the answer; the headers and messages are copied as stored, without decoding.
Result<Bytes> encode_tipset(Blockstore& store, const types::Tipset& tipset, std::uint64_t options) {
  Writer writer;
  writer.write_array(2);
  if ((options & kExchangeHeaders) != 0) {
    writer.write_array(tipset.cids().size());
    for (const auto& cid : tipset.cids()) TRY_VOID(append_stored(store, cid, writer));
  } else {
    writer.write_array(0);
  }
  if ((options & kExchangeMessages) != 0) {
    TRY_VOID(write_messages(store, tipset, writer));
  } else {
    writer.write_null();
  }
  return std::move(writer).take();
}

std::optional<std::string> bad_request(const ExchangeRequest& request) {
  if ((request.options & (kExchangeHeaders | kExchangeMessages)) == 0) return "no options set";
  if (request.length == 0) return "length is zero";
  if (request.length > exchange::kMaxLength) return fmt::format("length over {}", exchange::kMaxLength);
  if (request.head.empty()) return "no blocks to begin with";
  return std::nullopt;
}

}  // namespace

std::optional<Misbehaviour> misbehaviour_of(const Error& error) {
  switch (error.code) {
    case ErrorCode::Timeout: return Misbehaviour::Slow;
    case ErrorCode::Malformed:
    case ErrorCode::TooLarge: return Misbehaviour::Malformed;
    case ErrorCode::FailedValidation: return Misbehaviour::Lied;
    case ErrorCode::Unavailable: return Misbehaviour::Failed;
    default: return std::nullopt;
  }
}

ExchangeServer::Answer ExchangeServer::answer(const ExchangeRequest& request) {
  if (auto why = bad_request(request)) return {ExchangeStatus::BadRequest, *std::move(why), 0, {}};
  Answer out;
  TipsetKey key(request.head);
  while (out.tipsets < request.length && out.body.size() < limits_.answer_bytes) {
    auto tipset = chain_.tipset(key);
    auto encoded = tipset ? encode_tipset(chain_.blocks(), **tipset, request.options)
                          : Result<Bytes>(std::unexpected(tipset.error()));
    if (!encoded) {
      if (out.tipsets > 0) break;
      const bool missing = encoded.error().code == ErrorCode::NotFound;
      return {missing ? ExchangeStatus::NotFound : ExchangeStatus::InternalError,
              missing ? "not here" : "cannot read it", 0, {}};
    }
    base::append(out.body, *encoded);
    ++out.tipsets;
    if ((*tipset)->height() == ChainEpoch(0)) break;
    key = (*tipset)->parents();
  }
  out.status = out.tipsets < request.length ? ExchangeStatus::Partial : ExchangeStatus::Ok;
  return out;
}

Task<> ExchangeServer::refuse(bridge::P2pStreamPtr stream, ExchangeStatus status, std::string_view why) {
  CO_TRY_VOID(co_await stream->write(encode_exchange_head(status, why, 0), limits_.read));
  co_return co_await stream->finish(limits_.read);
}

Task<PeerSlots::Guard> ExchangeServer::enter(PeerId peer) {
  if (!requests_.take(peer)) co_return PeerSlots::Guard();
  const auto until = steady_clock::now() + limits_.patience;
  asio::steady_timer timer(co_await asio::this_coro::executor);
  auto slot = slots_.enter(peer);
  while (!slot && steady_clock::now() < until) {
    timer.expires_after(kTurn);
    co_await timer.async_wait(asio::use_awaitable);
    slot = slots_.enter(peer);
  }
  co_return slot;
}

Task<> ExchangeServer::serve(bridge::P2pStreamPtr stream) {
  const auto peer = stream->peer();
  CO_TRY(const auto slot, co_await enter(peer));
  if (!slot) {
    if (!refusals_.take(peer)) judge_.misbehaved(peer, Misbehaviour::Flooded, "chain exchange: too many requests");
    co_return co_await refuse(stream, ExchangeStatus::GoAway, "busy");
  }

  StreamReader reader(stream, {limits_.read, 1U << 10, limits_.read});
  const auto bytes = co_await reader.item(exchange::kMaxRequestBytes);
  auto request = bytes ? ipld::decode<ExchangeRequest>(*bytes) : Result<ExchangeRequest>(std::unexpected(bytes.error()));
  if (!request) {
    const auto& error = request.error();
    if (const auto what = misbehaviour_of(error)) judge_.misbehaved(peer, *what, "chain exchange request: " + error.message);
    stream->reset();
    co_return std::unexpected(error);
  }
  auto answer = co_await on(pool_, [this, request = *std::move(request)] { return this->answer(request); });
  auto written = co_await stream->write(encode_exchange_head(answer.status, answer.error, answer.tipsets), limits_.read);
  if (written) written = co_await write_pieces(stream, std::move(answer.body), limits_.write);
  if (!written) {
    if (written.error().code == ErrorCode::Timeout) judge_.misbehaved(peer, Misbehaviour::Slow, "takes no answer");
    stream->reset();
    co_return written;
  }
  co_return co_await stream->finish(limits_.read);
}

}  // namespace venus::net
