// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "base/result.hpp"

#include <functional>
#include <mutex>
#include <string>
#include <vector>

namespace venus::platform {

/// Named checks behind /healthz, /livez and /readyz. A check must answer at once from what is
/// known. Thread-safe.
class Health {
 public:
  enum class Kind : std::uint8_t {
    Alive,  ///< false means: restart me
    Ready,  ///< false means: send me no work yet (not in sync, database away)
  };
  using Check = std::function<Result<void>()>;

  void add(std::string name, Kind kind, Check check);

  struct Report {
    bool ok = true;
    std::string text;  ///< "[+]sync ok", "[-]database failed: ..." per line, then a verdict
  };
  /// Alive: only those checks. Ready: all.
  [[nodiscard]] Report report(Kind kind) const;

 private:
  struct Entry {
    std::string name;
    Kind kind;
    Check check;
  };
  mutable std::mutex mutex_;
  std::vector<Entry> entries_;
};

}  // namespace venus::platform
