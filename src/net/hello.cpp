// SPDX-License-Identifier: MIT OR Apache-2.0
#include "net/hello.hpp"

#include "net/exchange_server.hpp"

namespace venus::net {
namespace {

constexpr std::int64_t kNanosPerMilli = 1'000'000;
constexpr std::uint64_t kSlowestBytesPerSecond = 1U << 10;

std::chrono::microseconds micros_since(steady_clock::time_point start) {
  return std::chrono::duration_cast<std::chrono::microseconds>(steady_clock::now() - start);
}

}  // namespace

Result<HelloMessage> HelloService::our_hello() const {
  const auto head = chain_.head();
  const auto genesis = chain_.genesis();
  if (!head || !genesis) return fail(ErrorCode::Unavailable, "no chain to tell of yet");
  TRY(auto weight, chain_.weight(head));
  return HelloMessage{head->cids(), head->height(), std::move(weight), genesis->cids().front()};
}

Task<HelloResult> HelloService::say(PeerId peer) {
  CO_TRY(auto message, co_await on(pool_, [this] { return our_hello(); }));
  CO_TRY(auto stream, co_await host_.open_stream(peer, {std::string(kHelloProtocol)}, limits_.open));
  const auto start = steady_clock::now();
  const auto began = clock_.unix_millis() * kNanosPerMilli;
  CO_TRY_VOID(co_await stream->write(ipld::encode(message), limits_.write));
  CO_TRY_VOID(co_await stream->finish(limits_.write));
  StreamReader reader(stream, {limits_.read, kSlowestBytesPerSecond, limits_.read});
  auto bytes = co_await reader.item(limits_.message_bytes);
  auto reply = bytes ? ipld::decode<HelloReply>(*bytes) : Result<HelloReply>(std::unexpected(bytes.error()));
  if (!reply) {
    if (const auto what = misbehaviour_of(reply.error())) judge_.misbehaved(peer, *what, "hello: " + reply.error().message);
    stream->reset();
    co_return std::unexpected(reply.error());
  }
  HelloResult out;
  out.latency = micros_since(start);
  tracker_.set_latency(peer, out.latency);
  judge_.served(peer, out.latency, bytes->size());
  if (reply->arrival > 0 && reply->sent > 0) {
    // As in SNTP: half of what both ways' times differ by.
    const auto ended = began + std::chrono::duration_cast<std::chrono::nanoseconds>(out.latency).count();
    const auto offset = (static_cast<double>(reply->arrival) - static_cast<double>(began) +
                         static_cast<double>(reply->sent) - static_cast<double>(ended)) / 2;
    out.clock_offset = std::chrono::microseconds(static_cast<std::int64_t>(offset / 1000));
  }
  co_return out;
}

Result<PeerHead> HelloService::check(const HelloMessage& message) const {
  if (message.heaviest_tipset.empty()) return fail(ErrorCode::Malformed, "hello without a head");
  if (message.height < ChainEpoch(0)) return fail(ErrorCode::Malformed, "hello of height {}", message.height);
  if (message.weight < BigInt(0)) return fail(ErrorCode::Malformed, "hello of a negative weight");
  return PeerHead{TipsetKey(message.heaviest_tipset), message.height, message.weight};
}

Task<> HelloService::serve(bridge::P2pStreamPtr stream) {
  const auto peer = stream->peer();
  StreamReader reader(stream, {limits_.read, kSlowestBytesPerSecond, limits_.read});
  const auto bytes = co_await reader.item(limits_.message_bytes);
  const auto arrival = clock_.unix_millis() * kNanosPerMilli;
  auto message = bytes ? ipld::decode<HelloMessage>(*bytes) : Result<HelloMessage>(std::unexpected(bytes.error()));
  auto head = message ? check(*message) : Result<PeerHead>(std::unexpected(message.error()));
  if (!head) {
    if (const auto what = misbehaviour_of(head.error())) judge_.misbehaved(peer, *what, "hello: " + head.error().message);
    stream->reset();
    co_return std::unexpected(head.error());
  }
  const auto genesis = chain_.genesis();
  if (!genesis) co_return fail(ErrorCode::Unavailable, "no chain to compare with yet");
  if (message->genesis != genesis->cids().front()) {
    judge_.misbehaved(peer, Misbehaviour::WrongNetwork, fmt::format("its genesis is {}", message->genesis));
    stream->reset();
    host_.disconnect(peer);
    co_return fail(ErrorCode::FailedValidation, "{} is of another network", peer);
  }
  tracker_.add(peer);
  tracker_.set_head(peer, *head);
  const HelloReply reply{arrival, clock_.unix_millis() * kNanosPerMilli};
  auto written = co_await stream->write(ipld::encode(reply), limits_.write);
  if (written) written = co_await stream->finish(limits_.write);
  // The head counts whether or not the peer waits for its answer.
  if (on_peer_head_) on_peer_head_(peer, *std::move(head));
  co_return written;
}

}  // namespace venus::net
