// SPDX-License-Identifier: MIT OR Apache-2.0
// A node under test beside a world of scripted peers, for tests of the syncer.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <thread>

#include "sync/syncer.hpp"
#include "sync/test_util/light_chain.hpp"
#include "sync/test_util/store_source.hpp"

namespace venus::sync::test_util {

inline PeerId peer(std::uint8_t number) {
  Bytes id{0x00, 0x24, 0x08, 0x01, 0x12, 0x20};
  id.resize(38, number);
  return PeerId::from_bytes(id).value();
}

/// Options whose pauses cost tests nothing.
inline SyncOptions quick() {
  using namespace std::chrono_literals;
  SyncOptions out;
  out.bootstrap_peers = 1;
  out.tick = 5ms;
  out.retry_first = 5ms;
  out.retry_max = 50ms;
  out.threads = 2;
  out.block_delay_seconds = kLightDelay;
  return out;
}

/// A node that knows nothing but the genesis, and a world of peers.
class LightNetwork {
 public:
  ~LightNetwork() { stop(); }

  void run(SyncOptions options, StoreSource::Script script = {}) {
    source_ = std::make_unique<StoreSource>(*world_.chain, std::move(script));
    syncer_ = std::make_unique<Syncer>(io_.get_executor(), *ours_.chain, rules_, *source_, clock_, pool_,
                                       std::move(options));
    syncer_->start();
    if (!work_) {
      io_.restart();
      work_.emplace(io_.get_executor());
      thread_ = std::jthread([this] { io_.run(); });
    }
  }
  void stop() {
    if (syncer_) {
      asio::co_spawn(io_, syncer_->stop(), asio::use_future).get().value();
      syncer_.reset();
    }
    work_.reset();
    if (thread_.joinable()) thread_.join();
  }
  void head_of(std::uint8_t number, const TipsetPtr& tipset) {
    syncer_->peer_head(peer(number), tipset->key(), tipset->height(), BigInt(0));
  }
  template <class T>
  Result<T> wait(Task<T> task) {
    return asio::co_spawn(io_, std::move(task), asio::use_future).get();
  }
  /// Waits as long as it takes; the limit only keeps a broken test from hanging.
  template <class F>
  bool eventually(F&& condition) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (std::chrono::steady_clock::now() < limit) {
      if (condition()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return condition();
  }
  bool reaches(const TipsetPtr& tipset) {
    return eventually([&] { return ours_.chain->head()->key() == tipset->key(); });
  }
  [[nodiscard]] std::string states() const {
    std::string out = fmt::format("head at {}\n", ours_.chain->head()->height());
    for (const auto& sync : syncer_->status().syncs) {
      out += fmt::format("{} {} at {}, target {}: {}\n", sync.worker, to_string(sync.stage), sync.height,
                         sync.target->height(), sync.message);
    }
    return out;
  }

  LightChain world_;
  LightChain ours_;
  base::ManualClock clock_{(kLightGenesis + 1'000'000) * 1000};
  LightRules rules_{*ours_.chain, clock_};
  asio::io_context io_;
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>> work_;
  WorkerPool pool_{3};
  std::unique_ptr<StoreSource> source_;
  std::unique_ptr<Syncer> syncer_;
  std::jthread thread_;
};

}  // namespace venus::sync::test_util
