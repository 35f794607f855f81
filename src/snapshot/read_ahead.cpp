// SPDX-License-Identifier: MIT OR Apache-2.0
#include "snapshot/read_ahead.hpp"

#include "snapshot/background.hpp"

namespace venus::snapshot {
namespace {

// Blocks a thread takes at a time: enough that taking costs nothing.
constexpr std::size_t kShare = 8;

std::size_t size_of(const std::optional<Bytes>& block) { return sizeof(Cid) + (block ? block->size() : 0); }

}  // namespace

BlockReader::BlockReader(ReadBlock read) : one(std::move(read)) {
  many = [find = one](std::span<const Cid> cids, FunctionRef<void(std::size_t, BytesView)> visit) -> Result<void> {
    for (std::size_t i = 0; i < cids.size(); ++i) {
      TRY(const auto data, find(cids[i]));
      if (data) visit(i, *data);
    }
    return {};
  };
}

BlockReader::BlockReader(db::RocksdbBlockstore& store)
    : one([&store](const Cid& cid) { return store.find(cid, db::Caching::Pass); }),
      many([&store](std::span<const Cid> cids, FunctionRef<void(std::size_t, BytesView)> visit) {
        return store.view_many(cids, visit);
      }) {}

ReadAhead::ReadAhead(ReadBlock read, Options options) : read_(std::move(read)), options_(options) {
  for (std::size_t i = 0; i < options_.helpers; ++i) helpers_.emplace_back([this] { help(); });
}

ReadAhead::~ReadAhead() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  changed_.notify_all();
}

void ReadAhead::work(Job& job) {
  for (;;) {
    const auto first = job.next.fetch_add(kShare);
    if (first >= job.cids.size()) return;
    const auto last = std::min(first + kShare, job.cids.size());
    for (auto i = first; i < last; ++i) job.found[i] = read_(job.cids[i]);
    if (job.done.fetch_add(last - first) + last - first == job.cids.size()) {
      // Under the lock, so that a walker about to wait does not miss it.
      { const std::lock_guard lock(mutex_); }
      changed_.notify_all();
    }
  }
}

void ReadAhead::help() {
  if (options_.background) yield_to_others();
  std::shared_ptr<Job> last;
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return stopped_ || (job_ && job_ != last); });
      if (stopped_) return;
      last = job_;
    }
    work(*last);
  }
}

Result<void> ReadAhead::fetch(std::vector<Cid> cids) {
  if (cids.empty()) return {};
  auto job = std::make_shared<Job>();
  job->found.resize(cids.size());
  job->cids = std::move(cids);
  if (job->cids.size() > kShare && !helpers_.empty()) {
    const std::lock_guard lock(mutex_);
    job_ = job;
    changed_.notify_all();
  }
  work(*job);
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return job->done.load() == job->cids.size(); });
    job_.reset();
  }
  for (std::size_t i = 0; i < job->cids.size(); ++i) {
    TRY(auto found, std::move(job->found[i]));
    held_bytes_ += size_of(found);
    if (!held_.emplace(job->cids[i], std::move(found)).second) held_bytes_ -= size_of(found);
  }
  return {};
}

Result<std::optional<Bytes>> ReadAhead::take(const Cid& cid) {
  const auto at = held_.find(cid);
  if (at == held_.end()) return read_(cid);
  auto out = std::move(at->second);
  held_bytes_ -= std::min(held_bytes_, size_of(out));
  held_.erase(at);
  return out;
}

}  // namespace venus::snapshot
