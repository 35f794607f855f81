// SPDX-License-Identifier: MIT OR Apache-2.0
// How far synchronisation is, for people and for the API.
#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "types/tipset.hpp"

namespace venus::sync {

/// Numbers as Lotus's api.SyncStateStage.
enum class Stage : std::int64_t {
  Idle = 0,
  Headers = 1,
  PersistHeaders = 2,
  Messages = 3,  ///< executing and validating
  Complete = 4,
  Errored = 5,
  FetchingMessages = 6,
};
/// "idle", "headers", ...
std::string_view to_string(Stage stage) noexcept;

/// One target being synchronised, or one of the last few that were.
struct ActiveSync {
  std::uint64_t worker = 0;
  TipsetPtr base;    ///< where the target's chain leaves ours; null until known
  TipsetPtr target;
  Stage stage = Stage::Idle;
  ChainEpoch height{0};        ///< headers: the lowest fetched; afterwards: the highest validated
  std::int64_t start_ms = 0;   ///< unix milliseconds; 0: not yet
  std::int64_t end_ms = 0;
  std::string message;         ///< the failure
};

struct SyncStatus {
  std::vector<ActiveSync> syncs;  ///< by worker: active ones and the last three that ended
  TipsetPtr head;                 ///< ours
  TipsetPtr target;               ///< of the heaviest active sync; null when there is none
  std::int64_t epochs_behind = 0; ///< head below the clock
  double tipsets_per_second = 0;  ///< validated lately; 0 when idle
  std::optional<std::chrono::seconds> time_left;  ///< until the target is reached; nothing when unknown
  std::uint64_t tipsets_validated = 0;            ///< since the start
  bool waiting_for_peers = false;                 ///< too few peers told their head yet
  std::size_t peers = 0;                          ///< that told their head
};

/// The record of one sync, written by its worker and read by anybody.
class SyncRecord {
 public:
  SyncRecord(std::uint64_t worker, TipsetPtr target) {
    data_.worker = worker;
    data_.target = std::move(target);
  }
  [[nodiscard]] ActiveSync get() const {
    std::lock_guard lock(mutex_);
    return data_;
  }
  template <class F>
  void change(F&& f) {
    std::lock_guard lock(mutex_);
    f(data_);
  }
  void stage(Stage stage) {
    change([&](ActiveSync& s) { s.stage = stage; });
  }
  void height(ChainEpoch height) {
    change([&](ActiveSync& s) { s.height = height; });
  }

 private:
  mutable std::mutex mutex_;
  ActiveSync data_;
};

}  // namespace venus::sync
