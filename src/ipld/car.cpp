// SPDX-License-Identifier: MIT OR Apache-2.0
#include "ipld/car.hpp"

#include "base/varint.hpp"

#include <algorithm>

namespace venus::ipld {
namespace {

constexpr std::size_t kBatchBytes = 4U << 20;
constexpr std::size_t kHeldBytes = 256U << 10;
constexpr std::size_t kMaxRoots = 8192;
/// A length of at most 63 bits.
constexpr std::size_t kMaxVarint = 9;

/// {"roots": [links], "version": 1}, in this order.
Result<std::vector<Cid>> decode_header(BytesView bytes) {
  cbor::Reader reader(bytes);
  std::vector<Cid> roots;
  std::uint64_t version = 0;
  for (auto left = reader.read_map(2); left > 0 && reader.ok(); --left) {
    const auto key = reader.read_text(16);
    if (key == "version") {
      version = reader.read_uint();
    } else if (key == "roots") {
      for (auto count = reader.read_array(kMaxRoots); count > 0 && reader.ok(); --count) {
        roots.push_back(reader.read_cid());
      }
    } else if (reader.ok()) {
      reader.fail("unknown member");
    }
  }
  TRY_VOID(with_context(reader.finish(), "CAR header"));
  if (version != 1) return fail(ErrorCode::Malformed, "CAR of version {}", version);
  return roots;
}

}  // namespace

Result<CarReader> CarReader::open(std::unique_ptr<ByteSource> source, CarLimits limits) {
  TRY(auto plain, unpacked(std::move(source)));
  CarReader reader(std::move(plain), limits);
  TRY_VOID(reader.read_header());
  return reader;
}

Result<CarReader> CarReader::open_file(const std::filesystem::path& path, CarLimits limits) {
  TRY(auto source, open_file_source(path));
  return with_context(open(std::move(source), limits), path.string());
}

Result<bool> CarReader::fill() {
  if (at_ < end_) return true;
  TRY(const auto got, source_->read(buffer_));
  at_ = 0;
  end_ = got;
  return got > 0;
}

Result<std::optional<std::uint64_t>> CarReader::read_length(std::size_t max) {
  ByteArray<kMaxVarint> head;
  for (std::size_t size = 0; size < head.size(); ++size) {
    TRY(const bool more, fill());
    if (!more && size == 0) return std::nullopt;
    if (!more) return fail(ErrorCode::Malformed, "CAR is truncated in a length");
    head[size] = buffer_[at_++];
    if ((head[size] & 0x80) != 0) continue;
    TRY(const auto varint,
        with_context(base::read_varint(BytesView(head).first(size + 1)), "CAR length"));
    if (varint.value > max)
      return fail(ErrorCode::TooLarge, "CAR section of {} bytes", varint.value);
    if (varint.value == 0) return fail(ErrorCode::Malformed, "CAR section without content");
    return varint.value;
  }
  return fail(ErrorCode::Malformed, "CAR length over 63 bits");
}

Result<void> CarReader::read_exact(std::span<std::uint8_t> into) {
  while (!into.empty()) {
    TRY(const bool more, fill());
    if (!more) return fail(ErrorCode::Malformed, "CAR is truncated in a section");
    const auto part = std::min(into.size(), end_ - at_);
    std::copy_n(buffer_.begin() + static_cast<std::ptrdiff_t>(at_), part, into.begin());
    at_ += part;
    into = into.subspan(part);
  }
  return {};
}

Result<void> CarReader::read_header() {
  TRY(const auto length, read_length(limits_.max_header));
  if (!length) return fail(ErrorCode::Malformed, "CAR is empty");
  Bytes header(static_cast<std::size_t>(*length));
  TRY_VOID(read_exact(header));
  TRY(roots_, decode_header(header));
  return {};
}

Result<std::optional<CarBlock>> CarReader::next() {
  TRY(const auto length, read_length(limits_.max_section));
  if (!length) return std::nullopt;
  const auto size = static_cast<std::size_t>(*length);
  // The CID's own length is known only once it is read: at most its maximum ahead.
  ByteArray<Cid::kMaxBytes> front;
  const auto front_size = std::min(size, front.size());
  TRY_VOID(read_exact(std::span(front).first(front_size)));
  std::size_t used = 0;
  TRY(const auto cid,
      with_context(Cid::read(BytesView(front).first(front_size), used), "CAR section"));
  CarBlock block{cid, Bytes(size - used)};
  std::copy(front.begin() + static_cast<std::ptrdiff_t>(used),
            front.begin() + static_cast<std::ptrdiff_t>(front_size), block.data.begin());
  TRY_VOID(read_exact(std::span(block.data).subspan(front_size - used)));
  if (limits_.verify) TRY_VOID(verify_block(block.cid, block.data));
  return block;
}

Result<CarWriter> CarWriter::create(std::unique_ptr<ByteSink> sink, const std::vector<Cid>& roots) {
  cbor::Writer header;
  header.write_map(2);
  header.write_text("roots");
  header.write_array(roots.size());
  for (const auto& root : roots)
    header.write_cid(root);
  header.write_text("version");
  header.write_uint(1);

  CarWriter writer(std::move(sink));
  Bytes length;
  base::write_varint(length, header.size());
  TRY_VOID(writer.put(length));
  TRY_VOID(writer.put(header.bytes()));
  return writer;
}

Result<CarWriter> CarWriter::create_file(const std::filesystem::path& path,
                                         const std::vector<Cid>& roots) {
  TRY(auto sink, create_file_sink(path));
  if (path.extension() == ".zst") {
    TRY(sink, packed(std::move(sink)));
  }
  return create(std::move(sink), roots);
}

Result<void> CarWriter::put(BytesView bytes) {
  bytes_ += bytes.size();
  base::append(held_, bytes);
  if (held_.size() < kHeldBytes) return {};
  TRY_VOID(sink_->write(held_));
  held_.clear();
  return {};
}

Result<void> CarWriter::write(const Cid& cid, BytesView data) {
  if (!cid.defined()) return fail(ErrorCode::InvalidArgument, "block without a CID");
  Bytes head;
  base::write_varint(head, cid.bytes().size() + data.size());
  base::append(head, cid.bytes());
  TRY_VOID(put(head));
  TRY_VOID(put(data));
  ++blocks_;
  return {};
}

Result<void> CarWriter::finish() {
  TRY_VOID(sink_->write(held_));
  held_.clear();
  return sink_->finish();
}

Result<CarImport> import_car(CarReader& reader, Blockstore& store, const CarProgress& progress) {
  CarImport out;
  out.roots = reader.roots();
  std::vector<std::pair<Cid, Bytes>> batch;
  std::size_t batch_bytes = 0;
  const auto flush = [&]() -> Result<void> {
    TRY_VOID(store.put_many(batch));
    batch.clear();
    batch_bytes = 0;
    if (progress && !progress(reader.position(), reader.size())) {
      return fail(ErrorCode::Cancelled, "import stopped");
    }
    return {};
  };
  while (true) {
    TRY(auto block, reader.next());
    if (!block) break;
    ++out.blocks;
    out.bytes += block->data.size();
    batch_bytes += block->data.size() + sizeof(Cid);
    batch.emplace_back(block->cid, std::move(block->data));
    if (batch_bytes >= kBatchBytes) TRY_VOID(flush());
  }
  TRY_VOID(flush());
  return out;
}

Result<CarImport> import_car_file(const std::filesystem::path& path, Blockstore& store,
                                  const CarProgress& progress, CarLimits limits) {
  TRY(auto reader, CarReader::open_file(path, limits));
  return with_context(import_car(reader, store, progress), path.string());
}

}  // namespace venus::ipld
