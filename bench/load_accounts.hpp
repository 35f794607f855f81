// SPDX-License-Identifier: MIT OR Apache-2.0
// Accounts of a network made for a benchmark, half secp256k1 and half BLS, and messages they sign.
#pragma once

#include "genesis/template.hpp"
#include "types/key_info.hpp"
#include "types/message.hpp"

#include <string>
#include <vector>

namespace venus::bench {

struct Account {
  types::KeyInfo key;
  Address address;
};

/// The same accounts for the same number each time: the genesis is made by one process, messages by
/// another.
Result<std::vector<Account>> make_accounts(std::size_t count);

/// A network whose accounts have 1000 FIL each; its one miner has a sector nobody could prove, so
/// no block ever comes.
Result<genesis::Template> make_template(const std::vector<Account>& accounts,
                                        std::string network_name, std::uint64_t timestamp);

/// A message ready to be gossiped.
struct SignedBytes {
  Bytes data;  ///< CBOR of the signed message
  Cid cid;     ///< as the pool knows it
  std::size_t sender = 0;
};

/// `count` transfers, round and round over the accounts, each with its sender's next nonce, from
/// `first_nonce` on. Signs on all cores.
Result<std::vector<SignedBytes>> sign_messages(const std::vector<Account>& accounts,
                                               std::size_t first_nonce, std::size_t count);

}  // namespace venus::bench
