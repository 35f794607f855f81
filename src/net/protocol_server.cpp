// SPDX-License-Identifier: MIT OR Apache-2.0
#include "net/protocol_server.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>

namespace venus::net {

/// Shared with the host's handler and the tasks, which may outlive the server by a moment.
struct ProtocolServer::State {
  State(asio::any_io_executor on, PeerJudge& told, RefusalLimits limits)
      : executor(std::move(on)), judge(told), refusals(limits.per_second, limits.burst) {}

  struct Service {
    Service(StreamLimits limits, Serve with) : slots(limits.total, limits.per_peer), serve(std::move(with)) {}
    PeerSlots slots;
    Serve serve;
  };

  asio::any_io_executor executor;
  PeerJudge& judge;
  PeerBuckets refusals;
  std::map<std::string, std::shared_ptr<Service>> services;  // not changed after start()
  mutable std::mutex mutex;
  bool stopped = false;
  std::uint64_t next = 0;
  std::map<std::uint64_t, bridge::P2pStreamPtr> open;
  Counts counts;

  void reset_all() {
    std::map<std::uint64_t, bridge::P2pStreamPtr> streams;
    {
      const std::scoped_lock lock(mutex);
      stopped = true;
      streams = open;
    }
    for (const auto& [key, stream] : streams) stream->reset();
  }

  static void take(const std::shared_ptr<State>& state, bridge::P2pStreamPtr stream);
};

void ProtocolServer::State::take(const std::shared_ptr<State>& state, bridge::P2pStreamPtr stream) {
  const auto service = state->services.find(stream->protocol());
  if (service == state->services.end()) return stream->reset();
  auto slot = std::make_shared<PeerSlots::Guard>(service->second->slots.enter(stream->peer()));
  std::uint64_t key = 0;
  {
    const std::scoped_lock lock(state->mutex);
    if (state->stopped || !*slot) {
      ++state->counts.refused;
    } else {
      ++state->counts.taken;
      key = ++state->next;
      state->open.emplace(key, stream);
    }
  }
  if (key == 0) {
    stream->reset();
    if (!*slot && !state->refusals.take(stream->peer())) {
      state->judge.misbehaved(stream->peer(), Misbehaviour::Flooded, "too many streams of " + stream->protocol());
    }
    return;
  }
  asio::co_spawn(asio::make_strand(state->executor), service->second->serve(std::move(stream)),
                 [state, key, slot](const std::exception_ptr&, const Result<void>&) {
                   slot->release();
                   const std::scoped_lock lock(state->mutex);
                   state->open.erase(key);
                 });
}

ProtocolServer::ProtocolServer(bridge::P2pHost& host, asio::any_io_executor executor, PeerJudge& judge,
                               RefusalLimits refusals)
    : state_(std::make_shared<State>(std::move(executor), judge, refusals)), host_(host) {}

ProtocolServer::~ProtocolServer() { state_->reset_all(); }

void ProtocolServer::add(std::vector<std::string> protocols, StreamLimits limits, Serve serve) {
  const auto service = std::make_shared<State::Service>(limits, std::move(serve));
  for (auto& protocol : protocols) state_->services.emplace(std::move(protocol), service);
}

void ProtocolServer::start() {
  host_.on_stream([state = state_](bridge::P2pStreamPtr stream) { State::take(state, std::move(stream)); });
}

std::size_t ProtocolServer::running() const {
  const std::scoped_lock lock(state_->mutex);
  return state_->open.size();
}

ProtocolServer::Counts ProtocolServer::counts() const {
  const std::scoped_lock lock(state_->mutex);
  return state_->counts;
}

Task<> ProtocolServer::stop(std::chrono::milliseconds grace) {
  const auto state = state_;
  const auto until = std::chrono::steady_clock::now() + grace;
  asio::steady_timer timer(co_await asio::this_coro::executor);
  for (;;) {
    state->reset_all();
    std::size_t left = 0;
    {
      const std::scoped_lock lock(state->mutex);
      left = state->open.size();
    }
    if (left == 0) co_return Result<void>();
    if (std::chrono::steady_clock::now() >= until) co_return fail(ErrorCode::Timeout, "{} streams did not end", left);
    timer.expires_after(std::chrono::milliseconds(5));
    static_cast<void>(co_await timer.async_wait(asio::as_tuple(asio::use_awaitable)));
  }
}

}  // namespace venus::net
