// SPDX-License-Identifier: MIT OR Apache-2.0
// How PeerManager finds peers.
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>

#include "net/dnsaddr.hpp"
#include "net/peer_manager_state.hpp"

namespace venus::net {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMaxDialAddresses = 16;
/// With nobody left, no peer waits longer for its next dial.
constexpr auto kAloneWait = 10s;
/// While alone, some good old friends are tried that often, however long the network is away.
constexpr auto kFriendWait = 30s;
constexpr std::size_t kFriends = 16;
constexpr auto kNameAgain = 1h;
constexpr auto kWalkFirst = 30s;
constexpr auto kWalkLongest = 5min;
constexpr auto kWalkContent = 10min;  // with enough peers, to keep the routing table fresh
constexpr auto kTidy = 1min;

}  // namespace

void PeerManager::State::round(Time at) {
  parts.bandwidth.sample(parts.host.bandwidth(), at);
  if (at >= next_tidy) {
    next_tidy = at + kTidy;
    tidy(at);
  }
  parts.bans.expire();
  dial_peers(at);
  walk(at);
  trim(at);
  if (at >= next_save && !saving) {
    next_save = at + settings.save_every;
    saving = true;
    asio::co_spawn(executor, save_later(shared_from_this()), asio::detached);
  }
}

bool PeerManager::State::may_dial(const PeerId& peer, Time at) const {
  return peer != self_id && !links.contains(peer) && plan.may_dial(peer, at) && !parts.bans.has(peer);
}

void PeerManager::State::dial_peers(Time at) {
  const auto free = settings.parallel_dials - std::min(settings.parallel_dials, plan.running());
  auto budget = std::min(free, settings.dials_per_second);
  budget -= dial_protected(budget, at);
  if (useful_count(at) >= settings.min_peers) return;
  look_up_names(at);
  if (links.empty()) {
    hurry_friends(at);
    // Half for the bootstrap peers, so that dead ones can't hold up those that answered yesterday.
    const auto used = dial_bootstrap((budget + 1) / 2, at);
    dial_known(budget - used, at);
  } else {
    budget -= dial_known(budget, at);
    dial_bootstrap(budget, at);
  }
}

void PeerManager::State::hurry_friends(Time at) {
  for (const auto& [peer, addresses] : bootstrap) plan.hurry(peer, at, kFriendWait);
  const auto reached = [](const KnownPeer& peer) { return peer.last_success > 0; };
  for (const auto& peer : parts.book.best(kFriends, reached)) plan.hurry(peer.peer, at, kFriendWait);
}

std::size_t PeerManager::State::dial_protected(std::size_t budget, Time at) {
  if (budget == 0) return 0;
  const auto lost = parts.book.best(budget, [&](const KnownPeer& peer) { return !peer.tags.empty() && may_dial(peer.peer, at); });
  for (const auto& peer : lost) start_dial(peer.peer, peer.addresses);
  return lost.size();
}

std::size_t PeerManager::State::dial_bootstrap(std::size_t budget, Time at) {
  std::size_t used = 0;
  for (const auto& [peer, addresses] : bootstrap) {
    if (used == budget) break;
    if (!may_dial(peer, at)) continue;
    auto all = addresses;
    if (const auto known = parts.book.find(peer)) all.insert(all.end(), known->addresses.begin(), known->addresses.end());
    start_dial(peer, std::move(all));
    ++used;
  }
  return used;
}

std::size_t PeerManager::State::dial_known(std::size_t budget, Time at) {
  if (budget == 0) return 0;
  const auto found = parts.book.best(budget, [&](const KnownPeer& peer) {
    return !bootstrap.contains(peer.peer) && may_dial(peer.peer, at);
  });
  for (const auto& peer : found) start_dial(peer.peer, peer.addresses);
  return found.size();
}

void PeerManager::State::start_dial(const PeerId& peer, std::vector<std::string> addresses) {
  ++counts.dials;
  plan.started(peer);
  asio::co_spawn(executor, dial(shared_from_this(), peer, dial_list(std::move(addresses))), asio::detached);
}

std::vector<std::string> dial_list(std::vector<std::string> addresses) {
  std::vector<std::string> out;
  for (auto& address : addresses) {
    if (out.size() == kMaxDialAddresses) break;
    if (std::ranges::find(out, address) == out.end()) out.push_back(std::move(address));
  }
  return out;
}

