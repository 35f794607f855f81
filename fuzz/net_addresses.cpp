// SPDX-License-Identifier: MIT OR Apache-2.0
#include <cstdlib>

#include "net/dnsaddr.hpp"

using namespace venus;

namespace {

void demand(bool held) {
  if (!held) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const BytesView bytes(data, size);
  for (const auto& address : {net::Multiaddr::parse(base::as_chars(bytes)), net::Multiaddr::from_bytes(bytes)}) {
    if (address) demand(net::Multiaddr::parse(address->str()) == *address);
  }
  if (const auto network = net::IpNetwork::parse(base::as_chars(bytes))) demand(net::IpNetwork::parse(network->str()) == *network);
  static_cast<void>(net::parse_txt_answer(bytes));
  return 0;
}
