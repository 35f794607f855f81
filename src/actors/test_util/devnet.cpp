// SPDX-License-Identifier: MIT OR Apache-2.0
#include "actors/test_util/devnet.hpp"

#include "base/test_util/vectors.hpp"
#include "ipld/car.hpp"

#include <gtest/gtest.h>

namespace venus::actors::test_util {
namespace {

boost::json::value read_json(const std::string& path) {
  const auto bytes = base::test_util::read_file(base::test_util::vectors_folder() / path);
  auto value = base::parse_json(base::as_chars(bytes));
  if (!value) throw std::runtime_error(value.error().message);
  return *std::move(value);
}

}  // namespace

ipld::MemoryBlockstore& devnet_store() {
  static ipld::MemoryBlockstore store;
  static const bool kLoaded = [] {
    const auto path = base::test_util::vectors_folder() / "lotus-devnet/states-197.car";
    const auto imported = ipld::import_car_file(path, store);
    if (!imported) throw std::runtime_error(imported.error().message);
    return true;
  }();
  (void)kLoaded;
  return store;
}

Cid recorded_state_root() {
  types::set_display_prefix(types::NetworkPrefix::Testnet);
  const auto value = read_json("rpc/_tipset.json");
  const auto& block = value.at("tipset").at("Blocks").at(0);
  return base::from_json<Cid>(block.at("ParentStateRoot")).value();
}

std::vector<Recording> recordings(const std::string& method) {
  std::vector<Recording> out;
  const auto value = read_json("rpc/core/Filecoin." + method + ".json");
  for (const auto& call : value.at("calls").as_array()) {
    Recording recording;
    recording.params = call.at("request").at("params").as_array();
    const auto& response = call.at("response").as_object();
    if (const auto* result = response.if_contains("result")) recording.result = *result;
    if (const auto* error = response.if_contains("error")) {
      recording.error = base::from_json<std::string>(error->at("message")).value();
    }
    out.push_back(std::move(recording));
  }
  if (out.empty()) throw std::runtime_error("no recordings of " + method);
  return out;
}

bool same_json(const boost::json::value& a, const boost::json::value& b) {
  // Parsed numbers may be signed where made ones are not.
  return base::parse_json(base::write_json(a)) == base::parse_json(base::write_json(b));
}

}  // namespace venus::actors::test_util
