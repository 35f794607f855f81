// SPDX-License-Identifier: MIT OR Apache-2.0
#include "snapshot/inspect.hpp"

#include <map>
#include <unordered_set>

#include "base/parallel.hpp"
#include "ipld/codec.hpp"
#include "snapshot/front.hpp"
#include "snapshot/header_tracker.hpp"
#include "snapshot/verified_chunks.hpp"

namespace venus::snapshot {
namespace {

// Epochs whose states are looked for: a little more than any snapshot has.
constexpr std::int64_t kStatesOfInterest = 10'000;

class Inspector {
 public:
  explicit Inspector(Inspection& out) : out_(out), tracker_(out.head) {}

  Result<void> see(const Chunk& chunk) {
    for (const auto& section : chunk.sections) {
      const auto cid = Cid::from_bytes(chunk.cid(section));
      if (cid && wanted_.contains(*cid)) present_.insert(*cid);
      chainstore::MetadataBatch unused;
      TRY(const bool header, tracker_.see(chunk.cid(section), chunk.data(section), unused));
      if (header) TRY_VOID(note(chunk.data(section)));
    }
    out_.blocks += chunk.sections.size();
    out_.unpacked = chunk.end;
    return {};
  }

  void finish() {
    out_.headers = tracker_.headers();
    out_.genesis = tracker_.genesis();
    out_.whole_chain = tracker_.complete();
    auto expected = out_.height;
    for (const auto& [height, root] : states_) {
      if (!present_.contains(root)) break;
      expected = height;
    }
    out_.states = states_.empty() || !present_.contains(states_.begin()->second) ? 0 : out_.height - expected + 1;
  }

 private:
  Result<void> note(BytesView data) {
    TRY(const auto header, ipld::decode<types::BlockHeader>(data));
    const auto height = header.height.value();
    if (out_.height < 0) {
      out_.height = height;
      out_.timestamp = header.timestamp;
    }
    if (out_.height - height >= kStatesOfInterest) return {};
    states_.emplace(height, header.parent_state_root);
    wanted_.insert(header.parent_state_root);
    return {};
  }

  Inspection& out_;
  HeaderTracker tracker_;
  std::map<std::int64_t, Cid, std::greater<>> states_;  // by height, highest first
  std::unordered_set<Cid> wanted_;
  std::unordered_set<Cid> present_;
};

}  // namespace

Result<Inspection> inspect(std::unique_ptr<ipld::ByteSource> source, const InspectOptions& options) {
  TRY(auto reader, SectionReader::open(std::move(source)));
  TRY(auto front, read_front(reader, {}));
  Inspection out;
  out.version = front.version;
  out.head = front.head;
  out.f3 = front.f3;
  out.size = reader.size();
  Inspector inspector(out);
  if (front.first) TRY_VOID(inspector.see(*front.first));
  const auto report = [&](std::uint64_t position) -> Result<void> {
    if (!options.progress || options.progress(position, out.size)) return {};
    return fail(ErrorCode::Cancelled, "stopped");
  };
  if (options.quick) {
    while (out.height < 0) {
      TRY(const auto chunk, reader.next(1));
      if (!chunk) return fail(ErrorCode::Malformed, "the snapshot lacks its head");
      TRY_VOID(inspector.see(*chunk));
    }
    return out;
  }
  // Without hashing it is reading that takes the time.
  if (!options.verify) {
    for (;;) {
      TRY(const auto chunk, reader.next());
      if (!chunk) break;
      TRY_VOID(inspector.see(*chunk));
      TRY_VOID(report(chunk->position));
    }
  } else {
    VerifiedChunks chunks(std::move(reader), base::compute_threads());
    for (;;) {
      TRY(const auto chunk, chunks.next());
      if (!chunk) break;
      TRY_VOID(inspector.see(*chunk));
      TRY_VOID(report(chunk->position));
    }
  }
  inspector.finish();
  return out;
}

}  // namespace venus::snapshot
