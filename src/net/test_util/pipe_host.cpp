// SPDX-License-Identifier: MIT OR Apache-2.0
#include "net/test_util/pipe_host.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <stdexcept>

namespace venus::net::test_util {
namespace {

using bridge::milliseconds;
using Clock = std::chrono::steady_clock;

/// One direction of a pipe.
struct Lane {
  explicit Lane(const asio::any_io_executor& executor) : readable(executor), writable(executor) {}
  Bytes bytes;
  bool finished = false;
  bool reset = false;
  asio::steady_timer readable;
  asio::steady_timer writable;
};

asio::awaitable<void> wait(std::shared_ptr<Lane> lane, asio::steady_timer& timer, Clock::time_point until) {
  timer.expires_at(until);
  static_cast<void>(co_await timer.async_wait(asio::as_tuple(asio::use_awaitable)));
}

class PipeStream final : public bridge::P2pStream {
 public:
  PipeStream(PeerId peer, std::string protocol, std::shared_ptr<Lane> in, std::shared_ptr<Lane> out,
             std::size_t capacity)
      : peer_(std::move(peer)), protocol_(std::move(protocol)), in_(std::move(in)), out_(std::move(out)),
        capacity_(capacity) {}
  ~PipeStream() override {
    if (!out_->finished) reset();
  }

  const PeerId& peer() const override { return peer_; }
  const std::string& protocol() const override { return protocol_; }

  Task<Bytes> read(std::size_t max, milliseconds timeout) override {
    const auto until = Clock::now() + timeout;
    const auto lane = in_;
    for (;;) {
      if (lane->reset) co_return fail(ErrorCode::Unavailable, "the stream was reset");
      if (!lane->bytes.empty()) {
        const auto size = static_cast<std::ptrdiff_t>(std::min(max, lane->bytes.size()));
        Bytes out(lane->bytes.begin(), lane->bytes.begin() + size);
        lane->bytes.erase(lane->bytes.begin(), lane->bytes.begin() + size);
        lane->writable.cancel();
        co_return out;
      }
      if (lane->finished) co_return Bytes();
      if (Clock::now() >= until) co_return fail(ErrorCode::Timeout, "nothing came");
      co_await wait(lane, lane->readable, until);
    }
  }

  Task<> write(Bytes bytes, milliseconds timeout) override {
    const auto until = Clock::now() + timeout;
    const auto lane = out_;
    for (std::size_t at = 0; at < bytes.size();) {
      if (lane->reset || lane->finished) co_return fail(ErrorCode::Unavailable, "the stream is closed");
      const auto room = capacity_ - std::min(capacity_, lane->bytes.size());
      if (room > 0) {
        const auto size = std::min(room, bytes.size() - at);
        base::append(lane->bytes, BytesView(bytes).subspan(at, size));
        at += size;
        lane->readable.cancel();
        continue;
      }
      if (Clock::now() >= until) co_return fail(ErrorCode::Timeout, "nobody reads");
      co_await wait(lane, lane->writable, until);
    }
    co_return Result<void>();
  }

  Task<> finish(milliseconds) override {
    out_->finished = true;
    out_->readable.cancel();
    co_return Result<void>();
  }

  void reset() override {
    for (const auto& lane : {in_, out_}) {
      lane->reset = true;
      lane->readable.cancel();
      lane->writable.cancel();
    }
  }

