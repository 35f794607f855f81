// SPDX-License-Identifier: MIT OR Apache-2.0
// Many libp2p hosts around one running node, and messages they gossip to it: what the node uses,
// how long a message takes into its pool, and whether all of them got there. bench/gossip.py starts
// the node.
//
//   gossip_load template ACCOUNTS NETWORK TIMESTAMP
//       prints the template for `venus genesis build`
//   gossip_load run --api URL --peer MULTIADDR/p2p/ID --network NAME --genesis CID --pid PID
//       [--peers 200] [--takers 8] [--copies 4] [--accounts 300] [--rate 1000] [--seconds 20]
//       [--first-nonce 0] [--kad]
//
// Each peer says hello and is subscribed to both topics, but connected to the node alone: 200 peers
// that pass everything on to each other would be 200,000 deliveries a second, more than the machine
// has. So each message is published by several of them at once, which are the duplicates a mesh
// brings; `takers` of them take what the node passes on and are its mesh; the others take no gossip
// from it, as peers that have had everything from others by then.
#include "api/node/mpool.hpp"
#include "load_accounts.hpp"
#include "load_meter.hpp"
#include "load_peer.hpp"
#include "rpc/client.hpp"

#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/json.hpp>
#include <sys/resource.h>

#include <array>
#include <cstdio>
#include <map>
#include <thread>
#include <unordered_map>
#include <unordered_set>

namespace venus::bench {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

/// Peers whose messages are missing, one a line.
constexpr std::size_t kMostTold = 5;

struct Words {
  std::string api, peer, network, genesis;
  int pid = 0;
  std::size_t peers = 200, takers = 8, copies = 4, accounts = 300, rate = 1000, seconds = 20,
              first_nonce = 0;
  bool kad = false;
};

Result<Words> parse(std::vector<std::string> arguments) {
  Words out;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const auto& name = arguments[i];
    if (name == "--kad") {
      out.kad = true;
      continue;
    }
    if (++i == arguments.size()) return fail(ErrorCode::InvalidArgument, "{} needs a value", name);
    const auto& value = arguments[i];
    const auto number = std::strtoul(value.c_str(), nullptr, 10);
    if (name == "--api")
      out.api = value;
    else if (name == "--peer")
      out.peer = value;
    else if (name == "--network")
      out.network = value;
    else if (name == "--genesis")
      out.genesis = value;
    else if (name == "--pid")
      out.pid = static_cast<int>(number);
    else if (name == "--peers")
      out.peers = number;
    else if (name == "--takers")
      out.takers = number;
    else if (name == "--copies")
      out.copies = number;
    else if (name == "--accounts")
      out.accounts = number;
    else if (name == "--rate")
      out.rate = number;
    else if (name == "--seconds")
      out.seconds = number;
    else if (name == "--first-nonce")
      out.first_nonce = number;
    else
      return fail(ErrorCode::InvalidArgument, "unknown option {}", name);
  }
  if (out.api.empty() || out.peer.empty() || out.network.empty() || out.genesis.empty() ||
      out.pid == 0) {
    return fail(ErrorCode::InvalidArgument,
                "--api, --peer, --network, --genesis and --pid are needed");
  }
  out.takers = std::min(out.takers, out.peers);
  out.copies = std::clamp<std::size_t>(out.copies, 1, out.peers);
  return out;
}

Result<std::string> template_text(std::size_t accounts, std::string network,
                                  std::uint64_t timestamp) {
  TRY(const auto made, make_accounts(accounts));
  TRY(const auto wanted, make_template(made, std::move(network), timestamp));
  return boost::json::serialize(base::to_json(wanted));
}

// An io context with one thread of its own.
class Loop {
 public:
  Loop() : work_(asio::make_work_guard(io_)), thread_([this] { io_.run(); }) {}
  ~Loop() { stop(); }
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;
  asio::io_context& io() { return io_; }
  void stop() {
    io_.stop();
    if (thread_.joinable()) thread_.join();
  }
  /// Runs a task to its end; not from a thread of the loop.
  template <class T>
  Result<T> run(Task<T> task) {
    return asio::co_spawn(io_, std::move(task), asio::use_future).get();
  }

 private:
  asio::io_context io_;
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  std::thread thread_;
};

// When each message was published and when the node told that it is in its pool.
struct Journey {
  Clock::time_point published;
  std::optional<Clock::time_point> stored;
};

class Load {
 public:
  explicit Load(Words words) : words_(std::move(words)) {}
  ~Load() {
    for (const auto& peer : peers_)
      peer->stop();
    if (client_) client_->stop();
    hosts_.stop();
    control_.stop();
  }
  Result<void> run();

