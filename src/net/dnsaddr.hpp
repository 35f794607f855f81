// SPDX-License-Identifier: MIT OR Apache-2.0
// Names that stand for peers: "/dnsaddr/bootstrap.example.org" is what TXT records of
// _dnsaddr.bootstrap.example.org say ("dnsaddr=/ip4/…/p2p/ID"), which may be further names.
#pragma once

#include <functional>

#include "net/multiaddr.hpp"

namespace venus::net {

/// TXT records of a name, by the system's resolver. Blocks, some seconds at worst. NotFound, Unavailable.
Result<std::vector<std::string>> dns_txt(const std::string& name);
/// TXT records of a DNS answer as it came. Malformed; never reads outside of it.
Result<std::vector<std::string>> parse_txt_answer(BytesView message);

using TxtLookup = std::function<Result<std::vector<std::string>>(const std::string& name)>;

/// The peers of a name, at most 32, found by at most 16 look-ups; addresses that name no peer or are not
/// dialable are left out. Blocks. NotFound when none is left, else the first look-up's error.
Result<std::vector<PeerAddress>> resolve_dnsaddr(const std::string& name, const TxtLookup& lookup = dns_txt);

}  // namespace venus::net
