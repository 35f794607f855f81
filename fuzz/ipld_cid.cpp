// SPDX-License-Identifier: MIT OR Apache-2.0
#include "ipld/cid.hpp"

#include <cstdlib>

using namespace venus;  // NOLINT: a program of one file

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const BytesView input(data, size);
  if (const auto cid = Cid::from_bytes(input)) {
    if (!base::equal(cid->bytes(), input)) std::abort();
    if (Cid::parse(cid->str()) != cid) std::abort();
    static_cast<void>(ipld::verify_block(*cid, input));
  }
  if (const auto cid = Cid::parse(base::as_chars(input));
      cid && cid->str() != base::as_chars(input))
    std::abort();
  return 0;
}
