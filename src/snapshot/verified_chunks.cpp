// SPDX-License-Identifier: MIT OR Apache-2.0
#include "snapshot/verified_chunks.hpp"

#include <algorithm>
#include <cstring>

#include "crypto/hash.hpp"

namespace venus::snapshot {
namespace {

constexpr std::size_t kAhead = 6;
constexpr ByteArray<6> kUsual{0x01, 0x71, 0xa0, 0xe4, 0x02, 0x20};

}  // namespace

Result<void> verify_chunk(const Chunk& chunk) {
  for (const auto& section : chunk.sections) {
    const auto cid = chunk.cid(section);
    const auto data = chunk.data(section);
    // Nearly every block: no need to take its CID apart.
    if (cid.size() == kUsual.size() + 32 && std::memcmp(cid.data(), kUsual.data(), kUsual.size()) == 0) {
      if (base::equal(crypto::blake2b_256(data), cid.subspan(kUsual.size()))) continue;
    }
    TRY(const auto parsed, Cid::from_bytes(cid));
    TRY_VOID(with_context(ipld::verify_block(parsed, data), fmt::format("block {}", parsed)));
  }
  return {};
}

VerifiedChunks::VerifiedChunks(SectionReader reader, std::size_t hash_threads)
    : reader_(std::move(reader)), ahead_(kAhead + hash_threads) {
  threads_.emplace_back([this] { read_all(); });
  for (std::size_t i = 0; i < hash_threads; ++i) threads_.emplace_back([this] { hash_all(); });
}

VerifiedChunks::~VerifiedChunks() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  changed_.notify_all();
}

void VerifiedChunks::read_all() {
  for (;;) {
    auto chunk = reader_.next();
    std::unique_lock lock(mutex_);
    if (!chunk || !*chunk) {
      if (!chunk) read_verdict_ = std::unexpected(std::move(chunk).error());
      read_done_ = true;
      changed_.notify_all();
      return;
    }
    auto slot = std::make_shared<Slot>();
    slot->chunk = *std::move(*chunk);
    changed_.wait(lock, [&] { return stopped_ || slots_.size() < ahead_; });
    if (stopped_) return;
    slots_.push_back(std::move(slot));
    changed_.notify_all();
  }
}

void VerifiedChunks::hash_all() {
  std::unique_lock lock(mutex_);
  for (;;) {
    std::shared_ptr<Slot> mine;
    for (const auto& slot : slots_) {
      if (!slot->taken) {
        mine = slot;
        break;
      }
    }
    if (!mine) {
      if (stopped_ || read_done_) return;
      changed_.wait(lock);
      continue;
    }
    mine->taken = true;
    lock.unlock();
    auto verdict = verify_chunk(mine->chunk);
    lock.lock();
    mine->verdict = std::move(verdict);
    mine->hashed = true;
    changed_.notify_all();
    if (stopped_) return;
  }
}

Result<std::optional<Chunk>> VerifiedChunks::next() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return slots_.empty() ? read_done_ : slots_.front()->hashed; });
  if (slots_.empty()) {
    TRY_VOID(read_verdict_);
    return std::optional<Chunk>{};
  }
  const auto front = slots_.front();
  if (!front->verdict) return std::unexpected(front->verdict.error());
  slots_.pop_front();
  changed_.notify_all();
  return std::optional(std::move(front->chunk));
}

}  // namespace venus::snapshot
