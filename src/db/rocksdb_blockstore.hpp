// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "db/key_value.hpp"
#include "ipld/blockstore.hpp"

#include <shared_mutex>

namespace venus::db {

/// Blocks in columns of a database that others share. Each generation of blocks has a column for what is written
/// and one for what was copied from the generation before. While garbage is collected there are two: the newer
/// takes all writes, the older is only read, and goes as a whole when what is needed of it was copied. Pinned
/// blocks never go.
class RocksdbBlockstore final : public ipld::Blockstore {
 public:
  /// Names of columns, which must be there.
  struct Generations {
    std::string newer;
    std::vector<std::string> newer_copied = {};  ///< none or one
    std::vector<std::string> older = {};
    std::string pinned = {};  ///< empty: none
  };
  /// Where a block was found.
  enum class Place : std::uint8_t { None, Written, Copied, Older, Pinned };

  /// One generation, in column kBlocks.
  explicit RocksdbBlockstore(std::shared_ptr<KeyValueStore> store);

  Result<std::optional<Bytes>> find(const Cid& cid) override { return find(cid, Caching::Keep); }
  Result<std::optional<Bytes>> find(const Cid& cid, Caching caching) const;
  Result<bool> has(const Cid& cid) override;
  Result<bool> view(const Cid& cid, FunctionRef<void(BytesView)> visit) override;
  Result<void> put(const Cid& cid, BytesView data) override;
  /// All of them or none.
  Result<void> put_many(std::span<const std::pair<Cid, Bytes>> blocks) override;

  /// Shows those of many blocks that are here, past the cache, in no order. Quickest when the CIDs rise.
  Result<void> view_many(std::span<const Cid> cids,
                         FunctionRef<void(std::size_t index, BytesView data)> visit) const;

  /// Adds a block to a batch, to be written together with metadata.
  void add(KeyValueBatch& batch, const Cid& cid, BytesView data) const;
  /// The same for one that is never to go; without a pinned column as add().
  void pin(KeyValueBatch& batch, const Cid& cid, BytesView data) const;
  /// Removes a block; no error when it is not here.
  Result<void> erase(const Cid& cid);
  /// Visits the CIDs of all blocks, in no useful order, those of several generations more than once; the
  /// visit returns true to go on.
  Result<void> for_each_cid(FunctionRef<Result<bool>(const Cid&)> visit) const;

  /// A block in memory of somebody else.
  struct Piece {
    BytesView cid;
    BytesView data;
  };
  enum class Kind : std::uint8_t { Usual, Pinned };
  /// Stores many blocks durably and past the log (KeyValueStore::load_sorted); a few MiB at least make
  /// it worth while. What the pieces hold afterwards is undefined; a block may be among them more than once.
  Result<void> load(std::span<Piece> pieces, Kind kind = Kind::Usual);

  /// Changes the columns. Calls in progress end on the former ones; a column that is no longer used stays.
  Result<void> use(const Generations& names);
  /// Takes the older generation away and drops its columns once the last call on it ended.
  void retire_older();
  [[nodiscard]] bool has_older() const;

  /// Adds a copy of a block of the older generation to a batch.
  void copy(KeyValueBatch& batch, const Cid& cid, BytesView data) const;
  /// Whether a block is among the copies.
  Result<bool> is_copied(const Cid& cid) const;
  /// Shows a block past the cache and tells where it was.
  Result<Place> view_at(const Cid& cid, FunctionRef<void(BytesView)> visit) const;
  /// Bytes on disk of the newer and the older generation and of pinned blocks.
  struct Sizes {
    std::uint64_t newer = 0;
    std::uint64_t older = 0;
    std::uint64_t pinned = 0;
  };
  [[nodiscard]] Sizes sizes() const;
  /// Writes what is buffered of the newer generation and of pinned blocks to their files.
  Result<void> flush();
  /// Sorts the newer generation and the pinned blocks (KeyValueStore::compact).
  Result<void> compact();

  [[nodiscard]] const std::shared_ptr<KeyValueStore>& store() const noexcept { return store_; }

 private:
  class Generation;  // one of its columns
  using Part = std::shared_ptr<Generation>;
  struct Set {
    Part newer;
    Part copied;
    std::vector<Part> older;
    Part pinned;
  };
  [[nodiscard]] std::shared_ptr<const Set> current() const;
  template <class F>
  static Result<Place> first_of(const Set& set, F&& look);

  std::shared_ptr<KeyValueStore> store_;
  mutable std::shared_mutex mutex_;
  std::shared_ptr<const Set> set_;
};

}  // namespace venus::db
