// SPDX-License-Identifier: MIT OR Apache-2.0
#include "load_peer.hpp"

#include "crypto/hash.hpp"
#include "net/gossip_settings.hpp"

#include <boost/asio/detached.hpp>

namespace venus::bench {
namespace {

using namespace std::chrono_literals;

constexpr auto kTimeout = 10s;
constexpr std::size_t kMaxHello = 16U << 10;

bridge::P2pSettings settings_of(const PeerOptions& options) {
  bridge::P2pSettings out;
  out.identity =
      crypto::sha256(base::as_bytes(fmt::format("venus benchmark peer {}", options.index)));
  out.agent = "venus-gossip-load";
  if (options.kad) out.kad_protocol = net::kad_protocol(options.network);
  out.listen = {
      fmt::format("/ip4/127.1.{}.{}/tcp/0", options.index / 250, options.index % 250 + 1)};
  out.topics = net::gossip_topics(options.network);
  out.protocols = {std::string(net::kHelloProtocol)};
  // Connections on loopback all come from one address.
  out.gossip = net::gossip_settings({"127.0.0.1"});
  return out;
}

template <class T>
void spawn(const asio::any_io_executor& executor, Task<T> task) {
  asio::co_spawn(executor, std::move(task), asio::detached);
}

// All of a stream that the other side ends.
Task<Bytes> read_all(bridge::P2pStreamPtr stream) {
  Bytes out;
  for (;;) {
    CO_TRY(const auto part, co_await stream->read(kMaxHello, kTimeout));
    if (part.empty()) co_return out;
    base::append(out, part);
    if (out.size() > kMaxHello)
      co_return fail(ErrorCode::TooLarge, "a hello of more than {} bytes", kMaxHello);
  }
}

std::int64_t now_nanos() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace

LoadPeer::LoadPeer(asio::any_io_executor executor, const PeerOptions& options, PeerCounts& counts)
    : executor_(std::move(executor)),
      topic_(net::messages_topic(options.network)),
      hello_(options.hello),
      counts_(counts) {}

Result<std::shared_ptr<LoadPeer>> LoadPeer::start(asio::any_io_executor executor,
                                                  const PeerOptions& options, PeerCounts& counts) {
  std::shared_ptr<LoadPeer> self(new LoadPeer(executor, options, counts));
  TRY(self->host_, bridge::start_p2p(executor, settings_of(options)));
  self->host_->on_stream(
      [executor](const bridge::P2pStreamPtr& stream) { spawn(executor, answer_hello(stream)); });
  spawn(executor, pump(self));
  return self;
}

Task<> LoadPeer::pump(std::shared_ptr<LoadPeer> self) {
  for (;;) {
    CO_TRY(const auto events, co_await self->host_->next_events());
    for (const auto& event : events)
      self->handle(event);
  }
}

void LoadPeer::handle(const bridge::P2pEvent& event) {
  if (const auto* gossip = std::get_if<bridge::P2pGossip>(&event)) {
    // It has nobody to pass it on to.
    host_->report(gossip->token, bridge::P2pVerdict::Ignore);
    ++counts_.gossip;
  } else if (const auto* gone = std::get_if<bridge::P2pDisconnected>(&event)) {
    if (gone->peers_connections == 0) ++counts_.lost;
    const std::scoped_lock lock(mutex_);
    failure_ = "disconnected: " + gone->reason;
  }
}

std::string LoadPeer::failure() {
  const std::scoped_lock lock(mutex_);
  return failure_.empty() ? "nothing failed here" : failure_;
}

Task<> LoadPeer::connect(std::shared_ptr<LoadPeer> self, PeerId peer, std::string address) {
  CO_TRY_VOID(co_await self->host_->connect(peer, {std::move(address)}, kTimeout));
  CO_TRY(const auto stream,
         co_await self->host_->open_stream(peer, {std::string(net::kHelloProtocol)}, kTimeout));
  CO_TRY_VOID(co_await stream->write(ipld::encode(self->hello_), kTimeout));
  CO_TRY_VOID(co_await stream->finish(kTimeout));
  CO_TRY(const auto reply, co_await read_all(stream));
  CO_TRY([[maybe_unused]] const auto times, ipld::decode<net::HelloReply>(reply));
  co_return Result<void>{};
}

Task<> LoadPeer::answer_hello(bridge::P2pStreamPtr stream) {
  const auto arrival = now_nanos();
  CO_TRY([[maybe_unused]] const auto hello, co_await read_all(stream));
  CO_TRY_VOID(
      co_await stream->write(ipld::encode(net::HelloReply{arrival, now_nanos()}), kTimeout));
  CO_TRY_VOID(co_await stream->finish(kTimeout));
  co_return Result<void>{};
}

void LoadPeer::publish(const std::shared_ptr<LoadPeer>& self, Bytes data) {
  spawn(self->executor_, publish_one(self, std::move(data)));
}

Task<> LoadPeer::publish_one(std::shared_ptr<LoadPeer> self, Bytes data) {
  const auto done = co_await self->host_->publish(self->topic_, std::move(data));
  ++(done ? self->counts_.published : self->counts_.refused);
  if (!done) {
    const std::scoped_lock lock(self->mutex_);
    self->failure_ = done.error().message;
  }
  co_return done;
}

}  // namespace venus::bench
