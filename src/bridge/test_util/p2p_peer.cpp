// SPDX-License-Identifier: MIT OR Apache-2.0
#include "bridge/test_util/p2p_peer.hpp"

#include <stdexcept>

namespace venus::bridge::test_util {

Loop::Loop() : work_(asio::make_work_guard(io)), thread_([this] { io.run(); }) {}

Loop::~Loop() {
  work_.reset();
  io.stop();
  thread_.join();
}

P2pSettings loopback_settings(std::uint8_t seed) {
  P2pSettings out;
  out.identity.fill(seed);
  out.agent = "venus-test/" + std::to_string(seed);
  out.kad_protocol = "/fil/kad/test/kad/1.0.0";
  out.listen = {"/ip4/127.0.0.1/tcp/0", "/ip4/127.0.0.1/udp/0/quic-v1"};
  P2pTopic topic;
  topic.name = kTopic;
  topic.weight = 0.1;
  topic.time_in_mesh_weight = 0.00027;
  topic.time_in_mesh_cap = 1;
  topic.first_deliveries_weight = 5;
  topic.first_deliveries_decay = 0.999;
  topic.first_deliveries_cap = 100;
  topic.invalid_deliveries_weight = -1000;
  topic.invalid_deliveries_decay = 0.999;
  out.topics = {topic};
  out.protocols = {kProtocol};
  // All hosts of a test share one address.
  out.gossip.colocation_whitelist = {"127.0.0.1"};
  return out;
}

Peer::Peer(Loop& loop, P2pSettings settings) : loop_(loop) {
  auto host = start_p2p(loop.io.get_executor(), std::move(settings));
  if (!host) throw std::runtime_error(host.error().message);
  host_ = *std::move(host);
  pump_ = loop.start(pump(this));
}

Peer::~Peer() {
  stop();
  // What it posted runs before it goes.
  std::promise<void> done;
  asio::post(loop_.io, [&] { done.set_value(); });
  done.get_future().wait();
}

void Peer::stop() {
  host_->stop();
  if (pump_.valid()) pump_.wait();
}

Task<> Peer::pump(Peer* self) {
  while (true) {
    auto events = co_await self->host_->next_events();
    if (!events) {
      const std::scoped_lock lock(self->mutex_);
      self->ended_ = events.error().code;
      self->changed_.notify_all();
      co_return Result<void>();
    }
    self->take(*std::move(events));
  }
}

void Peer::take(std::vector<P2pEvent> events) {
  const std::scoped_lock lock(mutex_);
  for (auto& event : events) {
    if (const auto* gossip = std::get_if<P2pGossip>(&event); gossip != nullptr && judge_) {
      host_->report(gossip->token, judge_(*gossip));
    }
    events_.push_back(std::move(event));
  }
  changed_.notify_all();
}

void Peer::judge(std::function<P2pVerdict(const P2pGossip&)> judge) {
  const std::scoped_lock lock(mutex_);
  judge_ = std::move(judge);
}

bool Peer::until(const std::function<bool(const std::deque<P2pEvent>&)>& condition) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, kPatience, [&] { return condition(events_); });
}

std::string Peer::address(const std::string& kind) {
  std::string found;
  saw<P2pListening>([&](const P2pListening& one) {
    if (one.address.find("/" + kind) == std::string::npos) return false;
    found = one.address;
    return true;
  });
  return found;
}

Result<void> Peer::connect(Peer& other, const std::string& kind) {
  return loop_.run(host_->connect(other.id(), {other.address(kind)}, kLong));
}

ErrorCode Peer::end_of_events() {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, kPatience, [&] { return ended_.has_value(); });
  return ended_.value_or(ErrorCode::Internal);
}

bool eventually(const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return true;
}

}  // namespace venus::bridge::test_util
