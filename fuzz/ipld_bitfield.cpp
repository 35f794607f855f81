// SPDX-License-Identifier: MIT OR Apache-2.0
#include "ipld/bitfield.hpp"

#include <cstdlib>

using namespace venus;  // NOLINT: a program of one file

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const BytesView input(data, size);
  const auto a = BitField::decode(input.first(size / 2));
  const auto b = BitField::decode(input.subspan(size / 2));
  const auto whole = BitField::decode(input);
  if (whole) {
    const auto again = BitField::decode(whole->encode());
    // Only what was written wastefully may shrink, and nothing grows.
    if (!again || *again != *whole || whole->encode().size() > size) std::abort();
    if (BitField::from_runs(whole->runs()) != *whole) std::abort();
  }
  if (!a || !b) return 0;
  const auto either = *a | *b, both = *a & *b, only = *a - *b;
  if (either.count() + both.count() != a->count() + b->count()) std::abort();
  if ((only | both) != *a || !either.contains_all(*b) || both.contains_any(only)) std::abort();
  return 0;
}
