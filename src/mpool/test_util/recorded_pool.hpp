// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <filesystem>

#include "mpool/selection.hpp"

namespace venus::mpool::test_util {

/// A dump of mainnet's pool as selection input: each sender's nonces start at its lowest, its balance
/// covers everything. Throws when the file can't be read.
SelectionInput read_recorded_pool(const std::filesystem::path& gzip_file, const TokenAmount& base_fee);

/// A message of `sender` that costs `gas_limit` gas at `premium` attoFIL a unit (fee cap far above).
MessagePtr make_message(std::uint64_t sender, std::uint64_t nonce, std::int64_t gas_limit,
                        std::int64_t premium);

}  // namespace venus::mpool::test_util
