// SPDX-License-Identifier: MIT OR Apache-2.0
// As much of the protobuf wire format as bitswap needs: varints and length-delimited fields; other kinds are
// skipped, groups refused.
#pragma once

#include <optional>

#include "base/bytes.hpp"

namespace venus::net::protobuf {

struct Field {
  std::uint32_t number = 0;
  bool is_bytes = false;    ///< else a number
  std::uint64_t value = 0;  ///< of a varint field
  BytesView bytes;          ///< of a length-delimited field; a view into the input
};

/// A varint of at most 10 bytes and 64 bits at the front; nothing when more bytes are needed. Malformed.
/// Go's encoders and decoders do not insist on the shortest form, so neither do we.
struct Varint {
  std::uint64_t value = 0;
  std::size_t size = 0;
};
Result<std::optional<Varint>> read_varint(BytesView bytes);

/// Reads the fields of one message in their order. The input must outlive the reader.
class Reader {
 public:
  explicit Reader(BytesView message) : rest_(message) {}
  /// The next varint or length-delimited field; nothing at the end. Malformed.
  Result<std::optional<Field>> next();

 private:
  Result<std::uint64_t> varint();
  Result<BytesView> take(std::uint64_t size);

  BytesView rest_;
};

void write_varint(Bytes& out, std::uint64_t value);
/// Number fields; 0 is the default and not written.
void write_number(Bytes& out, std::uint32_t field, std::uint64_t value);
void write_bytes(Bytes& out, std::uint32_t field, BytesView bytes);

}  // namespace venus::net::protobuf
