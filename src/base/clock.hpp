// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>

namespace venus::base {

/// The time of day, as an interface so that tests own it.
class Clock {
 public:
  virtual ~Clock() = default;
  /// Milliseconds since 1970-01-01T00:00Z.
  [[nodiscard]] virtual std::int64_t unix_millis() const = 0;
  /// Whole seconds since 1970-01-01T00:00Z.
  [[nodiscard]] std::int64_t unix_seconds() const { return unix_millis() / 1000; }
};

/// The machine's clock.
class SystemClock final : public Clock {
 public:
  [[nodiscard]] std::int64_t unix_millis() const override {
    using namespace std::chrono;
    return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
  }
};

/// A clock that moves when told.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(std::int64_t unix_millis) : now_(unix_millis) {}
  [[nodiscard]] std::int64_t unix_millis() const override { return now_; }
  void advance_millis(std::int64_t by) { now_ += by; }
  void set_millis(std::int64_t to) { now_ = to; }

 private:
  std::int64_t now_;
};

}  // namespace venus::base
