// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "rpc/stream.hpp"

#include <deque>
#include <mutex>

namespace venus::rpc {

/// Lets at most `running` calls in at once and at most `queued` more wait, first come first served.
class Gate {
 public:
  Gate(std::size_t running, std::size_t queued) : max_running_(running), max_queued_(queued) {}

  /// A place taken; given back by its destructor. The gate outlives it.
  class Pass {
   public:
    Pass() = default;
    explicit Pass(Gate* gate) : gate_(gate) {}
    Pass(Pass&& other) noexcept : gate_(std::exchange(other.gate_, nullptr)) {}
    Pass& operator=(Pass&& other) noexcept {
      release();
      gate_ = std::exchange(other.gate_, nullptr);
      return *this;
    }
    ~Pass() { release(); }
    void release() {
      if (gate_ != nullptr) std::exchange(gate_, nullptr)->leave();
    }

   private:
    Gate* gate_ = nullptr;
  };

  /// A place if one is free and nobody waits for it.
  std::optional<Pass> try_enter();
  /// Waits for a place; Exhausted when too many wait already.
  Task<Pass> enter();

  [[nodiscard]] std::size_t running() const;
  [[nodiscard]] std::size_t queued() const;

 private:
  void leave();

  const std::size_t max_running_;
  const std::size_t max_queued_;
  mutable std::mutex mutex_;
  std::size_t running_ = 0;
  std::deque<StreamWriter<char>> waiting_;
};

}  // namespace venus::rpc
