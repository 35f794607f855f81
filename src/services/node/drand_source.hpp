// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>

#include "consensus/beacon.hpp"

namespace venus::node {

/// Beacon entries from the HTTP servers of a drand network, asked in turn; rounds not made yet are waited
/// for. Entries are not verified here: block validation and production do that.
std::unique_ptr<consensus::BeaconSource> make_drand_source(asio::io_context& io);

}  // namespace venus::node
