// SPDX-License-Identifier: MIT OR Apache-2.0
#include "bridge/test_util/chain_fixture.hpp"

#include "base/test_util/vectors.hpp"
#include "base/varint.hpp"
#include "types/block.hpp"

#include <stdexcept>

namespace venus::bridge::test_util {

namespace {

constexpr const char* kBundle = "v18-devnet.car";

template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

/// One length-prefixed section; moves `rest` behind it.
BytesView section(BytesView& rest) {
  const auto length = must(base::read_varint(rest));
  if (length.value > rest.size() - length.size) throw std::runtime_error("truncated CAR");
  const auto body = rest.subspan(length.size, length.value);
  rest = rest.subspan(length.size + length.value);
  return body;
}

std::filesystem::path bundle() { return cache_folder() / "actors" / kBundle; }

}  // namespace

std::filesystem::path cache_folder() {
  if (const char* set = std::getenv("VENUS_CACHE")) return set;
  const char* home = std::getenv("HOME");
  return std::filesystem::path(home == nullptr ? "." : home) / ".cache" / "venus";
}

Cid load_car(const std::filesystem::path& file, Blockstore& store) {
  const auto bytes = base::test_util::read_file(file);
  BytesView rest(bytes);
  ipld::cbor::Reader header(section(rest));
  Cid root;
  const auto pairs = header.read_map();
  for (std::size_t i = 0; i < pairs; ++i) {
    if (header.read_text() == "roots") {
      const auto count = header.read_array();
      for (std::size_t r = 0; r < count; ++r) {
        const auto cid = header.read_cid();
        if (r == 0) root = cid;
      }
    } else {
      header.read_raw();
    }
  }
  must(header.finish());
  while (!rest.empty()) {
    const auto block = section(rest);
    std::size_t used = 0;
    const auto cid = must(Cid::read(block, used));
    must(store.put(cid, block.subspan(used)));
  }
  return root;
}

Result<ByteArray<32>> FixedExterns::chain_randomness(ChainEpoch) {
  ++asked;
  return ByteArray<32>{1};
}

Result<ByteArray<32>> FixedExterns::beacon_randomness(ChainEpoch) {
  ++asked;
  return ByteArray<32>{2};
}

Result<ConsensusFaultVerdict> FixedExterns::verify_consensus_fault(BytesView, BytesView,
                                                                   BytesView) {
  ++asked;
  return ConsensusFaultVerdict{};
}

Result<Cid> FixedExterns::tipset_cid(ChainEpoch) {
  ++asked;
  return ipld::cid_of_cbor(Bytes{0x80});
}

MachineConfig DevnetGenesis::config() const {
  MachineConfig config;
  config.epoch = ChainEpoch(1);
  config.timestamp = 1'700'000'000;
  config.state_root = state_root;
  config.base_fee = TokenAmount::from_atto(100);
  config.circulating_supply = TokenAmount::from_fil(1'000'000);
  config.network_version = 28;
  config.chain_id = 31415926;
  config.actor_debugging = true;
  return config;
}

Bytes DevnetGenesis::send(const types::Address& from, const types::Address& to,
                          std::uint64_t nonce) const {
  types::Message message;
  message.from = from;
  message.to = to;
  message.nonce = Nonce(nonce);
  message.value = TokenAmount::from_atto(1000);
  message.gas_limit = Gas(10'000'000);
  message.gas_fee_cap = TokenAmount::from_atto(1000);
  message.gas_premium = TokenAmount::from_atto(10);
  return ipld::encode(message);
}

std::string missing_for_devnet() {
  const auto vectors = base::test_util::vectors_folder();
  if (vectors.empty() || !std::filesystem::exists(vectors / "lotus-devnet/genesis.car")) {
    return "vectors are missing: lotus-devnet/genesis.car";
  }
  if (!std::filesystem::exists(bundle())) {
    return "actor bundle is missing: " + std::string(kBundle) + " (make setup)";
  }
  return {};
}

DevnetGenesis load_devnet() {
  DevnetGenesis out;
  out.store = std::make_shared<ipld::MemoryBlockstore>();
  load_car(bundle(), *out.store);
  const auto genesis =
      load_car(base::test_util::vectors_folder() / "lotus-devnet/genesis.car", *out.store);
  out.state_root = must(ipld::load<types::BlockHeader>(*out.store, genesis)).parent_state_root;
  out.rich1 = must(types::Address::parse(
      "t3uygxyqqct3na2el7wfpquxvvhpovn5gqdyfns2raoeu2a56pa3gwbsatzr766e4rrommgb7ey7w2ainbbvha"));
  out.rich2 = must(types::Address::parse(
      "t3qauczwakm4eevkykg2sqjh4gfazmilkgtdzywkkgyy236k4yeapzbxsargzeoiwtzcw4zxjzdlgbcqhyofdq"));
  return out;
}

VmEngine& shared_engine() {
  static VmEngine engine;
  return engine;
}

}  // namespace venus::bridge::test_util
