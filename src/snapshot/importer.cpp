// SPDX-License-Identifier: MIT OR Apache-2.0
#include "snapshot/importer.hpp"

#include <future>

#include "base/parallel.hpp"
#include "snapshot/front.hpp"
#include "snapshot/header_tracker.hpp"
#include "snapshot/verified_chunks.hpp"

namespace venus::snapshot {
namespace {

using chainstore::ChainDatabase;
using chainstore::Column;
using chainstore::MetadataBatch;
using Piece = db::RocksdbBlockstore::Piece;

constexpr std::string_view kRecordKey = "snapshot/import";

/// Where an import stands, kept with what it stored.
struct Record {
  std::vector<Cid> file_roots;
  std::uint64_t size = 0;  // of the packed source
  std::uint64_t version = 1;
  std::vector<Cid> head;
  std::optional<F3Summary> f3;
  std::uint64_t offset = 0;  // in the unpacked CAR
  bool whole = false;
  Bytes tracker;

  [[nodiscard]] Bytes encode() const {
    ipld::cbor::Writer out;
    out.write_array(8);
    out.write_bytes(TipsetKey(file_roots).bytes());
    out.write_uint(size);
    out.write_uint(version);
    out.write_bytes(TipsetKey(head).bytes());
    out.write_array(f3 ? 5 : 0);
    if (f3) {
      for (const auto value : {f3->version, f3->first_instance, f3->latest_instance, f3->certificates, f3->bytes}) {
        out.write_uint(value);
      }
    }
    out.write_uint(offset);
    out.write_bool(whole);
    out.write_bytes(tracker);
    return std::move(out).take();
  }

  static Result<Record> decode(BytesView bytes) {
    ipld::cbor::Reader in(bytes);
    Record out;
    in.expect_array(8);
    TRY(const auto roots, TipsetKey::from_bytes(in.read_bytes()));
    out.file_roots = roots.cids();
    out.size = in.read_uint();
    out.version = in.read_uint();
    TRY(const auto head, TipsetKey::from_bytes(in.read_bytes()));
    out.head = head.cids();
    if (in.read_array() == 5) {
      F3Summary f3;
      for (auto* value : {&f3.version, &f3.first_instance, &f3.latest_instance, &f3.certificates, &f3.bytes}) {
        *value = in.read_uint();
      }
      out.f3 = f3;
    }
    out.offset = in.read_uint();
    out.whole = in.read_bool();
    out.tracker = base::to_bytes(in.read_bytes());
    TRY_VOID(with_context(in.finish(), "record of an import"));
    return out;
  }
};

/// What is stored at once.
struct Batch {
  std::vector<Chunk> chunks;
  std::vector<Piece> blocks;
  std::vector<Piece> headers;
  MetadataBatch heights;
  std::size_t bytes = 0;
};

class Import {
 public:
  Import(ChainDatabase& database, const ImportOptions& options) : database_(database), options_(options) {}

  Result<Imported> run(std::unique_ptr<ipld::ByteSource> source);

 private:
  Result<void> begin(SectionReader& reader);
  Result<void> take(Chunk chunk);
  Result<void> hand_over(bool last);
  Result<void> wait_for_storing();
  Result<void> store(Batch batch, Record record);
  Result<void> report();
  [[nodiscard]] Imported outcome() const;

