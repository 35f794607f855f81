// SPDX-License-Identifier: MIT OR Apache-2.0
// A deterministic stand-in for fuzzing in every normal test run: decoders see damaged forms of
// valid input and must neither crash nor hang (the sanitizer presets make that a real check). The
// libFuzzer targets under fuzz/ go deeper.
#pragma once

#include "base/bytes.hpp"
#include "base/function_ref.hpp"

#include <span>

namespace venus::base::test_util {

/// Calls decode(input) for every truncation of every seed (at most 512 a seed, evenly spread), then
/// `rounds` times for a seed with 1 to 8 random damages: flipped bits, replaced, removed, repeated
/// and inserted bytes, huge length heads, a part of another seed. The same calls on every run.
void for_each_mutation(std::span<const Bytes> seeds, std::size_t rounds,
                       FunctionRef<void(BytesView)> decode);

}  // namespace venus::base::test_util
