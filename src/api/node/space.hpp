// SPDX-License-Identifier: MIT OR Apache-2.0
// Snapshots and garbage collection of a running node.
#pragma once

#include "api/node/chain_types.hpp"
#include "rpc/method.hpp"

namespace venus::api {

using rpc::Method;
using rpc::MethodList;
using rpc::NotRetrySafe;
using rpc::Perm;

/// Which snapshot to write.
struct ExportRequest {
  std::string path;            ///< on the node's machine; below its home folder when relative; ".zst" packs it
  std::uint64_t version = 1;   ///< of FRC-0108
  std::int64_t epochs = 2000;  ///< of states, messages and receipts
  bool allow_short = false;
  bool receipts = true;
  bool old_messages = false;
  bool depth_first = false;  ///< in the order of Lotus's exports
  static constexpr auto fields() {
    using base::field;
    using R = ExportRequest;
    return base::fields_of(field("Path", &R::path), field("Version", &R::version), field("Epochs", &R::epochs),
                           field("AllowShort", &R::allow_short), field("Receipts", &R::receipts),
                           field("OldMessages", &R::old_messages), field("DepthFirst", &R::depth_first));
  }
};

struct ExportStatus {
  std::string state = "idle";  ///< idle, running, done, failed
  std::string path;
  std::int64_t head = 0;
  std::int64_t height = 0;  ///< of the header written last
  std::uint64_t blocks = 0;
  std::uint64_t bytes = 0;  ///< of the CAR, before packing
  std::string error;
  static constexpr auto fields() {
    using base::field;
    using S = ExportStatus;
    return base::fields_of(field("State", &S::state), field("Path", &S::path), field("Head", &S::head),
                           field("Height", &S::height), field("Blocks", &S::blocks), field("Bytes", &S::bytes),
                           field("Error", &S::error));
  }
};

struct CollectionStatus {
  std::string state = "idle";  ///< idle, running, done, failed
  std::string phase;
  std::int64_t height = 0;        ///< of the tipset worked on
  std::uint64_t blocks = 0;       ///< copied
  std::uint64_t bytes = 0;        ///< copied
  std::uint64_t disk = 0;         ///< of the store now
  std::uint64_t disk_before = 0;  ///< of the last collection
  std::uint64_t disk_after = 0;
  std::uint64_t max_disk = 0;     ///< the bound; 0: none
  std::int64_t floor = -1;        ///< states and messages up to this height went
  std::string error;
  static constexpr auto fields() {
    using base::field;
    using S = CollectionStatus;
    return base::fields_of(field("State", &S::state), field("Phase", &S::phase), field("Height", &S::height),
                           field("Blocks", &S::blocks), field("Bytes", &S::bytes), field("Disk", &S::disk),
                           field("DiskBefore", &S::disk_before), field("DiskAfter", &S::disk_after),
                           field("MaxDisk", &S::max_disk), field("Floor", &S::floor), field("Error", &S::error));
  }
};

struct SpaceApi {
  using ExportStart = NotRetrySafe<Method<"Filecoin.SnapshotExport", Perm::Admin, void(ExportRequest),
                                          "Starts writing a snapshot on the node's machine", "request">>;
  using ExportProgress =
      Method<"Filecoin.SnapshotExportStatus", Perm::Read, ExportStatus(), "How far the last export is">;
  using ExportCancel = Method<"Filecoin.SnapshotExportCancel", Perm::Admin, void(), "Ends the running export">;
  using Collect = NotRetrySafe<Method<"Filecoin.ChainCollectGarbage", Perm::Admin, void(),
                                      "Starts dropping states and messages that are no longer kept">>;
  using CollectProgress = Method<"Filecoin.ChainCollectGarbageStatus", Perm::Read, CollectionStatus(),
                                 "How far the last collection of garbage is, and the store's size">;
  using methods = MethodList<ExportStart, ExportProgress, ExportCancel, Collect, CollectProgress>;
};

}  // namespace venus::api
