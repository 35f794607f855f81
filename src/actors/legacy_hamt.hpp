// SPDX-License-Identifier: MIT OR Apache-2.0
// HAMT nodes as actors v0 and v2 wrote them (network versions 0 to 9): a pointer is a map of one
// entry, "0" for a link and "1" for a bucket. Needed to read the genesis state of mainnet and
// calibration.
#pragma once

#include "base/function_ref.hpp"
#include "ipld/blockstore.hpp"

namespace venus::actors::legacy_hamt {

/// The CBOR item of a key in a map of bit width 5; nothing when absent. NotFound for a missing
/// node, Malformed for a broken one.
Result<std::optional<Bytes>> find(Blockstore& store, const Cid& root, BytesView key);

/// Calls visit(key, item) for all pairs in the order of their hashes; an error stops the walk.
Result<void> for_each(Blockstore& store, const Cid& root,
                      FunctionRef<Result<void>(BytesView key, BytesView item)> visit);

}  // namespace venus::actors::legacy_hamt
