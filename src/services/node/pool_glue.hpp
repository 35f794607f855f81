// SPDX-License-Identifier: MIT OR Apache-2.0
// What the message pool asks of chain and storage, answered by the node's.
#pragma once

#include <filesystem>

#include "consensus/chain_runtime.hpp"
#include "mpool/chain_view.hpp"

namespace venus::node {

/// The runtime must outlive the view.
std::unique_ptr<mpool::ChainView> make_pool_view(consensus::ChainRuntime& runtime);

/// Local messages as files of a folder, each written whole before it counts.
Result<std::unique_ptr<mpool::MessageStore>> open_message_store(std::filesystem::path folder);

}  // namespace venus::node
