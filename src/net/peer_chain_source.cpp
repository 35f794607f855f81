// SPDX-License-Identifier: MIT OR Apache-2.0
#include "net/peer_chain_source.hpp"

#include <algorithm>

namespace venus::net {
namespace {

using Messages = std::vector<sync::TipsetMessages>;

/// Pieces that are being fetched, on one strand.
struct Pieces {
  explicit Pieces(const asio::any_io_executor& executor, std::size_t count)
      : done(count), wake(executor) {}
  std::vector<std::optional<Result<Messages>>> done;
  asio::steady_timer wake;
};

}  // namespace

Task<std::vector<TipsetPtr>> PeerChainSource::headers(TipsetKey head, std::size_t count, PeerId preferred) {
  if (head.empty() || count == 0 || count > exchange::kMaxLength) {
    co_return fail(ErrorCode::InvalidArgument, "{} tipsets from {}", count, head);
  }
  auto peers = tracker_.choose(preferred, head, options_.peers);
  const std::function<Task<std::vector<TipsetPtr>>(PeerId, ExchangeAbortPtr)> ask =
      [&client = client_, head, count](PeerId peer, ExchangeAbortPtr abort) {
        return client.headers(std::move(peer), head, count, std::move(abort));
      };
  co_return co_await hedged<std::vector<TipsetPtr>>(std::move(peers), ask, options_.hedge);
}

Task<Messages> PeerChainSource::piece(std::vector<TipsetPtr> tipsets, std::vector<PeerId> peers) {
  const std::function<Task<Messages>(PeerId, ExchangeAbortPtr)> ask =
      [&client = client_, tipsets = std::move(tipsets)](PeerId peer, ExchangeAbortPtr abort) {
        return client.messages(std::move(peer), tipsets, std::move(abort));
      };
  co_return co_await hedged<Messages>(std::move(peers), ask, options_.hedge);
}

Task<Messages> PeerChainSource::pieces(std::vector<TipsetPtr> tipsets, std::vector<PeerId> peers, std::size_t count) {
  const auto executor = co_await asio::this_coro::executor;
  const auto state = std::make_shared<Pieces>(executor, count);
  const auto each = (tipsets.size() + count - 1) / count;
  for (std::size_t i = 0; i < count; ++i) {
    const auto from = std::min(i * each, tipsets.size());
    const auto to = std::min(from + each, tipsets.size());
    std::vector<TipsetPtr> part(tipsets.begin() + static_cast<std::ptrdiff_t>(from),
                                tipsets.begin() + static_cast<std::ptrdiff_t>(to));
    // Each piece begins with another peer.
    auto order = peers;
    std::ranges::rotate(order, order.begin() + static_cast<std::ptrdiff_t>(i % order.size()));
    asio::co_spawn(executor, piece(std::move(part), std::move(order)),
                   [state, i](std::exception_ptr thrown, Result<Messages> result) {
                     if (thrown) result = fail(ErrorCode::Internal, "a request broke");
                     state->done[i] = std::move(result);
                     state->wake.cancel();
                   });
  }
  while (std::ranges::any_of(state->done, [](const auto& piece) { return !piece; })) {
    state->wake.expires_after(std::chrono::hours(1));
    static_cast<void>(co_await state->wake.async_wait(asio::as_tuple(asio::use_awaitable)));
  }
  // As far as it goes without a hole, beginning at the newest.
  Messages out;
  for (std::size_t i = 0; i < count; ++i) {
    auto& result = *state->done[i];
    if (!result) {
      if (out.empty()) co_return std::unexpected(std::move(result).error());
      break;
    }
    const bool whole = result->size() == std::min(each, tipsets.size() - out.size());
    std::ranges::move(*result, std::back_inserter(out));
    if (!whole) break;
  }
  co_return out;
}

Task<Messages> PeerChainSource::messages(std::vector<TipsetPtr> tipsets, PeerId preferred) {
  if (tipsets.empty() || tipsets.size() > exchange::kMaxLength) {
    co_return fail(ErrorCode::InvalidArgument, "messages of {} tipsets", tipsets.size());
  }
  auto peers = tracker_.choose(preferred, tipsets.front()->key(), options_.peers);
  const auto count = std::min({options_.parallel, peers.size(), tipsets.size() / std::max<std::size_t>(options_.piece_tipsets, 1)});
  if (count <= 1) co_return co_await piece(std::move(tipsets), std::move(peers));
  const asio::any_io_executor strand = asio::make_strand(co_await asio::this_coro::executor);
  co_return co_await asio::co_spawn(strand, pieces(std::move(tipsets), std::move(peers), count), asio::use_awaitable);
}

void PeerChainSource::punish(const PeerId& peer, std::string reason, bool severe) {
  if (peer.empty()) return;
  tracker_.blame(peer);
  judge_.misbehaved(peer, severe ? Misbehaviour::BadChain : Misbehaviour::Failed, reason);
}

}  // namespace venus::net
