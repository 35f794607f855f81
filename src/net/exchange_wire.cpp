// SPDX-License-Identifier: MIT OR Apache-2.0
#include "net/exchange_wire.hpp"

#include <algorithm>

namespace venus::net {
namespace {

using ipld::cbor::Major;
using ipld::cbor::Reader;
using ipld::cbor::Writer;

// Items claimed by a head are not reserved beyond this: they have not come yet.
constexpr std::size_t kReserve = 1024;

/// Messages with the CIDs their bytes have: the reader takes canonical CBOR alone, so bytes decide.
template <class Message>
void decode_messages(Reader& reader, BytesView bytes, std::vector<Message>& messages, std::vector<Cid>& cids) {
  const auto count = reader.read_array(exchange::kMaxMessages);
  messages.reserve(std::min(count, kReserve));
  for (std::size_t i = 0; i < count && reader.ok(); ++i) {
    const auto from = reader.offset();
    auto& message = messages.emplace_back();
    ipld::decode_from(reader, message);
    if (!reader.ok()) return;
    if constexpr (std::is_same_v<Message, types::SignedMessage>) {
      // A BLS signature does not belong here, but it has a CID all the same: the bare message's.
      if (message.signature.type == types::SignatureType::Bls) {
        cids.push_back(message.cid());
        continue;
      }
    }
    cids.push_back(ipld::cid_of_cbor(bytes.subspan(from, reader.offset() - from)));
  }
}

void decode_includes(Reader& reader, std::vector<std::vector<std::uint64_t>>& includes) {
  const auto blocks = reader.read_array(exchange::kMaxBlocks);
  for (std::size_t i = 0; i < blocks && reader.ok(); ++i) {
    auto& indices = includes.emplace_back();
    const auto count = reader.read_array(exchange::kMaxIncludes);
    for (std::size_t j = 0; j < count && reader.ok(); ++j) indices.push_back(reader.read_uint());
  }
}

}  // namespace

void encode_includes(Writer& writer, const std::vector<std::vector<std::uint64_t>>& includes) {
  writer.write_array(includes.size());
  for (const auto& indices : includes) {
    writer.write_array(indices.size());
    for (const auto index : indices) writer.write_uint(index);
  }
}

void encode_exchange_tipset(Writer& writer, const std::vector<types::BlockHeader>& blocks,
                            const sync::TipsetMessages* messages) {
  writer.write_array(2);
  ipld::encode_to(writer, blocks);
  if (messages == nullptr) return writer.write_null();
  writer.write_array(4);
  ipld::encode_to(writer, messages->bls);
  encode_includes(writer, messages->bls_of_block);
  ipld::encode_to(writer, messages->secpk);
  encode_includes(writer, messages->secpk_of_block);
}

Bytes encode_exchange_head(ExchangeStatus status, std::string_view error, std::size_t tipsets) {
  Writer writer;
  writer.write_array(3);
  writer.write_uint(static_cast<std::uint64_t>(status));
  writer.write_text(error.substr(0, exchange::kMaxErrorMessage));
  writer.write_array(tipsets);
  return std::move(writer).take();
}

Result<ExchangeTipset> decode_exchange_tipset(BytesView bytes) {
  ExchangeTipset out;
  Reader reader(bytes);
  reader.expect_array(2);
  const auto blocks = reader.read_array(exchange::kMaxBlocks);
  for (std::size_t i = 0; i < blocks && reader.ok(); ++i) ipld::decode_from(reader, out.blocks.emplace_back());
  if (!reader.try_null() && reader.ok()) {
    auto& messages = out.messages.emplace();
    reader.expect_array(4);
    decode_messages(reader, bytes, messages.bls, out.bls_cids);
    decode_includes(reader, messages.bls_of_block);
    decode_messages(reader, bytes, messages.secpk, out.secpk_cids);
    decode_includes(reader, messages.secpk_of_block);
  }
  TRY_VOID(with_context(reader.finish(), "tipset of an answer"));
  return out;
}

Result<bool> ExchangeDecoder::read_head() {
  const BytesView bytes(buffer_);
  std::size_t at = 0;
  const auto head = [&](Major major, std::string_view what) -> Result<std::optional<std::uint64_t>> {
    TRY(const auto found, read_cbor_head(bytes.subspan(at)));
    if (!found) return std::optional<std::uint64_t>();
    if (found->major != major) return fail(ErrorCode::Malformed, "answer: wrong kind of {}", what);
    at += found->size;
    return std::optional(found->value);
  };
  TRY(const auto fields, head(Major::Array, "value"));
  if (!fields) return false;
  if (*fields != 3) return fail(ErrorCode::Malformed, "answer of {} fields", *fields);
  TRY(const auto status, head(Major::Unsigned, "status"));
  if (!status) return false;
  TRY(const auto length, head(Major::Text, "error message"));
  if (!length) return false;
  if (*length > exchange::kMaxErrorMessage) return fail(ErrorCode::TooLarge, "error message of {} bytes", *length);
  if (bytes.size() - at < *length) return false;
  const auto text_end = at + static_cast<std::size_t>(*length);
  at = text_end;
  TRY(const auto count, head(Major::Array, "chain"));
  if (!count) return false;
  // The head once more with the strict reader: shortest integers, valid UTF-8.
  Reader reader(bytes.first(text_end));
  reader.expect_array(3);
  reader.read_uint();
  error_ = reader.read_text(exchange::kMaxErrorMessage);
  TRY_VOID(reader.finish());
  if (*count > max_tipsets_) {
    return fail(ErrorCode::TooLarge, "{} tipsets in an answer, asked for {}", *count, max_tipsets_);
  }
  status_ = static_cast<ExchangeStatus>(*status);
  count_ = static_cast<std::size_t>(*count);
  used_ = at;
  return true;
}

Result<std::optional<ExchangeTipset>> ExchangeDecoder::next() {
  if (!has_head_) {
    TRY(has_head_, read_head());
    if (!has_head_) return std::optional<ExchangeTipset>();
  }
  if (done()) return std::optional<ExchangeTipset>();
  const auto rest = BytesView(buffer_).subspan(used_);
  TRY(const auto size, scanner_.scan(rest));
  if (!size) {
    buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(used_));
    used_ = 0;
    return std::optional<ExchangeTipset>();
  }
  TRY(auto tipset, decode_exchange_tipset(rest.first(*size)));
  scanner_.reset();
  used_ += *size;
  ++taken_;
  if (done()) buffer_ = Bytes();
  return std::optional(std::move(tipset));
}

}  // namespace venus::net
