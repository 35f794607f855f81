// SPDX-License-Identifier: MIT OR Apache-2.0
#include "genesis/builder.hpp"

#include "actors/code.hpp"
#include "actors/init.hpp"
#include "actors/simple_states.hpp"
#include "crypto/hash.hpp"
#include "genesis/genesis_vm.hpp"
#include "genesis/miners.hpp"
#include "ipld/amt.hpp"

namespace venus::genesis {
namespace {

using actors::ActorType;

constexpr std::int64_t kTotalFil = 2'000'000'000;
constexpr std::int64_t kRewardFil = 1'100'000'000;
constexpr MethodNum kConstructor{1};
constexpr std::int64_t kInitialBaseFee = 100'000'000;

struct RewardConstructor {
  BigInt power;
  static constexpr bool kTransparent = true;
  static constexpr auto fields() { return base::fields_of(base::field("Power", &RewardConstructor::power)); }
};
struct CronConstructor {
  std::vector<actors::cron::Entry> entries;
  static constexpr auto fields() { return base::fields_of(base::field("Entries", &CronConstructor::entries)); }
};

// Codes of the bundle by actor, and the list the system actor's state points to.
struct Bundle {
  Cid list;
  std::map<std::string, Cid, std::less<>> codes;

  [[nodiscard]] Result<Cid> code(ActorType type) const {
    const auto found = codes.find(actors::to_string(type));
    if (found == codes.end()) {
      return fail(ErrorCode::NotFound, "the bundle has no actor named {}", actors::to_string(type));
    }
    return found->second;
  }
};

Result<Bundle> load_bundle(Blockstore& store, const Cid& manifest) {
  TRY(const auto bytes, with_context(store.get(manifest), "actors bundle"));
  ipld::cbor::Reader reader(bytes);
  reader.expect_array(2);
  static_cast<void>(reader.read_uint());
  Bundle out;
  out.list = reader.read_cid();
  TRY_VOID(with_context(reader.finish(), "actors manifest"));
  TRY(const auto codes, actors::load_code_list(store, out.list));
  for (const auto& [name, code] : codes) out.codes.emplace(name, code);
  return out;
}

// Puts an actor without state into the tree; its constructor fills it.
Result<void> set_bare(actors::StateTree& tree, const Bundle& bundle, ActorId id, ActorType type,
                      TokenAmount balance = {}) {
  static const Bytes kEmptyArray{0x80};
  TRY(const auto code, bundle.code(type));
  const auto head = ipld::cid_of_cbor(kEmptyArray);
  TRY_VOID(tree.store().put(head, kEmptyArray));
  return tree.set_actor(id, {code, head, Nonce(0), std::move(balance), std::nullopt});
}

template <class State>
Result<void> set_with_state(actors::StateTree& tree, const Bundle& bundle, ActorId id, ActorType type,
                            const State& state, TokenAmount balance = {}) {
  TRY(const auto code, bundle.code(type));
  TRY(const auto head, ipld::store_value(tree.store(), state));
  return tree.set_actor(id, {code, head, Nonce(0), std::move(balance), std::nullopt});
}

// The registry's root key has a fixed number, so it is mapped by hand.
Result<Cid> address_map_with_root_key(Blockstore& store, const Address& root_key) {
  ipld::Hamt<ActorId> map(store);
  TRY_VOID(map.set(root_key.bytes(), types::singleton::kVerifiedRegistryRoot));
  return map.flush();
}

Result<Cid> first_tree(const Template& wanted, const Bundle& bundle, Blockstore& store) {
  namespace id = types::singleton;
  TRY(auto tree, actors::StateTree::create(store));
  TRY_VOID(set_with_state(tree, bundle, id::kSystem, ActorType::System, actors::system::State{bundle.list}));
  actors::init::State init;
  TRY(init.address_map, address_map_with_root_key(store, wanted.verified_registry_root));
  init.next_id = ActorId(100);
  init.network_name = wanted.network_name;
  TRY_VOID(set_with_state(tree, bundle, id::kInit, ActorType::Init, init));
  TRY_VOID(set_bare(tree, bundle, id::kReward, ActorType::Reward, TokenAmount::from_fil(kRewardFil)));
  TRY_VOID(set_bare(tree, bundle, id::kCron, ActorType::Cron));
  TRY_VOID(set_bare(tree, bundle, id::kPower, ActorType::Power));
  TRY_VOID(set_bare(tree, bundle, id::kMarket, ActorType::Market));
  TRY_VOID(set_bare(tree, bundle, id::kVerifiedRegistry, ActorType::VerifiedRegistry));
  TRY_VOID(set_bare(tree, bundle, id::kDatacap, ActorType::Datacap));
  TRY_VOID(set_bare(tree, bundle, id::kEam, ActorType::Eam));
  const auto account = [&](ActorId number, const Address& key, TokenAmount balance) {
    return set_with_state(tree, bundle, number, ActorType::Account, actors::account::State{key}, std::move(balance));
  };
  // Nobody has keys of the burnt funds and the reserve: their account state names themselves.
  TRY_VOID(account(id::kVerifiedRegistryRoot, wanted.verified_registry_root, {}));
  TRY_VOID(account(id::kReserve, Address::id(id::kReserve), TokenAmount::from_fil(kTotalFil - kRewardFil)));
  TRY_VOID(account(id::kBurnt, Address::id(id::kBurnt), {}));
  return tree.flush();
}

Result<void> construct_singletons(GenesisVm& vm) {
  namespace id = types::singleton;
  const auto construct = [&](std::string_view what, ActorId to, Bytes params = {}) -> Result<void> {
    TRY_VOID(vm.call(what, Address::id(id::kSystem), Address::id(to), kConstructor, std::move(params)));
    return {};
  };
  TRY_VOID(construct("construct reward", id::kReward, ipld::encode(RewardConstructor{})));
  const CronConstructor cron{{{Address::id(id::kPower), MethodNum(5)}, {Address::id(id::kMarket), MethodNum(9)}}};
  TRY_VOID(construct("construct cron", id::kCron, ipld::encode(cron)));
  TRY_VOID(construct("construct power", id::kPower));
  TRY_VOID(construct("construct market", id::kMarket));
  TRY_VOID(construct("construct verified registry", id::kVerifiedRegistry,
                     ipld::encode(Address::id(id::kVerifiedRegistryRoot))));
  TRY_VOID(construct("construct datacap", id::kDatacap, ipld::encode(Address::id(id::kVerifiedRegistry))));
  return construct("construct EAM", id::kEam);
}

// A transfer from the reserve to a key address creates its account, as it would on chain.
Result<void> create_accounts(GenesisVm& vm, const Template& wanted) {
  for (const auto& account : wanted.accounts) {
    const auto what = fmt::format("account {}", account.address);
    TRY_VOID(vm.call(what, Address::id(types::singleton::kReserve), account.address, MethodNum(0), {},
                     account.balance));
  }
  return {};
}

Result<types::BlockHeader> make_header(const Template& wanted, Blockstore& store, const Cid& state_root) {
  types::BlockHeader header;
  header.miner = Address::id(types::singleton::kSystem);
  const auto name = wanted.network_name + "/" + wanted.seed;
  const auto ticket = crypto::blake2b_256(base::as_bytes(name));
  header.ticket = types::Ticket{{ticket.begin(), ticket.end()}};
  header.election_proof = types::ElectionProof{};
  header.beacon_entries = {{0, Bytes(32)}};
  header.parents = {genesis_parent()};
  TRY_VOID(store.put(genesis_parent(), genesis_parent_bytes()));
  header.parent_state_root = state_root;
  TRY(const auto none, ipld::write_amt(&store, std::vector<Cid>{}));
  header.parent_message_receipts = none;
  TRY(header.messages, ipld::store_value(store, types::MessageMeta{none, none}));
  header.timestamp = wanted.timestamp;
  header.parent_base_fee = TokenAmount::from_atto(kInitialBaseFee);
  return header;
}

}  // namespace

Result<Genesis> build_genesis(const Template& wanted, const Cid& manifest, Blockstore& store,
                              bridge::VmEngine& engine) {
  TRY_VOID(check_template(wanted));
  TRY(const auto bundle, load_bundle(store, manifest));
  TRY(const auto tree, first_tree(wanted, bundle, store));
  GenesisVm vm(engine, store, wanted.network_version, wanted.chain_id, tree);
  TRY_VOID(construct_singletons(vm));
  TRY_VOID(create_accounts(vm, wanted));
  for (const auto& miner : wanted.miners) {
    TRY_VOID(with_context(create_miner(vm, miner), fmt::format("miner f0{}", miner.id)));
  }
  TRY(const auto state_root, vm.flush());
  Genesis out;
  TRY(out.header, make_header(wanted, store, state_root));
  TRY(out.cid, ipld::store_value(store, out.header));
  return out;
}

const Bytes& genesis_parent_bytes() {
  static const Bytes kBytes = [] {
    ipld::cbor::Writer w;
    const auto pair = [&](std::string_view key, std::string_view value) {
      w.write_text(key);
      w.write_text(value);
    };
    w.write_map(5);
    pair("Datetime", "2017-05-05 01:27:51");
    pair("Network", "Filecoin");
    pair("Token", "Filecoin");
    w.write_text("TokenAmounts");
    w.write_map(3);
    pair("TotalSupply", "2,000,000,000");
    pair("Miners", "1,400,000,000");
    w.write_text("ProtocolLabs");
    w.write_map(3);
    pair("Development", "300,000,000");
    pair("Fundraising", "200,000,000");
    pair("Foundation", "100,000,000");
    pair("Message", "This is the Genesis Block of the Filecoin Decentralized Storage Network.");
    return std::move(w).take();
  }();
  return kBytes;
}

Cid genesis_parent() {
  const auto digest = crypto::sha256(genesis_parent_bytes());
  return Cid::make(ipld::Codec::DagCbor, ipld::Multihash::Sha2_256, digest).value();
}

}  // namespace venus::genesis
