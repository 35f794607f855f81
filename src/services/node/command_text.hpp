// SPDX-License-Identifier: MIT OR Apache-2.0
// What people write on the command line.
#pragma once

#include "types/tipset.hpp"

namespace venus::node {

/// Block CIDs separated by commas; the empty text is the empty key, which stands for the head.
Result<TipsetKey> parse_tipset(std::string_view text);

}  // namespace venus::node
