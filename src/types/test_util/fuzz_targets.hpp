// SPDX-License-Identifier: MIT OR Apache-2.0
// One function for each decoder of untrusted bytes. libFuzzer (fuzz/) and a short run in the unit
// tests drive the same functions. Each aborts when what was decoded breaks a promise.
#pragma once

#include "base/bytes.hpp"

#include <string_view>
#include <vector>

namespace venus::types::test_util {

/// What decodes as a chain object must encode to the same bytes and survive JSON.
void fuzz_block(BytesView data);
void fuzz_message(BytesView data);
void fuzz_signed_message(BytesView data);
/// Receipts, events and actors.
void fuzz_state_objects(BytesView data);
/// JSON text of messages, blocks and tipsets.
void fuzz_json(BytesView data);
/// Binary and text addresses, Ethereum addresses and amounts.
void fuzz_address(BytesView data);
/// Raw Ethereum transactions, and RLP.
void fuzz_eth_tx(BytesView data);
/// Exported keys, key files, tokens and network definitions.
void fuzz_texts(BytesView data);

struct FuzzTarget {
  std::string_view name;
  void (*run)(BytesView);
};
std::vector<FuzzTarget> fuzz_targets();

/// Runs `target` over each seed and `mutations` changed copies of it; changes follow from
/// `seed_number`.
void smoke_run(const FuzzTarget& target, const std::vector<Bytes>& seeds, std::size_t mutations,
               std::uint64_t seed_number);

}  // namespace venus::types::test_util
