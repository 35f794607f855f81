// SPDX-License-Identifier: MIT OR Apache-2.0
#include "services/sealer/scheduler.hpp"

#include "platform/log.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>

namespace venus::sealer {

using platform::kv;

namespace {

/// How long a message may still be found executed after its window closed.
constexpr std::int64_t kLateEpochs = 20;

platform::Log log() { return platform::Log("post"); }

std::string join(const std::vector<std::uint64_t>& numbers) {
  return fmt::format("{}", fmt::join(numbers, ","));
}

}  // namespace

Deadline deadline_ahead(const api::DeadlineInfo& now, std::uint64_t steps) {
  const auto shift = static_cast<std::int64_t>(steps) * now.challenge_window;
  const auto count = std::max<std::uint64_t>(1, now.period_deadlines);
  return {(now.index + steps) % count, now.open + shift, now.close + shift, now.challenge + shift,
          now.fault_cutoff + shift};
}

Scheduler::Scheduler(Store& store, Prover& prover, Peers peers, SchedulerSettings settings,
                     Spawn spawn)
    : store_(store),
      prover_(prover),
      peers_(std::move(peers)),
      settings_(std::move(settings)),
      miner_(Address::id(settings_.miner)),
      spawn_(std::move(spawn)) {}

bool Scheduler::busy() const {
  const std::lock_guard lock(mutex_);
  return !proving_.empty();
}

Task<> Scheduler::run(std::chrono::milliseconds poll) {
  asio::steady_timer timer(co_await asio::this_coro::executor);
  types::TipsetKey last;
  auto last_time = std::chrono::steady_clock::time_point{};
  bool reachable = true;
  while (!stopped_) {
    auto head = co_await peers_.node->call<api::ChainApi::Head>();
    if (!head) {
      if (std::exchange(reachable, false))
        log().warn("the node does not answer", kv("error", head.error()));
    } else {
      if (!std::exchange(reachable, true)) log().info("the node answers again");
      // Also without a new head now and then, for what failed the last time.
      const auto now = std::chrono::steady_clock::now();
      if ((*head)->key() != last || now - last_time > 10 * poll) {
        last = (*head)->key();
        last_time = now;
        if (auto done = co_await tick(*head); !done)
          log().warn("step failed", kv("error", done.error()));
      }
    }
    timer.expires_after(poll);
    const auto [error] = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    if (error) break;
  }
  co_return Result<void>{};
}

Task<> Scheduler::tick(types::TipsetPtr head) {
  head_ = head->height().value();
  Result<void> first;
  const auto note = [&first](Result<void> done, std::string_view what) {
    if (!done && first) first = std::unexpected(std::move(done).error().context(what));
  };
  note(co_await overdue(head), "closed windows");
  CO_TRY(const auto now,
         co_await peers_.node->call<api::StateMinerApi::ProvingDeadline>(miner_, head->key()));
  // The next deadline's challenge comes before the present window closes.
  for (std::uint64_t steps = 0; steps < 2; ++steps) {
    const auto deadline = deadline_ahead(now, steps);
    note(co_await work(deadline, head), fmt::format("deadline {}", deadline.index));
  }
  note(co_await declare(now, head), "declarations");
  co_return first;
}

Task<> Scheduler::work(Deadline deadline, types::TipsetPtr head) {
  if (head->height() < deadline.challenge + settings_.challenge_confidence ||
      head->height() >= deadline.close) {
    co_return Result<void>{};
  }
  CO_TRY(auto posts,
         co_await in_database([&] { return store_.posts(settings_.miner, deadline.open); }));
  if (posts.empty()) {
    if (idle_.contains(deadline.open)) co_return Result<void>{};
    CO_TRY(posts, co_await plan(deadline, head));
    if (posts.empty()) {
      idle_.insert(deadline.open);
      while (idle_.size() > 100)
        idle_.erase(idle_.begin());
      co_return Result<void>{};
    }
    CO_TRY_VOID(co_await in_database([&] { return store_.add_posts(posts); }));
  }
  Result<void> first;
  for (std::size_t i = 0; i < posts.size(); ++i) {
    const bool latest = i + 1 == posts.size() || posts[i + 1].batch != posts[i].batch;
    if (!latest) continue;
    auto done = co_await step(posts[i], head);
    if (!done && first) first = std::move(done);
  }
  co_return first;
}

/// A row for each group of partitions that have something to prove.
Task<std::vector<SealerPost>> Scheduler::plan(Deadline deadline, types::TipsetPtr head) {
  CO_TRY(const auto states, co_await partitions(deadline.index, head->key()));
  std::vector<std::uint64_t> due;
  for (std::size_t i = 0; i < states.size(); ++i) {
    if (!states[i].to_prove().empty()) due.push_back(i);
  }
  std::vector<SealerPost> out;
  for (std::size_t from = 0; from < due.size(); from += settings_.max_partitions) {
    const auto end = std::min<std::size_t>(due.size(), from + settings_.max_partitions);
    SealerPost post;
    post.miner = settings_.miner;
    post.open = deadline.open;
    post.close = deadline.close;
    post.challenge = deadline.challenge;
    post.deadline = deadline.index;
    post.batch = static_cast<std::int64_t>(out.size());
    post.partitions = join({due.begin() + static_cast<std::ptrdiff_t>(from),
                            due.begin() + static_cast<std::ptrdiff_t>(end)});
    out.push_back(std::move(post));
  }
  if (!out.empty()) {
    log().info("deadline is due", kv("deadline", deadline.index), kv("open", deadline.open),
               kv("close", deadline.close), kv("partitions", due.size()));
  }
  co_return out;
}

Task<> Scheduler::step(SealerPost post, types::TipsetPtr head) {
  switch (post.state) {
    case SealerPostState::Proving: {
      {
        const std::lock_guard lock(mutex_);
        if (!proving_.emplace(post.open, post.batch, post.attempt).second) co_return Result<void>{};
      }
      const auto name = fmt::format("WindowPoSt {}/{}", post.deadline, post.batch);
      spawn_(name, prove_in_background(std::move(post), head));
      co_return Result<void>{};
    }
    case SealerPostState::Proven:
      if (head->height() < post.open + settings_.submit_confidence) co_return Result<void>{};
      co_return co_await submit(std::move(post), head);
    case SealerPostState::Submitted:
    case SealerPostState::Landed:
      co_return co_await track(std::move(post));
    case SealerPostState::Failed:
      co_return co_await retry(std::move(post), head);
    case SealerPostState::Missed:
      break;
  }
  co_return Result<void>{};
}

Task<> Scheduler::retry(SealerPost post, types::TipsetPtr head) {
  if (post.attempt + 1 >= settings_.max_attempts || head->height() + 1 >= post.close)
    co_return Result<void>{};
  if (head->height() >= post.open) {
    // An earlier message may have landed although its fate was not learned; the actor refuses a
    // second proof.
    CO_TRY(const auto all,
           co_await peers_.node->call<api::StateMinerApi::Deadlines>(miner_, head->key()));
    if (all.is_array() && post.deadline < all.get_array().size()) {
      const auto* bits = base::find_member(all.get_array()[post.deadline], "PostSubmissions");
      const auto posted =
          bits == nullptr ? Result<BitField>(BitField{}) : base::from_json<BitField>(*bits);
      auto first = std::strtoull(post.partitions.c_str(), nullptr, 10);
      if (posted && posted->test(first)) {
        post.state = SealerPostState::Landed;
        co_return co_await change(SealerPostState::Failed, std::move(post));
      }
    }
  }
  SealerPost next = post;
  ++next.attempt;
  next.state = SealerPostState::Proving;
  next.skipped = 0;
  next.randomness.clear();
  next.params.clear();
  next.sender = Address();
  next.message_id.clear();
  next.error.clear();
  next.height = 0;
  CO_TRY_VOID(co_await in_database([&] { return store_.add_posts({next}); }));
  co_return co_await step(std::move(next), head);
}

Task<> Scheduler::submit(SealerPost post, types::TipsetPtr head) {
  CO_TRY(const auto randomness, co_await challenge_randomness(post.challenge, head->key()));
  if (randomness != post.randomness) {
    log().warn("the chain reorganised below the challenge: proving anew",
               kv("deadline", post.deadline), kv("open", post.open));
    post.state = SealerPostState::Proving;
    post.params.clear();
    co_return co_await change(SealerPostState::Proven, std::move(post));
  }
  CO_TRY(auto params, ipld::decode<SubmitPostParams>(post.params));
  // As far back as the actor allows, so that a reorganisation hardly ever reaches it.
  params.chain_commit_epoch = std::max(post.challenge, ChainEpoch(0));
  CO_TRY(params.chain_commit_randomness,
         co_await peers_.node->call<api::StateApi::RandomnessFromTickets>(
             kPostChainCommitTag, params.chain_commit_epoch, Bytes{}, head->key()));
  CO_TRY(post.sender, co_await sender(head->key()));
  post.params = ipld::encode(params);
  post.message_id =
      fmt::format("post/t0{}/{}/{}/{}", post.miner, post.deadline, post.open, post.batch);
  if (post.attempt > 0) post.message_id += fmt::format(".{}", post.attempt);
  post.state = SealerPostState::Submitted;
  CO_TRY_VOID(co_await change(SealerPostState::Proven, post));
  CO_TRY_VOID(co_await hand_over(post.message_id, kSubmitWindowedPost, post.sender, post.params,
                                 post.close));
  log().info("WindowPoSt submitted", kv("deadline", post.deadline), kv("open", post.open),
             kv("message", post.message_id));
  co_return Result<void>{};
}

Task<> Scheduler::hand_over(std::string id, MethodNum method, Address sender, Bytes params,
                            ChainEpoch expire) {
  types::Message message;
  message.to = miner_;
  message.from = sender;
  message.method = method;
  message.params = std::move(params);
  api::MessagerSendSpec spec;
  spec.expire_epoch = expire;
  auto done = co_await peers_.messager->call<api::MessagerApi::PushWithId>(id, std::move(message),
                                                                           std::optional(spec));
  // Conflict: the id was used before by a sealer whose database is gone; its message does as well.
  if (!done && done.error().code != ErrorCode::Conflict)
    co_return std::unexpected(std::move(done).error());
  co_return Result<void>{};
}

Task<> Scheduler::track(SealerPost post) {
  auto found = co_await peers_.messager->call<api::MessagerApi::Get>(post.message_id);
  const auto before = post.state;
  if (!found && found.error().code == ErrorCode::NotFound) {
    if (before == SealerPostState::Landed) co_return Result<void>{};
    co_return co_await hand_over(post.message_id, kSubmitWindowedPost, post.sender, post.params,
                                 post.close);
  }
  CO_TRY(const auto message, std::move(found));
  const bool executed = message.state == api::MessageState::OnChain && message.receipt.has_value();
  if (executed && message.receipt->exit_code == ExitCode(0)) {
    if (before == SealerPostState::Landed) co_return Result<void>{};
    ++landed_;
    post.state = SealerPostState::Landed;
    post.height = message.height;
    stuck_.erase(post.message_id);
    log().info("WindowPoSt landed", kv("deadline", post.deadline), kv("open", post.open),
               kv("height", post.height));
    co_return co_await change(before, std::move(post));
  }
  if (executed) {
    const auto text = fmt::format("exit code {}", message.receipt->exit_code);
    co_return co_await give_up(std::move(post), text);
  }
  if (message.state == api::MessageState::Failed ||
      message.state == api::MessageState::NonceConflict) {
    co_return co_await give_up(std::move(post), message.error_message.empty()
                                                    ? "given up by the messager"
                                                    : message.error_message);
  }
  if (before == SealerPostState::Landed) {
    // A reorganisation took it off the chain; the messager brings it back.
    post.state = SealerPostState::Submitted;
    co_return co_await change(before, std::move(post));
  }
  if (message.state == api::MessageState::UnFilled && !message.error_message.empty() &&
      ++stuck_[post.message_id] >= 3) {
    stuck_.erase(post.message_id);
    CO_TRY_VOID(co_await peers_.messager->call<api::MessagerApi::MarkBad>(post.message_id));
    co_return co_await give_up(std::move(post), message.error_message);
  }
  co_return Result<void>{};
}

Task<> Scheduler::overdue(types::TipsetPtr head) {
  CO_TRY(auto posts, co_await in_database(
                         [&] { return store_.overdue_posts(settings_.miner, head->height()); }));
  Result<void> first;
  for (auto& post : posts) {
    if (post.state == SealerPostState::Submitted && head->height() < post.close + kLateEpochs) {
      auto done = co_await track(post);
      if (!done && first) first = std::move(done);
      continue;
    }
    log().error("WindowPoSt missed: the window closed first", kv("deadline", post.deadline),
                kv("open", post.open), kv("was", api::to_string(post.state)));
    ++missed_;
    const auto before = post.state;
    post.state = SealerPostState::Missed;
    post.error = "the window closed first";
    CO_TRY_VOID(co_await change(before, std::move(post)));
  }
  co_return first;
}

Task<> Scheduler::change(SealerPostState from, SealerPost post) {
  co_return co_await in_database([&] { return store_.update_post(from, post); });
}

Task<> Scheduler::give_up(SealerPost post, std::string error) {
  log().warn("WindowPoSt failed", kv("deadline", post.deadline), kv("open", post.open),
             kv("attempt", post.attempt), kv("error", error));
  ++failed_;
  const auto before = post.state;
  post.state = SealerPostState::Failed;
  post.error = std::move(error);
  co_return co_await change(before, std::move(post));
}

Task<std::vector<PartitionState>> Scheduler::partitions(std::uint64_t deadline,
                                                        types::TipsetKey at) {
  CO_TRY(const auto json, co_await peers_.node->call<api::StateMinerApi::Partitions>(
                              miner_, deadline, std::move(at)));
  co_return with_context(base::from_json<std::vector<PartitionState>>(json), "partitions");
}

Task<Bytes> Scheduler::challenge_randomness(ChainEpoch challenge, types::TipsetKey at) {
  co_return co_await peers_.node->call<api::StateApi::RandomnessFromBeacon>(
      kWindowPostChallengeTag, challenge, ipld::encode(miner_), std::move(at));
}

Task<Address> Scheduler::sender(types::TipsetKey at) {
  if (settings_.sender) co_return *settings_.sender;
  CO_TRY(const auto info,
         co_await peers_.node->call<api::StateMinerApi::Info>(miner_, std::move(at)));
  co_return info.worker;
}

Task<std::vector<api::SealerDeadline>> Scheduler::deadlines() {
  CO_TRY(const auto now, co_await peers_.node->call<api::StateMinerApi::ProvingDeadline>(
                             miner_, types::TipsetKey()));
  std::vector<api::SealerDeadline> out;
  for (std::uint64_t steps = 0; steps < now.period_deadlines; ++steps) {
    const auto deadline = deadline_ahead(now, steps);
    CO_TRY(const auto states, co_await partitions(deadline.index, types::TipsetKey()));
    api::SealerDeadline row{deadline.index, deadline.open, steps == 0, states.size(), 0, 0, 0};
    for (const auto& state : states) {
      row.sectors += state.live.count();
      row.faulty += state.faulty.count();
      row.recovering += state.recovering.count();
    }
    if (row.sectors > 0) out.push_back(row);
  }
  co_return out;
}

}  // namespace venus::sealer
