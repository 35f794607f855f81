// SPDX-License-Identifier: MIT OR Apache-2.0
// Raw streams of the native library as P2pStream.
#pragma once

#include "bridge/p2p.hpp"
#include "venus-p2p/src/lib.rs.h"

namespace venus::bridge::detail {

/// Null when its peer is none, which only a defect could cause.
P2pStreamPtr stream_out(rust::Box<native::P2pRawStream> stream);

}  // namespace venus::bridge::detail
