// SPDX-License-Identifier: MIT OR Apache-2.0
#include "bridge/vm.hpp"

#include "bridge/native_error.hpp"
#include "venus-vm/src/lib.rs.h"

#include <stdexcept>
#include <utility>

namespace venus::bridge {

using detail::guarded;
using detail::slice;
using detail::to_bytes;

namespace {

BytesView view(rust::Slice<const std::uint8_t> bytes) { return {bytes.data(), bytes.size()}; }

/// cxx hands a thrown text to Rust as an error.
template <class T>
T value_or_throw(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

/// What Rust calls while a machine works. The machine's owner waits meanwhile, so store and externs
/// are only used as their owner could use them.
class Host final : public native::VmHost {
 public:
  Host(Blockstore& store, Externs* externs) : store_(store), externs_(externs) {}

  bool read_block(rust::Slice<const std::uint8_t> cid, native::BlockSink& sink) const override {
    const auto block = value_or_throw(store_.find(value_or_throw(Cid::from_bytes(view(cid)))));
    if (!block) return false;
    sink.put(slice(*block));
    return true;
  }

  bool has_block(rust::Slice<const std::uint8_t> cid) const override {
    return value_or_throw(store_.has(value_or_throw(Cid::from_bytes(view(cid)))));
  }

  void write_blocks(rust::Slice<const native::BlockRef> blocks) const override {
    std::vector<std::pair<Cid, Bytes>> batch;
    batch.reserve(blocks.size());
    for (const auto& block : blocks) {
      batch.emplace_back(value_or_throw(Cid::from_bytes(view(block.cid))),
                         Bytes(block.data.begin(), block.data.end()));
    }
    value_or_throw(store_.put_many(batch));
  }

  std::array<std::uint8_t, 32> chain_randomness(std::int64_t epoch) const override {
    return value_or_throw(externs().chain_randomness(types::ChainEpoch(epoch)));
  }

  std::array<std::uint8_t, 32> beacon_randomness(std::int64_t epoch) const override {
    return value_or_throw(externs().beacon_randomness(types::ChainEpoch(epoch)));
  }

  native::FaultVerdict verify_consensus_fault(
      rust::Slice<const std::uint8_t> header1, rust::Slice<const std::uint8_t> header2,
      rust::Slice<const std::uint8_t> extra) const override {
    const auto verdict =
        value_or_throw(externs().verify_consensus_fault(view(header1), view(header2), view(extra)));
    native::FaultVerdict out{0, 0, 0, verdict.gas_used};
    if (verdict.fault) {
      out.fault_type = static_cast<std::uint8_t>(verdict.fault->type);
      out.target = verdict.fault->target.value();
      out.epoch = verdict.fault->epoch.value();
    }
    return out;
  }

  void tipset_cid(std::int64_t epoch, native::BlockSink& sink) const override {
    sink.put(slice(value_or_throw(externs().tipset_cid(types::ChainEpoch(epoch))).bytes()));
  }

 private:
  Externs& externs() const {
    if (externs_ == nullptr) throw std::logic_error("no externs");
    return *externs_;
  }

  Blockstore& store_;
  Externs* externs_;
};

Result<native::Amount> amount_in(const TokenAmount& amount, const char* what) {
  const auto magnitude = amount.atto().magnitude();
  if (amount.is_negative() || magnitude.size() > 16) {
    return fail(ErrorCode::InvalidArgument, "{} of {} attoFIL", what, amount);
  }
  native::Amount out{0, 0};
  for (const auto byte : magnitude) {
    out.high = (out.high << 8) | (out.low >> 56);
    out.low = (out.low << 8) | byte;
  }
  return out;
}

TokenAmount amount_out(const native::Amount& amount) {
  if (amount.high == 0) return TokenAmount(BigInt(amount.low));
  const auto high = base::be64(amount.high);
  const auto low = base::be64(amount.low);
  ByteArray<16> bytes{};
  std::copy(high.begin(), high.end(), bytes.begin());
  std::copy(low.begin(), low.end(), bytes.begin() + 8);
  return TokenAmount(BigInt::from_magnitude(bytes));
}

Result<ApplyResult> result_out(native::Applied& applied) {
  ApplyResult out;
  out.exit_code = applied.exit_code;
  out.return_value = to_bytes(applied.return_value);
  out.gas_used = applied.gas_used;
  out.penalty = amount_out(applied.penalty);
  out.miner_tip = amount_out(applied.miner_tip);
  out.base_fee_burn = amount_out(applied.base_fee_burn);
  out.over_estimation_burn = amount_out(applied.over_estimation_burn);
  out.refund = amount_out(applied.refund);
  out.gas_refund = applied.gas_refund;
  out.gas_burned = applied.gas_burned;
  if (!applied.events_root.empty()) {
    TRY(out.events_root, Cid::from_bytes({applied.events_root.data(), applied.events_root.size()}));
  }
  std::size_t begin = 0;
  out.events.reserve(applied.event_ends.size());
  for (const std::size_t end : applied.event_ends) {
    out.events.emplace_back(applied.events.data() + begin, applied.events.data() + end);
    begin = end;
  }
  out.failure = std::string(applied.failure);
  out.exec_trace = to_bytes(applied.exec_trace);
  return out;
}

}  // namespace

struct BlockCache::Impl {
  rust::Box<native::Cache> cache;
};

BlockCache::BlockCache(std::size_t capacity_bytes)
    : impl_(std::make_unique<Impl>(native::cache_new(capacity_bytes))) {}
BlockCache::~BlockCache() = default;

BlockCache::Stats BlockCache::stats() const {
  const auto stats = impl_->cache->stats();
  return {stats.hits, stats.misses, stats.bytes};
}

struct VmEngine::Impl {
  rust::Box<native::Engine> engine;
};

struct VmMachine::Impl {
  rust::Box<native::Machine> machine;
};

VmEngine::VmEngine(std::uint32_t concurrency)
    : impl_(std::make_unique<Impl>(native::engine_new(concurrency))) {}
VmEngine::~VmEngine() = default;

Result<void> VmEngine::warm_up(std::uint32_t network_version, Blockstore& store,
                               const Cid& manifest) {
  return guarded([&] {
    impl_->engine->warm_up(network_version, std::make_shared<Host>(store, nullptr),
                           slice(manifest.bytes()));
  });
}

Result<std::unique_ptr<VmMachine>> VmEngine::machine(const MachineConfig& config, Blockstore& store,
                                                     Externs& externs) {
  TRY(const auto base_fee, amount_in(config.base_fee, "base fee"));
  TRY(const auto supply, amount_in(config.circulating_supply, "circulating supply"));
  const native::MachineSettings settings{
      .network_version = config.network_version,
      .chain_id = config.chain_id,
      .epoch = config.epoch.value(),
      .timestamp = config.timestamp,
      .state_root = slice(config.state_root.bytes()),
      .base_fee = base_fee,
      .circulating_supply = supply,
      .tracing = config.tracing,
      .actor_debugging = config.actor_debugging,
      .flush_all_blocks = config.flush_all_blocks,
      .cache_writes = config.cache_writes,
  };
  return guarded([&] {
    const native::Cache* cache = config.cache ? &*config.cache->impl_->cache : nullptr;
    auto machine = native::machine_new(*impl_->engine, settings,
                                       std::make_shared<Host>(store, &externs), cache);
    auto impl = std::make_unique<VmMachine::Impl>(std::move(machine));
    return std::unique_ptr<VmMachine>(new VmMachine(std::move(impl)));
  });
}

VmMachine::VmMachine(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
VmMachine::~VmMachine() = default;

Result<std::vector<ApplyResult>> VmMachine::execute(std::span<const ApplyMessage> messages) {
  std::vector<native::MessageIn> inputs;
  inputs.reserve(messages.size());
  for (const auto& message : messages) {
    inputs.push_back(
        {slice(message.message), message.chain_length, message.kind == ApplyKind::Implicit});
  }
  TRY(auto applied, guarded([&] {
        return impl_->machine->execute(
            rust::Slice<const native::MessageIn>(inputs.data(), inputs.size()));
      }));
  std::vector<ApplyResult> results;
  results.reserve(applied.size());
  for (auto& one : applied) {
    TRY(auto result, result_out(one));
    results.push_back(std::move(result));
  }
  return results;
}

Result<Cid> VmMachine::flush() {
  TRY(const auto root, guarded([&] { return impl_->machine->flush(); }));
  return Cid::from_bytes({root.data(), root.size()});
}

}  // namespace venus::bridge
