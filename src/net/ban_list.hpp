// SPDX-License-Identifier: MIT OR Apache-2.0
// Who may not talk to this node: peers, addresses and networks, for good or for some time.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <mutex>
#include <set>

#include "base/clock.hpp"
#include "bridge/p2p.hpp"
#include "net/ip_network.hpp"

namespace venus::net {

/// Survives restarts; whatever it says holds at the host it is attached to. Thread-safe.
class BanList {
 public:
  static constexpr std::size_t kMaxPermanent = 10'000;  ///< an operator's list; the host looks through it for each dial
  /// Each ban costs its peer a rule broken gravely; who makes more identities than this pushes out its own.
  static constexpr std::size_t kMaxTemporary = 4'096;
  static constexpr std::chrono::seconds kLongest{std::chrono::hours(24)};  ///< of temporary bans

  struct Lists {
    std::vector<PeerId> peers;
    std::vector<std::string> addresses;  ///< without prefix length
    std::vector<std::string> networks;
  };
  struct Ban {
    std::string what;  ///< peer, address or network
    std::string reason;
    std::optional<std::chrono::seconds> left;  ///< nothing: for good
  };

  /// Reads the file, if it is there. `clock` (time of day: bans are kept over restarts) must outlive the
  /// list. Corrupt names the file.
  static Result<std::unique_ptr<BanList>> open(std::filesystem::path file, const base::Clock& clock);

  /// From now on the host refuses what the list says, and closes what is open with it. nullptr detaches.
  void attach(bridge::P2pHost* host);

  /// Adds for good, as an operator does: all or nothing. Malformed names the bad entry; TooLarge.
  Result<void> block(const std::vector<PeerId>& peers, const std::vector<std::string>& addresses,
                     const std::vector<std::string>& networks);
  /// Takes away, also what was added for a time; what is not there is no error. Malformed.
  Result<void> unblock(const std::vector<PeerId>& peers, const std::vector<std::string>& addresses,
                       const std::vector<std::string>& networks);
  /// Adds for a time, at most kLongest; a ban that lasts longer stays.
  void ban(const PeerId& peer, std::chrono::seconds time, std::string reason);
  void ban(const IpAddress& address, std::chrono::seconds time, std::string reason);

  [[nodiscard]] bool has(const PeerId& peer) const;
  [[nodiscard]] bool has(const IpAddress& address) const;
  /// All that hold now, in order.
  [[nodiscard]] Lists lists() const;
  [[nodiscard]] std::vector<Ban> bans() const;

  /// Ends what is over; called now and then.
  void expire();
  /// Writes the file when something changed since it was written. Blocks.
  Result<void> save();

 private:
  using Time = std::chrono::steady_clock::time_point;
  struct Why {
    std::string reason;
    std::optional<Time> until;
  };

  BanList(std::filesystem::path file, const base::Clock& clock) : file_(std::move(file)), clock_(clock) {}
  Result<void> load();
  template <class Key>
  void ban_for(std::map<Key, Why>& where, const Key& key, std::chrono::seconds time, std::string reason);
  void make_room();
  void changed();
  void tell_host();
  [[nodiscard]] Bytes encode() const;

  const std::filesystem::path file_;
  const base::Clock& clock_;
  mutable std::mutex mutex_;
  std::mutex save_mutex_;  // one writer of the file at a time
  std::map<PeerId, Why> peers_;
  std::map<IpNetwork, Why> networks_;
  bridge::P2pHost* host_ = nullptr;
  std::uint64_t version_ = 0;
  std::uint64_t saved_version_ = 0;
};

}  // namespace venus::net
