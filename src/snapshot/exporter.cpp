// SPDX-License-Identifier: MIT OR Apache-2.0
#include "snapshot/exporter.hpp"

#include <deque>

#include "base/parallel.hpp"
#include "base/varint.hpp"
#include "ipld/car.hpp"
#include "snapshot/background.hpp"
#include "snapshot/visited_set.hpp"
#include "snapshot/waves.hpp"

namespace venus::snapshot {
namespace {

// Written at once.
constexpr std::size_t kBufferBytes = 1U << 20;
// How many entries of the walk's stack are looked through for what to read ahead.
constexpr std::size_t kLookThrough = 2 * ReadAhead::kAtOnce;
// Epochs whose headers are read ahead at a time.
constexpr std::int64_t kHeadersAhead = 40;

class Export {
 public:
  Export(const chainstore::ChainStore& chain, const BlockReader& read, const TipsetPtr& head,
         std::unique_ptr<ipld::ByteSink> sink, const ExportOptions& options)
      : chain_(chain), head_(head), sink_(std::move(sink)), options_(options), reads_(read.one, options.reading),
        waves_(read, options.reading, visited_) {}

  Result<Exported> run();

 private:
  enum class Missing : std::uint8_t { Fail, Pass };

  Result<void> check_options();
  Result<void> find_tail();
  Result<void> write_front();
  Result<void> write_f3(const Cid& cid);
  Result<void> header(const Cid& cid);
  Result<void> below(const Cid& root, Missing missing, std::string_view what);
  Result<void> walk(const Cid& root, Missing missing, std::string_view what);
  Result<void> read_ahead(const Cid& next);
  Result<void> read_headers_ahead(std::int64_t height);
  Result<void> write(const Cid& cid, BytesView data);
  Result<void> flush();

