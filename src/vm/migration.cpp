// SPDX-License-Identifier: MIT OR Apache-2.0
#include "vm/migration.hpp"

namespace venus::vm {
namespace {

// Network versions that brought no new actors and no change of state (protocol.md section 1).
constexpr bool without_migration(NetworkVersion version) {
  return version == NetworkVersion(20) || version == NetworkVersion(26);
}

}  // namespace

Result<Cid> migrate_state(const types::NetworkParams& params, Blockstore&, const Cid& state_root,
                          ChainEpoch epoch) {
  const auto before = params.network_version(epoch);
  const auto after = params.network_version(epoch + 1);
  if (before == after || without_migration(after)) return state_root;
  return fail(ErrorCode::Unsupported, "network upgrade from nv{} to nv{} at epoch {} needs a state migration",
              before, after, epoch);
}

}  // namespace venus::vm
