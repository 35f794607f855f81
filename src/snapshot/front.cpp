// SPDX-License-Identifier: MIT OR Apache-2.0
#include "snapshot/front.hpp"

#include "ipld/cbor.hpp"
#include "snapshot/verified_chunks.hpp"

namespace venus::snapshot {
namespace {

Result<F3Summary> keep_f3(SectionReader& reader, const Cid& named, const std::filesystem::path& path) {
  F3Checker checker;
  crypto::Blake2b256 hash;
  std::unique_ptr<ipld::ByteSink> file;
  if (!path.empty()) {
    std::error_code error;
    std::filesystem::create_directories(path.parent_path(), error);
    TRY(file, ipld::create_file_sink(path));
  }
  TRY(const auto cid, reader.stream([&](BytesView part) -> Result<void> {
    hash.update(part);
    TRY_VOID(checker.feed(part));
    return file ? file->write(part) : Result<void>{};
  }));
  if (cid != named) return fail(ErrorCode::Malformed, "the metadata names {}, {} comes", named, cid);
  if (cid.hash() != ipld::Multihash::Blake2b_256) return fail(ErrorCode::Unsupported, "hash of {}", cid);
  TRY(const auto computed, Cid::make(cid.codec(), cid.hash(), hash.finish()));
  if (computed != cid) return fail(ErrorCode::Corrupt, "the data does not hash to {}", cid);
  TRY(const auto out, checker.finish());
  if (file) TRY_VOID(file->finish());
  return out;
}

}  // namespace

Result<Front> read_front(SectionReader& reader, const std::filesystem::path& f3_file) {
  Front out;
  out.head = reader.roots();
  if (out.head.empty()) return fail(ErrorCode::Malformed, "the snapshot names no root");
  if (out.head.size() != 1) return out;
  // A single root may be the metadata of version 2 or the only block of a head.
  TRY(out.first, reader.next(1));
  if (!out.first) return fail(ErrorCode::Malformed, "the snapshot holds no block");
  TRY_VOID(verify_chunk(*out.first));
  const auto& section = out.first->sections.front();
  if (!base::equal(out.first->cid(section), out.head.front().bytes())) return out;
  // Headers are lists, the metadata is a map.
  const auto data = out.first->data(section);
  if (data.empty() || data.front() >> 5 != static_cast<unsigned>(ipld::cbor::Major::Map)) return out;
  TRY(const auto metadata, Metadata::decode(data));
  out.first.reset();
  out.version = metadata.version;
  out.head = metadata.head;
  if (metadata.f3) {
    TRY(out.f3, with_context(keep_f3(reader, *metadata.f3, f3_file), "F3 data"));
  }
  return out;
}

}  // namespace venus::snapshot
