// SPDX-License-Identifier: MIT OR Apache-2.0
// Hosts on loopback for tests and benchmarks: one io thread, and a log of what each host told.
#pragma once

#include "base/task.hpp"
#include "bridge/p2p.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace venus::bridge::test_util {

/// Nothing in these tests is about speed: what has not happened by then never will.
inline constexpr std::chrono::seconds kPatience{60};
inline constexpr milliseconds kLong = kPatience;

/// The thread everything of C++ runs on.
class Loop {
 public:
  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  asio::io_context io;

  /// The task's result; a failed one when it never ends.
  template <class T>
  Result<T> run(Task<T> task) {
    return get(start(std::move(task)));
  }
  template <class T>
  std::future<Result<T>> start(Task<T> task) {
    return asio::co_spawn(io, std::move(task), asio::use_future);
  }
  template <class T>
  static Result<T> get(std::future<Result<T>> future) {
    if (future.wait_for(kPatience) != std::future_status::ready) {
      return fail(ErrorCode::Internal, "the task does not end");
    }
    return future.get();
  }

 private:
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  std::thread thread_;
};

/// Settings of a host that listens on a free port of 127.0.0.1 by TCP and QUIC, follows `kTopic`
/// and accepts streams of `kProtocol`. Identity: `seed` repeated.
P2pSettings loopback_settings(std::uint8_t seed);
inline constexpr auto kTopic = "/fil/blocks/test";
inline constexpr auto kProtocol = "/test/echo/1.0.0";

/// A host and what it told. Gossip gets the verdict of `judge`.
class Peer {
 public:
  Peer(Loop& loop, P2pSettings settings);
  ~Peer();
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  P2pHost& host() { return *host_; }
  P2pHost* operator->() { return host_.get(); }
  const PeerId& id() const { return host_->id(); }
  /// Its own address of a kind ("tcp" or "quic-v1"), once it listens.
  std::string address(const std::string& kind);
  /// Connects with another by its address of a kind.
  Result<void> connect(Peer& other, const std::string& kind = "tcp");
  /// Whether the condition became true over the events so far and to come.
  bool until(const std::function<bool(const std::deque<P2pEvent>&)>& condition);
  /// Whether an event of the type that fulfils `is` came or comes.
  template <class E>
  bool saw(std::function<bool(const E&)> is = [](const E&) { return true; }) {
    return until([&](const auto& events) {
      for (const auto& event : events) {
        if (const auto* one = std::get_if<E>(&event); one != nullptr && is(*one)) return true;
      }
      return false;
    });
  }
  template <class E>
  std::vector<E> all() {
    const std::scoped_lock lock(mutex_);
    std::vector<E> out;
    for (const auto& event : events_) {
      if (const auto* one = std::get_if<E>(&event)) out.push_back(*one);
    }
    return out;
  }
  /// Called on the io thread for each gossip message; without it they wait for report().
  void judge(std::function<P2pVerdict(const P2pGossip&)> judge);
  /// Until the error that ended the events is there.
  ErrorCode end_of_events();
  /// Ends the host and waits until its events have ended.
  void stop();

 private:
  static Task<> pump(Peer* self);
  void take(std::vector<P2pEvent> events);

  Loop& loop_;
  std::unique_ptr<P2pHost> host_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<P2pEvent> events_;
  std::function<P2pVerdict(const P2pGossip&)> judge_;
  std::future<Result<void>> pump_;
  std::optional<ErrorCode> ended_;
};

/// Whether it becomes true before patience ends.
bool eventually(const std::function<bool()>& condition);

}  // namespace venus::bridge::test_util
