// SPDX-License-Identifier: MIT OR Apache-2.0
// How a devnet does: processes, chain, wins and messages, as a screen or as JSON.
#pragma once

#include "base/task.hpp"
#include "services/devnet/deployment.hpp"

#include <boost/asio/io_context.hpp>

namespace venus::devnet {

/// A process as the supervisor sees it; written to status.json for the other commands.
struct ProcessLine {
  std::string name;
  std::string url;
  std::string state;
  std::int64_t pid = 0;
  std::int64_t uptime_seconds = 0;
  std::uint64_t restarts = 0;
  std::uint64_t memory_bytes = 0;  ///< resident
  std::string last_end;
  static constexpr auto fields() {
    using base::field;
    using T = ProcessLine;
    return base::fields_of(field("name", &T::name), field("url", &T::url),
                           field("state", &T::state), field("pid", &T::pid),
                           field("uptime_seconds", &T::uptime_seconds),
                           field("restarts", &T::restarts), field("memory_bytes", &T::memory_bytes),
                           field("last_end", &T::last_end));
  }
};

struct NodeLine {
  std::string name;
  std::optional<std::int64_t> head;  ///< absent while it does not answer
  std::int64_t blocks = 0;           ///< of its head
  std::string tipset;                ///< its head's blocks, so that agreement can be seen
  std::int64_t behind = 0;           ///< epochs between the clock and its head
  std::int64_t peers = 0;            ///< connected
  static constexpr auto fields() {
    using base::field;
    using T = NodeLine;
    return base::fields_of(field("name", &T::name), field("head", &T::head),
                           field("blocks", &T::blocks), field("tipset", &T::tipset),
                           field("behind", &T::behind), field("peers", &T::peers));
  }
};

struct MinerLine {
  std::string address;
  std::uint64_t sectors = 0;
  std::uint64_t blocks = 0;  ///< submitted and accepted
  std::uint64_t wins = 0;
  std::string last_error;
  static constexpr auto fields() {
    using base::field;
    using T = MinerLine;
    return base::fields_of(field("address", &T::address), field("sectors", &T::sectors),
                           field("blocks", &T::blocks), field("wins", &T::wins),
                           field("last_error", &T::last_error));
  }
};

struct Status {
  bool running = false;              ///< whether `up` runs
  std::optional<std::int64_t> head;  ///< the highest of the nodes'; absent while none answers
  std::int64_t blocks_at_head = 0;
  std::int64_t clock_epoch = 0;  ///< whose time it is
  std::uint64_t block_delay = 0;
  std::vector<NodeLine> nodes;
  std::vector<MinerLine> miners;
  std::uint64_t messages_waiting = 0;
  std::uint64_t messages_on_chain = 0;
  std::uint64_t messages_failed = 0;
  std::vector<ProcessLine> components;
  static constexpr auto fields() {
    using base::field;
    using T = Status;
    return base::fields_of(
        field("running", &T::running), field("head", &T::head),
        field("blocks_at_head", &T::blocks_at_head), field("clock_epoch", &T::clock_epoch),
        field("block_delay", &T::block_delay), field("nodes", &T::nodes),
        field("miners", &T::miners), field("messages_waiting", &T::messages_waiting),
        field("messages_on_chain", &T::messages_on_chain),
        field("messages_failed", &T::messages_failed), field("components", &T::components));
  }
};

/// The processes with their memory.
std::vector<ProcessLine> process_lines(const Deployment& deployment, const Supervisor& supervisor);

/// Asks the nodes, venus-miners and venus-messager; what does not answer within two seconds stays
/// empty.
Status gather(const Deployment& deployment, std::vector<ProcessLine> processes,
              asio::io_context& io);

/// For people; `folder` is told as the place of the logs.
std::string screen(const Status& status, const std::string& folder, bool color);

}  // namespace venus::devnet
