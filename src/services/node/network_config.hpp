// SPDX-License-Identifier: MIT OR Apache-2.0
// Settings of the node among its peers.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace venus::platform {
class Properties;
}

namespace venus::node {

struct NetworkConfig {
  bool enabled = true;
  std::vector<std::string> listen{"/ip4/0.0.0.0/tcp/0", "/ip4/0.0.0.0/udp/0/quic-v1", "/ip6/::/tcp/0",
                                  "/ip6/::/udp/0/quic-v1"};
  std::vector<std::string> announce;
  std::vector<std::string> bootstrap;  ///< beside the network's own
  std::size_t min_peers = 12;
  std::size_t max_peers = 180;

  void declare(platform::Properties& properties);
};

}  // namespace venus::node
