// SPDX-License-Identifier: MIT OR Apache-2.0
// Parameters and returns of the datacap token, actors v16 to v19, with the JSON names of
// go-state-types. Methods and their numbers: methods/verified_registry.cpp.
#pragma once

#include "actors/shapes.hpp"

namespace venus::actors {

namespace datacap {

struct MintParams {
  Address to;
  TokenAmount amount;
  std::vector<Address> operators;
  static constexpr auto fields() {
    return base::fields_of(base::field("To", &MintParams::to),
                           base::field("Amount", &MintParams::amount),
                           list("Operators", &MintParams::operators));
  }
};

struct MintReturn {
  TokenAmount balance;
  TokenAmount supply;
  Bytes recipient_data;
  static constexpr auto fields() {
    return base::fields_of(base::field("Balance", &MintReturn::balance),
                           base::field("Supply", &MintReturn::supply),
                           list("RecipientData", &MintReturn::recipient_data));
  }
};

struct DestroyParams {
  Address owner;
  TokenAmount amount;
  static constexpr auto fields() {
    return base::fields_of(base::field("Owner", &DestroyParams::owner),
                           base::field("Amount", &DestroyParams::amount));
  }
};

struct TransferParams {
  Address to;
  TokenAmount amount;
  Bytes operator_data;
  static constexpr auto fields() {
    return base::fields_of(base::field("To", &TransferParams::to),
                           base::field("Amount", &TransferParams::amount),
                           list("OperatorData", &TransferParams::operator_data));
  }
};

struct TransferReturn {
  TokenAmount from_balance;
  TokenAmount to_balance;
  Bytes recipient_data;
  static constexpr auto fields() {
    return base::fields_of(base::field("FromBalance", &TransferReturn::from_balance),
                           base::field("ToBalance", &TransferReturn::to_balance),
                           list("RecipientData", &TransferReturn::recipient_data));
  }
};

struct TransferFromParams {
  Address from;
  Address to;
  TokenAmount amount;
  Bytes operator_data;
  static constexpr auto fields() {
    return base::fields_of(base::field("From", &TransferFromParams::from),
                           base::field("To", &TransferFromParams::to),
                           base::field("Amount", &TransferFromParams::amount),
                           list("OperatorData", &TransferFromParams::operator_data));
  }
};

struct TransferFromReturn {
  TokenAmount from_balance;
  TokenAmount to_balance;
  TokenAmount allowance;
  Bytes recipient_data;
  static constexpr auto fields() {
    return base::fields_of(base::field("FromBalance", &TransferFromReturn::from_balance),
                           base::field("ToBalance", &TransferFromReturn::to_balance),
                           base::field("Allowance", &TransferFromReturn::allowance),
                           list("RecipientData", &TransferFromReturn::recipient_data));
  }
};

struct IncreaseAllowanceParams {
  Address operator_address;
  TokenAmount increase;
  static constexpr auto fields() {
    return base::fields_of(base::field("Operator", &IncreaseAllowanceParams::operator_address),
                           base::field("Increase", &IncreaseAllowanceParams::increase));
  }
};

struct DecreaseAllowanceParams {
  Address operator_address;
  TokenAmount decrease;
  static constexpr auto fields() {
    return base::fields_of(base::field("Operator", &DecreaseAllowanceParams::operator_address),
                           base::field("Decrease", &DecreaseAllowanceParams::decrease));
  }
};

struct RevokeAllowanceParams {
  Address operator_address;
  static constexpr auto fields() {
    return base::fields_of(base::field("Operator", &RevokeAllowanceParams::operator_address));
  }
};

struct GetAllowanceParams {
  Address owner;
  Address operator_address;
  static constexpr auto fields() {
    return base::fields_of(base::field("Owner", &GetAllowanceParams::owner),
                           base::field("Operator", &GetAllowanceParams::operator_address));
  }
};

struct BurnParams {
  TokenAmount amount;
  static constexpr auto fields() {
    return base::fields_of(base::field("Amount", &BurnParams::amount));
  }
};

struct BurnReturn {
  TokenAmount balance;
  static constexpr auto fields() {
    return base::fields_of(base::field("Balance", &BurnReturn::balance));
  }
};

struct BurnFromParams {
  Address owner;
  TokenAmount amount;
  static constexpr auto fields() {
    return base::fields_of(base::field("Owner", &BurnFromParams::owner),
                           base::field("Amount", &BurnFromParams::amount));
  }
};

struct BurnFromReturn {
  TokenAmount balance;
  TokenAmount allowance;
  static constexpr auto fields() {
    return base::fields_of(base::field("Balance", &BurnFromReturn::balance),
                           base::field("Allowance", &BurnFromReturn::allowance));
  }
};

}  // namespace datacap

}  // namespace venus::actors