 private:
  Result<void> make_peers(const Cid& genesis);
  Result<void> connect_all();
  Result<void> make_messages();
  Result<void> measure();
  Result<void> wait_for_rest();
  Result<void> print_whole();
  Result<void> verify();
  Task<> watch(rpc::Stream<api::MpoolUpdate> stream);
  Task<> publish_all();
  void print_use(std::string_view what, double cpu, double own, double seconds) const;

  const Words words_;
  PeerCounts counts_;
  // What runs on them must go before they do.
  Loop hosts_;
  Loop control_;
  std::vector<std::shared_ptr<LoadPeer>> peers_;
  std::vector<SignedBytes> messages_;
  std::unordered_map<Cid, std::size_t> index_;
  std::vector<Journey> journeys_;  // on the control loop
  std::size_t stored_ = 0;         // on the control loop
  double cpu_before_ = 0;
  std::shared_ptr<rpc::Client> client_;
};

Result<void> Load::make_peers(const Cid& genesis) {
  PeerOptions options;
  options.network.network_name = words_.network;
  options.kad = words_.kad;
  options.hello = {{genesis}, ChainEpoch(0), BigInt(0), genesis};
  for (options.index = 0; options.index < words_.peers; ++options.index) {
    TRY(auto peer, LoadPeer::start(hosts_.io().get_executor(), options, counts_));
    peers_.push_back(std::move(peer));
  }
  return {};
}

Result<void> Load::connect_all() {
  const auto mark = words_.peer.rfind("/p2p/");
  if (mark == std::string::npos)
    return fail(ErrorCode::InvalidArgument, "{} names no peer", words_.peer);
  TRY(const auto node, PeerId::parse(words_.peer.substr(mark + 5)));
  const auto address = words_.peer.substr(0, mark);
  for (std::size_t i = 0; i < peers_.size(); ++i) {
    if (i >= words_.takers) peers_[i]->be_sated(node);
    auto connected = hosts_.run(LoadPeer::connect(peers_[i], node, address));
    TRY_VOID(with_context(std::move(connected), fmt::format("peer {}", i)));
  }
  return {};
}

Result<void> Load::make_messages() {
  TRY(const auto accounts, make_accounts(words_.accounts));
  TRY(messages_, sign_messages(accounts, words_.first_nonce, words_.rate * words_.seconds));
  for (std::size_t i = 0; i < messages_.size(); ++i)
    index_.emplace(messages_[i].cid, i);
  journeys_.resize(messages_.size());
  return {};
}

Task<> Load::watch(rpc::Stream<api::MpoolUpdate> stream) {
  for (;;) {
    CO_TRY(const auto update, co_await stream.next());
    if (!update) co_return Result<void>{};
    const auto found = index_.find(update->message.cid());
    if (update->type != 0 || found == index_.end() || journeys_[found->second].stored) continue;
    journeys_[found->second].stored = Clock::now();
    ++stored_;
  }
}

Task<> Load::publish_all() {
  asio::steady_timer timer(co_await asio::this_coro::executor);
  const auto start = Clock::now();
  const std::chrono::duration<double> gap(1.0 / static_cast<double>(words_.rate));
  for (std::size_t i = 0; i < messages_.size(); ++i) {
    const auto due = start + std::chrono::duration_cast<Clock::duration>(gap * i);
    if (Clock::now() < due) {
      timer.expires_at(due);
      co_await timer.async_wait(asio::use_awaitable);
    }
    journeys_[i].published = Clock::now();
    // Always the same peers for a sender, so that its messages come in the order of their nonces.
    const auto stride = peers_.size() / words_.copies;
    for (std::size_t copy = 0; copy < words_.copies; ++copy) {
      const auto peer = (messages_[i].sender + copy * stride) % peers_.size();
      LoadPeer::publish(peers_[peer], messages_[i].data);
    }
  }
  co_return Result<void>{};
}

void Load::print_use(std::string_view what, double cpu, double own, double seconds) const {
  const auto memory = resident(words_.pid);
  fmt::print(
      "{}: node {:.3f} cores ({:.2f} %) over {:.1f} s, {} MiB resident ({} at most); load {:.2f} "
      "cores\n",
      what, cpu / seconds, 100 * cpu / seconds, seconds, memory ? memory->now_mib : 0,
      memory ? memory->most_mib : 0, own / seconds);
}

Result<void> Load::measure() {
  TRY(cpu_before_, cpu_seconds(words_.pid));
  TRY(const auto own_before, cpu_seconds(getpid()));
  const auto start = Clock::now();
  if (words_.rate == 0) {
    std::this_thread::sleep_for(std::chrono::seconds(words_.seconds));
  } else {
    TRY_VOID(control_.run(publish_all()));
  }
  const std::chrono::duration<double> took = Clock::now() - start;
  TRY(const auto cpu, cpu_seconds(words_.pid));
  TRY(const auto own, cpu_seconds(getpid()));
  print_use(words_.rate == 0 ? "idle" : fmt::format("{} messages/s", words_.rate), cpu - cpu_before_,
            own - own_before, took.count());
  return {};
}

