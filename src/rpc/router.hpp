// SPDX-License-Identifier: MIT OR Apache-2.0
// Paths of the server: JSON-RPC mounts and REST routes.
#pragma once

#include "rpc/server.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace venus::rpc {

class Router {
 public:
  struct Mount {
    const Dispatcher* dispatcher;
    ApiVersion version;
  };
  struct Route {
    Verb verb;
    std::vector<std::string> parts;
    std::optional<Perm> perm;
    Server::RouteHandler handler;
  };
  struct Match {
    const Route* route = nullptr;
    std::map<std::string, std::string> args;
    bool other_verb = false;  ///< the path exists, but not with this verb
  };

  void mount(std::string path, Mount mount) { mounts_.insert_or_assign(std::move(path), mount); }
  void add(Verb verb, std::string_view pattern, std::optional<Perm> perm,
           Server::RouteHandler handler);

  [[nodiscard]] const Mount* find_mount(std::string_view path) const;
  /// Literal parts win over {names}; HEAD is answered by GET routes.
  [[nodiscard]] Match find_route(Verb verb, std::string_view path) const;

 private:
  std::map<std::string, Mount, std::less<>> mounts_;
  std::vector<Route> routes_;
};

}  // namespace venus::rpc
