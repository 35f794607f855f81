// SPDX-License-Identifier: MIT OR Apache-2.0
// What PeerManager does about behaviour: scores, bans, and whom to close when there are too many.
#include <algorithm>
#include <cmath>

#include "net/peer_manager_state.hpp"

namespace venus::net {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMaxScores = 8'192;  // of peers that may be gone; each a few dozen bytes
constexpr double kBootstrapScore = 2500;   // Lotus node/modules/lp2p/pubsub.go
/// A peer at the brink of a ban stands at gossip's own gossip threshold of -500.
constexpr double kGossipPerPenalty = -5;
constexpr std::size_t kOffendersOfAddress = 5;
constexpr auto kAddressBan = 1h;
constexpr auto kSlowWait = 1min;
constexpr auto kWrongNetworkWait = 6h;
constexpr auto kTrimPause = 10s;  // Lotus's connection manager looks that often

bool speaks_filecoin(const PeerManager::State::Link& link) {
  return std::ranges::any_of(link.protocols, [](const std::string& name) {
    return name.starts_with("/fil/hello/") || name.starts_with("/fil/chain/xchg/");
  });
}

}  // namespace

void PeerManager::State::judge(const PeerId& peer, Misbehaviour what, std::string_view detail) {
  const auto at = now();
  ++counts.misbehaved[std::string(to_string(what))];
  if (!scores.contains(peer) && scores.size() >= kMaxScores) tidy(at);
  if (!scores.contains(peer) && scores.size() >= kMaxScores) scores.erase(scores.begin());
  auto verdict = scores[peer].charge(what, at);
  const auto why = fmt::format("{}: {}", to_string(what), detail.substr(0, 160));
  if (what == Misbehaviour::WrongNetwork) plan.hold(peer, at + kWrongNetworkWait);
  if (verdict == PeerScore::Verdict::Ban && parts.book.is_protected(peer)) {
    scores[peer].settle(at);
    verdict = PeerScore::Verdict::Close;
  }
  if (const auto link = links.find(peer); link != links.end()) tell_score(peer, link->second, at);
  if (verdict == PeerScore::Verdict::Ban) return ban(peer, why, at);
  if (verdict != PeerScore::Verdict::Close) return;
  notes.push_back({"disconnected", peer, why});
  plan.hold(peer, at + kSlowWait);
  parts.host.disconnect(peer);
}

void PeerManager::State::ban(const PeerId& peer, std::string_view why, Time at) {
  ++counts.bans;
  scores[peer].settle(at);
  const auto time = ban_time(parts.book.banned(peer));
  notes.push_back({"banned", peer, fmt::format("for {} minutes, {}", time.count() / 60, why)});
  ban_address_of(peer, at);
  parts.bans.ban(peer, time, std::string(why));
  plan.hold(peer, at + time);
}

// Identities cost nothing, addresses do. Behind a home router or on one machine many honest peers share
// an address: only public ones are banned, and only for an hour.
void PeerManager::State::ban_address_of(const PeerId& peer, Time at) {
  const auto link = links.find(peer);
  if (link == links.end()) return;
  const auto ip = ip_of_link(link->second);
  if (!ip || scope_of(*ip) != IpScope::Public) return;
  if (offenders.size() >= 1024 && !offenders.contains(*ip)) return;
  auto& [since, peers] = offenders[*ip];
  if (peers.empty() || at - since > kAddressBan) {
    since = at;
    peers.clear();
  }
  peers.insert(peer);
  if (peers.size() < kOffendersOfAddress) return;
  offenders.erase(*ip);
  notes.push_back({"banned the address of", peer, fmt::format("{}: {} of its peers were banned", ip->to_string(), kOffendersOfAddress)});
  parts.bans.ban(*ip, kAddressBan, fmt::format("{} peers of this address were banned", kOffendersOfAddress));
}

