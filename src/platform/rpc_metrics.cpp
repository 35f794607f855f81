// SPDX-License-Identifier: MIT OR Apache-2.0
#include "platform/rpc_metrics.hpp"

#include "platform/log.hpp"

#include <mutex>
#include <shared_mutex>

namespace venus::platform {

struct RpcMetrics::State {
  struct PerMethod {
    Counter* ok;
    Counter* failed;
    Histogram* seconds;
  };

  PerMethod& of(const rpc::MethodInfo* method) {
    {
      std::shared_lock lock(mutex);
      const auto found = methods.find(method);
      if (found != methods.end()) return found->second;
    }
    // Names nobody bound all count as one: strangers must not be able to grow the registry.
    const std::string name(method == nullptr ? "unknown" : method->name);
    PerMethod made{&metrics->counter("venus_rpc_requests_total", "Calls by method and outcome",
                                     {{"method", name}, {"outcome", "ok"}}),
                   &metrics->counter("venus_rpc_requests_total", "Calls by method and outcome",
                                     {{"method", name}, {"outcome", "error"}}),
                   &metrics->histogram("venus_rpc_seconds", "Time of calls", latency_buckets(),
                                       {{"method", name}})};
    std::unique_lock lock(mutex);
    return methods.emplace(method, made).first->second;
  }

  Metrics* metrics = nullptr;
  Log log{"rpc"};
  std::shared_mutex mutex;
  // Node-based: references stay good while others are added.
  std::unordered_map<const rpc::MethodInfo*, PerMethod> methods;
};

RpcMetrics::RpcMetrics(Metrics& metrics) : state_(std::make_shared<State>()) {
  state_->metrics = &metrics;
}

void RpcMetrics::operator()(const rpc::CallRecord& record) const {
  auto& method = state_->of(record.method);
  (record.error == nullptr ? method.ok : method.failed)->add(1);
  const auto seconds = std::chrono::duration<double>(record.took).count();
  method.seconds->observe(seconds);
  const bool ours = record.error != nullptr && (record.error->code == ErrorCode::Internal ||
                                                record.error->code == ErrorCode::Corrupt);
  const auto level = ours ? Level::Warn : Level::Debug;
  if (!state_->log.enabled(level)) return;
  const auto& context = *record.context;
  const std::array facts{
      kv("method", record.name),
      kv("ms", seconds * 1000),
      kv("user", context.user()),
      kv("remote", context.connection().remote),
      kv("trace", context.trace().id()),
      record.error == nullptr ? kv("outcome", "ok") : kv("error", *record.error)};
  state_->log.emit(level, "call", facts);
}

void add_server_metrics(Metrics& metrics, const rpc::Server& server) {
  auto& connections = metrics.gauge("venus_rpc_connections", "Open API connections");
  auto& running = metrics.gauge("venus_rpc_running", "Requests being worked on");
  auto& queued = metrics.gauge("venus_rpc_queued", "Requests waiting for their turn");
  auto& refused = metrics.gauge("venus_rpc_refused",
                                "Requests refused since the start: busy, limits, bad tokens");
  metrics.on_scrape([&connections, &running, &queued, &refused, &server] {
    const auto stats = server.stats();
    connections.set(static_cast<double>(stats.connections));
    running.set(static_cast<double>(stats.running));
    queued.set(static_cast<double>(stats.queued));
    refused.set(static_cast<double>(stats.refused));
  });
}

}  // namespace venus::platform