// Waits until all messages are in the pool, or for three seconds none came.
Result<void> Load::wait_for_rest() {
  const auto stored = [this]() -> Task<std::size_t> { co_return stored_; };
  std::size_t before = 0;
  for (int quiet = 0; quiet < 3;) {
    TRY(const auto now, control_.run(stored()));
    if (now == messages_.size()) break;
    quiet = now == before ? quiet + 1 : 0;
    before = now;
    std::this_thread::sleep_for(1s);
  }
  return {};
}

// What the messages cost in all: some may have waited until the load was over.
Result<void> Load::print_whole() {
  TRY(const auto cpu, cpu_seconds(words_.pid));
  const auto each = (cpu - cpu_before_) / static_cast<double>(messages_.size());
  fmt::print("with those that waited: {:.2f} ms of the node's CPU for each message, {:.3f} cores at this rate\n",
             each * 1000, each * static_cast<double>(words_.rate));
  return {};
}

// Asks the node for its whole pool and tells what is not in it, and how long the rest took.
Result<void> Load::verify() {
  TRY(const auto pending, control_.run(client_->call<api::MpoolApi::Pending>(types::TipsetKey())));
  std::unordered_set<Cid> here;
  for (const auto& message : pending)
    here.insert(message.cid());
  std::size_t missing = 0;
  std::map<std::size_t, std::size_t> missing_of_peer;
  std::array<std::vector<double>, 2> times;
  for (std::size_t i = 0; i < messages_.size(); ++i) {
    const auto& message = messages_[i];
    if (!here.contains(message.cid)) {
      ++missing;
      ++missing_of_peer[message.sender % peers_.size()];
    }
    if (const auto& journey = journeys_[i]; journey.stored) {
      const std::chrono::duration<double, std::milli> took = *journey.stored - journey.published;
      times[message.sender % 2].push_back(took.count());
    }
  }
  fmt::print("{} published, {} copies refused by their own host; {} in the pool, {} missing\n",
             messages_.size(), counts_.refused.load(), messages_.size() - missing, missing);
  std::size_t told = 0;
  for (const auto& [peer, count] : missing_of_peer) {
    if (++told > kMostTold) break;
    fmt::print("  {} of peer {}: {}\n", count, peer, peers_[peer]->failure());
  }
  fmt::print("publish to MpoolSub, BLS: {}\n", percentiles(times[0]));
  fmt::print("publish to MpoolSub, secp256k1: {}\n", percentiles(times[1]));
  fmt::print("load peers: {} gossip messages taken in, {} connections lost\n",
             counts_.gossip.load(), counts_.lost.load());
  return {};
}

Result<void> Load::run() {
  TRY(const auto genesis, Cid::parse(words_.genesis));
  TRY_VOID(make_messages());
  TRY(client_, rpc::make_client(control_.io(), words_.api, {.stream_capacity = 1U << 20}));
  TRY_VOID(make_peers(genesis));
  TRY_VOID(connect_all());
  fmt::print("{} peers connected, {} of them in its mesh; {} messages, each from {} peers\n",
             peers_.size(), words_.takers, messages_.size(), words_.copies);
  if (words_.rate != 0) {
    TRY(auto stream, control_.run(client_->call<api::MpoolApi::Sub>()));
    asio::co_spawn(control_.io(), watch(std::move(stream)), asio::detached);
  }
  // The mesh forms, and pings and identifications of the start are over.
  std::this_thread::sleep_for(10s);
  TRY_VOID(measure());
  if (words_.rate == 0) return {};
  TRY_VOID(wait_for_rest());
  TRY_VOID(print_whole());
  return verify();
}

// Each host keeps some ten descriptors.
void raise_open_files() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

Result<void> run(const std::vector<std::string>& arguments) {
  if (arguments.size() == 4 && arguments[0] == "template") {
    TRY(const auto text,
        template_text(std::strtoul(arguments[1].c_str(), nullptr, 10), arguments[2],
                      std::strtoull(arguments[3].c_str(), nullptr, 10)));
    fmt::print("{}\n", text);
    return {};
  }
  if (arguments.empty() || arguments[0] != "run") {
    return fail(ErrorCode::InvalidArgument,
                "usage: gossip_load template ACCOUNTS NETWORK TIMESTAMP | run OPTIONS");
  }
  TRY(auto words, parse({arguments.begin() + 1, arguments.end()}));
  raise_open_files();
  Load load(std::move(words));
  return load.run();
}

}  // namespace
}  // namespace venus::bench

int main(int argc, char** argv) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  venus::types::set_display_prefix(venus::types::NetworkPrefix::Testnet);
  const auto done = venus::bench::run({argv + 1, argv + argc});
  if (done) return 0;
  fmt::print(stderr, "gossip_load: {}\n", done.error().message);
  return 1;
}
