// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "platform/metrics.hpp"

namespace venus::node {

class Node;

/// Thread time of validation by kind and of execution by part, in seconds:
/// venus_node_validation_seconds_total{kind}, venus_node_execution_seconds_total{part}; the head's
/// height, epochs behind the clock, and pending messages. Read when somebody scrapes. The node
/// outlives the last scrape.
void add_node_metrics(platform::Metrics& metrics, const Node& node);

}  // namespace venus::node
