// SPDX-License-Identifier: MIT OR Apache-2.0
// Commands that work on the home folder of a node that does not run: import and export of chains.
#include <boost/json.hpp>

#include "consensus/chain_import.hpp"
#include "ipld/car.hpp"
#include "ipld/walk.hpp"
#include "platform/progress.hpp"
#include "services/node/home_chain.hpp"
#include "services/node/program.hpp"

namespace venus::node {
namespace {

using platform::Cli;
using platform::Command;
using platform::Progress;

struct Words {
  std::string file;
  std::string network;
  std::vector<std::string> bundles;
  bool full = false;
  std::int64_t threads = 0;
  std::int64_t state_epochs = 2000;
};
using WordsPtr = std::shared_ptr<Words>;

Result<consensus::LoadedChain> load_file(HomeChain& open, const std::string& file) {
  TRY_VOID(import_bundles(open));
  Progress progress("reading", 0, Progress::Unit::Bytes);
  auto loaded = consensus::load_chain_file(*open.chain, file, [&](std::uint64_t read, std::uint64_t total) {
    progress.set_total(total);
    progress.update(read);
    return true;
  });
  progress.finish();
  return loaded;
}

Result<void> import_chain(Cli& cli, const Words& words) {
  TRY(auto open, open_home_chain(cli, {.network = words.network, .bundles = words.bundles}));
  TRY(const auto loaded, load_file(open, words.file));
  const auto& network = open.settings.network;
  TRY_VOID(check_verifying_keys(network));
  TRY_VOID(consensus::adopt_genesis(network, *open.chain, loaded.genesis->cids().at(0)));
  bridge::VmEngine engine(2);
  const base::SystemClock clock;
  TRY(auto runtime, consensus::make_runtime(network, *open.chain, engine, clock,
                                            {.vm_cache_bytes = open.settings.vm_cache_mib << 20, .chain = {}}));
  Progress progress("validating", static_cast<std::uint64_t>(loaded.head->height().value()));
  consensus::ReplayOptions options;
  options.full_validation = words.full;
  options.threads = static_cast<std::size_t>(std::max<std::int64_t>(0, words.threads));
  options.progress = [&](const consensus::ReplayProgress& now) {
    progress.update(static_cast<std::uint64_t>(now.epoch.value()));
    return true;
  };
  TRY(const auto report, consensus::replay_chain(*runtime, loaded.head, options));
  progress.finish();
  // The head's own state too, so that the node starts with it.
  TRY(const auto state, runtime->states.state(loaded.head));
  const auto height = open.chain->head()->height().value();
  if (cli.json()) {
    return cli.print_json(boost::json::object{{"height", height},
                                              {"tipsets", report.tipsets},
                                              {"messages", report.messages},
                                              {"state_root", state.state_root.str()}});
  }
  return cli.print(fmt::format("head at epoch {}: {} tipsets and {} messages executed now", height, report.tipsets,
                               report.messages));
}

// All headers and messages down to genesis with its state, and the states of the newest epochs.
Result<void> export_chain(Cli& cli, const Words& words) {
  TRY(auto open, open_home_chain(cli, {.network = words.network, .bundles = words.bundles}));
  const auto head = open.chain->head();
  if (!head) return fail(ErrorCode::NotFound, "there is no chain in {}", open.settings.home.string());
  TRY(auto writer, ipld::CarWriter::create_file(words.file, head->cids()));
  ipld::CidSet seen;
  auto& store = open.chain->blocks();
  const auto write = [&](const Cid& cid, BytesView data) { return writer.write(cid, data); };
  const auto below = [&](const Cid& root) { return ipld::walk(store, std::span(&root, 1), seen, write, {}); };
  Progress progress("writing", static_cast<std::uint64_t>(head->height().value()));
  auto tipset = head;
  for (;;) {
    const bool genesis = tipset->height().value() == 0;
    const bool with_state = genesis || tipset->height() > head->height() - words.state_epochs;
    for (const auto& block : tipset->blocks()) {
      // The header itself, without following its links to parents and states.
      if (seen.insert(block.cid())) {
        TRY(const auto data, store.get(block.cid()));
        TRY_VOID(writer.write(block.cid(), data));
      }
      TRY_VOID(below(block.messages));
    }
    if (with_state) {
      TRY_VOID(below(tipset->parent_state_root()));
      if (!genesis) TRY_VOID(below(tipset->parent_receipts()));
    }
    if (genesis) break;
    TRY(tipset, open.chain->parent(*tipset));
    progress.update(static_cast<std::uint64_t>(head->height() - tipset->height()));
  }
  for (const auto& parent : tipset->parents().cids()) {
    TRY(const auto data, store.find(parent));
    if (data) TRY_VOID(writer.write(parent, *data));
  }
  TRY_VOID(writer.finish());
  progress.finish();
  if (cli.json()) {
    return cli.print_json(boost::json::object{{"height", head->height().value()}, {"blocks", writer.blocks()}});
  }
  return cli.print(fmt::format("{} blocks of the chain up to epoch {}", writer.blocks(), head->height()));
}

}  // namespace

void add_file_commands(Command& root) {
  const auto w = std::make_shared<Words>();
  auto& chain = root.add("chain", "The chain");
  auto& import = chain.add("import", "Load a chain file into the home folder and validate it; goes on where it was");
  import.arg("file", &w->file, "CAR of a chain, packed with zstd or not");
  import.option("--network", &w->network, "Network, if config.toml does not name it");
  import.option("--actors", &w->bundles, "CARs of the built-in actors");
  import.flag("--full", &w->full, "Validate blocks in full, with signatures and proofs");
  import.option("--threads", &w->threads, "Threads beside the one that executes; 0: one per core");
  import.footer("The node must not be running.");
  import.action([w](Cli& cli) { return import_chain(cli, *w); });
  auto& exporting = chain.add("export", "Write the chain of the home folder into a file");
  exporting.arg("file", &w->file, "CAR file to write; .zst packs it");
  exporting.option("--network", &w->network, "Network, if config.toml does not name it");
  exporting.option("--recent-stateroots", &w->state_epochs, "How many epochs of states to write");
  exporting.footer("The node must not be running.");
  exporting.action([w](Cli& cli) { return export_chain(cli, *w); });
  add_snapshot_commands(root);
}

}  // namespace venus::node
