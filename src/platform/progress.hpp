// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <string>

namespace venus::platform {

/// How far a long work is: a bar on a terminal, else a line every 10 s. Thread-safe.
class Progress {
 public:
  using Clock = std::function<std::chrono::steady_clock::time_point()>;
  using Output = std::function<void(std::string_view)>;
  enum class Unit : std::uint8_t { Count, Bytes };

  /// Writes to standard error. `total` 0: not known.
  Progress(std::string label, std::uint64_t total, Unit unit = Unit::Count);
  /// With everything given, for tests.
  Progress(std::string label, std::uint64_t total, Unit unit, bool terminal, Output output,
           Clock clock);
  /// Ends the line.
  ~Progress();

  void set_total(std::uint64_t total);
  void update(std::uint64_t done);
  void add(std::uint64_t more);
  /// Shows the final state once; later calls do nothing.
  void finish();

 private:
  void draw_locked(bool last);
  [[nodiscard]] std::string line_locked() const;

  std::mutex mutex_;
  const std::string label_;
  std::uint64_t total_;
  const Unit unit_;
  const bool terminal_;
  const Output output_;
  const Clock clock_;
  const std::chrono::steady_clock::time_point start_;
  std::chrono::steady_clock::time_point drawn_;
  std::uint64_t done_ = 0;
  std::size_t shown_width_ = 0;
  bool finished_ = false;
};

/// "3s", "4m05s", "2h07m".
std::string format_eta(std::chrono::seconds span);

}  // namespace venus::platform
