// SPDX-License-Identifier: MIT OR Apache-2.0
// Ethereum's Recursive Length Prefix encoding, as far as transactions need it.
#pragma once

#include "base/big_int.hpp"
#include "base/bytes.hpp"

#include <vector>

namespace venus::types::rlp {

/// A byte string or a list. Views point into the decoded input, which must outlive them.
struct Item {
  bool is_list = false;
  BytesView bytes;
  std::vector<Item> items;
};

/// Exactly one canonical item of at most 2 MiB, lists of at most 12 items, nested at most 32 deep
/// (the limits of Lotus). Malformed or TooLarge otherwise.
Result<Item> decode(BytesView data);

/// Collects the items of one list.
class List {
 public:
  List& bytes(BytesView data);
  /// Big-endian without leading zeros; 0 is the empty string.
  List& number(std::uint64_t value);
  /// Must not be negative.
  List& number(const BigInt& value);
  List& empty_list();
  /// The list with its head.
  [[nodiscard]] Bytes encoded() const;

 private:
  Bytes body_;
};

}  // namespace venus::types::rlp
