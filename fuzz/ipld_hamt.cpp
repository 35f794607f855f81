// SPDX-License-Identifier: MIT OR Apache-2.0
// The input is a root node whose links lead nowhere.
#include "ipld/hamt.hpp"

#include <cstdlib>

using namespace venus;  // NOLINT: a program of one file

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const BytesView input(data, size);
  ipld::MemoryBlockstore store;
  const auto root = ipld::cid_of_cbor(input);
  if (!store.put(root, input)) std::abort();
  for (const unsigned bit_width : {5U, 8U}) {
    auto map = ipld::RawHamt::load(store, root, bit_width);
    if (!map) continue;
    Bytes first_key;
    const auto visited = map->for_each([&](BytesView key, BytesView item) -> Result<bool> {
      if (first_key.empty()) first_key = base::to_bytes(key);
      if (!ipld::cbor::check(item)) std::abort();
      return true;
    });
    // What was read without a complaint is written back as it was.
    const auto flushed = map->flush();
    if (visited && flushed != root) std::abort();
    static_cast<void>(map->get(first_key));
    static_cast<void>(map->set(first_key, Bytes{0}));
    static_cast<void>(map->set(Bytes{1, 2, 3}, Bytes{1}));
    static_cast<void>(map->erase(first_key));
    if (!map->flush()) std::abort();
  }
  return 0;
}
