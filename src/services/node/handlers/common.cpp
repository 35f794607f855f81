// SPDX-License-Identifier: MIT OR Apache-2.0
// What every daemon answers about itself.
#include "api/node/common.hpp"

#include <boost/json.hpp>

#include "base/time_text.hpp"
#include "crypto/uuid.hpp"
#include "platform/daemon.hpp"
#include "platform/log.hpp"
#include "services/node/handlers/handlers.hpp"
#include "services/node/network.hpp"

namespace venus::node {
namespace {

using Api = api::CommonApi;
using api::Json;

// 2.3.0: the version of the API that Lotus 1.36 declares.
constexpr std::uint32_t kApiVersion = 2U << 16 | 3U << 8;

// Blocks a tipset over the last `tipsets` epochs.
Result<double> blocks_per_tipset(Node& node, std::int64_t epochs) {
  auto tipset = node.head();
  std::size_t blocks = 0;
  for (std::int64_t i = 0; i < epochs; ++i) {
    blocks += tipset->blocks().size();
    if (tipset->height().value() == 0) break;
    TRY(tipset, node.chain->parent(*tipset));
  }
  return static_cast<double>(blocks) / static_cast<double>(epochs);
}

using PeerCounts = std::pair<std::size_t, std::size_t>;  // for messages, for blocks

Result<Json> status(Node& node, PeerCounts peers, bool with_chain) {
  const auto head = node.head()->height().value();
  double hundred = 0;
  double finality = 0;
  if (with_chain && head > types::policy::kChainFinality) {
    TRY(hundred, blocks_per_tipset(node, 100));
    TRY(finality, blocks_per_tipset(node, types::policy::kChainFinality));
  }
  return Json(boost::json::object{
      {"SyncStatus", boost::json::object{{"Epoch", head}, {"Behind", node.epochs_behind()}}},
      {"PeerStatus", boost::json::object{{"PeersToPublishMsgs", peers.first}, {"PeersToPublishBlocks", peers.second}}},
      {"ChainStatus", boost::json::object{{"BlocksPerTipsetLast100", hundred},
                                          {"BlocksPerTipsetLastFinality", finality}}}});
}

Task<Json> status_of(Node& node, Network* network, bool with_chain) {
  PeerCounts peers;
  if (network != nullptr) {
    CO_TRY(peers, co_await network->publish_counts());
  }
  co_return co_await on(node.workers, [&node, peers, with_chain] { return status(node, peers, with_chain); });
}

Task<std::vector<std::string>> verify_token(platform::Daemon& daemon, std::string token) {
  CO_TRY(const auto caller, co_await daemon.verifier()->verify(std::move(token)));
  co_return caller->perms.names();
}

Result<Bytes> new_token(platform::Daemon& daemon, const std::vector<std::string>& wanted) {
  TRY(const auto perms, rpc::PermSet::from_names(wanted));
  const auto token = daemon.tokens().create(perms);
  return Bytes(token.begin(), token.end());
}

void bind_lifetime(rpc::Dispatcher& d, platform::Daemon& daemon) {
  struct Closing {
    std::mutex mutex;
    std::vector<rpc::StreamWriter<Json>> writers;
  };
  const auto closing = std::make_shared<Closing>();
  d.bind<Api::Shutdown>([&daemon]() -> Result<void> {
    daemon.request_stop();
    return {};
  });
  d.bind<Api::Closing>([closing]() -> Result<rpc::Stream<Json>> {
    auto [writer, stream] = rpc::make_stream<Json>(1);
    const std::scoped_lock lock(closing->mutex);
    std::erase_if(closing->writers, [](const auto& old) { return !old.open(); });
    closing->writers.push_back(std::move(writer));
    return std::move(stream);
  });
}

}  // namespace

void bind_common(rpc::Dispatcher& d, Node& node, Network* network, platform::Daemon& daemon) {
  d.bind<Api::Version>([&node, version = daemon.options().version]() -> Result<api::Version> {
    return api::Version{version, kApiVersion, node.settings.network.block_delay_seconds, "venus"};
  });
  d.bind<Api::Session>([session = crypto::new_uuid()]() -> Result<std::string> { return session; });
  d.bind<Api::StartTime>([&node]() -> Result<std::string> { return base::rfc3339(node.started_millis); });
  d.bind<Api::NodeStatus>(
      [&node, network](bool with_chain) { return status_of(node, network, with_chain); });
  bind_lifetime(d, daemon);
  d.bind<Api::LogList>([]() -> Result<std::vector<std::string>> {
    std::vector<std::string> out;
    for (const auto& [module, level] : platform::log_levels()) out.push_back(module);
    return out;
  });
  d.bind<Api::LogSetLevel>([](std::string module, std::string level) -> Result<void> {
    TRY(const auto parsed, platform::parse_level(level));
    platform::set_log_level(module, parsed);
    return {};
  });
  d.bind<Api::AuthVerify>([&daemon](std::string token) { return verify_token(daemon, std::move(token)); });
  d.bind<Api::AuthNew>([&daemon](std::vector<std::string> wanted) { return new_token(daemon, wanted); });
}

}  // namespace venus::node
