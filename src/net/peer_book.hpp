// SPDX-License-Identifier: MIT OR Apache-2.0
// The peers this node has met or heard of, so that it finds the network again by itself.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <mutex>
#include <set>
#include <unordered_map>

#include "base/clock.hpp"
#include "bridge/p2p.hpp"

namespace venus::net {

struct KnownPeer {
  PeerId peer;
  std::vector<std::string> addresses;  ///< where it can be dialled; best first
  std::string agent;
  std::int64_t first_seen = 0;    ///< Unix seconds; all times are of this machine's clock, for order only
  std::int64_t last_seen = 0;     ///< connected or told of by others
  std::int64_t last_success = 0;  ///< connected; 0: never
  std::uint32_t failures = 0;     ///< dials that failed since then
  std::uint32_t bans = 0;         ///< automatic ones, lately
  std::int64_t last_ban = 0;
  std::set<std::string> tags;  ///< who protects it
};

/// At most kMaxPeers; who was never reached and fails goes first. Thread-safe.
class PeerBook {
 public:
  static constexpr std::size_t kMaxPeers = 2'000;     ///< more than a mainnet node meets in a day
  static constexpr std::size_t kMaxAddresses = 8;     ///< of a peer; some list every interface
  static constexpr std::size_t kMaxProtected = 500;   ///< protected peers are never dropped
  static constexpr std::size_t kMaxAgent = 128;       ///< characters kept
  static constexpr std::chrono::seconds kForgiven{std::chrono::hours(24)};  ///< a ban counts as an earlier one so long

  /// Reads the file, if it is there; `clock` must outlive the book. A file that can't be read is put aside
  /// as FILE.bad and the book starts empty: it holds nothing that can't be learnt again but protection.
  static Result<std::unique_ptr<PeerBook>> open(std::filesystem::path file, const base::Clock& clock);

  /// Somebody says where a peer is. Addresses that are no dialable multiaddrs are left out; a trailing
  /// /p2p part is taken off.
  void heard_of(const PeerId& peer, const std::vector<std::string>& addresses);
  /// A connection to it was made; `dialled` is the address that worked, if we dialled.
  void connected(const PeerId& peer, const std::string& dialled);
  void agent_is(const PeerId& peer, std::string_view agent);
  void dial_failed(const PeerId& peer);
  /// Counts an automatic ban; how many there were lately, this one included.
  std::uint32_t banned(const PeerId& peer);

  /// Exhausted beyond kMaxProtected.
  Result<void> protect(const PeerId& peer, std::string_view tag);
  /// False when it had no such tag.
  bool unprotect(const PeerId& peer, std::string_view tag);
  [[nodiscard]] bool is_protected(const PeerId& peer) const;
  [[nodiscard]] std::vector<PeerId> protected_peers(std::string_view tag) const;

  [[nodiscard]] std::optional<KnownPeer> find(const PeerId& peer) const;
  /// At most `max` peers with addresses that `wanted` agrees to, those that will most likely answer first.
  /// `wanted` must not call the book.
  [[nodiscard]] std::vector<KnownPeer> best(std::size_t max, const std::function<bool(const KnownPeer&)>& wanted) const;
  [[nodiscard]] std::size_t size() const;

  /// Writes the file when something changed since it was written. Blocks.
  Result<void> save();

 private:
  PeerBook(std::filesystem::path file, const base::Clock& clock) : file_(std::move(file)), clock_(clock) {}
  Result<void> load();
  KnownPeer& entry(const PeerId& peer);
  void make_room();

  const std::filesystem::path file_;
  const base::Clock& clock_;
  mutable std::mutex mutex_;
  std::mutex save_mutex_;  // one writer of the file at a time
  std::unordered_map<PeerId, KnownPeer> peers_;
  bool dirty_ = false;
};

}  // namespace venus::net
