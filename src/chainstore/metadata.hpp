// SPDX-License-Identifier: MIT OR Apache-2.0
// What the chain store remembers beside blocks: small records, changed many at a time and then all or
// none of them.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"

namespace venus::chainstore {

/// The kinds of records; each has keys of its own.
enum class Column : std::uint8_t {
  Meta,       ///< head, genesis, checkpoint, progress of an import, by name
  Heights,    ///< be64(epoch) -> key of the first tipset at or after it on the head's chain
  Messages,   ///< message CID -> MessageLocation
  Executed,   ///< tipset key -> ExecutedState
  Validated,  ///< block CID -> nothing
};
inline constexpr std::size_t kColumns = 5;

/// Changes to be made together.
struct MetadataBatch {
  struct Change {
    Column column{};
    Bytes key;
    std::optional<Bytes> value;  ///< nothing: delete
  };
  std::vector<Change> changes;

  void put(Column column, BytesView key, BytesView value) {
    changes.push_back({column, base::to_bytes(key), base::to_bytes(value)});
  }
  void remove(Column column, BytesView key) { changes.push_back({column, base::to_bytes(key), std::nullopt}); }
};

/// Thread-safe storage of such records.
class Metadata {
 public:
  virtual ~Metadata() = default;
  virtual Result<std::optional<Bytes>> get(Column column, BytesView key) = 0;
  /// All changes or none, in order; on disk in the order of the calls.
  virtual Result<void> write(const MetadataBatch& batch) = 0;
};

/// In memory, for tests and tools that keep nothing.
class MemoryMetadata final : public Metadata {
 public:
  Result<std::optional<Bytes>> get(Column column, BytesView key) override;
  Result<void> write(const MetadataBatch& batch) override;

 private:
  std::mutex mutex_;
  std::map<std::pair<Column, Bytes>, Bytes> records_;
};

}  // namespace venus::chainstore
