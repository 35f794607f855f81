// SPDX-License-Identifier: MIT OR Apache-2.0
#include "ipld/bitfield.hpp"

#include "base/json.hpp"

#include <algorithm>

namespace venus::ipld {

using Range = BitField::Range;

BitField BitField::merged(std::vector<Range> ranges) {
  std::sort(ranges.begin(), ranges.end(),
            [](const Range& a, const Range& b) { return a.first < b.first; });
  BitField out;
  for (const auto& range : ranges) {
    if (range.count > 0) out.append(range.first, range.end());
  }
  return out;
}

void BitField::append(std::uint64_t first, std::uint64_t end) {
  if (!ranges_.empty() && ranges_.back().end() >= first) {
    auto& last = ranges_.back();
    last.count = std::max(last.end(), end) - last.first;
  } else {
    ranges_.push_back({first, end - first});
  }
}

BitField::BitField(std::initializer_list<std::uint64_t> bits) {
  std::vector<Range> ranges;
  for (const auto bit : bits) {
    if (bit <= kMaxBit) ranges.push_back({bit, 1});
  }
  *this = merged(std::move(ranges));
}

Result<BitField> BitField::from_bits(std::span<const std::uint64_t> bits) {
  std::vector<Range> ranges;
  ranges.reserve(bits.size());
  for (const auto bit : bits) {
    if (bit > kMaxBit) return fail(ErrorCode::InvalidArgument, "bit {} is out of range", bit);
    ranges.push_back({bit, 1});
  }
  return merged(std::move(ranges));
}

Result<BitField> BitField::from_ranges(std::vector<Range> ranges) {
  for (const auto& range : ranges) {
    if (range.count > UINT64_MAX - range.first) {
      return fail(ErrorCode::InvalidArgument, "range of {} from {} is out of range", range.count,
                  range.first);
    }
  }
  return merged(std::move(ranges));
}

Result<BitField> BitField::from_runs(std::span<const std::uint64_t> runs) {
  BitField out;
  std::uint64_t at = 0;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    if (runs[i] == 0 && i > 0) return fail(ErrorCode::Malformed, "run of length 0");
    if (runs[i] > UINT64_MAX - at)
      return fail(ErrorCode::TooLarge, "runs of more than 2^64-1 together");
    if (i % 2 == 1) out.append(at, at + runs[i]);
    at += runs[i];
  }
  return out;
}

std::vector<std::uint64_t> BitField::runs() const {
  if (empty()) return {0};
  std::vector<std::uint64_t> out;
  out.reserve(ranges_.size() * 2);
  std::uint64_t at = 0;
  for (const auto& range : ranges_) {
    out.push_back(range.first - at);
    out.push_back(range.count);
    at = range.end();
  }
  return out;
}

std::uint64_t BitField::count() const noexcept {
  std::uint64_t out = 0;
  for (const auto& range : ranges_)
    out += range.count;
  return out;
}

std::optional<std::uint64_t> BitField::first() const noexcept {
  if (empty()) return std::nullopt;
  return ranges_.front().first;
}

std::optional<std::uint64_t> BitField::last() const noexcept {
  if (empty()) return std::nullopt;
  return ranges_.back().end() - 1;
}

bool BitField::test(std::uint64_t bit) const noexcept {
  const auto after =
      std::upper_bound(ranges_.begin(), ranges_.end(), bit,
                       [](std::uint64_t b, const Range& range) { return b < range.first; });
  return after != ranges_.begin() && bit < std::prev(after)->end();
}

std::optional<std::uint64_t> BitField::nth(std::uint64_t n) const noexcept {
  for (const auto& range : ranges_) {
    if (n < range.count) return range.first + n;
    n -= range.count;
  }
  return std::nullopt;
}

bool BitField::contains_all(const BitField& other) const noexcept {
  auto mine = ranges_.begin();
  for (const auto& range : other.ranges_) {
    while (mine != ranges_.end() && mine->end() < range.end())
      ++mine;
    if (mine == ranges_.end() || mine->first > range.first) return false;
  }
  return true;
}

bool BitField::contains_any(const BitField& other) const noexcept {
  auto mine = ranges_.begin();
  for (const auto& range : other.ranges_) {
    while (mine != ranges_.end() && mine->end() <= range.first)
      ++mine;
    if (mine == ranges_.end()) return false;
    if (mine->first < range.end()) return true;
  }
  return false;
}

