// SPDX-License-Identifier: MIT OR Apache-2.0
#include "net/message_intake.hpp"

#include <boost/asio/as_tuple.hpp>

#include "mpool/config.hpp"

namespace venus::net {

void MessageIntake::push(bridge::P2pGossip gossip) {
  const std::scoped_lock lock(mutex_);
  waiting_.push_back(std::move(gossip));
  wake_.cancel();
}

void MessageIntake::stop() {
  const std::scoped_lock lock(mutex_);
  stopped_ = true;
  wake_.cancel();
}

std::vector<bridge::P2pGossip> MessageIntake::take() {
  const std::scoped_lock lock(mutex_);
  std::vector<bridge::P2pGossip> out;
  while (!waiting_.empty() && out.size() < kBatch) {
    out.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  // Armed under the lock, so that a push after this finds a timer to cancel.
  if (out.empty()) wake_.expires_at(asio::steady_timer::time_point::max());
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

Task<> MessageIntake::run() {
  for (;;) {
    const auto batch = take();
    if (batch.empty()) {
      {
        const std::scoped_lock lock(mutex_);
        if (stopped_) co_return Result<void>{};
      }
      const auto [woken] = co_await wake_.async_wait(asio::as_tuple(asio::use_awaitable));
      static_cast<void>(woken);
      continue;
    }
    const auto verdicts = co_await on(workers_, [this, &batch] { return judge(batch); });
    for (const auto& [token, verdict] : verdicts) {
      ++counts_[static_cast<std::size_t>(verdict)];
      host_.report(token, verdict);
    }
  }
}

std::array<std::uint64_t, 3> MessageIntake::counts() const { return {counts_[0], counts_[1], counts_[2]}; }

}  // namespace venus::net
