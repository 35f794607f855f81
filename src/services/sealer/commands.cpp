// SPDX-License-Identifier: MIT OR Apache-2.0
// The command line of venus-sealer.
#include "api/sealer.hpp"
#include "services/sealer/program.hpp"
#include "services/sealer/sector_files.hpp"

#include <boost/json.hpp>

namespace venus::sealer {
namespace {

using Api = api::SealerApi;
using platform::Cli;
using platform::Command;
using platform::Table;

/// Arguments of all commands; one object for the life of the Cli.
struct Words {
  std::string miner, dir;
  std::uint64_t sectors = 0, first = 0, limit = 20;
  Config config;
};
using WordsPtr = std::shared_ptr<Words>;

/// The settings as the daemon of this home folder has them.
Result<void> load_settings(Cli& cli, Words& words) {
  platform::CommonConfig common;
  platform::Properties properties(cli.info().component);
  common.declare(properties);
  words.config.declare(properties);
  platform::Properties::Sources sources;
  sources.file = cli.home() / "config.toml";
  TRY_VOID(properties.load(sources));
  if (!words.miner.empty()) words.config.miner = words.miner;
  return {};
}

struct Opened {
  std::shared_ptr<base::SystemClock> clock;
  std::shared_ptr<db::sql::Database> database;
  std::shared_ptr<Store> store;
  ActorId miner;
};

Result<Opened> open_store(Cli& cli, Words& words) {
  TRY_VOID(load_settings(cli, words));
  Opened out;
  if (words.config.miner.empty()) {
    const auto dir = words.dir.empty() ? sectors_folder(words.config, cli.home())
                                       : std::filesystem::path(words.dir);
    TRY(out.miner, miner_of_folder(dir));
    types::set_display_prefix(types::NetworkPrefix::Testnet);
  } else {
    TRY(out.miner, miner_id(words.config.miner));
  }
  std::error_code ignored;
  std::filesystem::create_directories(cli.home(), ignored);
  out.clock = std::make_shared<base::SystemClock>();
  TRY(out.database, db::sql::Database::open(database_of(words.config, cli.home())));
  TRY(out.store, Store::open(*out.database, *out.clock));
  return out;
}

void add_preseal(Command& root, const WordsPtr& w) {
  auto& command =
      root.add("preseal", "Seal empty 2 KiB sectors for a genesis that does not exist yet");
  command.option("--miner", &w->miner, "ID address the miner will have, as t01000", true);
  command.option("--sectors", &w->sectors, "How many", true);
  command.option("--first", &w->first, "Number of the first one");
  command.option("--dir", &w->dir, "Folder to put the sector folders into", true);
  command.footer("Sectors that are there already are kept. Prints the CIDs for the genesis.");
  command.action([w](Cli& cli) -> Result<void> {
    TRY(const auto miner, miner_id(w->miner));
    TRY(const auto sectors, preseal(miner, w->first, w->sectors, w->dir));
    if (cli.json()) return cli.print_json(base::to_json(sectors));
    Table table({"Sector", "Sealed CID"});
    table.right(0);
    for (const auto& s : sectors)
      table.row({fmt::format("{}", s.number), s.sealed_cid.str()});
    return cli.print_table(table);
  });
}

void add_sectors(Command& root, const WordsPtr& w) {
  auto& sectors = root.add("sectors", "The sectors kept here");
  auto& list = sectors.add("list", "List them");
  list.option("--miner", &w->miner, "Instead of the miner of the settings")
      .action([w](Cli& cli) -> Result<void> {
        TRY(const auto opened, open_store(cli, *w));
        TRY(const auto found, opened.store->sectors(opened.miner));
        if (cli.json()) return cli.print_json(base::to_json(found));
        Table table({"Sector", "State", "Sealed CID", "Replica", "Error"});
        table.right(0);
        for (const auto& s : found) {
          table.row(
              {fmt::format("{}", s.number), s.state, s.sealed_cid.str(), s.replica_path, s.error});
        }
        return cli.print_table(table);
      });
  auto& import = sectors.add("import", "Take the sealed sectors in a folder over");
  import.option("--miner", &w->miner, "Instead of the miner of the settings");
  import.option("--dir", &w->dir, "Folder with sector folders, as preseal makes them", true);
  import.action([w](Cli& cli) -> Result<void> {
    TRY(const auto opened, open_store(cli, *w));
    TRY(const auto added, import_sectors(*opened.store, opened.miner, w->dir));
    if (cli.json()) return cli.print_json(added);
    return cli.print(fmt::format("{} new sectors", added));
  });
}

void add_proving(Command& root, const WordsPtr& w) {
  auto& proving = root.add("proving", "Proofs of spacetime");
  proving.add("deadlines", "Deadlines that have sectors").action([](Cli& cli) -> Result<void> {
    TRY(const auto found, cli.call<Api::Deadlines>());
    if (cli.json()) return cli.print_json(base::to_json(found));
    Table table({"Deadline", "Open", "Partitions", "Sectors", "Faulty", "Recovering", ""});
    for (std::size_t i = 0; i < 6; ++i)
      table.right(i);
    for (const auto& d : found) {
      table.row({fmt::format("{}", d.index), fmt::format("{}", d.open),
                 fmt::format("{}", d.partitions), fmt::format("{}", d.sectors),
                 fmt::format("{}", d.faulty), fmt::format("{}", d.recovering),
                 d.current ? "current" : ""});
    }
    return cli.print_table(table);
  });
  auto& posts = proving.add("posts", "WindowPoSts, newest first");
  posts.option("--limit", &w->limit, "Rows at most").action([w](Cli& cli) -> Result<void> {
    TRY(const auto found, cli.call<Api::Posts>(w->limit));
    if (cli.json()) return cli.print_json(base::to_json(found));
    Table table({"Deadline", "Open", "Close", "Partitions", "Skipped", "Attempt", "State", "Height",
                 "Message", "Error"});
    for (const auto& p : found) {
      table.row({fmt::format("{}", p.deadline), fmt::format("{}", p.open),
                 fmt::format("{}", p.close), p.partitions, fmt::format("{}", p.skipped),
                 fmt::format("{}", p.attempt), std::string(api::to_string(p.state)),
                 fmt::format("{}", p.height), p.message_id, p.error});
    }
    return cli.print_table(table);
  });
}

void add_info(Command& root, const WordsPtr& w) {
  root.add("info", "How this sealer does").action([w](Cli& cli) -> Result<void> {
    TRY_VOID(load_settings(cli, *w));
    if (!w->config.miner.starts_with('f')) {
      types::set_display_prefix(types::NetworkPrefix::Testnet);
    }
    TRY(const auto info, cli.call<Api::Info>());
    if (cli.json()) return cli.print_json(base::to_json(info));
    auto text =
        fmt::format("miner      {}\nsectors    {}\nhead       {}\nparameters {}\n", info.miner,
                    info.sectors, info.head, info.parameters.empty() ? "present" : info.parameters);
    for (const auto& g : info.gateways) {
      text += fmt::format("gateway    {} {}, {} answers\n", g.url,
                          g.connected ? "connected" : "not connected", g.requests);
    }
    return cli.print(text);
  });
}

}  // namespace

void add_commands(Cli& cli) {
  const auto words = std::make_shared<Words>();
  auto& root = cli.root();
  add_preseal(root, words);
  add_sectors(root, words);
  add_proving(root, words);
  add_info(root, words);
}

}  // namespace venus::sealer
