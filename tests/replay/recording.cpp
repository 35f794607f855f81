// SPDX-License-Identifier: MIT OR Apache-2.0
#include "recording.hpp"

#include <cstdlib>
#include <stdexcept>

#include "bridge/bls.hpp"
#include "ipld/car.hpp"
#include "types/signing.hpp"

namespace venus::replay {
namespace {

template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

std::filesystem::path source_folder() {
  const auto* folder = std::getenv("VENUS_SOURCE_DIR");
  return folder != nullptr ? std::filesystem::path(folder) : std::filesystem::current_path();
}

}  // namespace

std::filesystem::path recording_folder() { return base::test_util::vectors_folder() / "lotus-devnet"; }

std::filesystem::path actors_bundle() {
  const auto* cache = std::getenv("VENUS_CACHE");
  const auto* home = std::getenv("HOME");
  const auto folder = cache != nullptr && *cache != '\0' ? std::filesystem::path(cache)
                                                         : std::filesystem::path(home ? home : "") / ".cache/venus";
  return folder / "actors/v18-devnet.car";
}

std::filesystem::path network_file() { return source_folder() / "tests/replay/lotus-devnet.toml"; }

types::NetworkParams recorded_network() {
  const auto text = base::test_util::read_file(network_file());
  return must(types::parse_network(base::as_chars(text)));
}

bridge::VmEngine& engine() {
  static auto out = [] {
    // The proofs of the recording verify with keys of its own.
    setenv("FIL_PROOFS_PARAMETER_CACHE", (recording_folder() / "vk").c_str(), 1);
    auto made = std::make_unique<bridge::VmEngine>(2);
    ipld::MemoryBlockstore bundle;
    const auto car = must(ipld::import_car_file(actors_bundle(), bundle));
    must(made->warm_up(28, bundle, car.roots.at(0)));
    return made;
  }();
  return *out;
}

Recording::Recording(const std::string& file) {
  must(ipld::import_car_file(actors_bundle(), store));
  chain = must(chainstore::ChainStore::open(store, metadata));
  loaded = must(consensus::load_chain_file(*chain, recording_folder() / file));
  must(consensus::adopt_genesis(params, *chain, loaded.genesis->cids().at(0)));
  runtime = must(consensus::make_runtime(params, *chain, engine(), clock));
}

TipsetPtr Recording::at(std::int64_t epoch) {
  return must(chain->tipset_at(ChainEpoch(epoch), loaded.head, chainstore::NullRound::After));
}

void Recording::replay_to(const TipsetPtr& tipset) {
  must(consensus::replay_chain(*runtime, tipset, {}));
}

consensus::FullBlock Recording::full(types::BlockHeader header) {
  const auto cid = must(chain->put_block(header));
  auto messages = must(chain->messages(header));
  return {std::move(header), cid, std::move(messages)};
}

Wallets::Wallets() {
  for (const auto& file : std::filesystem::directory_iterator(recording_folder() / "wallets")) {
    const auto text = base::test_util::read_file(file.path());
    keys_.emplace(must(Address::parse(file.path().stem().string())),
                  must(types::KeyInfo::import_text(base::as_chars(text))));
  }
}

types::Signature Wallets::sign_bls(const Address& address, BytesView data) const {
  const auto signature = must(bridge::bls_sign(keys_.at(address).private_key.view(), data));
  return {types::SignatureType::Bls, Bytes(signature.begin(), signature.end())};
}

types::Signature Wallets::sign(const Address& address, const types::Message& message,
                               std::uint64_t chain_id) const {
  const auto& key = keys_.at(address);
  const auto type = types::signature_type(key.type);
  const auto data = must(types::message_signing_bytes(message, type, chain_id));
  if (type == types::SignatureType::Bls) return sign_bls(address, data);
  return must(types::sign_without_bls(type, key.private_key.view(), data));
}

}  // namespace venus::replay
