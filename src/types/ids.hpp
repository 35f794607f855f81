// SPDX-License-Identifier: MIT OR Apache-2.0
// Numbers of the protocol, each a type of its own.
#pragma once

#include "base/strong.hpp"

namespace venus::types {

/// Height of a tipset, counted in block delays since genesis; -1 means "none" where the protocol
/// says so.
using ChainEpoch = base::Strong<struct ChainEpochTag, std::int64_t>;
/// The number of an actor, the payload of its f0 address.
using ActorId = base::Strong<struct ActorIdTag, std::uint64_t>;
/// Sequence number of an account's messages.
using Nonce = base::Strong<struct NonceTag, std::uint64_t>;
/// Number of an exported method of an actor; 0 is a plain transfer.
using MethodNum = base::Strong<struct MethodNumTag, std::uint64_t>;
using SectorNumber = base::Strong<struct SectorNumberTag, std::uint64_t>;
using DealId = base::Strong<struct DealIdTag, std::uint64_t>;
/// Version of the network's rules (nv16, nv28, ...).
using NetworkVersion = base::Strong<struct NetworkVersionTag, std::uint32_t>;
/// Result of executing a message; 0 is success.
using ExitCode = base::Strong<struct ExitCodeTag, std::int64_t>;
/// Units of gas.
using Gas = base::Strong<struct GasTag, std::int64_t>;

}  // namespace venus::types

namespace venus {
using types::ActorId;
using types::ChainEpoch;
using types::DealId;
using types::ExitCode;
using types::Gas;
using types::MethodNum;
using types::NetworkVersion;
using types::Nonce;
using types::SectorNumber;
}  // namespace venus
