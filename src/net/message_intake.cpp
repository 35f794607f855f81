// SPDX-License-Identifier: MIT OR Apache-2.0
#include "net/message_intake.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include "mpool/config.hpp"

namespace venus::net {
namespace {

constexpr std::chrono::milliseconds kLongestWait{60'000};

}  // namespace

void MessageIntake::push(bridge::P2pGossip gossip) {
  asio::post(strand_, [this, gossip = std::move(gossip)]() mutable {
    waiting_.push_back(std::move(gossip));
    wake_.set();
  });
}

void MessageIntake::stop() {
  asio::post(strand_, [this] {
    stopped_ = true;
    wake_.set();
  });
}

std::vector<bridge::P2pGossip> MessageIntake::take() {
  std::vector<bridge::P2pGossip> out;
  while (!waiting_.empty() && out.size() < kBatch) {
    out.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  return out;
}

std::vector<MessageIntake::Judged> MessageIntake::judge(const std::vector<bridge::P2pGossip>& batch) {
  if (ahead_ && batch.size() > 1) {
    std::vector<types::SignedMessage> messages;
    for (const auto& gossip : batch) {
      if (gossip.data.size() > mpool::limits::kMessageSize) continue;
      if (auto message = ipld::decode<types::SignedMessage>(gossip.data)) messages.push_back(*std::move(message));
    }
    ahead_(messages);
  }
  std::vector<Judged> out;
  out.reserve(batch.size());
  for (const auto& gossip : batch) {
    out.push_back({gossip.token, judge_.judge_on_worker(gossip.from, gossip.data).verdict});
  }
  return out;
}

// Ends by stop() alone: Asio 1.81 ends the process when a coroutine is cancelled before its first step elsewhere.
Task<> MessageIntake::run() {
  co_return co_await asio::co_spawn(strand_, loop(),
                                    asio::bind_cancellation_slot(asio::cancellation_slot(), asio::use_awaitable));
}

Task<> MessageIntake::loop() {
  while (!stopped_) {
    const auto batch = take();
    if (batch.empty()) {
      co_await wake_.wait(kLongestWait);
      continue;
    }
    const auto verdicts = co_await on(workers_, [this, &batch] { return judge(batch); });
    for (const auto& [token, verdict] : verdicts) {
      ++counts_[static_cast<std::size_t>(verdict)];
      host_.report(token, verdict);
    }
  }
  co_return Result<void>{};
}

std::array<std::uint64_t, 3> MessageIntake::counts() const { return {counts_[0], counts_[1], counts_[2]}; }

}  // namespace venus::net
