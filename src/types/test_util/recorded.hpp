// SPDX-License-Identifier: MIT OR Apache-2.0
// Recorded chains and answers of Lotus, read for tests of types and of rooms above it.
#pragma once

#include "types/block.hpp"

#include <boost/json/value.hpp>

#include <filesystem>
#include <utility>
#include <vector>

namespace venus::types::test_util {

/// Why a result is none; "" when it is one.
template <class T>
std::string reason(const Result<T>& result) {
  return result ? "" : result.error().message;
}

/// Chain id of the recorded devnet.
inline constexpr std::uint64_t kDevnetChainId = 31'415'926;

/// All blocks of a CAR file (version 1) in file order; fails the test when the file is damaged.
std::vector<std::pair<Cid, Bytes>> read_car_blocks(const std::filesystem::path& file);

/// The blocks of a chain CAR sorted by what they are, found by their shape.
struct ChainObjects {
  std::vector<std::pair<Cid, Bytes>> headers;
  std::vector<std::pair<Cid, Bytes>> messages;
  std::vector<std::pair<Cid, Bytes>> signed_messages;
};
ChainObjects read_chain_objects(const std::filesystem::path& file);

/// A JSON file.
boost::json::value read_json(const std::filesystem::path& file);

/// The results of all successful calls in a recording of vectors/rpc.
std::vector<boost::json::value> recorded_results(const std::filesystem::path& file);

}  // namespace venus::types::test_util
