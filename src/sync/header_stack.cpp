// SPDX-License-Identifier: MIT OR Apache-2.0
#include "sync/header_stack.hpp"

#include "ipld/codec.hpp"

namespace venus::sync {
namespace {

using chainstore::Column;
using chainstore::MetadataBatch;

// Tipsets in one record: some 600 KiB on mainnet.
constexpr std::size_t kRecordTipsets = 100;
constexpr std::string_view kProgress = "sync/headers";

Bytes record_key(std::uint64_t index) {
  auto out = base::to_bytes(base::as_bytes("sync/headers/"));
  base::append(out, base::be64(index));
  return out;
}

// Headers of several tipsets, newest first.
struct Record {
  std::vector<std::vector<types::BlockHeader>> tipsets;
  static constexpr auto fields() { return base::fields_of(base::field("Tipsets", &Record::tipsets)); }
};

struct Progress {
  std::vector<types::BlockHeader> target;
  std::uint64_t records = 0;
  std::vector<Cid> wanted;  // the parents of the oldest tipset in a record
  ChainEpoch lowest;
  static constexpr auto fields() {
    return base::fields_of(base::field("Target", &Progress::target), base::field("Records", &Progress::records),
                           base::field("Wanted", &Progress::wanted), base::field("Lowest", &Progress::lowest));
  }
};

Result<std::vector<TipsetPtr>> read_record(chainstore::Metadata& metadata, std::uint64_t index) {
  TRY(const auto bytes, metadata.get(Column::Meta, record_key(index)));
  if (!bytes) return fail(ErrorCode::Corrupt, "headers laid down as record {} are missing", index);
  TRY(auto record, with_context(ipld::decode<Record>(*bytes), "headers laid down"));
  std::vector<TipsetPtr> out;
  out.reserve(record.tipsets.size());
  for (auto& headers : record.tipsets) {
    TRY(auto tipset, types::Tipset::make(std::move(headers)));
    out.push_back(std::move(tipset));
  }
  if (out.empty()) return fail(ErrorCode::Corrupt, "record {} of headers is empty", index);
  return out;
}

}  // namespace

Result<std::unique_ptr<HeaderStack>> HeaderStack::resume(chainstore::Metadata& metadata, Options options) {
  TRY(const auto bytes, metadata.get(Column::Meta, base::as_bytes(kProgress)));
  if (!bytes) return std::unique_ptr<HeaderStack>{};
  TRY(auto progress, with_context(ipld::decode<Progress>(*bytes), "progress of the header sync"));
  TRY(auto target, types::Tipset::make(std::move(progress.target)));
  options.may_spill = true;
  auto out = std::make_unique<HeaderStack>(metadata, std::move(target), options);
  out->records_ = progress.records;
  out->wanted_ = TipsetKey(std::move(progress.wanted));
  out->lowest_ = progress.lowest;
  return out;
}

Result<void> HeaderStack::clear(chainstore::Metadata& metadata) {
  TRY(const auto bytes, metadata.get(Column::Meta, base::as_bytes(kProgress)));
  if (!bytes) return {};
  MetadataBatch batch;
  if (const auto progress = ipld::decode<Progress>(*bytes)) {
    // A few million headers are some ten thousand records: deleted in one batch they are small.
    for (std::uint64_t i = 0; i < progress->records; ++i) batch.remove(Column::Meta, record_key(i));
  }
  batch.remove(Column::Meta, base::as_bytes(kProgress));
  return metadata.write(batch);
}

Result<void> HeaderStack::write_progress(MetadataBatch& batch) const {
  Progress progress;
  progress.target = target_->blocks();
  progress.records = records_;
  if (records_ > 0) {
    // What the memory holds is fetched anew after a kill: from below the last record.
    progress.wanted = memory_.empty() ? wanted_.cids() : memory_.front()->cids();
    progress.lowest = memory_.empty() ? lowest_ : memory_.front()->height() + 1;
  }
  batch.put(Column::Meta, base::as_bytes(kProgress), ipld::encode(progress));
  return {};
}

Result<void> HeaderStack::push(std::span<const TipsetPtr> newest_first) {
  for (const auto& tipset : newest_first) {
    memory_.push_back(tipset);
    wanted_ = tipset->parents();
    lowest_ = tipset->height();
    if (memory_.size() <= options_.in_memory) continue;
    if (!options_.may_spill) {
      return fail(ErrorCode::Exhausted, "more than {} tipsets while another long sync runs", options_.in_memory);
    }
    TRY_VOID(spill());
  }
  return {};
}

// Lays the newest tipsets in memory down.
Result<void> HeaderStack::spill() {
  Record record;
  for (std::size_t i = 0; i < kRecordTipsets && !memory_.empty(); ++i) {
    record.tipsets.push_back(memory_.front()->blocks());
    memory_.pop_front();
  }
  MetadataBatch batch;
  batch.put(Column::Meta, record_key(records_++), ipld::encode(record));
  TRY_VOID(write_progress(batch));
  return metadata_.write(batch);
}

Result<std::vector<TipsetPtr>> HeaderStack::pop(std::size_t count) {
  if (memory_.empty() && records_ > 0) {
    TRY(auto tipsets, read_record(metadata_, records_ - 1));
    memory_.assign(tipsets.begin(), tipsets.end());
    MetadataBatch batch;
    batch.remove(Column::Meta, record_key(--records_));
    if (records_ == 0) batch.remove(Column::Meta, base::as_bytes(kProgress));
    else TRY_VOID(write_progress(batch));
    TRY_VOID(metadata_.write(batch));
  }
  std::vector<TipsetPtr> out;
  while (out.size() < count && !memory_.empty()) {
    out.push_back(std::move(memory_.back()));
    memory_.pop_back();
  }
  return out;
}

}  // namespace venus::sync
