// SPDX-License-Identifier: MIT OR Apache-2.0
#include "ipld/codec.hpp"

#include <cstdlib>

using namespace venus;  // NOLINT: a program of one file

/// What decodes must encode to the same bytes: there is one form of everything.
template <class T>
void round_trip(BytesView input) {
  const auto value = ipld::decode<T>(input);
  if (value && !base::equal(ipld::encode(*value), input)) std::abort();
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const BytesView input(data, size);
  const auto checked = ipld::cbor::check(input);
  const auto walked = ipld::cbor::for_each_link(input, [](const Cid&) { return Result<void>(); });
  if (checked && !walked) std::abort();
  round_trip<BigInt>(input);
  round_trip<std::int64_t>(input);
  round_trip<std::string>(input);
  round_trip<std::vector<Cid>>(input);
  round_trip<std::vector<std::optional<Bytes>>>(input);
  return 0;
}
