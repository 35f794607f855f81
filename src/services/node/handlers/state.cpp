// SPDX-License-Identifier: MIT OR Apache-2.0
// Questions about actors, addresses, randomness and the network.
#include "api/node/state.hpp"

#include <boost/json.hpp>

#include "actors/methods.hpp"
#include "actors/power.hpp"
#include "actors/supply.hpp"
#include "consensus/randomness.hpp"
#include "services/node/handlers/reads.hpp"

namespace venus::node {
namespace {

using Api = api::StateApi;
using api::Json;
using base::to_json;

// The text that Lotus clients look for.
template <class T>
Result<T> as_actor(Result<T> found) {
  if (!found && found.error().code == ErrorCode::NotFound) return fail(ErrorCode::NotFound, "actor not found");
  return found;
}

Result<types::Actor> get_actor(Node& node, const Address& address, const TipsetKey& key) {
  TRY(const auto view, state_at(node, key));
  return as_actor(view->tree.get_actor(address));
}

Result<Json> read_state(Node& node, const Address& address, const TipsetKey& key) {
  TRY(const auto view, state_at(node, key));
  return actors::read_state(view->tree, address);
}

Result<Address> lookup_id(Node& node, const Address& address, const TipsetKey& key) {
  TRY(const auto view, state_at(node, key));
  TRY(const auto id, as_actor(view->tree.lookup_id(address)));
  return Address::id(id);
}

Result<Address> account_key(Node& node, const Address& address, const TipsetKey& key) {
  TRY(const auto tipset, node.tipset(key));
  return node.runtime->states.key_address(address, tipset);
}

Result<Address> lookup_robust(Node& node, const Address& address, const TipsetKey& key) {
  TRY(const auto view, state_at(node, key));
  TRY(const auto id, view->tree.lookup_id(address));
  return view->tree.robust_address(id);
}

Result<std::vector<Address>> list_actors(Node& node, const TipsetKey& key) {
  TRY(const auto view, state_at(node, key));
  std::vector<Address> out;
  TRY_VOID(view->tree.for_each([&](ActorId id, const types::Actor&) -> Result<void> {
    out.push_back(Address::id(id));
    return {};
  }));
  return out;
}

Result<std::vector<Address>> list_miners(Node& node, const TipsetKey& key) {
  TRY(const auto view, state_at(node, key));
  TRY(const auto power, actors::power::View::load(view->tree));
  TRY(const auto ids, power.miners());
  std::vector<Address> out;
  for (const auto id : ids) out.push_back(Address::id(id));
  return out;
}

Result<Json> changed_actors(Node& node, const Cid& older, const Cid& newer) {
  TRY(const auto before, actors::StateTree::load(node.chain->blocks(), older));
  TRY(const auto after, actors::StateTree::load(node.chain->blocks(), newer));
  TRY(const auto changed, after.changed_since(before));
  boost::json::object out;
  for (const auto& [id, actor] : changed) out[Address::id(id).str()] = to_json(actor);
  return Json(std::move(out));
}

Result<Json> decode_params(Node& node, const Address& to, MethodNum method, const Bytes& params,
                           const TipsetKey& key) {
  TRY(const auto view, state_at(node, key));
  TRY(const auto actor, as_actor(view->tree.get_actor(to)));
  TRY(const auto code, view->tree.code_info(actor.code));
  return actors::params_to_json(code, method, params);
}

Result<Bytes> encode_params(Node&, const Cid& code, MethodNum method, const Json& params) {
  TRY(const auto info, actors::supported_code(code));
  return actors::params_from_json(info, method, params);
}

Result<TokenAmount> circulating_supply(Node& node, const TipsetKey& key) {
  TRY(const auto view, state_at(node, key));
  // The state is that before the tipset, so what has vested is counted up to the epoch before.
  return actors::exact_circulating_supply(view->tree, view->tipset->height() - 1);
}

Result<Json> vm_circulating_supply(Node& node, const TipsetKey& key) {
  TRY(const auto tipset, node.tipset(key));
  TRY(const auto supply, node.runtime->states.circulating_supply(tipset));
  return to_json(supply);
}

enum class Chain { Tickets, Beacon };

Result<consensus::Randomness> digest(Node& node, Chain chain, ChainEpoch epoch, const TipsetKey& key) {
  TRY(const auto tipset, node.tipset(key));
  auto view = node.runtime->states.view(tipset);
  return chain == Chain::Tickets ? view.chain_randomness(epoch) : view.beacon_randomness(epoch);
}

template <Chain chain>
Result<Bytes> digest_bytes(Node& node, ChainEpoch epoch, const TipsetKey& key) {
  TRY(const auto found, digest(node, chain, epoch, key));
  return Bytes(found.begin(), found.end());
}

template <Chain chain>
Result<Bytes> draw(Node& node, std::int64_t domain, ChainEpoch epoch, const Bytes& entropy, const TipsetKey& key) {
  TRY(const auto found, digest(node, chain, epoch, key));
  const auto drawn = consensus::draw_from_digest(found, static_cast<consensus::Domain>(domain), epoch, entropy);
  return Bytes(drawn.begin(), drawn.end());
}

Task<types::BeaconEntry> beacon_entry(Node& node, ChainEpoch epoch) {
  const auto head = node.head();
  if (epoch <= head->height()) {
    co_return co_await on(node.workers, [&] { return node.runtime->states.view(head).beacon_entry(epoch); });
  }
  const auto& beacon = node.runtime->beacons.at(epoch);
  const auto round = beacon.round_at(node.settings.network.network_version(epoch), epoch);
  co_return co_await node.beacons->entry(beacon.network(), round);
}

Result<std::map<std::string, Cid>> code_cids(Node& node, std::uint32_t version) {
  TRY(const auto actors_version, actors::actors_version(NetworkVersion(version)));
  TRY(const auto codes, actors::bundle_codes(actors_version, node.settings.network.actors_bundle));
  return std::map<std::string, Cid>(codes.begin(), codes.end());
}

// The given bundle whose codes are those of the version.
Result<Cid> manifest_cid(Node& node, std::uint32_t version) {
  TRY(const auto wanted, code_cids(node, version));
  for (const auto& manifest : node.manifests()) {
    TRY(const auto list, bundle_list(node.chain->blocks(), manifest));
    TRY(const auto codes, actors::load_code_list(node.chain->blocks(), list));
    if (std::map<std::string, Cid>(codes.begin(), codes.end()) == wanted) return manifest;
  }
  return fail(ErrorCode::NotFound, "no bundle of network version {} is here: see actors.bundles", version);
}

// The names Lotus gives to the heights at which rules changed.
constexpr std::pair<std::string_view, Upgrade> kUpgradeNames[] = {
    {"UpgradeSmokeHeight", Upgrade::Smoke},           {"UpgradeBreezeHeight", Upgrade::Breeze},
    {"UpgradeIgnitionHeight", Upgrade::Ignition},     {"UpgradeLiftoffHeight", Upgrade::Liftoff},
    {"UpgradeAssemblyHeight", Upgrade::Assembly},     {"UpgradeRefuelHeight", Upgrade::Refuel},
    {"UpgradeTapeHeight", Upgrade::Tape},             {"UpgradeKumquatHeight", Upgrade::Kumquat},
    {"UpgradeCalicoHeight", Upgrade::Calico},         {"UpgradePersianHeight", Upgrade::Persian},
    {"UpgradeOrangeHeight", Upgrade::Orange},         {"UpgradeClausHeight", Upgrade::Claus},
    {"UpgradeTrustHeight", Upgrade::Trust},           {"UpgradeNorwegianHeight", Upgrade::Norwegian},
    {"UpgradeTurboHeight", Upgrade::Turbo},           {"UpgradeHyperdriveHeight", Upgrade::Hyperdrive},
    {"UpgradeChocolateHeight", Upgrade::Chocolate},   {"UpgradeOhSnapHeight", Upgrade::Ohsnap},
    {"UpgradeSkyrHeight", Upgrade::Skyr},             {"UpgradeSharkHeight", Upgrade::Shark},
    {"UpgradeHyggeHeight", Upgrade::Hygge},           {"UpgradeLightningHeight", Upgrade::Lightning},
    {"UpgradeThunderHeight", Upgrade::Thunder},       {"UpgradeWatermelonHeight", Upgrade::Watermelon},
    {"UpgradeDragonHeight", Upgrade::Dragon},         {"UpgradePhoenixHeight", Upgrade::Phoenix},
    {"UpgradeWaffleHeight", Upgrade::Waffle},         {"UpgradeTuktukHeight", Upgrade::Tuktuk},
    {"UpgradeTeepHeight", Upgrade::Teep},             {"UpgradeTockHeight", Upgrade::Tock},
    {"UpgradeGoldenWeekHeight", Upgrade::GoldenWeek}, {"UpgradeFireHorseHeight", Upgrade::FireHorse},
    {"UpgradeXxHeight", Upgrade::Solstice},
};

// What Lotus says of an upgrade that has no date.
constexpr std::int64_t kLotusNever = 9999999;

Result<Json> network_params(Node& node) {
  const auto& network = node.settings.network;
  boost::json::object heights;
  for (const auto& [name, upgrade] : kUpgradeNames) {
    const auto epoch = network.upgrade_epoch(upgrade);
    heights[name] = epoch == types::kNeverEpoch ? kLotusNever : epoch.value();
  }
  heights["BreezeGasTampingDuration"] = network.breeze_gas_tamping_epochs;
  return Json(boost::json::object{
      {"NetworkName", network.network_name},
      {"BlockDelaySecs", network.block_delay_seconds},
      {"ConsensusMinerMinPower", std::to_string(network.consensus_miner_min_power)},
      {"PreCommitChallengeDelay", network.precommit_challenge_delay},
      {"ForkUpgradeParams", std::move(heights)},
      {"Eip155ChainID", network.eip155_chain_id},
      {"GenesisTimestamp", node.chain->genesis()->min_timestamp()},
  });
}

}  // namespace

void bind_state(rpc::Dispatcher& d, Node& node) {
  d.bind<Api::NetworkName>([&node]() -> Result<std::string> { return node.settings.network.network_name; });
  d.bind<Api::NetworkVersion>([&node](TipsetKey key) -> Result<std::uint32_t> {
    TRY(const auto tipset, node.tipset(key));
    return node.settings.network.network_version(tipset->height()).value();
  });
  d.bind<Api::GetNetworkParams>([&node] { return network_params(node); });
  bind_kept<Api::GetActor>(d, node, &get_actor);
  bind_read<Api::ReadState>(d, node, &read_state);
  bind_kept<Api::LookupId>(d, node, &lookup_id);
  bind_kept<Api::AccountKey>(d, node, &account_key);
  bind_read<Api::LookupRobustAddress>(d, node, &lookup_robust);
  bind_read<Api::ListActors>(d, node, &list_actors);
  bind_read<Api::ListMiners>(d, node, &list_miners);
  bind_read<Api::ChangedActors>(d, node, &changed_actors);
  bind_read<Api::DecodeParams>(d, node, &decode_params);
  bind_read<Api::EncodeParams>(d, node, &encode_params);
  bind_read<Api::CirculatingSupply>(d, node, &circulating_supply);
  bind_read<Api::VmCirculatingSupply>(d, node, &vm_circulating_supply);
  d.bind<Api::GetBeaconEntry>([&node](ChainEpoch epoch) { return beacon_entry(node, epoch); });
  bind_read<Api::RandomnessFromTickets>(d, node, &draw<Chain::Tickets>);
  bind_read<Api::RandomnessFromBeacon>(d, node, &draw<Chain::Beacon>);
  bind_read<Api::RandomnessDigestFromTickets>(d, node, &digest_bytes<Chain::Tickets>);
  bind_read<Api::RandomnessDigestFromBeacon>(d, node, &digest_bytes<Chain::Beacon>);
  bind_read<Api::ActorCodeCids>(d, node, &code_cids);
  bind_read<Api::ActorManifestCid>(d, node, &manifest_cid);
  bind_state_calls(d, node);
}

}  // namespace venus::node
