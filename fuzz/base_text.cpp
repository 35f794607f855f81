// SPDX-License-Identifier: MIT OR Apache-2.0
// The text forms that come from outside: hex, base32, base64, decimals, JSON, varints.
#include "base/big_int.hpp"
#include "base/json.hpp"
#include "base/varint.hpp"

#include <cstdlib>

using namespace venus;  // NOLINT: a program of one file

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const BytesView input(data, size);
  const auto text = base::as_chars(input);
  if (const auto bytes = base::from_base32(text); bytes && base::to_base32(*bytes) != text)
    std::abort();
  if (const auto bytes = base::from_base64(text); bytes && base::to_base64(*bytes) != text)
    std::abort();
  static_cast<void>(base::from_hex(text));
  if (const auto number = BigInt::parse(text); number && BigInt::parse(number->str()) != *number)
    std::abort();
  if (const auto number = base::read_varint(input)) {
    Bytes again;
    base::write_varint(again, number->value);
    if (!base::equal(again, input.first(number->size))) std::abort();
  }
  if (const auto json = base::parse_json(text)) {
    // Written back it may not parse: a number too large for a double is read as infinity.
    static_cast<void>(base::parse_json(base::write_json(*json)));
    static_cast<void>(base::from_json<std::vector<std::uint64_t>>(*json));
    static_cast<void>(base::from_json<std::map<std::string, Bytes>>(*json));
  }
  return 0;
}
