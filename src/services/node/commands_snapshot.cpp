// SPDX-License-Identifier: MIT OR Apache-2.0
// `venus snapshot`: into and out of the home folder of a node that does not run, and what a file holds.
#include <boost/json.hpp>
#include <fstream>
#include <future>
#include <thread>

#include "api/node/space.hpp"
#include "base/parallel.hpp"
#include "platform/progress.hpp"
#include "platform/table.hpp"
#include "services/node/command_text.hpp"
#include "services/node/home_chain.hpp"
#include "services/node/http_source.hpp"
#include "snapshot/collector.hpp"
#include "snapshot/exporter.hpp"
#include "snapshot/importer.hpp"
#include "snapshot/inspect.hpp"

namespace venus::node {
namespace {

using platform::Cli;
using platform::Command;
using platform::Progress;

struct Words {
  std::string source;
  std::string network;
  std::vector<std::string> bundles;
  bool verify = false;
  bool allow_short = false;
  bool no_compact = false;
  bool quick = false;
  std::int64_t epochs = 2000;
  std::int64_t version = 1;
  std::string f3;
  bool no_receipts = false;
  bool old_messages = false;
  bool depth_first = false;
};
constexpr auto kPoll = std::chrono::milliseconds(250);

std::filesystem::path f3_path(const std::filesystem::path& home) { return home / "f3" / "snapshot.bin"; }

Result<std::unique_ptr<ipld::ByteSource>> open_source(Cli& cli, const std::string& name) {
  if (name.starts_with("http://") || name.starts_with("https://")) {
    HttpSourceOptions options;
    options.note = [&cli](std::string_view text) { cli.note(text); };
    return open_http_source(name, std::move(options));
  }
  return ipld::open_file_source(name);
}

Result<snapshot::Imported> load(Cli& cli, HomeChain& open, const std::string& name) {
  TRY(auto source, open_source(cli, name));
  snapshot::ImportOptions options;
  options.f3_file = f3_path(open.settings.home);
  Progress progress("importing", source->size(), Progress::Unit::Bytes);
  options.progress = [&](const snapshot::ImportProgress& now) {
    progress.set_total(now.size);
    progress.update(now.position);
    return true;
  };
  auto imported = with_context(snapshot::import_snapshot(std::move(source), *open.database, options), name);
  progress.finish();
  return imported;
}

// The head, after all that must hold before it may be one.
Result<snapshot::HeadCheck> check_and_adopt(HomeChain& open, const snapshot::Imported& imported, bool allow_short) {
  Progress progress("headers", 0);
  const auto show = [&](std::int64_t height) { return progress.update(static_cast<std::uint64_t>(height)), true; };
  TRY(auto found, snapshot::find_head(*open.chain, imported, show));
  progress.finish();
  const auto height = found.head->height().value();
  const auto needed = std::min(snapshot::kMinEpochs, height);
  if (found.states < needed && !allow_short) {
    return fail(ErrorCode::FailedValidation,
                "the snapshot has {} epochs of state, a node needs {} to validate on top (--allow-short takes it as "
                "it is)", found.states, needed);
  }
  TRY_VOID(consensus::adopt_genesis(open.settings.network, *open.chain, found.genesis->cids().at(0)));
  Progress indexing("indexing", 0);
  TRY_VOID(snapshot::adopt_head(*open.chain, imported, found, show));
  indexing.finish();
  // Headers were stored where no collection takes them; of the newest tipsets the keys are still to follow.
  if (imported.followed) TRY_VOID(snapshot::note_pinned(*open.database, height - 2 * snapshot::kMinEpochs));
  return found;
}

Result<void> verify_head(HomeChain& open, const TipsetPtr& head) {
  Progress progress("verifying the head's state", 0);
  TRY_VOID(snapshot::verify_state(open.chain->blocks(), head->parent_state_root(), [&](std::uint64_t blocks) {
    return progress.update(blocks), true;
  }));
  return {};
}

// What this process has had written to the disk; 0 where the system does not tell.
std::uint64_t written_bytes() {
  std::ifstream file("/proc/self/io");
  std::string name;
  for (std::uint64_t value = 0; file >> name >> value;) {
    if (name == "write_bytes:") return value;
  }
  return 0;
}

// The database does not say how far it is, but it writes about as much as there is.
Result<void> sort_stored(HomeChain& open) {
  auto& blocks = open.database->blocks();
  const auto total = blocks.store()->disk_bytes();
  const auto before = written_bytes();
  Progress progress("sorting what was stored", total, Progress::Unit::Bytes);
  auto sorted = std::async(std::launch::async, [&blocks] { return blocks.compact(); });
  while (sorted.wait_for(kPoll) == std::future_status::timeout) {
    progress.update(std::min(total, written_bytes() - before));
  }
  auto done = sorted.get();
  if (done) progress.update(total);
  progress.finish();
  return done;
}

Result<void> import_snapshot(Cli& cli, const Words& words) {
  TRY(auto open, open_home_chain(cli, {.network = words.network, .bundles = words.bundles, .bulk = true}));
  TRY_VOID(import_bundles(open));
  TRY(const auto imported, load(cli, open, words.source));
  TRY(const auto found, check_and_adopt(open, imported, words.allow_short));
  if (words.verify) TRY_VOID(verify_head(open, found.head));
  if (!words.no_compact) TRY_VOID(sort_stored(open));
  TRY_VOID(snapshot::forget_import(*open.database));
  const auto height = found.head->height().value();
  if (cli.json()) {
    return cli.print_json(boost::json::object{{"height", height},
                                              {"version", imported.version},
                                              {"states", found.states},
                                              {"blocks", imported.blocks},
                                              {"bytes", imported.bytes},
                                              {"resumed_at", imported.resumed_at}});
  }
  return cli.print(fmt::format("head at epoch {}, {} epochs of state; {} blocks stored now{}", height, found.states,
                               imported.blocks,
                               imported.resumed_at > 0 ? ", the rest by an earlier run" : ""));
}

// A running node writes the file itself: this follows how far it is.
Result<void> export_by_node(Cli& cli, const Words& words) {
  api::ExportRequest request;
  request.path = std::filesystem::absolute(words.source).string();
  request.version = static_cast<std::uint64_t>(words.version);
  request.epochs = words.epochs;
  request.allow_short = words.allow_short;
  request.receipts = !words.no_receipts;
  request.old_messages = words.old_messages;
  request.depth_first = words.depth_first;
  TRY_VOID(ask<api::SpaceApi::ExportStart>(cli, request));
  Progress progress("the node writes", 0, Progress::Unit::Bytes);
  for (;;) {
    TRY(const auto now, ask<api::SpaceApi::ExportProgress>(cli));
    progress.update(now.bytes);
    if (now.state == "failed") return fail(ErrorCode::Io, "{}: {}", now.path, now.error);
    if (now.state == "done") {
      progress.finish();
      if (cli.json()) return cli.print_json(base::to_json(now));
      return cli.print(fmt::format("{} blocks of the chain up to epoch {}", now.blocks, now.head));
    }
    std::this_thread::sleep_for(kPoll);
  }
}

Result<void> export_here(Cli& cli, const Words& words) {
  auto opened = open_home_chain(cli, {.network = words.network, .bundles = words.bundles});
  if (!opened && opened.error().code == ErrorCode::Conflict) return export_by_node(cli, words);
  TRY(auto open, std::move(opened));
  TRY_VOID(import_bundles(open));
  const auto head = open.chain->head();
  if (!head) return fail(ErrorCode::NotFound, "there is no chain in {}", open.settings.home.string());
  TRY(auto sink, ipld::create_file_sink(words.source));
  if (words.source.ends_with(".zst")) {
    TRY(sink, ipld::packed(std::move(sink), snapshot::snapshot_packing()));
  }
  snapshot::ExportOptions options;
  options.version = static_cast<std::uint64_t>(words.version);
  options.epochs = words.epochs;
  options.allow_short = words.allow_short;
  options.receipts = !words.no_receipts;
  options.old_messages = words.old_messages;
  options.depth_first = words.depth_first;
  options.f3_file = words.f3;
  options.reading.helpers = base::compute_threads();
  Progress progress("writing", 0, Progress::Unit::Bytes);
  options.progress = [&](const snapshot::ExportProgress& now) { return progress.update(now.bytes), true; };
  TRY(const auto done, snapshot::export_snapshot(*open.chain, snapshot::BlockReader(open.database->blocks()), head,
                                                 snapshot::threaded(std::move(sink), false), options));
  progress.finish();
  if (cli.json()) {
    return cli.print_json(boost::json::object{{"height", head->height().value()},
                                              {"blocks", done.blocks},
                                              {"bytes", done.bytes},
                                              {"states", done.epochs}});
  }
  return cli.print(fmt::format("{} blocks of the chain up to epoch {}, with {} epochs of state", done.blocks,
                               head->height(), done.epochs));
}

boost::json::object to_json(const snapshot::Inspection& found, bool quick) {
  boost::json::object out{{"version", found.version}, {"height", found.height}, {"timestamp", found.timestamp},
                          {"size", found.size}};
  boost::json::array head;
  for (const auto& cid : found.head) head.emplace_back(cid.str());
  out["head"] = std::move(head);
  if (found.f3) {
    out["f3"] = boost::json::object{{"first_instance", found.f3->first_instance},
                                    {"latest_instance", found.f3->latest_instance},
                                    {"bytes", found.f3->bytes}};
  }
  if (quick) return out;
  out["unpacked"] = found.unpacked;
  out["blocks"] = found.blocks;
  out["headers"] = found.headers;
  out["states"] = found.states;
  out["whole_chain"] = found.whole_chain;
  if (found.genesis.defined()) out["genesis"] = found.genesis.str();
  return out;
}

std::string to_text(const snapshot::Inspection& found, bool quick) {
  std::string out = fmt::format("version  {}\nhead     epoch {}, {}\n", found.version, found.height,
                                TipsetKey(found.head).str());
  if (found.f3) {
    out += fmt::format("F3       instances {} to {}, {}\n", found.f3->first_instance, found.f3->latest_instance,
                       platform::format_bytes(found.f3->bytes));
  }
  if (found.size > 0) out += fmt::format("size     {}\n", platform::format_bytes(found.size));
  if (quick) return out;
  out += fmt::format("unpacked {}, {} blocks, {} headers\n", platform::format_bytes(found.unpacked), found.blocks,
                     found.headers);
  out += fmt::format("states   {} epochs\n", found.states);
  if (found.whole_chain) out += fmt::format("genesis  {}\n", found.genesis);
  else out += "genesis  the headers do not lead to it in this file's order\n";
  return out;
}

Result<void> inspect(Cli& cli, const Words& words, bool verify) {
  TRY(auto source, open_source(cli, words.source));
  snapshot::InspectOptions options;
  options.quick = words.quick && !verify;
  options.verify = verify;
  Progress progress(verify ? "checking" : "reading", source->size(), Progress::Unit::Bytes);
  options.progress = [&](std::uint64_t position, std::uint64_t) { return progress.update(position), true; };
  TRY(const auto found, with_context(snapshot::inspect(std::move(source), options), words.source));
  progress.finish();
  const auto print = [&] {
    return cli.json() ? cli.print_json(to_json(found, options.quick)) : cli.print(to_text(found, options.quick));
  };
  TRY_VOID(print());
  if (verify && !found.whole_chain) {
    return fail(ErrorCode::FailedValidation, "headers are missing between the head and genesis");
  }
  return {};
}

Result<void> gc_status(Cli& cli) {
  TRY(const auto now, ask<api::SpaceApi::CollectProgress>(cli));
  if (cli.json()) return cli.print_json(base::to_json(now));
  const auto size = [](std::uint64_t bytes) { return platform::format_bytes(bytes); };
  auto out = fmt::format("store   {}{}\n", size(now.disk),
                         now.max_disk > 0 ? fmt::format(" of {}", size(now.max_disk)) : "");
  out += fmt::format("state   {}\n", now.state);
  if (now.state == "running") {
    out += fmt::format("phase   {}, epoch {}: {} blocks, {} copied\n", now.phase, now.height, now.blocks, size(now.bytes));
  }
  if (now.disk_after > 0) {
    out += fmt::format("last    {} to {}, states from epoch {}\n", size(now.disk_before), size(now.disk_after),
                       now.floor + 1);
  }
  if (!now.error.empty()) out += fmt::format("error   {}\n", now.error);
  return cli.print(out);
}

}  // namespace

void add_snapshot_commands(Command& root) {
  const auto w = std::make_shared<Words>();
  auto& group = root.add("snapshot", "Snapshots of the chain");
  auto& import = group.add("import", "Start from a snapshot; goes on where an earlier import was cut short");
  import.arg("source", &w->source, "File or http(s) URL, packed with zstd or not");
  import.option("--network", &w->network, "Network, if config.toml does not name it");
  import.option("--actors", &w->bundles, "CARs of the built-in actors");
  import.flag("--verify", &w->verify, "Walk the head's whole state afterwards");
  import.flag("--allow-short", &w->allow_short, "Take a snapshot with too few epochs of state");
  import.flag("--no-compact", &w->no_compact, "Leave sorting what was stored to the node");
  import.footer("The node must not be running.");
  import.action([w](Cli& cli) { return import_snapshot(cli, *w); });
  auto& exporting = group.add("export", "Write a snapshot");
  exporting.arg("file", &w->source, "CAR file to write; .zst packs it");
  exporting.option("--network", &w->network, "Network, if config.toml does not name it");
  exporting.option("--recent-stateroots", &w->epochs, "How many epochs of states and messages to write");
  exporting.option("--format", &w->version, "Version of FRC-0108: 1 or 2");
  exporting.option("--f3", &w->f3, "File with the F3 data of a snapshot of version 2");
  exporting.flag("--allow-short", &w->allow_short, "Fewer epochs of state than a node needs");
  exporting.flag("--no-receipts", &w->no_receipts, "Leave out receipts and events, as Lotus does");
  exporting.flag("--depth-first", &w->depth_first, "Blocks in the order of Lotus's exports; slower");
  exporting.flag("--old-messages", &w->old_messages, "Messages of all epochs");
  exporting.action([w](Cli& cli) { return export_here(cli, *w); });
  exporting.footer("A running node writes the file itself, without being held up.");
  auto& info = group.add("info", "Show what a snapshot holds");
  info.arg("source", &w->source, "File or http(s) URL");
  info.flag("--quick", &w->quick, "Read no further than the head");
  info.action([w](Cli& cli) { return inspect(cli, *w, false); });
  auto& check = group.add("check", "Check every hash of a snapshot and its headers down to genesis");
  check.arg("source", &w->source, "File or http(s) URL");
  check.action([w](Cli& cli) { return inspect(cli, *w, true); });
  auto& gc = root.add("chain", "The chain").add("gc", "Drop states and messages that are no longer kept");
  gc.add("start", "Begin now; store.gc_keep_epochs says what is kept").action([](Cli& cli) -> Result<void> {
    TRY_VOID(ask<api::SpaceApi::Collect>(cli));
    return cli.print("begun; `venus chain gc status` shows how far it is");
  });
  gc.add("status", "Show the store's size and how far a collection is").action(&gc_status);
}

}  // namespace venus::node