Task<> PeerManager::State::dial(std::shared_ptr<State> self, PeerId peer, std::vector<std::string> addresses) {
  co_await asio::post(asio::use_awaitable);  // whoever spawns this holds the mutex, and spawning may run at once
  {
    const std::scoped_lock lock(self->mutex);
    if (self->stopped) co_return Result<void>{};
  }
  const auto result = co_await self->parts.host.connect(peer, std::move(addresses), self->settings.dial_timeout);
  const std::scoped_lock lock(self->mutex);
  if (self->stopped) co_return Result<void>{};
  if (result) {
    self->plan.answered(peer);
    co_return Result<void>{};
  }
  const auto at = self->now();
  ++self->counts.failed_dials;
  self->plan.failed(peer, at);
  // Another identity lives there now: asking again soon finds it again.
  if (result.error().code == ErrorCode::FailedValidation) self->plan.hold(peer, at + 1h);
  self->parts.book.dial_failed(peer);
  co_return Result<void>{};
}

void PeerManager::State::look_up_names(Time at) {
  for (auto& name : names) {
    if (name.running || name.due > at) continue;
    name.running = true;
    asio::co_spawn(executor, look_up(shared_from_this(), name.host), asio::detached);
  }
}

Task<> PeerManager::State::look_up(std::shared_ptr<State> self, std::string host) {
  co_await asio::post(asio::use_awaitable);  // whoever spawns this holds the mutex, and spawning may run at once
  {
    const std::scoped_lock lock(self->mutex);
    if (self->stopped) co_return Result<void>{};
  }
  const auto found = co_await venus::on(self->parts.disk, [host] { return resolve_dnsaddr(host); });
  const std::scoped_lock lock(self->mutex);
  if (self->stopped) co_return Result<void>{};
  const auto at = self->now();
  const auto name = std::ranges::find(self->names, host, &Name::host);
  name->running = false;
  if (!found) {
    const auto doublings = std::min(name->failures++, 6U);
    name->due = at + self->plan.jitter(std::min<DialPlan::Span>(DialPlan::kFirstWait * (1 << doublings), 5min));
    self->notes.push_back({"can't look up", PeerId(), found.error().message});
    co_return Result<void>{};
  }
  name->failures = 0;
  name->due = at + kNameAgain;
  for (const auto& peer : *found) {
    if (peer.peer != self->self_id) self->bootstrap[peer.peer] = peer.addresses;
  }
  co_return Result<void>{};
}

void PeerManager::State::walk(Time at) {
  if (links.empty() || at < next_walk) return;
  const bool is_content = useful_count(at) >= settings.min_peers;
  const auto wait = is_content ? DialPlan::Span(kWalkContent)
                               : std::min<DialPlan::Span>(kWalkFirst * (1 << std::min(walks_in_vain, 8U)), kWalkLongest);
  walks_in_vain = is_content ? 0 : walks_in_vain + 1;
  next_walk = at + plan.jitter(wait);
  ++counts.walks;
  parts.host.walk_dht();
}

void PeerManager::State::all_lost(Time at) {
  plan.hurry(at, kAloneWait);
  next_walk = at;
  walks_in_vain = 0;
  for (auto& name : names) name.due = std::min(name.due, at + DialPlan::Span(kAloneWait));
}

// The least reachable kind of address that some peer of ours is on: on a machine or network of our own,
// addresses of that kind mean something; in the open network they only make us knock at our own doors.
IpScope PeerManager::State::least_scope() const {
  auto least = IpScope::Public;
  const auto look = [&least](const std::optional<IpAddress>& ip) {
    if (ip && scope_of(*ip) != IpScope::None) least = std::min(least, scope_of(*ip));
  };
  for (const auto& [peer, link] : links) look(ip_of_link(link));
  for (const auto& [peer, addresses] : bootstrap) {
    for (const auto& address : addresses) look(ip_of(address));
  }
  return least;
}

std::vector<std::string> PeerManager::State::reachable(const std::vector<std::string>& addresses, IpScope least) const {
  std::vector<std::string> out;
  for (const auto& text : addresses) {
    if (out.size() == PeerBook::kMaxAddresses) break;
    const auto address = Multiaddr::parse(text);
    if (!address || !address->is_dialable()) continue;
    if (address->ip() && scope_of(*address->ip()) < least) continue;
    out.push_back(address->transport());
  }
  return out;
}

Task<> PeerManager::State::save_later(std::shared_ptr<State> self) {
  const auto saved = co_await venus::on(self->parts.disk, [self]() -> Result<void> {
    const std::scoped_lock saving(self->save_mutex);
    {
      const std::scoped_lock lock(self->mutex);
      if (self->stopped) return {};
    }
    TRY_VOID(self->parts.book.save());
    return self->parts.bans.save();
  });
  const std::scoped_lock lock(self->mutex);
  self->saving = false;
  if (!saved) self->notes.push_back({"can't save the peers", PeerId(), saved.error().message});
  co_return Result<void>{};
}

}  // namespace venus::net
