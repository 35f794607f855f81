// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "platform/cli.hpp"

namespace venus::devnet {

/// All commands of venus-devnet: up, status, logs, down, reset, and those it starts itself with.
void add_commands(platform::Cli& cli);

}  // namespace venus::devnet
