// SPDX-License-Identifier: MIT OR Apache-2.0
#include "services/node/space.hpp"

#include "base/parallel.hpp"
#include "platform/log.hpp"
#include "platform/table.hpp"
#include "services/node/disk_watch.hpp"
#include "snapshot/background.hpp"

namespace venus::node {
namespace {

const platform::Log log("space");

// A collection begins when this part of the bound is used, or earlier when the copies would not fit below it.
constexpr double kStartAt = 0.8;
// But not before the store has grown by this part since the last one: collecting what is needed frees nothing.
constexpr double kGrowth = 1.25;
// Block times that the old generation stays at least.
constexpr int kSettleBlocks = 2;
// Helpers that read ahead; they yield to all others, so their number matters to the disk alone.
constexpr std::size_t kHelpers = 2;
constexpr int kMaxStreams = 2;
constexpr std::size_t kPiecesAhead = 4;
constexpr auto kPause = std::chrono::milliseconds(2);

snapshot::ReadAhead::Options background_reading() {
  snapshot::ReadAhead::Options out;
  out.helpers = kHelpers;
  out.background = true;
  return out;
}

/// Sends a CAR down a stream at its reader's pace.
class StreamSink final : public ipld::ByteSink {
 public:
  StreamSink(rpc::StreamWriter<Bytes> writer, const std::atomic<bool>& stopping)
      : writer_(std::move(writer)), stopping_(stopping) {}

  Result<void> write(BytesView bytes) override {
    while (writer_.open() && writer_.queued() >= kPiecesAhead && !stopping_) std::this_thread::sleep_for(kPause);
    if (stopping_ || !writer_.send(base::to_bytes(bytes))) return fail(ErrorCode::Cancelled, "nobody reads the export");
    return {};
  }
  // An empty piece tells the reader that it has all.
  Result<void> finish() override { return write({}); }

 private:
  rpc::StreamWriter<Bytes> writer_;
  const std::atomic<bool>& stopping_;
};

}  // namespace

Space::Space(chainstore::ChainStore& chain, chainstore::ChainDatabase& database, SpaceOptions options)
    : chain_(chain), database_(database), options_(std::move(options)) {}

Space::~Space() { stop(); }

void Space::start() {
  {
    const std::lock_guard lock(mutex_);
    started_ = true;
  }
  if (database_.collecting()) static_cast<void>(start_collection());
  watcher_ = std::thread([this] { watch(); });
}

void Space::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    started_ = false;
  }
  wake_.notify_all();
  for (auto* thread : {&watcher_, &collector_, &exporter_}) {
    if (thread->joinable()) thread->join();
  }
  for (auto& thread : streamers_) {
    if (thread.joinable()) thread.join();
  }
  streamers_.clear();
}

// ---- collecting -------------------------------------------------------------------------------------

bool Space::due() const {
  if (options_.max_disk == 0) return false;
  const auto used = static_cast<double>(database_.store().disk_bytes());
  const auto bound = static_cast<double>(options_.max_disk);
  const std::lock_guard lock(mutex_);
  if (collection_.state == "running") return false;
  const auto live = static_cast<double>(live_bytes_);
  return used > std::min(kStartAt * bound, bound - live) && used > kGrowth * live;
}

void Space::watch() {
  bool told = false;
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, options_.look, [this] { return stopping_.load(); });
      if (stopping_) return;
    }
    if (!due()) continue;
    const auto began = start_collection();
    if (!began && !std::exchange(told, true)) log.warn("garbage is not collected", platform::kv("error", began.error()));
    if (began) told = false;
  }
}

// The copies of what is kept take room before the rest goes.
Result<void> Space::check_room() const {
  if (database_.collecting()) return {};
  TRY(const auto left, free_bytes(options_.home));
  std::uint64_t need = database_.store().disk_bytes();
  {
    const std::lock_guard lock(mutex_);
    if (live_bytes_ > 0) need = std::min(need, live_bytes_ + live_bytes_ / 4);
  }
  if (left >= need + options_.min_free) return {};
  return fail(ErrorCode::Exhausted, "what is kept may need {} more before the rest goes, and {} are free in {}",
              platform::format_bytes(need), platform::format_bytes(left), options_.home.string());
}

Result<void> Space::start_collection() {
  TRY_VOID(check_room());
  const std::lock_guard lock(mutex_);
  if (!started_) return fail(ErrorCode::Unavailable, "the node is not running");
  if (collection_.state == "running") return fail(ErrorCode::Conflict, "garbage is being collected already");
  if (collector_.joinable()) collector_.join();
  collection_.state = "running";
  collection_.error.clear();
  collector_ = std::thread([this] { collect(); });
  return {};
}

