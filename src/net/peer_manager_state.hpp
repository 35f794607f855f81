// SPDX-License-Identifier: MIT OR Apache-2.0
// What PeerManager knows and decides; its parts lie in peer_manager*.cpp.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>

#include "net/dial_plan.hpp"
#include "net/peer_manager.hpp"
#include "net/peer_score.hpp"

namespace venus::net {

/// Shared with the coroutines it starts, which look at `stopped` before they touch anything of `parts`.
/// Host, book and bans are called with the mutex held: they never call back.
struct PeerManager::State : std::enable_shared_from_this<PeerManager::State> {
  using Time = std::chrono::steady_clock::time_point;

  struct Link {
    std::vector<ConnectionView> connections;
    Time since{};
    std::string agent;
    std::vector<std::string> protocols;
    std::vector<std::string> addresses;
    bool identified = false;
    std::optional<std::chrono::microseconds> latency;
    double told_score = 0;
  };
  struct Name {
    std::string host;
    Time due{};
    unsigned failures = 0;
    bool running = false;
  };
  struct Note {
    std::string_view what;
    PeerId peer;
    std::string why;
  };

  State(asio::any_io_executor executor, Parts parts, PeerManagerSettings settings);

  [[nodiscard]] Time now() const { return settings.now ? settings.now() : std::chrono::steady_clock::now(); }

  // Events (peer_manager.cpp).
  void on(const bridge::P2pConnected& event);
  void on(const bridge::P2pDisconnected& event);
  void on(const bridge::P2pIdentified& event);
  void on(const bridge::P2pPinged& event);
  void on(const bridge::P2pListening& event);
  void on(const bridge::P2pDiscovered& event);
  void on(const bridge::P2pGossip&) {}
  void tell(std::vector<Note> notes) const;

  // Behaviour (peer_manager_judge.cpp).
  void judge(const PeerId& peer, Misbehaviour what, std::string_view detail);
  void ban(const PeerId& peer, std::string_view why, Time at);
  void ban_address_of(const PeerId& peer, Time at);
  void tell_score(const PeerId& peer, Link& link, Time at);
  [[nodiscard]] double app_score(const PeerId& peer, Time at) const;
  [[nodiscard]] std::int64_t value_of(const PeerId& peer, const Link& link, std::size_t neighbours, Time at) const;
  [[nodiscard]] std::map<IpAddress, std::size_t> neighbours() const;
  void trim(Time at);

  // Finding peers (peer_manager_dial.cpp).
  void round(Time at);
  void dial_peers(Time at);
  void hurry_friends(Time at);
  std::size_t dial_protected(std::size_t budget, Time at);
  std::size_t dial_bootstrap(std::size_t budget, Time at);
  std::size_t dial_known(std::size_t budget, Time at);
  [[nodiscard]] bool may_dial(const PeerId& peer, Time at) const;
  void start_dial(const PeerId& peer, std::vector<std::string> addresses);
  void look_up_names(Time at);
  void walk(Time at);
  void all_lost(Time at);
  void tidy(Time at);
  [[nodiscard]] std::size_t useful_count(Time at) const;
  [[nodiscard]] std::vector<std::string> reachable(const std::vector<std::string>& addresses, IpScope least) const;
  [[nodiscard]] IpScope least_scope() const;
  static Task<> dial(std::shared_ptr<State> self, PeerId peer, std::vector<std::string> addresses);
  static Task<> look_up(std::shared_ptr<State> self, std::string host);
  static Task<> save_later(std::shared_ptr<State> self);
  static Task<> loop(std::shared_ptr<State> self);

  [[nodiscard]] PeerView view(const PeerId& peer, const Link& link, std::size_t neighbours, Time at) const;

  asio::any_io_executor executor;
  asio::strand<asio::any_io_executor> strand;
  asio::steady_timer timer;
  Parts parts;
  const PeerManagerSettings settings;
  const PeerId self_id;

  mutable std::mutex mutex;
  bool stopped = false;
  std::map<PeerId, Link> links;
  std::map<PeerId, PeerScore> scores;
  DialPlan plan;
  std::map<PeerId, std::vector<std::string>> bootstrap;
  std::vector<Name> names;
  std::set<std::string> open_listeners;
  std::map<std::string, std::set<PeerId>> observed;  ///< our address as those see it that came to us
  /// Banned peers of a public address.
  std::map<IpAddress, std::pair<Time, std::set<PeerId>>> offenders;
  bool reached_from_outside = false;
  Time next_walk{}, next_trim{}, next_save{}, next_tidy{};
  unsigned walks_in_vain = 0;
  PeerStats counts;
  std::vector<Note> notes;

  /// Held while book and bans are written; taken before `mutex`.
  std::mutex save_mutex;
  bool saving = false;
};

/// Each once, in order, and not too many for one dial.
std::vector<std::string> dial_list(std::vector<std::string> addresses);
/// The IP address of a link's newest connection.
std::optional<IpAddress> ip_of_link(const PeerManager::State::Link& link);

}  // namespace venus::net
