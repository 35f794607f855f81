// SPDX-License-Identifier: MIT OR Apache-2.0
// What people write on the command line.
#pragma once

#include "platform/cli.hpp"
#include "types/tipset.hpp"

namespace venus::node {

/// Block CIDs separated by commas; the empty text is the empty key, which stands for the head.
Result<TipsetKey> parse_tipset(std::string_view text);

/// Shows addresses with the letter of the network the daemon is on; asks it once.
void choose_prefix(platform::Cli& cli);

/// Calls a method of the daemon; what it answers is shown with the network's letter.
template <class M, class... Args>
Result<typename M::Out> ask(platform::Cli& cli, Args... args) {
  choose_prefix(cli);
  return cli.call<M>(std::move(args)...);
}

}  // namespace venus::node