 private:
  PeerId peer_;
  std::string protocol_;
  std::shared_ptr<Lane> in_;
  std::shared_ptr<Lane> out_;
  std::size_t capacity_;
};

}  // namespace

PeerId test_peer(std::uint8_t number) {
  // The identity multihash of an ed25519 key.
  Bytes bytes{0x00, 0x24, 0x08, 0x01, 0x12, 0x20};
  bytes.resize(38, number);
  auto peer = PeerId::from_bytes(bytes);
  if (!peer) throw std::runtime_error(peer.error().message);
  return *std::move(peer);
}

std::pair<bridge::P2pStreamPtr, bridge::P2pStreamPtr> make_pipe(asio::any_io_executor executor, PeerId first,
                                                                PeerId second, std::string protocol,
                                                                std::size_t capacity) {
  const auto there = std::make_shared<Lane>(executor);
  const auto back = std::make_shared<Lane>(executor);
  return {std::make_shared<PipeStream>(std::move(second), protocol, back, there, capacity),
          std::make_shared<PipeStream>(std::move(first), protocol, there, back, capacity)};
}

PipeHost::PipeHost(asio::any_io_executor executor, Network& network, std::uint8_t number)
    : executor_(std::move(executor)), network_(network), id_(test_peer(number)) {
  network_[id_] = this;
}

Task<std::vector<bridge::P2pEvent>> PipeHost::next_events(std::size_t) {
  co_return fail(ErrorCode::Unsupported, "a pipe host has no events");
}

Task<> PipeHost::connect(PeerId peer, std::vector<std::string>, milliseconds) {
  if (!network_.contains(peer)) co_return fail(ErrorCode::Unavailable, "nobody answers");
  co_return Result<void>();
}

Task<bridge::P2pStreamPtr> PipeHost::open_stream(PeerId peer, std::vector<std::string> protocols, milliseconds) {
  const auto at = network_.find(peer);
  if (at == network_.end()) co_return fail(ErrorCode::Unavailable, "{} is not connected", peer);
  auto& other = *at->second;
  const auto spoken = std::ranges::find_if(protocols, [&](const std::string& protocol) {
    return other.handler_ && (other.accepted.empty() || other.accepted.contains(protocol));
  });
  if (spoken == protocols.end()) co_return fail(ErrorCode::Unsupported, "{} speaks none of them", peer);
  ++opened;
  auto [ours, theirs] = make_pipe(executor_, id_, peer, *spoken);
  asio::post(executor_, [handler = other.handler_, stream = std::move(theirs)]() mutable { handler(std::move(stream)); });
  co_return std::move(ours);
}

Task<std::vector<std::string>> PipeHost::find_peer(PeerId peer, milliseconds) {
  co_return fail(ErrorCode::NotFound, "no DHT here: {}", peer);
}
Task<> PipeHost::publish(std::string topic, Bytes) { co_return fail(ErrorCode::Unavailable, "no gossip: {}", topic); }
Task<std::vector<bridge::P2pScore>> PipeHost::scores() { co_return std::vector<bridge::P2pScore>(); }
Task<std::vector<PeerId>> PipeHost::topic_peers(std::string) { co_return std::vector<PeerId>(); }

void RecordingJudge::misbehaved(const PeerId& peer, Misbehaviour what, std::string_view detail) {
  const std::scoped_lock lock(mutex_);
  entries_.push_back({peer, what, std::string(detail)});
}

void RecordingJudge::served(const PeerId& peer, std::chrono::microseconds, std::size_t) {
  const std::scoped_lock lock(mutex_);
  ++served_[peer];
}

std::vector<RecordingJudge::Entry> RecordingJudge::entries() const {
  const std::scoped_lock lock(mutex_);
  return entries_;
}

std::size_t RecordingJudge::count(const PeerId& peer, Misbehaviour what) const {
  const std::scoped_lock lock(mutex_);
  return static_cast<std::size_t>(
      std::ranges::count_if(entries_, [&](const Entry& entry) { return entry.peer == peer && entry.what == what; }));
}

std::size_t RecordingJudge::count(const PeerId& peer) const {
  const std::scoped_lock lock(mutex_);
  return static_cast<std::size_t>(std::ranges::count(entries_, peer, &Entry::peer));
}

std::size_t RecordingJudge::served_by(const PeerId& peer) const {
  const std::scoped_lock lock(mutex_);
  const auto at = served_.find(peer);
  return at == served_.end() ? 0 : at->second;
}

}  // namespace venus::net::test_util
