// SPDX-License-Identifier: MIT OR Apache-2.0
// One function for each decoder of what peers send. libFuzzer (fuzz/) and the tests drive the same functions;
// each aborts when what was decoded breaks a promise.
#pragma once

#include "base/bytes.hpp"

namespace venus::net::test_util {

/// Requests and answers of chain exchange, hello: whole and in pieces alike; what decodes encodes to the same.
void fuzz_exchange(BytesView data);

/// Bitswap messages, bare and in frames.
void fuzz_bitswap(BytesView data);
/// Blocks and messages as gossip brings them, up to the checks that need a chain.
void fuzz_gossip(BytesView data);

}  // namespace venus::net::test_util