void Space::collect() {
  log.info("collecting garbage", platform::kv("keep_epochs", options_.keep_epochs));
  snapshot::CollectOptions options;
  options.keep_epochs = options_.keep_epochs;
  options.extra_roots = roots_;
  options.settle = kSettleBlocks * options_.block_delay;
  options.reading = background_reading();
  options.may_drop = [this] { return readers_ == 0; };
  options.progress = [this](const snapshot::CollectProgress& now) {
    const std::lock_guard lock(mutex_);
    collection_.phase = snapshot::to_string(now.phase);
    collection_.height = now.height;
    collection_.blocks = now.blocks;
    collection_.bytes = now.bytes;
    return !stopping_;
  };
  const auto done = snapshot::collect_garbage(chain_, database_, options);
  const std::lock_guard lock(mutex_);
  collection_.phase.clear();
  collection_.state = done ? "done" : "failed";
  if (!done) {
    collection_.error = done.error().message;
    if (done.error().code != ErrorCode::Cancelled) log.error("garbage", platform::kv("error", done.error()));
    return;
  }
  live_bytes_ = done->disk_after;
  collection_.disk_before = done->disk_before;
  collection_.disk_after = done->disk_after;
  collection_.floor = done->floor;
  log.info("garbage collected", platform::kv("before", done->disk_before), platform::kv("after", done->disk_after),
           platform::kv("copied_blocks", done->blocks));
  if (options_.max_disk > 0 && static_cast<double>(live_bytes_) > kStartAt * static_cast<double>(options_.max_disk)) {
    log.warn("what the node must keep does not fit store.max_disk; nothing that is needed is dropped",
             platform::kv("kept", live_bytes_), platform::kv("max_disk", options_.max_disk));
  }
}

api::CollectionStatus Space::collection() const {
  api::CollectionStatus out;
  {
    const std::lock_guard lock(mutex_);
    out = collection_;
  }
  out.disk = database_.store().disk_bytes();
  out.max_disk = options_.max_disk;
  return out;
}

// ---- exporting --------------------------------------------------------------------------------------

Result<void> Space::start_export(const TipsetPtr& head, const api::ExportRequest& request) {
  if (request.path.empty()) return fail(ErrorCode::InvalidArgument, "no file is named");
  const std::filesystem::path named(request.path);
  const auto path = named.is_absolute() ? named : options_.home / named;
  const std::lock_guard lock(mutex_);
  if (!started_) return fail(ErrorCode::Unavailable, "the node is not running");
  if (export_.state == "running") return fail(ErrorCode::Conflict, "{} is being written", export_.path);
  if (exporter_.joinable()) exporter_.join();
  export_ = {};
  export_.state = "running";
  export_.path = path.string();
  export_.head = head->height().value();
  cancel_export_ = false;
  exporter_ = std::thread([this, head, request, path] { run_export(head, request, path); });
  return {};
}

void Space::run_export(TipsetPtr head, api::ExportRequest request, std::filesystem::path path) {
  ++readers_;
  const auto work = [&]() -> Result<snapshot::Exported> {
    TRY(auto sink, ipld::create_file_sink(path));
    if (path.extension() == ".zst") {
      TRY(sink, ipld::packed(std::move(sink), snapshot::snapshot_packing()));
    }
    snapshot::ExportOptions options;
    options.version = request.version;
    options.epochs = request.epochs;
    options.allow_short = request.allow_short;
    options.receipts = request.receipts;
    options.old_messages = request.old_messages;
    options.depth_first = request.depth_first;
    if (request.version == 2) {
      const auto f3 = options_.home / "f3" / "snapshot.bin";
      if (std::filesystem::exists(f3)) options.f3_file = f3;
    }
    options.reading = background_reading();
    options.progress = [this](const snapshot::ExportProgress& now) {
      const std::lock_guard lock(mutex_);
      export_.height = now.height;
      export_.blocks = now.blocks;
      export_.bytes = now.bytes;
      return !stopping_ && !cancel_export_;
    };
    return snapshot::export_snapshot(chain_, snapshot::BlockReader(database_.blocks()), head,
                                     snapshot::threaded(std::move(sink), true), options);
  };
  const auto done = work();
  --readers_;
  const std::lock_guard lock(mutex_);
  export_.state = done ? "done" : "failed";
  if (!done) {
    export_.error = done.error().message;
    log.warn("export", platform::kv("error", done.error()));
    return;
  }
  export_.blocks = done->blocks;
  export_.bytes = done->bytes;
  log.info("snapshot written", platform::kv("path", path.string()), platform::kv("blocks", done->blocks));
}

api::ExportStatus Space::exporting() const {
  const std::lock_guard lock(mutex_);
  return export_;
}

void Space::cancel_export() { cancel_export_ = true; }

Result<rpc::Stream<Bytes>> Space::stream(const TipsetPtr& head, std::int64_t epochs, bool skip_old_messages) {
  const std::lock_guard lock(mutex_);
  if (!started_) return fail(ErrorCode::Unavailable, "the node is not running");
  if (streams_ >= kMaxStreams) return fail(ErrorCode::Exhausted, "{} exports are being read already", kMaxStreams);
  // Those that ended.
  if (streams_ == 0) {
    for (auto& thread : streamers_) thread.join();
    streamers_.clear();
  }
  ++streams_;
  auto ends = rpc::make_stream<Bytes>(2 * kPiecesAhead);
  streamers_.emplace_back([this, writer = std::move(ends.first), head, epochs, skip_old_messages] {
    ++readers_;
    snapshot::ExportOptions options;
    options.epochs = epochs;
    options.allow_short = true;
    options.old_messages = !skip_old_messages;
    options.receipts = false;
    options.depth_first = true;
    options.reading = background_reading();
    const auto done = snapshot::export_snapshot(chain_, snapshot::BlockReader(database_.blocks()), head,
                                                std::make_unique<StreamSink>(writer, stopping_), options);
    if (done) writer.close();
    else writer.close(done.error());
    --readers_;
    --streams_;
  });
  return std::move(ends.second);
}

}  // namespace venus::node
