// SPDX-License-Identifier: MIT OR Apache-2.0
#include "chainstore/metadata.hpp"

namespace venus::chainstore {

Result<std::optional<Bytes>> MemoryMetadata::get(Column column, BytesView key) {
  std::lock_guard lock(mutex_);
  const auto at = records_.find({column, base::to_bytes(key)});
  if (at == records_.end()) return std::optional<Bytes>{};
  return std::optional<Bytes>(at->second);
}

Result<void> MemoryMetadata::write(const MetadataBatch& batch) {
  std::lock_guard lock(mutex_);
  for (const auto& change : batch.changes) {
    if (change.value) {
      records_[{change.column, change.key}] = *change.value;
    } else {
      records_.erase({change.column, change.key});
    }
  }
  return {};
}

}  // namespace venus::chainstore
