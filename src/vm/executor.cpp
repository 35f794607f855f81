// SPDX-License-Identifier: MIT OR Apache-2.0
#include "vm/executor.hpp"

#include <unordered_set>

#include "ipld/amt.hpp"
#include "types/policy.hpp"
#include "vm/circulating_supply.hpp"
#include "vm/externs.hpp"
#include "vm/migration.hpp"

namespace venus::vm {
namespace {

using Clock = std::chrono::steady_clock;

// Cron may use what it likes; the number is part of the message and so of its CID in traces.
constexpr std::int64_t kCronGasLimit = types::policy::kBlockGasLimit * 10'000;
constexpr std::int64_t kRewardGasLimit = std::int64_t{1} << 30;
constexpr MethodNum kCronEpochTick{2};
constexpr MethodNum kRewardAwardBlock{2};

Address system_address() { return Address::id(types::singleton::kSystem); }

// Adds the time since the last lap to a slot.
class Stopwatch {
 public:
  void lap(std::chrono::nanoseconds& slot) {
    const auto now = Clock::now();
    slot += now - last_;
    last_ = now;
  }

 private:
  Clock::time_point last_ = Clock::now();
};

Result<void> must_succeed(const bridge::ApplyResult& result, std::string_view what, ChainEpoch epoch) {
  if (result.exit_code == 0) return {};
  return fail(ErrorCode::FailedValidation, "{} of epoch {} failed with exit code {}: {}", what, epoch,
              result.exit_code, result.failure);
}

Result<void> check_miners_differ(const TipsetInput& input) {
  std::unordered_set<Address> miners;
  for (const auto& block : input.blocks) {
    if (!miners.insert(block.miner).second) {
      return fail(ErrorCode::FailedValidation, "two blocks of miner {} in one tipset", block.miner);
    }
  }
  return {};
}

}  // namespace

// What one execution carries from step to step.
struct Executor::Run {
  ChainView& chain;
  const ExecuteOptions& options;
  ExecutionTimes times;
  Stopwatch watch;
  std::unique_ptr<NodeExterns> externs;
  std::vector<AppliedMessage> applied;
  bool cache_writes = true;
};

ExecutionTimes& ExecutionTimes::operator+=(const ExecutionTimes& other) {
  machine += other.machine;
  messages += other.messages;
  flush += other.flush;
  receipts += other.receipts;
  return *this;
}

types::Receipt receipt_of(const bridge::ApplyResult& result) {
  types::Receipt out;
  out.exit_code = ExitCode(result.exit_code);
  out.return_value = result.return_value;
  out.gas_used = Gas(static_cast<std::int64_t>(result.gas_used));
  out.events_root = result.events_root;
  return out;
}

types::Message cron_message(ChainEpoch epoch) {
  types::Message message;
  message.to = Address::id(types::singleton::kCron);
  message.from = system_address();
  message.nonce = Nonce(static_cast<std::uint64_t>(epoch.value()));
  message.gas_limit = Gas(kCronGasLimit);
  message.method = kCronEpochTick;
  return message;
}

types::Message reward_message(ChainEpoch epoch, const Address& miner, const TokenAmount& penalty,
                              const TokenAmount& gas_reward, std::int64_t win_count) {
  types::Message message;
  message.to = Address::id(types::singleton::kReward);
  message.from = system_address();
  message.nonce = Nonce(static_cast<std::uint64_t>(epoch.value()));
  message.gas_limit = Gas(kRewardGasLimit);
  message.method = kRewardAwardBlock;
  ipld::cbor::Writer params;
  params.write_array(4);
  ipld::encode_to(params, miner);
  ipld::encode_to(params, penalty);
  ipld::encode_to(params, gas_reward);
  params.write_int(win_count);
  message.params = std::move(params).take();
  return message;
}

Executor::Executor(const types::NetworkParams& params, bridge::VmEngine& engine, Blockstore& store,
                   std::size_t cache_bytes)
    : params_(params),
      engine_(engine),
      store_(store),
      cache_(std::make_shared<bridge::BlockCache>(cache_bytes)) {}

Result<std::unique_ptr<bridge::VmMachine>> Executor::machine(Run& run, Blockstore& store, const Cid& state,
                                                             ChainEpoch epoch, std::uint64_t timestamp,
                                                             const TokenAmount& base_fee) {
  TRY(auto supply, with_context(circulating_supply(params_, epoch, store, state), "circulating supply"));
  run.externs = std::make_unique<NodeExterns>(params_, run.chain, store, state, epoch);
  bridge::MachineConfig config;
  config.epoch = epoch;
  config.timestamp = timestamp;
  config.state_root = state;
  config.base_fee = base_fee;
  config.circulating_supply = std::move(supply.circulating);
  config.network_version = params_.network_version(epoch).value();
  config.chain_id = params_.eip155_chain_id;
  config.tracing = run.options.trace;
  config.actor_debugging = params_.actor_debugging;
  config.cache = cache_;
  config.cache_writes = run.cache_writes;
  auto machine = engine_.machine(config, store, *run.externs);
  run.watch.lap(run.times.machine);
  return machine;
}

Result<Cid> Executor::migrate(const Cid& state_root, ChainEpoch epoch) {
  return migrate_state(params_, store_, state_root, epoch);
}

Result<Cid> Executor::run_null_rounds(const TipsetInput& input, Run& run) {
  auto state = input.parent_state;
  for (auto epoch = input.parent_epoch; epoch < input.epoch; ++epoch) {
    if (epoch > input.parent_epoch) {
      const auto timestamp =
          input.genesis_timestamp + params_.block_delay_seconds * static_cast<std::uint64_t>(epoch.value());
      TRY(auto vm, machine(run, store_, state, epoch, timestamp, input.base_fee));
      const auto message = cron_message(epoch);
      const auto encoded = ipld::encode(message);
      const bridge::ApplyMessage apply{encoded, encoded.size(), bridge::ApplyKind::Implicit};
      TRY(auto results, vm->execute({&apply, 1}));
      TRY_VOID(must_succeed(results.at(0), "cron", epoch));
      if (run.options.keep_applied) {
        run.applied.push_back({message, ipld::cid_of_cbor(encoded), true, std::move(results[0])});
      }
      run.watch.lap(run.times.messages);
      TRY(auto root, vm->flush());
      state = root;
      run.watch.lap(run.times.flush);
    }
    TRY(auto migrated, migrate(state, epoch));
    state = migrated;
  }
  return state;
}

namespace {

// Messages of one crossing into the machine, with what is to be done with each outcome.
struct Batch {
  std::vector<bridge::ApplyMessage> apply;
  std::vector<Bytes> owned;  // of implicit messages
  std::vector<types::Message> implicit;

