// SPDX-License-Identifier: MIT OR Apache-2.0
#include "net/exchange_client.hpp"

#include <algorithm>

#include "net/exchange_check.hpp"
#include "net/exchange_server.hpp"

namespace venus::net {
namespace {

/// Adds to a shared count for as long as it lives.
class Share {
 public:
  explicit Share(std::atomic<std::size_t>& sum) : sum_(sum) {}
  Share(const Share&) = delete;
  Share& operator=(const Share&) = delete;
  ~Share() { set(0); }
  /// The sum of all shares, this one now `size`.
  std::size_t set(std::size_t size) {
    const auto before = std::exchange(size_, size);
    return size >= before ? sum_.fetch_add(size - before) + (size - before) : sum_.fetch_sub(before - size);
  }

 private:
  std::atomic<std::size_t>& sum_;
  std::size_t size_ = 0;
};

/// What the server says of its answer as a whole.
Result<void> check_status(const ExchangeDecoder& decoder, std::uint64_t length) {
  switch (decoder.status()) {
    case ExchangeStatus::Ok:
    case ExchangeStatus::Partial: break;
    case ExchangeStatus::NotFound: return fail(ErrorCode::NotFound, "the peer does not have it");
    // Lotus answers so when it lacks the tipset.
    case ExchangeStatus::InternalError: return fail(ErrorCode::NotFound, "the peer failed: {}", decoder.error());
    case ExchangeStatus::GoAway: return fail(ErrorCode::Exhausted, "the peer is busy: {}", decoder.error());
    case ExchangeStatus::BadRequest: return fail(ErrorCode::Unsupported, "the peer refuses: {}", decoder.error());
    default: return fail(ErrorCode::Malformed, "status {}", static_cast<std::uint64_t>(decoder.status()));
  }
  if (decoder.count() == 0) return fail(ErrorCode::FailedValidation, "an answer without tipsets");
  if (decoder.count() < length && decoder.status() != ExchangeStatus::Partial) {
    return fail(ErrorCode::FailedValidation, "{} of {} tipsets, yet not called partial", decoder.count(), length);
  }
  return {};
}

/// Decodes what has come and hands it on.
Result<void> digest(ExchangeDecoder& decoder, ExchangeCollector& collector, std::uint64_t length, BytesView bytes) {
  decoder.feed(bytes);
  for (;;) {
    TRY(auto tipset, decoder.next());
    if (decoder.has_head()) TRY_VOID(check_status(decoder, length));
    if (!tipset) return {};
    TRY_VOID(collector.take(*std::move(tipset)));
  }
}

}  // namespace

Task<std::uint64_t> ExchangeClient::receive(bridge::P2pStreamPtr stream, std::uint64_t length, std::size_t max_tipset_bytes,
                               std::shared_ptr<ExchangeCollector> collector, ExchangeAbortPtr abort) {
  StreamReader reader(stream, limits_.read);
  const auto decoder = std::make_shared<ExchangeDecoder>(length, max_tipset_bytes);
  Share share(buffered_);
  while (!decoder->done()) {
    CO_TRY(auto bytes, co_await reader.next());
    if (bytes.empty()) co_return fail(ErrorCode::Unavailable, "the answer ends early");
    if (abort) abort->received_ = reader.received();
    if (reader.received() > exchange::kMaxAnswerBytes) co_return fail(ErrorCode::TooLarge, "an answer without end");
    if (share.set(decoder->buffered() + bytes.size()) > limits_.buffered) {
      co_return fail(ErrorCode::Exhausted, "too much is being fetched");
    }
    CO_TRY_VOID(co_await on(pool_, [decoder, collector, length, bytes = std::move(bytes)] {
      return digest(*decoder, *collector, length, bytes);
    }));
  }
  co_return reader.received();
}

Task<std::uint64_t> ExchangeClient::transfer(PeerId peer, ExchangeRequest request, std::size_t max_tipset_bytes,
                                std::shared_ptr<ExchangeCollector> collector, ExchangeAbortPtr abort) {
  CO_TRY(auto stream, co_await host_.open_stream(peer, {std::string(kExchangeProtocol)}, limits_.open));
  if (abort) {
    if (abort->aborted()) co_return fail(ErrorCode::Cancelled, "no longer wanted");
    abort->stream_ = stream;
  }
  CO_TRY_VOID(co_await stream->write(ipld::encode(request), limits_.write));
  CO_TRY_VOID(co_await stream->finish(limits_.write));
  auto done = co_await receive(stream, request.length, max_tipset_bytes, std::move(collector), abort);
  if (!done) stream->reset();
  co_return done;
}

Task<> ExchangeClient::ask(PeerId peer, ExchangeRequest request, std::size_t max_tipset_bytes,
                           std::shared_ptr<ExchangeCollector> collector, ExchangeAbortPtr abort) {
  const auto start = steady_clock::now();
  tracker_.started(peer);
  auto done = co_await transfer(peer, std::move(request), max_tipset_bytes, collector, abort);
  if (abort) abort->stream_.reset();
  const auto took = std::chrono::duration_cast<std::chrono::microseconds>(steady_clock::now() - start);
  if (abort && abort->aborted()) {
    tracker_.aborted(peer);
    co_return fail(ErrorCode::Cancelled, "no longer wanted");
  }
  if (done) {
    tracker_.succeeded(peer, took, std::max<std::size_t>(collector->size(), 1));
    judge_.served(peer, took, *done);
    co_return Result<void>();
  }
  const auto& error = done.error();
  if (error.code == ErrorCode::NotFound) tracker_.aborted(peer);
  else tracker_.failed(peer, took);
  if (const auto what = misbehaviour_of(error)) judge_.misbehaved(peer, *what, "chain exchange: " + error.message);
  // What came before is proved by its hashes, and a slow peer's part is progress too.
  const bool broke_off = error.code == ErrorCode::Timeout || error.code == ErrorCode::Unavailable;
  if (broke_off && collector->size() > 0) co_return Result<void>();
  co_return std::unexpected(Error(error).context(peer.str()));
}

Task<std::vector<TipsetPtr>> ExchangeClient::headers(PeerId peer, TipsetKey head, std::size_t count,
                                                     ExchangeAbortPtr abort) {
  if (head.empty() || count == 0 || count > exchange::kMaxLength) {
    co_return fail(ErrorCode::InvalidArgument, "{} tipsets from {}", count, head);
  }
  const auto collector = std::make_shared<HeaderCollector>(head);
  CO_TRY_VOID(co_await ask(std::move(peer), {head.cids(), count, kExchangeHeaders}, exchange::kMaxHeaderTipsetBytes,
                           collector, std::move(abort)));
  co_return std::move(collector->tipsets);
}

Task<std::vector<sync::TipsetMessages>> ExchangeClient::messages(PeerId peer, std::vector<TipsetPtr> tipsets,
                                                                 ExchangeAbortPtr abort) {
  if (tipsets.empty() || tipsets.size() > exchange::kMaxLength) {
    co_return fail(ErrorCode::InvalidArgument, "messages of {} tipsets", tipsets.size());
  }
  ExchangeRequest request{tipsets.front()->cids(), tipsets.size(), kExchangeMessages};
  const auto collector = std::make_shared<MessageCollector>(std::move(tipsets));
  CO_TRY_VOID(co_await ask(std::move(peer), std::move(request), exchange::kMaxAnswerBytes, collector, std::move(abort)));
  co_return std::move(collector->messages);
}

}  // namespace venus::net
