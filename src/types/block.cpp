// SPDX-License-Identifier: MIT OR Apache-2.0
#include "types/block.hpp"

namespace venus::types {

Bytes BlockHeader::signing_bytes() const {
  // All fields but one by reference: copying a header to blank its signature costs more than
  // encoding.
  ipld::cbor::Writer writer(2048);
  writer.write_array(base::kFieldCount<BlockHeader>);
  base::for_each_field<BlockHeader>([&](const auto& field) {
    if (field.name == "BlockSig")
      writer.write_null();
    else
      ipld::encode_to(writer, this->*(field.member));
  });
  return std::move(writer).take();
}

}  // namespace venus::types