  const chainstore::ChainStore& chain_;
  const TipsetPtr head_;
  std::unique_ptr<ipld::ByteSink> sink_;
  const ExportOptions& options_;
  ReadAhead reads_;
  VisitedSet visited_;
  Waves waves_;
  std::deque<Cid> headers_;
  std::vector<Cid> stack_;
  std::int64_t tail_ = 0;  // states and messages are written above it
  std::int64_t headers_read_to_ = 0;
  Bytes buffer_;
  Exported out_;
  std::int64_t height_ = 0;
};

Result<void> Export::check_options() {
  if (options_.version != 1 && options_.version != 2) {
    return fail(ErrorCode::InvalidArgument, "there is no snapshot of version {}", options_.version);
  }
  if (options_.epochs < 0) return fail(ErrorCode::InvalidArgument, "{} epochs", options_.epochs);
  if (options_.states && options_.epochs < kMinEpochs && !options_.allow_short) {
    return fail(ErrorCode::InvalidArgument,
                "a node needs {} epochs of state to validate on top of a snapshot, {} are asked for", kMinEpochs,
                options_.epochs);
  }
  return {};
}

// How far down states and messages go: as far as wanted, or as far as they are here.
Result<void> Export::find_tail() {
  const auto top = head_->height().value();
  tail_ = std::max<std::int64_t>(-1, top - options_.epochs);
  auto tipset = head_;
  while (tipset->height().value() > std::max<std::int64_t>(tail_, 0)) {
    const auto height = tipset->height().value();
    bool here = true;
    if (options_.states) {
      TRY(here, chain_.blocks().has(tipset->parent_state_root()));
    }
    for (const auto& block : tipset->blocks()) {
      TRY(const bool messages, chain_.blocks().has(block.messages));
      here = here && messages;
    }
    if (!here) {
      if (top - height < kMinEpochs && !options_.allow_short) {
        return fail(ErrorCode::NotFound, "states and messages are here for {} epochs only, a snapshot needs {}",
                    top - height, kMinEpochs);
      }
      tail_ = height;
      break;
    }
    TRY(tipset, chain_.parent(*tipset));
  }
  out_.epochs = top - std::max<std::int64_t>(tail_, 0) + (tail_ < 0 ? 1 : 0);
  return {};
}

Result<void> Export::flush() {
  if (!buffer_.empty()) TRY_VOID(sink_->write(buffer_));
  out_.bytes += buffer_.size();
  buffer_.clear();
  if (options_.progress && !options_.progress({height_, out_.blocks, out_.bytes})) {
    return fail(ErrorCode::Cancelled, "export stopped");
  }
  return {};
}

Result<void> Export::write(const Cid& cid, BytesView data) {
  base::write_varint(buffer_, cid.bytes().size() + data.size());
  base::append(buffer_, cid.bytes());
  base::append(buffer_, data);
  ++out_.blocks;
  return buffer_.size() >= kBufferBytes ? flush() : Result<void>{};
}

Result<void> Export::write_f3(const Cid& cid) {
  TRY(auto source, ipld::open_file_source(options_.f3_file));
  base::write_varint(buffer_, cid.bytes().size() + source->size());
  base::append(buffer_, cid.bytes());
  Bytes part(kBufferBytes);
  std::uint64_t left = source->size();
  while (left > 0) {
    TRY(const auto got, source->read(part));
    if (got == 0 || got > left) return fail(ErrorCode::Io, "{} changed while it was read", options_.f3_file.string());
    base::append(buffer_, BytesView(part).first(got));
    left -= got;
    TRY_VOID(flush());
  }
  ++out_.blocks;
  return {};
}

Result<void> Export::write_front() {
  std::vector<Cid> roots = head_->cids();
  Metadata metadata;
  Bytes encoded;
  if (options_.version == 2) {
    metadata.head = roots;
    if (!options_.f3_file.empty()) {
      TRY(metadata.f3, with_context(f3_cid(options_.f3_file), "F3 data"));
    }
    encoded = metadata.encode();
    roots = {ipld::cid_of_cbor(encoded)};
  }
  TRY(auto header, ipld::CarWriter::create(ipld::memory_sink(buffer_), roots));
  TRY_VOID(header.finish());
  if (options_.version == 1) return {};
  TRY_VOID(write(roots.front(), encoded));
  return metadata.f3 ? write_f3(*metadata.f3) : Result<void>{};
}

// The walk wants `next` and what lies on top of its stack after it.
Result<void> Export::read_ahead(const Cid& next) {
  if (reads_.holds(next) || !reads_.has_room()) return {};
  std::vector<Cid> wanted{next};
  const auto depth = std::min(stack_.size(), kLookThrough);
  for (std::size_t i = 0; i < depth && wanted.size() < ReadAhead::kAtOnce; ++i) {
    const auto& cid = stack_[stack_.size() - 1 - i];
    if (!names_block(cid) || reads_.holds(cid) || visited_.contains(cid)) continue;
    wanted.push_back(cid);
  }
  return reads_.fetch(std::move(wanted));
}

Result<void> Export::walk(const Cid& root, Missing missing, std::string_view what) {
  stack_.assign(1, root);
  while (!stack_.empty()) {
    const auto cid = stack_.back();
    stack_.pop_back();
    if (!names_block(cid) || !visited_.insert(cid)) continue;
    TRY_VOID(read_ahead(cid));
    TRY(const auto data, reads_.take(cid));
    if (!data) {
      if (missing == Missing::Pass) continue;
      return fail(ErrorCode::NotFound, "{} of epoch {} lack block {}", what, height_, cid);
    }
    TRY_VOID(write(cid, *data));
    if (!has_links(cid)) continue;
    const auto first = static_cast<std::ptrdiff_t>(stack_.size());
    TRY_VOID(with_context(ipld::cbor::for_each_link(*data, [&](const Cid& link) -> Result<void> {
      if (names_block(link) && !visited_.contains(link)) stack_.push_back(link);
      return {};
    }), cid.str()));
    std::reverse(stack_.begin() + first, stack_.end());
  }
  return {};
}

// Now, or with all others once the headers are written.
Result<void> Export::below(const Cid& root, Missing missing, std::string_view what) {
  if (options_.depth_first) return walk(root, missing, what);
  waves_.add(root, missing == Missing::Pass);
  return {};
}

// Where nothing but headers is written, each would have to be read before the next is known. The index of heights
// knows them all.
Result<void> Export::read_headers_ahead(std::int64_t height) {
  if ((options_.depth_first && height > tail_) || height > headers_read_to_ || height <= 1 || !reads_.has_room()) return {};
  std::vector<Cid> wanted;
  auto epoch = height - 1;
  for (; epoch > 0 && height - epoch <= kHeadersAhead; --epoch) {
    TRY(const auto bytes, chain_.metadata().get(chainstore::Column::Heights,
                                                base::be64(static_cast<std::uint64_t>(epoch))));
    if (!bytes) break;
    TRY(const auto key, TipsetKey::from_bytes(*bytes));
    for (const auto& cid : key.cids()) {
      const bool known = reads_.holds(cid) || visited_.contains(cid) ||
                         std::find(wanted.begin(), wanted.end(), cid) != wanted.end();
      if (!known && wanted.size() < ReadAhead::kAtOnce) wanted.push_back(cid);
    }
  }
  headers_read_to_ = epoch;
  return reads_.fetch(std::move(wanted));
}

Result<void> Export::header(const Cid& cid) {
  if (!visited_.insert(cid)) return {};
  TRY(const auto data, reads_.take(cid));
  if (!data) return fail(ErrorCode::NotFound, "no header {} below epoch {}", cid, height_);
  TRY(const auto block, with_context(ipld::decode<types::BlockHeader>(*data), cid.str()));
  TRY_VOID(write(cid, *data));
  ++out_.headers;
  height_ = block.height.value();
  const bool recent = height_ > tail_;
  if (recent || options_.old_messages) TRY_VOID(below(block.messages, Missing::Fail, "messages"));
  if (height_ == 0) {
    // Whatever the genesis grew from; what it links to in turn is of no network's concern.
    for (const auto& parent : block.parents) {
      TRY(const auto object, reads_.take(parent));
      if (object && names_block(parent) && visited_.insert(parent)) TRY_VOID(write(parent, *object));
    }
  } else {
    headers_.insert(headers_.end(), block.parents.begin(), block.parents.end());
  }
  if (height_ == 0 || (recent && options_.states)) TRY_VOID(below(block.parent_state_root, Missing::Fail, "states"));
  if (height_ != 0 && recent && options_.receipts) {
    TRY_VOID(below(block.parent_message_receipts, Missing::Pass, "receipts"));
  }
  return read_headers_ahead(height_);
}

Result<Exported> Export::run() {
  if (options_.reading.background) yield_to_others();
  TRY_VOID(check_options());
  TRY_VOID(find_tail());
  headers_read_to_ = head_->height().value();
  TRY_VOID(write_front());
  headers_.assign(head_->cids().begin(), head_->cids().end());
  while (!headers_.empty()) {
    const auto next = headers_.front();
    headers_.pop_front();
    TRY_VOID(header(next));
  }
  TRY_VOID(waves_.run([this](BytesView sections, std::uint64_t blocks) -> Result<void> {
    base::append(buffer_, sections);
    out_.blocks += blocks;
    return buffer_.size() >= kBufferBytes ? flush() : Result<void>{};
  }));
  TRY_VOID(flush());
  TRY_VOID(sink_->finish());
  out_.memory = visited_.memory();
  return out_;
}

}  // namespace

ipld::PackOptions snapshot_packing() {
  ipld::PackOptions out;
  out.workers = static_cast<int>(base::compute_threads());
  out.frame_bytes = 64U << 20;
  return out;
}

Result<Exported> export_snapshot(const chainstore::ChainStore& chain, const BlockReader& read, const TipsetPtr& head,
                                 std::unique_ptr<ipld::ByteSink> sink, const ExportOptions& options) {
  return Export(chain, read, head, std::move(sink), options).run();
}

}  // namespace venus::snapshot
