// SPDX-License-Identifier: MIT OR Apache-2.0
#include "rpc/router.hpp"

namespace venus::rpc {
namespace {

std::vector<std::string> split_path(std::string_view path) {
  std::vector<std::string> out;
  while (!path.empty()) {
    path.remove_prefix(1);
    const auto end = path.find('/');
    out.emplace_back(path.substr(0, end));
    path.remove_prefix(end == std::string_view::npos ? path.size() : end);
  }
  return out;
}

bool is_name(std::string_view part) { return part.starts_with('{') && part.ends_with('}'); }
bool is_rest(std::string_view part) { return is_name(part) && part.ends_with("...}"); }

// Number of literal parts that agree, or nothing when the pattern does not fit.
std::optional<std::size_t> fit(const std::vector<std::string>& pattern,
                               const std::vector<std::string>& parts,
                               std::map<std::string, std::string>& args) {
  std::size_t literal = 0;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const auto& want = pattern[i];
    if (is_rest(want)) {
      std::string rest;
      for (auto j = i; j < parts.size(); ++j)
        rest += (j > i ? "/" : "") + url_decode(parts[j]);
      args[want.substr(1, want.size() - 5)] = std::move(rest);
      return literal;
    }
    if (i >= parts.size()) return std::nullopt;
    if (is_name(want)) {
      args[want.substr(1, want.size() - 2)] = url_decode(parts[i]);
    } else if (want == parts[i]) {
      ++literal;
    } else {
      return std::nullopt;
    }
  }
  if (pattern.size() != parts.size()) return std::nullopt;
  return literal + 1;
}

}  // namespace

void Router::add(Verb verb, std::string_view pattern, std::optional<Perm> perm,
                 Server::RouteHandler handler) {
  routes_.push_back({verb, split_path(pattern), perm, std::move(handler)});
}

const Router::Mount* Router::find_mount(std::string_view path) const {
  const auto found = mounts_.find(path);
  return found == mounts_.end() ? nullptr : &found->second;
}

Router::Match Router::find_route(Verb verb, std::string_view path) const {
  Match best;
  std::size_t best_fit = 0;
  const auto parts = split_path(path);
  for (const auto& route : routes_) {
    std::map<std::string, std::string> args;
    const auto literal = fit(route.parts, parts, args);
    if (!literal) continue;
    const bool verb_fits = route.verb == verb || (verb == Verb::Head && route.verb == Verb::Get);
    if (!verb_fits) {
      best.other_verb = true;
      continue;
    }
    if (best.route == nullptr || *literal > best_fit) {
      best.route = &route;
      best.args = std::move(args);
      best_fit = *literal;
    }
  }
  return best;
}

}  // namespace venus::rpc
