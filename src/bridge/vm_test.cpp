// SPDX-License-Identifier: MIT OR Apache-2.0
#include "bridge/vm.hpp"

#include "bridge/test_util/chain_fixture.hpp"
#include "bridge/vm_trace.hpp"

#include <gtest/gtest.h>

namespace venus::bridge {
namespace {

using test_util::FixedExterns;

std::vector<Bytes> sends(const test_util::DevnetGenesis& chain, std::size_t count) {
  std::vector<Bytes> out;
  for (std::size_t i = 0; i < count; ++i)
    out.push_back(chain.send(chain.rich1, chain.rich2, i));
  return out;
}

std::vector<ApplyMessage> explicit_messages(const std::vector<Bytes>& messages) {
  std::vector<ApplyMessage> out;
  for (const auto& message : messages) {
    out.push_back({message, message.size(), ApplyKind::Explicit});
  }
  return out;
}

TEST(Vm, executes_sends_and_accounts_for_all_gas) {
  VENUS_DEVNET_OR_SKIP();
  const auto chain = test_util::load_devnet();
  FixedExterns externs;
  auto machine = test_util::shared_engine().machine(chain.config(), *chain.store, externs);
  ASSERT_TRUE(machine) << machine.error().message;
  const auto messages = sends(chain, 3);
  const auto results = (*machine)->execute(explicit_messages(messages));
  ASSERT_TRUE(results) << results.error().message;
  ASSERT_EQ(results->size(), 3U);
  for (const auto& result : *results) {
    EXPECT_EQ(result.exit_code, 0U) << result.failure;
    EXPECT_GT(result.gas_used, 0U);
    EXPECT_EQ(result.gas_used + result.gas_burned + result.gas_refund, 10'000'000U);
    const auto paid =
        result.base_fee_burn + result.over_estimation_burn + result.refund + result.miner_tip;
    EXPECT_EQ(paid, TokenAmount::from_atto(10'000'000'000));
    EXPECT_TRUE(result.penalty.is_zero());
    EXPECT_FALSE(result.events_root);
    EXPECT_TRUE(result.exec_trace.empty());
  }
  const auto before = chain.store->size();
  const auto root = (*machine)->flush();
  ASSERT_TRUE(root) << root.error().message;
  EXPECT_NE(*root, chain.state_root);
  EXPECT_TRUE(chain.store->has(*root).value());
  EXPECT_GT(chain.store->size(), before);

  // The state is really there: a machine over the new root knows the new nonce.
  auto config = chain.config();
  config.state_root = *root;
  auto next = test_util::shared_engine().machine(config, *chain.store, externs).value();
  const std::vector<Bytes> repeated{chain.send(chain.rich1, chain.rich2, 2),
                                    chain.send(chain.rich1, chain.rich2, 3)};
  const auto after = next->execute(explicit_messages(repeated)).value();
  EXPECT_EQ(after[0].exit_code, 2U);
  EXPECT_FALSE(after[0].penalty.is_zero());
  EXPECT_NE(after[0].failure.find("sequence"), std::string::npos);
  EXPECT_EQ(after[1].exit_code, 0U);
}

TEST(Vm, a_shared_cache_changes_no_result_and_saves_reads) {
  VENUS_DEVNET_OR_SKIP();
  const auto chain = test_util::load_devnet();
  FixedExterns externs;
  const auto cache = std::make_shared<BlockCache>(64U << 20);
  const auto messages = sends(chain, 20);
  const auto run = [&](std::shared_ptr<BlockCache> with) {
    auto config = chain.config();
    config.cache = std::move(with);
    auto machine = test_util::shared_engine().machine(config, *chain.store, externs).value();
    EXPECT_TRUE(machine->execute(explicit_messages(messages)));
    return machine->flush().value();
  };
  const auto plain = run(nullptr);
  EXPECT_EQ(run(cache), plain);
  const auto first = cache->stats();
  EXPECT_GT(first.misses, 0U);
  EXPECT_GT(first.bytes, 0U);
  EXPECT_EQ(run(cache), plain);
  EXPECT_EQ(cache->stats().misses, first.misses);
  EXPECT_GT(cache->stats().hits, first.hits);
}

TEST(Vm, what_an_overlay_drops_is_not_remembered) {
  VENUS_DEVNET_OR_SKIP();
  const auto chain = test_util::load_devnet();
  FixedExterns externs;
  const auto cache = std::make_shared<BlockCache>(64U << 20);
  auto config = chain.config();
  config.cache = cache;
  config.cache_writes = false;
  Cid root;
  {
    ipld::MemoryBlockstore top;
    ipld::OverlayBlockstore overlay(top, *chain.store);
    auto machine = test_util::shared_engine().machine(config, overlay, externs).value();
    const auto messages = sends(chain, 1);
    ASSERT_TRUE(machine->execute(explicit_messages(messages)));
    root = machine->flush().value();
    EXPECT_TRUE(top.has(root).value());
  }
  EXPECT_FALSE(chain.store->has(root).value());
  config.state_root = root;
  EXPECT_FALSE(test_util::shared_engine().machine(config, *chain.store, externs));
}

TEST(Vm, tracing_gives_a_tree_of_calls) {
  VENUS_DEVNET_OR_SKIP();
  const auto chain = test_util::load_devnet();
  FixedExterns externs;
  auto config = chain.config();
  config.tracing = true;
  auto machine = test_util::shared_engine().machine(config, *chain.store, externs).value();
  const auto messages = sends(chain, 1);
  const auto results = machine->execute(explicit_messages(messages)).value();
  const auto trace = decode_execution_trace(results[0].exec_trace);
  ASSERT_TRUE(trace) << trace.error().message;
  EXPECT_EQ(trace->message.value, TokenAmount::from_atto(1000));
  EXPECT_EQ(trace->message.to, chain.rich2);
  EXPECT_TRUE(trace->message.from.is_id());
  EXPECT_EQ(trace->result.exit_code, 0U);
  EXPECT_FALSE(trace->gas_charges.empty());
  EXPECT_EQ(trace->gas_charges.front().name, "OnChainMessage");
  auto cut = results[0].exec_trace;
  cut.pop_back();
  EXPECT_FALSE(decode_execution_trace(cut));
}

TEST(Vm, cron_runs_as_an_implicit_message) {
  VENUS_DEVNET_OR_SKIP();
  const auto chain = test_util::load_devnet();
  FixedExterns externs;
  auto machine = test_util::shared_engine().machine(chain.config(), *chain.store, externs).value();
  types::Message cron;
  cron.from = types::Address::id(0);
  cron.to = types::Address::id(3);
  cron.method = MethodNum(2);
  cron.gas_limit = Gas(10'000'000'000'000);
  const auto bytes = ipld::encode(cron);
  const std::vector<ApplyMessage> batch{{bytes, bytes.size(), ApplyKind::Implicit}};
  const auto results = machine->execute(batch);
  ASSERT_TRUE(results) << results.error().message;
  EXPECT_EQ(results->front().exit_code, 0U) << results->front().failure;
  EXPECT_TRUE(results->front().miner_tip.is_zero());
}

TEST(Vm, what_cannot_work_is_an_error_and_not_a_crash) {
  VENUS_DEVNET_OR_SKIP();
  const auto chain = test_util::load_devnet();
  FixedExterns externs;
  auto& engine = test_util::shared_engine();
  for (const std::uint32_t version : {0U, 20U, 30U, 4'000'000'000U}) {
    auto config = chain.config();
    config.network_version = version;
    EXPECT_EQ(engine.machine(config, *chain.store, externs).error().code, ErrorCode::Unsupported);
    EXPECT_FALSE(engine.warm_up(version, *chain.store, chain.state_root));
  }
  auto config = chain.config();
  config.state_root = ipld::cid_of_cbor(Bytes{1});
  EXPECT_FALSE(engine.machine(config, *chain.store, externs));
  config.state_root = Cid();
  EXPECT_FALSE(engine.machine(config, *chain.store, externs));
  config = chain.config();
  config.base_fee = TokenAmount::from_atto(-1);
  EXPECT_EQ(engine.machine(config, *chain.store, externs).error().code, ErrorCode::InvalidArgument);
  EXPECT_EQ(engine.warm_up(28, *chain.store, ipld::cid_of_cbor(Bytes{1})).error().code,
            ErrorCode::NotFound);

  auto machine = engine.machine(chain.config(), *chain.store, externs).value();
  const Bytes garbage{0x8a, 0x00, 0x42};
  const std::vector<ApplyMessage> bad{{garbage, garbage.size(), ApplyKind::Explicit}};
  EXPECT_EQ(machine->execute(bad).error().code, ErrorCode::Malformed);
  EXPECT_TRUE(machine->execute({}).value().empty());
}

/// Fails every read, as a dying disk.
class BrokenStore final : public Blockstore {
 public:
  explicit BrokenStore(Blockstore& good) : good_(good) {}
  Result<std::optional<Bytes>> find(const Cid& cid) override {
    if (broken) return fail(ErrorCode::Io, "the disk is gone");
    return good_.find(cid);
  }
  Result<bool> has(const Cid& cid) override { return good_.has(cid); }
  Result<void> put(const Cid& cid, BytesView data) override { return good_.put(cid, data); }

  bool broken = false;

 private:
  Blockstore& good_;
};

TEST(Vm, a_failing_store_fails_the_call_with_its_reason) {
  VENUS_DEVNET_OR_SKIP();
  const auto chain = test_util::load_devnet();
  FixedExterns externs;
  BrokenStore store(*chain.store);
  auto machine = test_util::shared_engine().machine(chain.config(), store, externs).value();
  store.broken = true;
  const auto messages = sends(chain, 1);
  const auto results = machine->execute(explicit_messages(messages));
  ASSERT_FALSE(results);
  EXPECT_NE(results.error().message.find("the disk is gone"), std::string::npos)
      << results.error().message;
}

}  // namespace
}  // namespace venus::bridge
