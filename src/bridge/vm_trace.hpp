// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "ipld/cid.hpp"
#include "types/actor.hpp"
#include "types/address.hpp"
#include "types/ids.hpp"
#include "types/token_amount.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// What happened while a message was executed, in the shape of the ExecutionTrace of Lotus' API.
namespace venus::bridge {

struct TraceGasCharge {
  std::string name;
  std::uint64_t total_gas{};
  std::uint64_t compute_gas{};
  std::uint64_t storage_gas{};
  std::uint64_t duration_ns{};
};

struct TraceMessage {
  types::Address from;
  types::Address to;
  types::TokenAmount value;
  std::uint64_t method{};
  Bytes params;
  std::uint64_t params_codec{};
  std::uint64_t gas_limit{};
  bool read_only{};
};

struct TraceReturn {
  std::uint32_t exit_code{};
  Bytes data;
  std::uint64_t codec{};
};

/// The actor that ran, as it was before the call.
struct TraceActor {
  types::ActorId id{};
  types::Actor state;
};

struct TraceIpld {
  bool put{};  ///< false: opened
  ipld::Cid cid;
  std::uint64_t size{};
};

struct ExecutionTrace {
  TraceMessage message;
  TraceReturn result;
  std::optional<TraceActor> invoked_actor;
  std::vector<TraceGasCharge> gas_charges;
  std::vector<ExecutionTrace> subcalls;
  std::vector<std::string> logs;
  std::vector<TraceIpld> ipld;
};

/// Decodes the CBOR form in which a trace leaves the machine (ApplyResult::exec_trace). Depth is
/// bounded by the FVM's call depth of 1024.
Result<ExecutionTrace> decode_execution_trace(BytesView cbor);

}  // namespace venus::bridge
