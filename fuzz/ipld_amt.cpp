// SPDX-License-Identifier: MIT OR Apache-2.0
#include "ipld/amt.hpp"

#include <cstdlib>

using namespace venus;  // NOLINT: a program of one file

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const BytesView input(data, size);
  ipld::MemoryBlockstore store;
  const auto root = ipld::cid_of_cbor(input);
  if (!store.put(root, input)) std::abort();
  for (const bool old : {false, true}) {
    auto array = old ? ipld::RawAmt::load(store, root, ipld::kBlockAmt)
                     : ipld::RawAmt::load_any(store, root);
    if (!array) continue;
    std::uint64_t first = 0;
    static_cast<void>(array->for_each([&](std::uint64_t index, BytesView item) -> Result<bool> {
      first = index;
      if (!ipld::cbor::check(item)) std::abort();
      return true;
    }));
    static_cast<void>(array->get(first));
    static_cast<void>(array->set(first + 9, Bytes{0}));
    static_cast<void>(array->erase(first));
    if (!array->flush()) std::abort();
  }
  return 0;
}
