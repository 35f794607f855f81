// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "platform/metrics.hpp"
#include "rpc/server.hpp"

#include <memory>

namespace venus::platform {

/// Counts calls and their time by method, and logs them at debug (failures of ours at warn). For
/// rpc::ServerOptions::on_call.
class RpcMetrics {
 public:
  explicit RpcMetrics(Metrics& metrics);
  void operator()(const rpc::CallRecord& record) const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

/// Connections, running, queued, refused requests of a server. The server outlives the last scrape.
void add_server_metrics(Metrics& metrics, const rpc::Server& server);

}  // namespace venus::platform
