// SPDX-License-Identifier: MIT OR Apache-2.0
#include "snapshot/copier.hpp"

#include <algorithm>

namespace venus::snapshot {
namespace {

using Place = db::RocksdbBlockstore::Place;

constexpr std::size_t kBatchBytes = 1U << 20;
constexpr std::size_t kSeenBytes = 96U << 20;
constexpr std::size_t kLookThrough = 2 * ReadAhead::kAtOnce;

// A block with where it was in front; of one that was copied before only that.
ReadBlock tagged_reader(const db::RocksdbBlockstore& store) {
  return [&store](const Cid& cid) -> Result<std::optional<Bytes>> {
    TRY(const bool copied, store.is_copied(cid));
    if (copied) return std::optional(Bytes{static_cast<std::uint8_t>(Place::Copied)});
    Bytes out(1);
    TRY(const auto place, store.view_at(cid, [&](BytesView data) { base::append(out, data); }));
    if (place == Place::None) return std::optional<Bytes>{};
    out.front() = static_cast<std::uint8_t>(place);
    return std::optional(std::move(out));
  };
}

}  // namespace

Copier::Copier(chainstore::ChainDatabase& database, ReadAhead::Options reading)
    : database_(database), store_(database.blocks()), reads_(tagged_reader(store_), reading),
      batch_(database.store().batch()) {}

void Copier::remember(const Cid& cid) {
  if (seen_.memory() > kSeenBytes) seen_ = VisitedSet();
  seen_.insert(cid);
}

Result<void> Copier::flush() {
  if (batch_.size() == 0) return {};
  auto full = std::exchange(batch_, database_.store().batch());
  return database_.store().write(std::move(full), db::Durability::Volatile);
}

Result<void> Copier::add(const Cid& cid, BytesView data) {
  store_.copy(batch_, cid, data);
  ++blocks_;
  bytes_ += data.size();
  if (batch_.bytes() < kBatchBytes) return {};
  TRY_VOID(flush());
  if (go_on && !go_on()) return fail(ErrorCode::Cancelled, "stopped");
  return {};
}

Result<void> Copier::copy_one(const Cid& cid) {
  TRY(const auto tagged, reads_.take(cid));
  if (!tagged || static_cast<Place>(tagged->front()) != Place::Older) return {};
  return add(cid, BytesView(*tagged).subspan(1));
}

Result<void> Copier::read_ahead(const Cid& next) {
  if (reads_.holds(next) || !reads_.has_room()) return {};
  std::vector<Cid> wanted{next};
  const auto depth = std::min(stack_.size(), kLookThrough);
  for (std::size_t i = 0; i < depth && wanted.size() < ReadAhead::kAtOnce; ++i) {
    const auto& step = stack_[stack_.size() - 1 - i];
    if (step.entered || step.cid == next || !names_block(step.cid) || reads_.holds(step.cid)) continue;
    if (!seen_.contains(step.cid)) wanted.push_back(step.cid);
  }
  std::sort(wanted.begin() + 1, wanted.end());
  wanted.erase(std::unique(wanted.begin() + 1, wanted.end()), wanted.end());
  return reads_.fetch(std::move(wanted));
}

// Reads a block and puts what it links to on the stack; takes it from the stack where there is nothing to do.
Result<void> Copier::enter(std::size_t at) {
  const auto cid = stack_[at].cid;
  if (!names_block(cid) || seen_.contains(cid)) {
    stack_.pop_back();
    return {};
  }
  TRY_VOID(read_ahead(cid));
  TRY(auto tagged, reads_.take(cid));
  if (!tagged || static_cast<Place>(tagged->front()) == Place::Copied) {
    if (!tagged) ++missing_;
    remember(cid);
    stack_.pop_back();
    return {};
  }
  auto& step = stack_[at];
  step.entered = true;
  step.must_copy = static_cast<Place>(tagged->front()) == Place::Older;
  step.data = *std::move(tagged);
  if (!has_links(cid)) return {};
  // Growing the stack moves its steps, and with them the data read from here.
  auto data = std::exchange(step.data, {});
  const auto links = ipld::cbor::for_each_link(BytesView(data).subspan(1), [&](const Cid& link) -> Result<void> {
    if (names_block(link) && !seen_.contains(link)) stack_.push_back({link, {}, false, false});
    return {};
  });
  stack_[at].data = std::move(data);
  // A block of a kind we can't read is kept as it is.
  static_cast<void>(links);
  return {};
}

Result<void> Copier::leave(const Step& step) {
  if (step.must_copy) TRY_VOID(add(step.cid, BytesView(step.data).subspan(1)));
  remember(step.cid);
  return {};
}

Result<void> Copier::copy_tree(const Cid& root) {
  stack_.clear();
  stack_.push_back({root, {}, false, false});
  while (!stack_.empty()) {
    if (!stack_.back().entered) {
      TRY_VOID(enter(stack_.size() - 1));
      continue;
    }
    const auto step = std::move(stack_.back());
    stack_.pop_back();
    TRY_VOID(leave(step));
  }
  return {};
}

}  // namespace venus::snapshot
