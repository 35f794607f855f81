// SPDX-License-Identifier: MIT OR Apache-2.0
#include "snapshot/waves.hpp"

#include <algorithm>
#include <deque>
#include <future>

#include "base/varint.hpp"
#include "ipld/cbor.hpp"
#include "snapshot/background.hpp"

namespace venus::snapshot {
namespace {

// Links that may wait, of 34 bytes: some 270 MiB.
constexpr std::size_t kMaxWaiting = 8'000'000;
// Read in one wave: enough that neighbours in the store are read together, where the store is of such a size.
constexpr std::size_t kMaxWave = 4'000'000;
constexpr std::size_t kMinWave = 4096;
// What a block is taken to link to before any was read.
constexpr double kFirstFanOut = 16;
// Blocks one thread reads at a time.
constexpr std::size_t kPart = 1024;

}  // namespace

struct Waves::Part {
  std::vector<Cid> cids;
  std::vector<bool> tolerant;
  Bytes sections;
  std::vector<std::pair<Cid, bool>> links;
  std::uint64_t blocks = 0;
  Result<void> verdict;
};

Waves::Waves(const BlockReader& read, ReadAhead::Options options, VisitedSet& visited)
    : read_(read), options_(options), visited_(visited), fan_out_(kFirstFanOut) {}

void Waves::push(const Cid& cid, bool tolerant) {
  const auto bytes = cid.bytes();
  if (bytes.size() <= 32) return others_.emplace_back(cid, tolerant), void();
  const auto front = bytes.first(bytes.size() - 32);
  std::size_t prefix = 0;
  while (prefix < prefixes_.size() && !base::equal(prefixes_[prefix], front)) ++prefix;
  if (prefix == prefixes_.size()) {
    if (prefix > 255) return others_.emplace_back(cid, tolerant), void();
    prefixes_.push_back(base::to_bytes(front));
  }
  Link link;
  std::copy(bytes.end() - 32, bytes.end(), link.digest.begin());
  link.prefix = static_cast<std::uint8_t>(prefix);
  link.tolerant = tolerant ? 1 : 0;
  stack_.push_back(link);
}

Cid Waves::cid_of(const Link& link) const {
  auto bytes = prefixes_[link.prefix];
  base::append(bytes, link.digest);
  return Cid::from_bytes(bytes).value_or(Cid());
}

void Waves::add(const Cid& root, bool tolerant) {
  if (names_block(root) && visited_.insert(root)) push(root, tolerant);
}

// As many as leave room for what they link to, if that is as with the last ones.
std::size_t Waves::wave_size() const {
  const auto free = kMaxWaiting - std::min(kMaxWaiting, stack_.size());
  const auto room = static_cast<std::size_t>(static_cast<double>(free) / std::max(fan_out_, 1.0));
  return std::min({stack_.size(), kMaxWave, std::max(room, kMinWave)});
}

void Waves::read(Part& part) const {
  std::vector<bool> found(part.cids.size());
  Result<void> scanned;
  part.verdict = read_.many(part.cids, [&](std::size_t index, BytesView data) {
    found[index] = true;
    const auto& cid = part.cids[index];
    base::write_varint(part.sections, cid.bytes().size() + data.size());
    base::append(part.sections, cid.bytes());
    base::append(part.sections, data);
    ++part.blocks;
    if (!has_links(cid) || !scanned) return;
    const bool tolerant = part.tolerant[index];
    scanned = with_context(ipld::cbor::for_each_link(data, [&](const Cid& link) -> Result<void> {
      if (names_block(link)) part.links.emplace_back(link, tolerant);
      return {};
    }), "a block of the state");
  });
  if (part.verdict) part.verdict = std::move(scanned);
  for (std::size_t i = 0; i < found.size() && part.verdict; ++i) {
    if (!found[i] && !part.tolerant[i]) part.verdict = fail(ErrorCode::NotFound, "no block {}", part.cids[i]);
  }
}

Result<void> Waves::wave(std::vector<Link> links, const Take& take) {
  std::sort(links.begin(), links.end(), [](const Link& a, const Link& b) { return a.digest < b.digest; });
  // A few parts are read ahead of the one whose links are looked at here.
  const auto threads = std::max<std::size_t>(1, options_.helpers);
  std::deque<std::future<std::unique_ptr<Part>>> reading;
  std::size_t next = 0;
  const auto start = [&] {
    auto part = std::make_unique<Part>();
    const auto last = std::min(next + kPart, links.size());
    for (; next < last; ++next) {
      part->cids.push_back(cid_of(links[next]));
      part->tolerant.push_back(links[next].tolerant != 0);
    }
    reading.push_back(std::async(std::launch::async, [this, part = std::move(part)]() mutable {
      if (options_.background) yield_to_others();
      read(*part);
      return std::move(part);
    }));
  };
  const auto before = stack_.size();
  std::size_t done = 0;
  while (next < links.size() || !reading.empty()) {
    // They link to more than was thought: the rest waits for its turn.
    if (stack_.size() > kMaxWaiting && next < links.size()) {
      stack_.insert(stack_.begin(), links.begin() + static_cast<std::ptrdiff_t>(next), links.end());
      links.resize(next);
    }
    while (next < links.size() && reading.size() < threads + 1) start();
    const auto part = reading.front().get();
    reading.pop_front();
    TRY_VOID(part->verdict);
    for (const auto& [link, tolerant] : part->links) add(link, tolerant);
    done += part->cids.size();
    if (stack_.size() <= kMaxWaiting) fan_out_ = static_cast<double>(stack_.size() - before) / static_cast<double>(done) * 1.5;
    TRY_VOID(take(part->sections, part->blocks));
  }
  return {};
}

Result<void> Waves::run(const Take& take) {
  while (!stack_.empty() || !others_.empty()) {
    const auto size = wave_size();
    std::vector<Link> links(stack_.end() - static_cast<std::ptrdiff_t>(size), stack_.end());
    stack_.resize(stack_.size() - size);
    if (!links.empty()) TRY_VOID(wave(std::move(links), take));
    // CIDs of unusual shape, of which there are hardly any.
    auto others = std::exchange(others_, {});
    if (others.empty()) continue;
    Part part;
    for (const auto& [cid, tolerant] : others) {
      part.cids.push_back(cid);
      part.tolerant.push_back(tolerant);
    }
    read(part);
    TRY_VOID(part.verdict);
    for (const auto& [link, tolerant] : part.links) add(link, tolerant);
    TRY_VOID(take(part.sections, part.blocks));
  }
  return {};
}

}  // namespace venus::snapshot