  ChainDatabase& database_;
  const ImportOptions& options_;
  Record record_;
  std::optional<HeaderTracker> tracker_;
  Batch batch_;
  std::optional<Chunk> front_;  // read to find out the version, still to be stored
  std::future<Result<void>> storing_;
  std::uint64_t storing_offset_ = 0;
  ImportProgress progress_;
  std::uint64_t resumed_at_ = 0;
};

Result<void> Import::begin(SectionReader& reader) {
  record_.file_roots = reader.roots();
  record_.size = reader.size();
  if (record_.file_roots.empty()) return fail(ErrorCode::Malformed, "the snapshot names no root");
  TRY(const auto kept, database_.get(Column::Meta, base::as_bytes(kRecordKey)));
  if (kept) {
    auto record = Record::decode(*kept);
    const bool same = record && record->file_roots == record_.file_roots && record->size == record_.size;
    if (same) {
      TRY(tracker_, HeaderTracker::decode(record->tracker));
      record_ = *std::move(record);
      resumed_at_ = record_.offset;
      return record_.whole ? Result<void>{} : reader.skip_to(record_.offset);
    }
  }
  TRY(auto front, read_front(reader, options_.f3_file));
  record_.version = front.version;
  record_.head = front.head;
  record_.f3 = front.f3;
  front_ = std::move(front.first);
  tracker_.emplace(record_.head);
  record_.offset = reader.offset();
  return {};
}

Result<void> Import::store(Batch batch, Record record) {
  auto& blocks = database_.blocks();
  TRY_VOID(blocks.load(batch.blocks));
  TRY_VOID(blocks.load(batch.headers, db::RocksdbBlockstore::Kind::Pinned));
  batch.heights.put(Column::Meta, base::as_bytes(kRecordKey), record.encode());
  return database_.write(batch.heights, db::Durability::Synced);
}

Result<void> Import::wait_for_storing() {
  if (!storing_.valid()) return {};
  TRY_VOID(storing_.get());
  progress_.stored = storing_offset_;
  return {};
}

Result<void> Import::hand_over(bool last) {
  TRY_VOID(wait_for_storing());
  record_.tracker = tracker_->encode();
  record_.whole = last;
  storing_offset_ = record_.offset;
  storing_ = std::async(std::launch::async, [this, batch = std::move(batch_), record = record_]() mutable {
    return store(std::move(batch), std::move(record));
  });
  batch_ = {};
  return last ? wait_for_storing() : Result<void>{};
}

Result<void> Import::take(Chunk chunk) {
  batch_.chunks.push_back(std::move(chunk));
  const auto& kept = batch_.chunks.back();
  for (const auto& section : kept.sections) {
    const Piece piece{kept.cid(section), kept.data(section)};
    TRY(const bool header, tracker_->see(piece.cid, piece.data, batch_.heights));
    (header ? batch_.headers : batch_.blocks).push_back(piece);
  }
  batch_.bytes += kept.bytes.size();
  record_.offset = kept.end;
  progress_.position = kept.position;
  progress_.blocks += kept.sections.size();
  progress_.height = tracker_->lowest();
  if (batch_.bytes >= options_.batch_bytes) TRY_VOID(hand_over(false));
  return report();
}

Result<void> Import::report() {
  if (!options_.progress || options_.progress(progress_)) return {};
  return fail(ErrorCode::Cancelled, "import stopped");
}

Imported Import::outcome() const {
  Imported out;
  out.version = record_.version;
  out.roots = record_.head;
  out.genesis = tracker_->genesis();
  out.followed = tracker_->complete();
  out.f3 = record_.f3;
  out.resumed_at = resumed_at_;
  out.blocks = progress_.blocks;
  out.bytes = record_.offset - std::min(record_.offset, resumed_at_);
  out.headers = tracker_->headers();
  return out;
}

Result<Imported> Import::run(std::unique_ptr<ipld::ByteSource> source) {
  TRY(auto reader, SectionReader::open(std::move(source)));
  reader.set_chunk_bytes(options_.chunk_bytes);
  TRY_VOID(begin(reader));
  if (record_.whole) return outcome();
  progress_.size = reader.size();
  progress_.stored = record_.offset;
  const auto threads = options_.hash_threads == 0 ? base::compute_threads() : options_.hash_threads;
  VerifiedChunks chunks(std::move(reader), threads);
  if (front_) TRY_VOID(take(*std::exchange(front_, std::nullopt)));
  for (;;) {
    TRY(auto chunk, chunks.next());
    if (!chunk) break;
    TRY_VOID(take(*std::move(chunk)));
  }
  TRY_VOID(hand_over(true));
  return outcome();
}

}  // namespace

Result<Imported> import_snapshot(std::unique_ptr<ipld::ByteSource> source, ChainDatabase& database,
                                 const ImportOptions& options) {
  return Import(database, options).run(std::move(source));
}

Result<void> forget_import(ChainDatabase& database) {
  MetadataBatch batch;
  batch.remove(Column::Meta, base::as_bytes(kRecordKey));
  return database.write(batch, db::Durability::Synced);
}

}  // namespace venus::snapshot
