// SPDX-License-Identifier: MIT OR Apache-2.0
#include "snapshot/format.hpp"

#include "base/varint.hpp"
#include "ipld/cbor.hpp"

namespace venus::snapshot {
namespace {

constexpr std::uint64_t kVersion = 2;
// A length of at most 63 bits.
constexpr std::size_t kMaxVarint = 9;

}  // namespace

Bytes Metadata::encode() const {
  ipld::cbor::Writer out;
  out.write_map(3);
  out.write_text("F3Data");
  if (f3) out.write_cid(*f3);
  else out.write_null();
  out.write_text("Version");
  out.write_uint(version);
  out.write_text("HeadTipsetKey");
  out.write_array(head.size());
  for (const auto& cid : head) out.write_cid(cid);
  return std::move(out).take();
}

Result<Metadata> Metadata::decode(BytesView bytes) {
  ipld::cbor::Reader in(bytes);
  Metadata out;
  out.version = 0;
  for (auto left = in.read_map(3); left > 0 && in.ok(); --left) {
    const auto name = in.read_text(16);
    if (name == "Version") {
      out.version = in.read_uint();
    } else if (name == "HeadTipsetKey") {
      for (auto count = in.read_array(); count > 0 && in.ok(); --count) out.head.push_back(in.read_cid());
    } else if (name == "F3Data") {
      if (!in.try_null()) out.f3 = in.read_cid();
    } else {
      in.fail("unknown member");
    }
  }
  TRY_VOID(with_context(in.finish(), "metadata of a snapshot"));
  if (out.version != kVersion) return fail(ErrorCode::Unsupported, "snapshot of version {}", out.version);
  if (out.head.empty()) return fail(ErrorCode::Malformed, "the snapshot names no head");
  return out;
}

Result<void> F3Checker::item(BytesView bytes) {
  ipld::cbor::Reader in(bytes);
  if (!have_header_) {
    in.expect_array(4);
    summary_.version = in.read_uint();
    summary_.first_instance = in.read_uint();
    summary_.latest_instance = in.read_uint();
    static_cast<void>(in.read_raw());
    TRY_VOID(with_context(in.finish(), "header of the F3 data"));
    if (summary_.version != 1) return fail(ErrorCode::Unsupported, "F3 data of version {}", summary_.version);
    have_header_ = true;
    return {};
  }
  in.expect_array(6);
  const auto instance = in.read_uint();
  for (int i = 0; i < 5; ++i) static_cast<void>(in.read_raw());
  TRY_VOID(with_context(in.finish(), "F3 certificate"));
  const auto want = summary_.first_instance + summary_.certificates;
  if (instance != want || want > summary_.latest_instance) {
    return fail(ErrorCode::Malformed, "F3 certificate of instance {} where {} of {} to {} is due", instance, want,
                summary_.first_instance, summary_.latest_instance);
  }
  ++summary_.certificates;
  return {};
}

Result<void> F3Checker::feed(BytesView bytes) {
  summary_.bytes += bytes.size();
  base::append(held_, bytes);
  BytesView rest(held_);
  while (!rest.empty()) {
    std::size_t width = 0;
    while (width < rest.size() && (rest[width] & 0x80) != 0) ++width;
    if (width >= kMaxVarint) return fail(ErrorCode::Malformed, "length in the F3 data");
    if (width == rest.size()) break;
    TRY(const auto length, with_context(base::read_varint(rest.first(width + 1)), "length in the F3 data"));
    if (length.value > (have_header_ ? kMaxCertificate : kMaxHeader)) {
      return fail(ErrorCode::TooLarge, "item of {} bytes in the F3 data", length.value);
    }
    if (rest.size() - width - 1 < length.value) break;
    TRY_VOID(item(rest.subspan(width + 1, static_cast<std::size_t>(length.value))));
    rest = rest.subspan(width + 1 + static_cast<std::size_t>(length.value));
  }
  held_.erase(held_.begin(), held_.end() - static_cast<std::ptrdiff_t>(rest.size()));
  return {};
}

Result<F3Summary> F3Checker::finish() const {
  const auto due = summary_.latest_instance - summary_.first_instance + 1;
  if (!have_header_ || !held_.empty() || summary_.latest_instance < summary_.first_instance ||
      summary_.certificates != due) {
    return fail(ErrorCode::Malformed, "the F3 data ends early");
  }
  return summary_;
}

Result<Cid> f3_cid(const std::filesystem::path& file) {
  TRY(auto source, ipld::open_file_source(file));
  crypto::Blake2b256 hash;
  Bytes buffer(256U << 10);
  for (;;) {
    TRY(const auto got, source->read(buffer));
    if (got == 0) break;
    hash.update(BytesView(buffer).first(got));
  }
  return Cid::make(ipld::Codec::Raw, ipld::Multihash::Blake2b_256, hash.finish());
}

}  // namespace venus::snapshot
