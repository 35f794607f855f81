// SPDX-License-Identifier: MIT OR Apache-2.0
#include "net/test_util/fuzz_targets.hpp"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  venus::net::test_util::fuzz_bitswap({data, size});
  return 0;
}
