// SPDX-License-Identifier: MIT OR Apache-2.0
// From our chain forward to the target: messages of several batches are on their way while the tipsets below
// are executed and judged.
#include <algorithm>

#include <boost/asio/post.hpp>

#include "base/parallel.hpp"
#include "sync/sync_run.hpp"

namespace venus::sync {
namespace {

constexpr unsigned kMessageAttempts = 4;
// A look at the pipeline now and then costs nothing and forgives a lost wake-up.
constexpr auto kLook = std::chrono::milliseconds(1000);
// What one block may do at once when nothing else is to do.
constexpr std::size_t kThreadsForOne = 2;

Result<bool> has_messages(chainstore::ChainStore& chain, const types::Tipset& tipset) {
  auto& store = chain.blocks();
  for (const auto& block : tipset.blocks()) {
    const auto cids = chainstore::load_message_cids(store, block.messages);
    if (!cids && cids.error().code == ErrorCode::NotFound) return false;
    if (!cids) return std::unexpected(cids.error());
    for (const auto* list : {&cids->bls, &cids->secpk}) {
      for (const auto& cid : *list) {
        TRY(const bool here, store.has(cid));
        if (!here) return false;
      }
    }
  }
  return true;
}

template <class Message>
Result<std::vector<Cid>> pick(const std::vector<Message>& messages, const std::vector<Cid>& cids,
                              const std::vector<std::uint64_t>& indices) {
  std::vector<Cid> out;
  out.reserve(indices.size());
  for (const auto index : indices) {
    if (index >= messages.size()) return fail(ErrorCode::Malformed, "a block refers to message {} of {}", index,
                                              messages.size());
    out.push_back(cids[index]);
  }
  return out;
}

}  // namespace

SyncRun::SyncRun(RunParts parts, Target target, std::shared_ptr<SyncRecord> record,
                 std::unique_ptr<HeaderStack> headers)
    : parts_(std::move(parts)),
      target_(std::move(target)),
      record_(std::move(record)),
      headers_(std::move(headers)),
      children_(parts_.strand),
      event_(parts_.strand) {}

SyncRun::~SyncRun() {
  if (!pipeline_) return;
  pipeline_->stop();
  // Its threads are joined elsewhere: a step that runs may take seconds.
  std::shared_ptr<consensus::TipsetPipeline> ending(std::move(pipeline_));
  asio::post(parts_.pool.executor(), [ending, alive = parts_.alive] {});
}

void SyncRun::cancel() { children_.cancel(); }

Task<> SyncRun::run() {
  const auto self = shared_from_this();
  CO_TRY(const bool done, co_await on(parts_.pool, [self] { return self->nothing_to_do(); }));
  if (done) co_return Result<void>{};
  CO_TRY_VOID(co_await collect());
  auto built = co_await build();
  if (!built && built.error().code == ErrorCode::FailedValidation) {
    co_await on(parts_.pool, [self]() -> Result<void> {
      self->mark_descendants();
      return {};
    });
  }
  co_return built;
}

Task<> SyncRun::build() {
  const auto self = shared_from_this();
  CO_TRY(auto first, co_await on(parts_.pool, [self] { return self->headers_->pop(self->batch_size()); }));
  for (const auto& tipset : first) in_flight_.push_back(tipset);
  if (first.empty()) co_return Result<void>{};
  if (first.size() == 1 && headers_->empty()) co_return co_await build_one(first.front());
  auto batch = std::make_shared<Batch>();
  batch->tipsets = std::move(first);
  batches_.push_back(batch);
  children_.spawn(fill(self, batch), [self, batch](Result<void> outcome) {
    batch->outcome = std::move(outcome);
    batch->done = true;
    self->event_.set();
  });
  co_return co_await build_many();
}

// The everyday case: a new tipset on top of our head or beside it. All cores work on its blocks.
Task<> SyncRun::build_one(TipsetPtr tipset) {
  const auto self = shared_from_this();
  record_->stage(Stage::FetchingMessages);
  auto batch = std::make_shared<Batch>();
  batch->tipsets = {tipset};
  CO_TRY_VOID(co_await fill(self, batch));
  record_->stage(Stage::Messages);
  co_return co_await on(parts_.pool, [self, tipset]() -> Result<void> {
    for (const auto& cid : tipset->cids()) {
      TRY_VOID(judge(self->parts_.chain, self->parts_.rules, cid, kThreadsForOne));
    }
    return self->adopt(*tipset);
  });
}

std::size_t SyncRun::batch_size() const {
  const auto& options = parts_.options;
  const auto bytes = std::max<std::size_t>(1, options.batch_bytes / std::max<std::size_t>(1, options.batches));
  return std::max<std::size_t>(1, std::min(bytes / std::max<std::size_t>(1, tipset_bytes_), options.batch_tipsets));
}

// Keeps enough requests for messages on their way.
Task<> SyncRun::start_batches() {
  const auto self = shared_from_this();
  while (!drained_ && batches_.size() < parts_.options.batches &&
         pipeline_->waiting() < parts_.options.ahead) {
    CO_TRY(auto tipsets, co_await on(parts_.pool, [self] { return self->headers_->pop(self->batch_size()); }));
    if (tipsets.empty()) {
      drained_ = true;
      break;
    }
    for (const auto& tipset : tipsets) in_flight_.push_back(tipset);
    auto batch = std::make_shared<Batch>();
    batch->tipsets = std::move(tipsets);
    batches_.push_back(batch);
    children_.spawn(fill(self, batch), [self, batch](Result<void> outcome) {
      batch->outcome = std::move(outcome);
      batch->done = true;
      self->event_.set();
    });
  }
  co_return Result<void>{};
}

Task<> SyncRun::build_many() {
  const auto self = shared_from_this();
  record_->change([&](ActiveSync& sync) {
    sync.stage = Stage::FetchingMessages;
    sync.height = base_->height();
  });
  consensus::PipelineOptions how;
  how.validators = parts_.options.threads == 0 ? base::compute_threads() : parts_.options.threads;
  how.window = parts_.options.ahead;
  pipeline_ = std::make_unique<consensus::TipsetPipeline>(base_, steps(), how);
  std::optional<Error> failure;
  for (;;) {
    if (!failure) CO_TRY_VOID(co_await start_batches());
    while (!failure && !batches_.empty() && batches_.front()->done) {
      const auto batch = batches_.front();
      if (!batch->outcome) {
        failure = batch->outcome.error();
        break;
      }
      for (const auto& tipset : batch->tipsets) pipeline_->push(tipset);
      batches_.pop_front();
      record_->stage(Stage::Messages);
    }
    CO_TRY_VOID(co_await on(parts_.pool, [self] { return self->commit(); }));
    // What was fetched before something failed is made use of.
    if (pipeline_->waiting() == 0) {
      if (failure) co_return std::unexpected(std::move(*failure));
      if (drained_ && batches_.empty()) break;
    }
    co_await event_.wait(kLook);
  }
  co_return Result<void>{};
}

consensus::PipelineSteps SyncRun::steps() {
  // The pipeline's threads never own the run: it joins them.
  consensus::PipelineSteps out;
  auto& chain = parts_.chain;
  auto& rules = parts_.rules;
  out.execute = [&rules](const TipsetPtr& tipset) { return rules.execute(tipset); };
  out.validate = [&chain, &rules](const TipsetPtr&, const TipsetPtr& tipset) -> Result<void> {
    for (const auto& cid : tipset->cids()) TRY_VOID(judge(chain, rules, cid, 1));
    return {};
  };
  out.prefetch = [&rules](const TipsetPtr& tipset) { rules.prefetch(tipset); };
  out.ready = [weak = weak_from_this(), strand = parts_.strand] {
    asio::post(strand, [weak] {
      if (const auto self = weak.lock()) self->event_.set();
    });
  };
  return out;
}

Result<void> SyncRun::adopt(const types::Tipset& tipset) {
  TRY_VOID(parts_.chain.add_validated_tipset(tipset));
  parts_.validated->fetch_add(1);
  in_flight_.pop_front();
  record_->height(tipset.height());
  return {};
}

// Moves the head along what proved good.
Result<void> SyncRun::commit() {
  while (auto next = pipeline_->try_next()) {
    TRY(const auto tipset, std::move(*next));
    TRY_VOID(adopt(*tipset));
  }
  return {};
}

// Stores the headers and says which tipsets lack messages.
Result<std::vector<std::size_t>> SyncRun::prepare(const Batch& batch) {
  std::vector<std::size_t> missing;
  for (std::size_t i = 0; i < batch.tipsets.size(); ++i) {
    const auto& tipset = *batch.tipsets[i];
    for (const auto& block : tipset.blocks()) TRY_VOID(parts_.chain.put_block(block));
    TRY(const bool here, has_messages(parts_.chain, tipset));
    if (!here) missing.push_back(i);
  }
  return missing;
}

Result<void> SyncRun::store_messages(const types::Tipset& tipset, const TipsetMessages& messages) {
  auto& store = parts_.chain.blocks();
  if (messages.bls_of_block.size() != tipset.blocks().size() ||
      messages.secpk_of_block.size() != tipset.blocks().size()) {
    return fail(ErrorCode::Malformed, "messages of {} blocks for a tipset of {}", messages.bls_of_block.size(),
                tipset.blocks().size());
  }
  std::vector<std::pair<Cid, Bytes>> blocks;
  std::vector<Cid> bls;
  std::vector<Cid> secpk;
  std::size_t bytes = 0;
  const auto add = [&](std::vector<Cid>& cids, Bytes encoded) {
    bytes += encoded.size();
    cids.push_back(ipld::cid_of_cbor(encoded));
    blocks.emplace_back(cids.back(), std::move(encoded));
  };
  for (const auto& message : messages.bls) add(bls, ipld::encode(message));
  for (const auto& message : messages.secpk) add(secpk, ipld::encode(message));
  TRY_VOID(store.put_many(blocks));
  for (std::size_t i = 0; i < tipset.blocks().size(); ++i) {
    TRY(const auto bls_cids, pick(messages.bls, bls, messages.bls_of_block[i]));
    TRY(const auto secpk_cids, pick(messages.secpk, secpk, messages.secpk_of_block[i]));
    TRY(const auto meta, chainstore::store_message_meta(store, bls_cids, secpk_cids));
    if (meta != tipset.blocks()[i].messages) {
      return fail(ErrorCode::Malformed, "messages of block {} are others than its header names", tipset.cids()[i]);
    }
  }
  tipset_bytes_ = (tipset_bytes_ * 7 + bytes) / 8;
  return {};
}

Task<> SyncRun::fill(std::shared_ptr<SyncRun> self, std::shared_ptr<Batch> batch) {
  auto& pool = self->parts_.pool;
  CO_TRY(auto missing, co_await on(pool, [self, batch] { return self->prepare(*batch); }));
  unsigned failures = 0;
  while (!missing.empty()) {
    // Neighbours are asked for together, newest first.
    std::vector<TipsetPtr> wanted;
    for (auto i = missing.size(); i-- > 0;) {
      if (!wanted.empty() && missing[i] + 1 != missing[i + 1]) break;
      wanted.push_back(batch->tipsets[missing[i]]);
    }
    auto got = co_await self->parts_.source.messages(wanted, self->next_source());
    if (got && (got->empty() || got->size() > wanted.size())) {
      got = fail(ErrorCode::Malformed, "messages of {} tipsets for {}", got->size(), wanted.size());
    }
    if (got) {
      wanted.resize(got->size());
      auto stored = co_await on(pool, [self, wanted, messages = *std::move(got)]() -> Result<void> {
        for (std::size_t i = 0; i < wanted.size(); ++i) TRY_VOID(self->store_messages(*wanted[i], messages[i]));
        return {};
      });
      if (stored) {
        missing.resize(missing.size() - wanted.size());
        failures = 0;
        continue;
      }
      got = std::unexpected(std::move(stored).error());
    }
    if (++failures >= kMessageAttempts) {
      co_return std::unexpected(std::move(got).error().context("messages of a chain"));
    }
    co_await pause(self->parts_.options.retry_first * failures / 4);
  }
  co_return Result<void>{};
}

// After a block proved bad: everything built on it is bad, too.
void SyncRun::mark_descendants() {
  auto& chain = parts_.chain;
  std::string reason;
  const auto visit = [&](const types::Tipset& tipset) {
    for (const auto& cid : tipset.cids()) {
      const auto known = chain.bad_reason(cid);
      if (!reason.empty()) {
        if (!known) chain.mark_bad(cid, reason);
      } else if (known) {
        reason = fmt::format("linked to bad block {}: {}", cid, *known);
        return;
      }
    }
  };
  for (const auto& tipset : in_flight_) visit(*tipset);
  for (auto at = headers_->held().rbegin(); at != headers_->held().rend(); ++at) visit(**at);
  if (in_flight_.empty() || in_flight_.back()->key() != target_.tipset->key()) visit(*target_.tipset);
}

}  // namespace venus::sync
