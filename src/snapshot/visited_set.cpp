// SPDX-License-Identifier: MIT OR Apache-2.0
#include "snapshot/visited_set.hpp"

#include <cstring>

#include "crypto/random.hpp"

namespace venus::snapshot {
namespace {

constexpr std::size_t kTables = 1U << 16;
constexpr std::uint32_t kFirstCapacity = 8;

// Multiply and fold: each half depends on all bits of both words.
std::pair<std::uint64_t, std::uint64_t> mix(std::uint64_t a, std::uint64_t b) noexcept {
  const auto product = static_cast<unsigned __int128>(a) * b;
  return {static_cast<std::uint64_t>(product), static_cast<std::uint64_t>(product >> 64)};
}

std::size_t place_of(std::uint64_t rest, std::uint32_t capacity) noexcept {
  return static_cast<std::size_t>(static_cast<unsigned __int128>(rest) * capacity >> 64);
}

}  // namespace

bool names_block(const Cid& cid) noexcept {
  if (!cid.defined() || cid.hash() == ipld::Multihash::Identity) return false;
  const auto codec = cid.codec();
  return codec == ipld::Codec::DagCbor || codec == ipld::Codec::Raw || codec == ipld::Codec::Cbor;
}

bool has_links(const Cid& cid) noexcept { return cid.codec() == ipld::Codec::DagCbor; }

VisitedSet::VisitedSet() : tables_(kTables), memory_(kTables * sizeof(Table)) {
  const auto random = crypto::random_array<sizeof secret_>();
  std::memcpy(static_cast<void*>(secret_), random.data(), sizeof secret_);
  for (auto& word : secret_) word |= 1;
}
VisitedSet::VisitedSet(VisitedSet&&) noexcept = default;
VisitedSet& VisitedSet::operator=(VisitedSet&&) noexcept = default;
VisitedSet::~VisitedSet() = default;

VisitedSet::Fingerprint VisitedSet::fingerprint(const Cid& cid) const noexcept {
  std::uint64_t words[5]{};
  const auto bytes = cid.bytes();
  // The digest is the tail; what stands before it tells codec and hash.
  const auto tail = std::min<std::size_t>(bytes.size(), 32);
  std::memcpy(static_cast<void*>(words), bytes.data() + bytes.size() - tail, tail);
  std::memcpy(&words[4], bytes.data(), std::min<std::size_t>(bytes.size() - tail, 8));
  const auto [a, b] = mix(words[0] ^ secret_[0], words[1] ^ secret_[1]);
  const auto [c, d] = mix(words[2] ^ secret_[2], words[3] ^ secret_[3]);
  const auto [e, f] = mix(words[4] ^ secret_[2], secret_[0]);
  const auto rest = a ^ d ^ e ^ words[3];
  const auto choice = b ^ c ^ f ^ words[1];
  return {static_cast<std::uint16_t>(choice ^ choice >> 32), rest == 0 ? 1 : rest};
}

void VisitedSet::grow(Table& table) {
  // A quarter at a time: what is free at the end is what the set costs over its content.
  const auto capacity = table.capacity == 0 ? kFirstCapacity : table.capacity + table.capacity / 4 + 4;
  auto slots = std::make_unique<std::uint64_t[]>(capacity);
  for (std::uint32_t i = 0; i < table.capacity; ++i) {
    if (table.slots[i] == 0) continue;
    auto at = place_of(table.slots[i], capacity);
    while (slots[at] != 0) at = at + 1 == capacity ? 0 : at + 1;
    slots[at] = table.slots[i];
  }
  memory_ += (capacity - table.capacity) * sizeof(std::uint64_t);
  table.slots = std::move(slots);
  table.capacity = capacity;
}

bool VisitedSet::insert(const Cid& cid) {
  const auto print = fingerprint(cid);
  auto& table = tables_[print.table];
  if ((table.used + 1) * 8 > table.capacity * 7) grow(table);
  auto at = place_of(print.rest, table.capacity);
  while (table.slots[at] != 0) {
    if (table.slots[at] == print.rest) return false;
    at = at + 1 == table.capacity ? 0 : at + 1;
  }
  table.slots[at] = print.rest;
  ++table.used;
  ++size_;
  return true;
}

bool VisitedSet::contains(const Cid& cid) const {
  const auto print = fingerprint(cid);
  const auto& table = tables_[print.table];
  if (table.capacity == 0) return false;
  for (auto at = place_of(print.rest, table.capacity); table.slots[at] != 0;
       at = at + 1 == table.capacity ? 0 : at + 1) {
    if (table.slots[at] == print.rest) return true;
  }
  return false;
}

}  // namespace venus::snapshot
