// SPDX-License-Identifier: MIT OR Apache-2.0
#include "actors/state_tree.hpp"

#include "actors/init.hpp"
#include "actors/simple_states.hpp"
#include "actors/test_util/devnet.hpp"
#include "base/test_util/vectors.hpp"

#include <gtest/gtest.h>

namespace venus::actors {
namespace {

using test_util::recordings;

TEST(Code, KnowsThePublicBundles) {
  const auto codes = bundle_codes(18, "devnet").value();
  EXPECT_EQ(codes.size(), 16U);
  for (const auto& [name, code] : codes) {
    const auto info = supported_code(code).value();
    EXPECT_EQ(to_string(info.type), name);
    EXPECT_EQ(info.version, 18U);
  }
  EXPECT_EQ(bundle_codes(19, "mainnet").value(), bundle_codes(18, "mainnet").value());
  EXPECT_EQ(bundle_codes(18, "nowhere").error().code, ErrorCode::NotFound);
}

TEST(Code, NamesWhatItCannotRead) {
  const auto v12 = bundle_codes(12, "mainnet").value();
  const auto old = supported_code(v12.front().second);
  EXPECT_EQ(old.error().code, ErrorCode::Unsupported);
  EXPECT_NE(old.error().message.find("actors v12"), std::string::npos);
  const auto v0 =
      Cid::make(ipld::Codec::Raw, ipld::Multihash::Identity, base::as_bytes("fil/1/account"));
  EXPECT_NE(supported_code(*v0).error().message.find("fil/1/account"), std::string::npos);
}

TEST(Code, ActorsVersionFollowsNetworkVersion) {
  EXPECT_EQ(actors_version(NetworkVersion(0)).value(), 0U);
  EXPECT_EQ(actors_version(NetworkVersion(18)).value(), 10U);
  EXPECT_EQ(actors_version(NetworkVersion(25)).value(), 16U);
  EXPECT_EQ(actors_version(NetworkVersion(26)).value(), 16U);
  EXPECT_EQ(actors_version(NetworkVersion(28)).value(), 18U);
  EXPECT_EQ(actors_version(NetworkVersion(30)).error().code, ErrorCode::Unsupported);
}

TEST(StateTree, AnswersActorsAsRecorded) {
  VENUS_VECTORS_OR_SKIP(vectors, "rpc/core");
  const auto tree =
      StateTree::load(test_util::devnet_store(), test_util::recorded_state_root()).value();
  EXPECT_EQ(tree.version(), 5U);
  EXPECT_EQ(tree.network_name().value(), "localnet-venus");
  std::size_t checked = 0;
  for (const auto& call : recordings("StateGetActor")) {
    const auto address = base::from_json<Address>(call.params[0]).value();
    const auto actor = tree.get_actor(address);
    if (!call.error.empty()) {
      EXPECT_FALSE(actor) << address.str();
      continue;
    }
    EXPECT_TRUE(test_util::same_json(base::to_json(actor.value()), call.result)) << address.str();
    ++checked;
  }
  EXPECT_GT(checked, 0U);
}

TEST(StateTree, ListsActorsInLotusOrder) {
  VENUS_VECTORS_OR_SKIP(vectors, "rpc/core");
  const auto tree =
      StateTree::load(test_util::devnet_store(), test_util::recorded_state_root()).value();
  std::vector<Address> all;
  ASSERT_TRUE(tree.for_each([&](ActorId id, const types::Actor&) -> Result<void> {
    all.push_back(Address::id(id));
    return {};
  }));
  const auto recorded = recordings("StateListActors");
  EXPECT_TRUE(test_util::same_json(base::to_json(all), recorded.at(0).result));
}

TEST(StateTree, ResolvesAddressesAsRecorded) {
  VENUS_VECTORS_OR_SKIP(vectors, "rpc/core");
  const auto tree =
      StateTree::load(test_util::devnet_store(), test_util::recorded_state_root()).value();
  for (const auto& call : recordings("StateLookupID")) {
    const auto address = base::from_json<Address>(call.params[0]).value();
    const auto id = tree.lookup_id(address);
    ASSERT_EQ(id.has_value(), call.error.empty()) << address.str();
    if (id) {
      EXPECT_TRUE(test_util::same_json(base::to_json(Address::id(*id)), call.result));
    }
  }
  for (const auto& call : recordings("StateAccountKey")) {
    const auto address = base::from_json<Address>(call.params[0]).value();
    EXPECT_TRUE(
        test_util::same_json(base::to_json(tree.key_address(address).value()), call.result));
    const auto id = tree.lookup_id(address).value();
    EXPECT_TRUE(test_util::same_json(base::to_json(tree.key_address(Address::id(id)).value()),
                                     call.result));
  }
  EXPECT_EQ(tree.key_address(Address::id(1000)).error().code, ErrorCode::InvalidArgument);
  EXPECT_EQ(tree.key_address(Address::id(99999)).error().code, ErrorCode::NotFound);
  for (const auto& call : recordings("StateLookupRobustAddress")) {
    const auto id = base::from_json<Address>(call.params[0]).value().actor_id().value();
    EXPECT_TRUE(test_util::same_json(base::to_json(tree.robust_address(id).value()), call.result));
  }
}

TEST(StateTree, FindsChangedActorsAsRecorded) {
  VENUS_VECTORS_OR_SKIP(vectors, "rpc/core");
  test_util::recorded_state_root();
  for (const auto& call : recordings("StateChangedActors")) {
    auto& store = test_util::devnet_store();
    const auto before =
        StateTree::load(store, base::from_json<Cid>(call.params[0]).value()).value();
    const auto after = StateTree::load(store, base::from_json<Cid>(call.params[1]).value()).value();
    std::map<std::string, types::Actor> changed;
    const auto by_id = after.changed_since(before).value();
    for (const auto& [id, actor] : by_id)
      changed.emplace(Address::id(id).str(), actor);
    EXPECT_EQ(base::from_json<decltype(changed)>(call.result).value(), changed);
    EXPECT_FALSE(changed.empty());
  }
}

TEST(StateTree, WritesTheSameRootItRead) {
  VENUS_VECTORS_OR_SKIP(vectors, "rpc/core");
  const auto root = test_util::recorded_state_root();
  auto tree = StateTree::load(test_util::devnet_store(), root).value();
  ipld::MemoryBlockstore store;
  auto copy = StateTree::create(store).value();
  ASSERT_TRUE(tree.for_each([&](ActorId id, const types::Actor& actor) -> Result<void> {
    return copy.set_actor(id, actor);
  }));
  ASSERT_TRUE(copy.set_actor(ActorId(5555), tree.get_actor(ActorId(0)).value()));
  ASSERT_TRUE(copy.delete_actor(ActorId(5555)));
  EXPECT_EQ(copy.flush().value(), root);
}

TEST(StateTree, MapsNewAddresses) {
  ipld::MemoryBlockstore store;
  init::State state;
  state.address_map = ipld::Hamt<ActorId>(store).flush().value();
  state.next_id = ActorId(100);
  const auto first = Address::actor(base::as_bytes("first"));
  const auto second = Address::actor(base::as_bytes("second"));
  EXPECT_EQ(init::map_address(store, state, first).value(), ActorId(100));
  EXPECT_EQ(init::map_address(store, state, second).value(), ActorId(101));
  EXPECT_EQ(init::map_address(store, state, first).value(), ActorId(100));
  EXPECT_EQ(state.next_id, ActorId(102));
  EXPECT_EQ(init::resolve(store, state, second).value(), ActorId(101));
}

TEST(StateTree, KnowsCodesOfAPrivateBundleFromTheManifest) {
  ipld::MemoryBlockstore store;
  const auto code = ipld::cid_of_raw(base::as_bytes("private account wasm"));
  ipld::cbor::Writer list;
  list.write_array(1);
  list.write_array(2);
  list.write_text("account");
  list.write_cid(code);
  const auto manifest = ipld::cid_of_cbor(list.bytes());
  ASSERT_TRUE(store.put(manifest, list.bytes()));
  auto tree = StateTree::create(store).value();
  types::Actor actor;
  actor.code = ipld::cid_of_raw(base::as_bytes("private system wasm"));
  actor.head = ipld::store_value(store, system::State{manifest}).value();
  ASSERT_TRUE(tree.set_actor(types::singleton::kSystem, actor));
  EXPECT_EQ(tree.code_info(code).value().type, ActorType::Account);
  EXPECT_EQ(tree.code_info(actor.code).error().code, ErrorCode::Unsupported);
}

}  // namespace
}  // namespace venus::actors
