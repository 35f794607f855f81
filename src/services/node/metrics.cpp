// SPDX-License-Identifier: MIT OR Apache-2.0
#include "services/node/metrics.hpp"

#include "services/node/node.hpp"

#include <mutex>

namespace venus::node {
namespace {

// Counters that follow sums kept elsewhere.
class SecondsByKind {
 public:
  SecondsByKind(platform::Metrics& metrics, std::string name, std::string label, std::string help)
      : metrics_(metrics),
        name_(std::move(name)),
        label_(std::move(label)),
        help_(std::move(help)) {}

  // Scrapes may come at the same time.
  void set(const char* kind, std::chrono::nanoseconds sum) {
    const std::scoped_lock lock(mutex_);
    auto& told = told_[kind];
    if (sum <= told) return;
    const auto more = std::chrono::duration<double>(sum - told).count();
    metrics_.counter(name_, help_, {{label_, kind}}).add(more);
    told = sum;
  }

 private:
  platform::Metrics& metrics_;
  const std::string name_, label_, help_;
  std::mutex mutex_;
  std::map<std::string, std::chrono::nanoseconds> told_;
};

void add_times(platform::Metrics& metrics, const Node& node) {
  const auto validation = std::make_shared<SecondsByKind>(
      metrics, "venus_node_validation_seconds_total", "kind", "Thread time of block validation");
  const auto execution = std::make_shared<SecondsByKind>(
      metrics, "venus_node_execution_seconds_total", "part", "Thread time of executing tipsets");
  metrics.on_scrape([validation, execution, &node] {
    const auto v = node.runtime->validator.times();
    validation->set("signatures", v.signatures);
    validation->set("proofs", v.proofs);
    validation->set("messages", v.messages);
    validation->set("state", v.state);
    validation->set("other", v.other);
    const auto e = node.runtime->states.times();
    execution->set("machine", e.machine);
    execution->set("messages", e.messages);
    execution->set("flush", e.flush);
    execution->set("receipts", e.receipts);
  });
}

}  // namespace

void add_node_metrics(platform::Metrics& metrics, const Node& node) {
  add_times(metrics, node);
  auto& height = metrics.gauge("venus_node_head_height", "Epoch of the head");
  auto& behind = metrics.gauge("venus_node_epochs_behind", "Epochs between the clock and the head");
  auto& pending = metrics.gauge("venus_node_pending_messages", "Messages in the pool");
  metrics.on_scrape([&height, &behind, &pending, &node] {
    if (const auto head = node.head()) height.set(static_cast<double>(head->height().value()));
    behind.set(static_cast<double>(node.epochs_behind()));
    pending.set(static_cast<double>(node.pool->size()));
  });
}

}  // namespace venus::node
