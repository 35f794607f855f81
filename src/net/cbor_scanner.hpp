// SPDX-License-Identifier: MIT OR Apache-2.0
// Finds where a CBOR item ends while its bytes are still coming in, so that a stream is cut into items
// without reading to its end and without trusting any length it claims.
#pragma once

#include <array>
#include <optional>

#include "ipld/cbor.hpp"

namespace venus::net {

/// The first bytes of an item: what it is and its number (value, length or count).
struct CborHead {
  ipld::cbor::Major major{};
  std::uint64_t value = 0;
  std::size_t size = 0;  ///< bytes the head takes
};
/// The head at the front of `bytes`; nothing when more bytes are needed. Malformed for reserved or
/// indefinite lengths and for numbers not in their shortest form.
Result<std::optional<CborHead>> read_cbor_head(BytesView bytes);

/// Follows one item over a buffer that grows. Looks at no byte twice.
class CborScanner {
 public:
  /// No wire object of Filecoin nests deeper: response, chain, tipset, messages, message, ...
  static constexpr std::size_t kMaxDepth = 12;

  /// `max_bytes`: the longest item that is taken.
  explicit CborScanner(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  /// `item` begins with the item and holds at least what earlier calls saw. The item's length once all of it
  /// is there, nothing before. Malformed (maps too: no wire object has one), TooLarge.
  Result<std::optional<std::size_t>> scan(BytesView item);
  /// Begins with a new item.
  void reset() noexcept;

 private:
  Result<void> take(const CborHead& head);
  void item_done() noexcept;

  std::size_t max_bytes_;
  std::size_t at_ = 0;  // bytes before this are understood; may lie beyond what has come
  std::array<std::uint64_t, kMaxDepth> open_{};  // items still to come, outermost first
  std::size_t depth_ = 0;
  bool done_ = false;
};

}  // namespace venus::net