double PeerManager::State::app_score(const PeerId& peer, Time at) const {
  const auto score = scores.find(peer);
  const double penalty = score == scores.end() ? 0 : score->second.penalty(at);
  return (bootstrap.contains(peer) ? kBootstrapScore : 0) + kGossipPerPenalty * penalty;
}

void PeerManager::State::tell_score(const PeerId& peer, Link& link, Time at) {
  const double score = app_score(peer, at);
  // Gossip may get to know a peer after we do: what differs from nothing is told again with identify.
  const bool is_new = !link.identified || std::abs(score - link.told_score) >= 25 || link.told_score != 0;
  if (!is_new || (score == 0 && link.told_score == 0)) return;
  link.told_score = score;
  parts.host.set_app_score(peer, score);
}

std::map<IpAddress, std::size_t> PeerManager::State::neighbours() const {
  std::map<IpAddress, std::size_t> out;
  for (const auto& [peer, link] : links) {
    if (const auto ip = ip_of_link(link)) ++out[*ip];
  }
  return out;
}

std::int64_t PeerManager::State::value_of(const PeerId& peer, const Link& link, std::size_t close_by, Time at) const {
  double out = 0;
  if (const auto score = scores.find(peer); score != scores.end()) {
    out += score->second.merit(at) - score->second.penalty(at);
  }
  if (bootstrap.contains(peer)) out += 50;
  if (link.identified) out += speaks_filecoin(link) ? 20 : -50;
  // Peers we chose are harder to fake than those that came.
  if (!link.connections.empty() && !link.connections.front().inbound) out += 10;
  if (link.latency) out += std::max(0.0, 10 - std::chrono::duration<double>(*link.latency).count() * 10);
  out += std::min(10.0, std::chrono::duration<double>(at - link.since).count() / 360);
  // Many peers of one address are easily one attacker.
  out -= 5.0 * static_cast<double>(std::min<std::size_t>(close_by > 0 ? close_by - 1 : 0, 10));
  return std::llround(out);
}

void PeerManager::State::trim(Time at) {
  if (links.size() <= settings.high_water || at < next_trim) return;
  next_trim = at + std::min<Time::duration>(kTrimPause, settings.grace / 2);
  struct Candidate {
    std::int64_t value;
    Time since;
    PeerId peer;
  };
  std::vector<Candidate> candidates;
  const auto close_by = neighbours();
  for (const auto& [peer, link] : links) {
    if (at - link.since < settings.grace || parts.book.is_protected(peer)) continue;
    const auto ip = ip_of_link(link);
    candidates.push_back({value_of(peer, link, ip ? close_by.at(*ip) : 1, at), link.since, peer});
  }
  // Of equals the newest goes.
  std::ranges::sort(candidates, [](const Candidate& a, const Candidate& b) {
    return std::tuple(a.value, b.since) < std::tuple(b.value, a.since);
  });
  const auto excess = links.size() - std::min(links.size(), settings.low_water);
  for (std::size_t i = 0; i < std::min(excess, candidates.size()); ++i) {
    ++counts.trimmed;
    plan.hold(candidates[i].peer, at + kSlowWait);
    parts.host.disconnect(candidates[i].peer);
  }
}

// A peer that was just dialled and one that does not do anything for the chain are no help.
std::size_t PeerManager::State::useful_count(Time at) const {
  return static_cast<std::size_t>(std::ranges::count_if(links, [at](const auto& entry) {
    const auto& link = entry.second;
    return link.identified ? speaks_filecoin(link) : at - link.since < 30s;
  }));
}

void PeerManager::State::tidy(Time at) {
  plan.tidy(at);
  std::erase_if(scores, [&](const auto& entry) {
    return !links.contains(entry.first) && entry.second.penalty(at) < 1;
  });
  std::erase_if(offenders, [&](const auto& entry) { return at - entry.second.first > kAddressBan; });
  for (auto& [peer, link] : links) tell_score(peer, link, at);
}

}  // namespace venus::net