Result<void> BitField::set(std::uint64_t bit) {
  if (bit > kMaxBit) return fail(ErrorCode::InvalidArgument, "bit {} is out of range", bit);
  auto after =
      std::upper_bound(ranges_.begin(), ranges_.end(), bit,
                       [](std::uint64_t b, const Range& range) { return b < range.first; });
  const bool joins_next = after != ranges_.end() && after->first == bit + 1;
  if (after != ranges_.begin()) {
    const auto before = std::prev(after);
    if (bit < before->end()) return {};
    if (bit == before->end()) {
      before->count += 1 + (joins_next ? after->count : 0);
      if (joins_next) ranges_.erase(after);
      return {};
    }
  }
  if (joins_next)
    *after = {bit, after->count + 1};
  else
    ranges_.insert(after, {bit, 1});
  return {};
}

void BitField::unset(std::uint64_t bit) {
  if (test(bit)) *this = *this - BitField{bit};
}

BitField BitField::slice(std::uint64_t skip, std::uint64_t count) const {
  BitField out;
  for (const auto& range : ranges_) {
    if (count == 0) break;
    if (skip >= range.count) {
      skip -= range.count;
      continue;
    }
    const auto take = std::min(range.count - skip, count);
    out.append(range.first + skip, range.first + skip + take);
    count -= take;
    skip = 0;
  }
  return out;
}

Result<std::vector<std::uint64_t>> BitField::bits(std::uint64_t max) const {
  const auto total = count();
  if (total > max) return fail(ErrorCode::TooLarge, "{} bits set, at most {} wanted", total, max);
  std::vector<std::uint64_t> out;
  out.reserve(static_cast<std::size_t>(total));
  for_each([&](std::uint64_t bit) { return out.push_back(bit), true; });
  return out;
}

void BitField::for_each(FunctionRef<bool(std::uint64_t)> visit) const {
  for (const auto& range : ranges_) {
    for (auto bit = range.first; bit != range.end(); ++bit) {
      if (!visit(bit)) return;
    }
  }
}

BitField operator|(const BitField& a, const BitField& b) {
  BitField out;
  out.ranges_.reserve(a.ranges_.size() + b.ranges_.size());
  auto x = a.ranges_.begin();
  auto y = b.ranges_.begin();
  while (x != a.ranges_.end() || y != b.ranges_.end()) {
    const bool from_a = y == b.ranges_.end() || (x != a.ranges_.end() && x->first <= y->first);
    const auto& next = from_a ? *x++ : *y++;
    out.append(next.first, next.end());
  }
  return out;
}

BitField operator&(const BitField& a, const BitField& b) {
  BitField out;
  auto x = a.ranges_.begin();
  auto y = b.ranges_.begin();
  while (x != a.ranges_.end() && y != b.ranges_.end()) {
    const auto first = std::max(x->first, y->first);
    const auto end = std::min(x->end(), y->end());
    if (first < end) out.append(first, end);
    if (x->end() < y->end())
      ++x;
    else
      ++y;
  }
  return out;
}

BitField operator-(const BitField& a, const BitField& b) {
  BitField out;
  auto y = b.ranges_.begin();
  for (const auto& range : a.ranges_) {
    auto at = range.first;
    while (y != b.ranges_.end() && y->end() <= at)
      ++y;
    for (; y != b.ranges_.end() && y->first < range.end(); ++y) {
      if (at < y->first) out.append(at, y->first);
      at = y->end();
      // This hole may reach into the next range, so it stays the current one.
      if (at >= range.end()) break;
    }
    if (at < range.end()) out.append(at, range.end());
  }
  return out;
}

BitField BitField::union_of(std::span<const BitField> sets) {
  std::vector<Range> all;
  for (const auto& set : sets)
    all.insert(all.end(), set.ranges_.begin(), set.ranges_.end());
  return merged(std::move(all));
}

void CborCodec<BitField>::encode(cbor::Writer& w, const BitField& v) { w.write_bytes(v.encode()); }

void CborCodec<BitField>::decode(cbor::Reader& r, BitField& v) {
  const auto rle = r.read_bytes(BitField::kMaxEncoded);
  if (!r.ok()) return;
  auto decoded = BitField::decode(rle);
  if (decoded)
    v = *std::move(decoded);
  else
    r.fail("bit field breaks RLE+", decoded.error().code);
}

}  // namespace venus::ipld

namespace venus::base {

boost::json::value JsonCodec<ipld::BitField>::encode(const ipld::BitField& v) {
  return to_json(v.runs());
}

Result<ipld::BitField> JsonCodec<ipld::BitField>::decode(const boost::json::value& v) {
  TRY(const auto runs, from_json<std::vector<std::uint64_t>>(v));
  return ipld::BitField::from_runs(runs);
}

}  // namespace venus::base
