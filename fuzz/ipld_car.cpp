// SPDX-License-Identifier: MIT OR Apache-2.0
#include "ipld/car.hpp"

#include <cstdlib>

using namespace venus;  // NOLINT: a program of one file

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  for (const bool verify : {false, true}) {
    ipld::MemoryBlockstore store;
    ipld::CarLimits limits;
    limits.max_section = 1U << 20;
    limits.verify = verify;
    auto reader = ipld::CarReader::open(ipld::memory_source({data, size}), limits);
    if (reader) static_cast<void>(ipld::import_car(*reader, store));
  }
  return 0;
}