  // All owned bytes are kept alive by moving vectors, whose buffers stay where they are.
  void add_implicit(const types::Message& message) {
    implicit.push_back(message);
    owned.push_back(ipld::encode(message));
    apply.push_back({owned.back(), owned.back().size(), bridge::ApplyKind::Implicit});
  }
  void add(const MessageInput& message) {
    apply.push_back({message.encoded, message.chain_length, bridge::ApplyKind::Explicit});
  }
};

}  // namespace

Result<void> Executor::run_blocks(const TipsetInput& input, Run& run, bridge::VmMachine& machine,
                                  TipsetResult& out) {
  Batch batch;
  const auto& options = run.options;
  const auto keep = [&](types::Message message, const Cid& cid, bool implicit, bridge::ApplyResult&& result) {
    if (options.keep_applied) run.applied.push_back({std::move(message), cid, implicit, std::move(result)});
  };
  // A reward needs the outcomes of its block, so it opens the next crossing; the last is followed by cron.
  for (std::size_t i = 0; i <= input.blocks.size(); ++i) {
    const bool last = i == input.blocks.size();
    const auto first_explicit = batch.apply.size();
    if (last) {
      batch.add_implicit(cron_message(input.epoch));
    } else {
      for (const auto& message : input.blocks[i].messages) batch.add(message);
    }
    std::vector<bridge::ApplyResult> results;
    if (!batch.apply.empty()) {
      TRY(results, machine.execute(batch.apply));
    }
    if (results.size() != batch.apply.size()) {
      return fail(ErrorCode::Internal, "VM answered {} of {} messages", results.size(), batch.apply.size());
    }
    for (std::size_t k = 0; k < batch.implicit.size(); ++k) {
      const bool is_cron = last && k + 1 == batch.implicit.size();
      const auto at = is_cron ? results.size() - 1 : k;
      TRY_VOID(must_succeed(results[at], is_cron ? "cron" : "block reward", input.epoch));
      keep(batch.implicit[k], ipld::cid_of_cbor(batch.owned[k]), true, std::move(results[at]));
    }
    if (last) break;
    TokenAmount penalty;
    TokenAmount tips;
    const auto& messages = input.blocks[i].messages;
    for (std::size_t k = 0; k < messages.size(); ++k) {
      auto& result = results[first_explicit + k];
      penalty += result.penalty;
      tips += result.miner_tip;
      out.receipts.push_back(receipt_of(result));
      if (options.store_events) TRY_VOID(store_events(result));
      if (options.keep_events) {
        auto& events = out.events.emplace_back();
        for (const auto& raw : result.events) {
          TRY(auto event, ipld::decode<types::Event>(raw));
          events.push_back(std::move(event));
        }
      }
      if (options.keep_applied) {
        TRY(auto message, ipld::decode<types::Message>(messages[k].encoded));
        keep(std::move(message), messages[k].cid, false, std::move(result));
      }
    }
    batch = {};
    batch.add_implicit(reward_message(input.epoch, input.blocks[i].miner, penalty, tips,
                                      input.blocks[i].win_count));
  }
  run.watch.lap(run.times.messages);
  return {};
}

Result<Cid> Executor::store_receipts(const std::vector<types::Receipt>& receipts) {
  return ipld::write_amt(&store_, receipts);
}

Result<void> Executor::store_events(const bridge::ApplyResult& result) {
  if (result.events.empty()) return {};
  TRY(const auto root, ipld::build_amt(&store_, ipld::kEventsAmt, result.events.size(),
                                       [&](ipld::cbor::Writer& writer, std::uint64_t index) {
                                         writer.write_raw(result.events[index]);
                                       }));
  if (result.events_root && *result.events_root == root) return {};
  return fail(ErrorCode::Internal, "events of a message do not make the root in its receipt");
}

Result<TipsetResult> Executor::execute(const TipsetInput& input, ChainView& chain,
                                       const ExecuteOptions& options) {
  TRY_VOID(check_miners_differ(input));
  Run run{chain, options, {}, {}, nullptr, {}};
  TipsetResult out;
  TRY(auto state, run_null_rounds(input, run));
  TRY(auto vm, machine(run, store_, state, input.epoch, input.timestamp, input.base_fee));
  TRY_VOID(run_blocks(input, run, *vm, out));
  TRY(out.receipts_root, store_receipts(out.receipts));
  run.watch.lap(run.times.receipts);
  TRY(out.state_root, vm->flush());
  vm.reset();
  run.watch.lap(run.times.flush);
  out.applied = std::move(run.applied);
  out.times = run.times;
  return out;
}

}  // namespace venus::vm
