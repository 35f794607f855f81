// SPDX-License-Identifier: MIT OR Apache-2.0
// How types are written into SQL columns (db/sql/value.hpp finds these functions by name).
#pragma once

#include "types/address.hpp"
#include "types/token_amount.hpp"

namespace venus::types {

/// An address without its network letter ("01000", "3w…"), so that a row means the same whatever
/// letter a program shows; empty when undefined.
inline std::string to_sql_text(const Address& address) {
  return address.defined() ? address.str(NetworkPrefix::Testnet).substr(1) : std::string();
}
inline Result<void> from_sql_text(std::string_view text, Address& out) {
  if (text.empty()) {
    out = Address();
    return {};
  }
  TRY(out, Address::parse("t" + std::string(text)));
  return {};
}

/// Decimal attoFIL.
inline std::string to_sql_text(const TokenAmount& amount) { return amount.str(); }
inline Result<void> from_sql_text(std::string_view text, TokenAmount& out) {
  TRY(auto atto, BigInt::parse(text));
  out = TokenAmount(std::move(atto));
  return {};
}

}  // namespace venus::types
