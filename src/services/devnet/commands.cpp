// SPDX-License-Identifier: MIT OR Apache-2.0
#include "services/devnet/commands.hpp"

#include "platform/home.hpp"
#include "services/devnet/drand.hpp"
#include "services/devnet/parameters.hpp"
#include "services/devnet/runner.hpp"
#include "services/devnet/status.hpp"

#include <boost/json.hpp>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

namespace venus::devnet {
namespace {

namespace fs = std::filesystem;
using platform::Cli;
using platform::Command;

/// Arguments of all commands; one object for the life of the Cli.
struct Words {
  std::string folder, sectors = "6,2", ports = "default", component, kind, where;
  std::uint64_t miners = 2, nodes = 3, producers = 1, block_delay = 0, port = 0;
  std::int64_t lead = 4, lines = 40;
  bool detach = false, porep = false, follow = false;
};
using WordsPtr = std::shared_ptr<Words>;

fs::path folder_of(const Cli& cli, const Words& w) {
  std::error_code error;
  const auto given = w.folder.empty() ? cli.home() : fs::path(w.folder);
  return fs::absolute(given, error);
}

/// The words of an `up` that stays in the foreground, for the process that goes on.
std::vector<std::string> up_words(const fs::path& folder, const Words& w) {
  std::vector<std::string> out{"up",
                               "--dir",
                               folder.string(),
                               "--miners",
                               std::to_string(w.miners),
                               "--nodes",
                               std::to_string(w.nodes),
                               "--sectors",
                               w.sectors,
                               "--ports",
                               w.ports,
                               "--lead-epochs",
                               std::to_string(w.lead)};
  if (w.block_delay != 0) out.insert(out.end(), {"--block-delay", std::to_string(w.block_delay)});
  out.insert(out.end(), {"--producers", std::to_string(w.producers)});
  if (w.porep) out.emplace_back("--porep");
  return out;
}

Result<void> up(Cli& cli, const Words& w) {
  if (w.miners < 1 || w.miners > 64) return fail(ErrorCode::InvalidArgument, "--miners is 1 to 64");
  if (w.nodes < 1 || w.nodes > 9) return fail(ErrorCode::InvalidArgument, "--nodes is 1 to 9");
  if (w.producers < 1 || w.producers > w.miners)
    return fail(ErrorCode::InvalidArgument, "--producers is 1 to the number of miners");
  if (w.lead < 1 || w.lead > 60)
    return fail(ErrorCode::InvalidArgument, "--lead-epochs is 1 to 60");
  const auto folder = folder_of(cli, w);
  if (const auto pid = running_pid(folder); pid != 0) {
    return fail(ErrorCode::Conflict,
                "the devnet of {} is up already (process {}): see 'venus-devnet status'",
                folder.string(), pid);
  }
  if (w.detach) return run_detached(cli, folder, up_words(folder, w));
  UpOptions options;
  options.setup.miners = w.miners;
  options.setup.nodes = w.nodes;
  options.setup.producers = w.producers;
  options.setup.sectors = w.sectors;
  options.setup.block_delay = w.block_delay;
  options.setup.lead_epochs = w.lead;
  options.setup.ports = w.ports == "auto" ? Ports::Free : Ports::Default;
  options.porep = w.porep;
  return run_foreground(cli, folder, options);
}

Result<void> status(Cli& cli, const Words& w) {
  const auto folder = folder_of(cli, w);
  TRY(const auto deployment, Deployment::load(folder));
  std::vector<ProcessLine> lines;
  if (const auto text = platform::read_file(folder / "status.json")) {
    TRY(const auto json, base::parse_json(*text));
    TRY(lines, base::from_json<std::vector<ProcessLine>>(json));
  }
  const bool running = running_pid(folder) != 0;
  if (!running) {
    for (auto& line : lines) {
      line.state = "stopped";
      line.pid = line.uptime_seconds = 0;
      line.memory_bytes = 0;
    }
  }
  auto now = gather(deployment, std::move(lines), cli.io());
  now.running = running;
  if (cli.json()) return cli.print_json(base::to_json(now));
  if (!running) cli.note("the devnet is down: 'venus-devnet up' goes on with it");
  return cli.print(screen(now, folder.string(), cli.color()));
}

Result<void> logs(Cli& cli, const Words& w) {
  const auto folder = folder_of(cli, w) / "logs";
  const auto file = folder / (w.component + ".log");
  std::error_code error;
  if (w.component.find('/') != std::string::npos || !fs::exists(file, error)) {
    std::string names;
    for (const auto& entry : fs::directory_iterator(folder, error))
      names += " " + entry.path().stem().string();
    return fail(ErrorCode::NotFound, "no log of '{}'; there are:{}", w.component, names);
  }
  const auto count = std::to_string(w.lines);
  std::vector<const char*> argv{"tail", "-n", count.c_str()};
  if (w.follow) argv.push_back("-F");
  argv.insert(argv.end(), {file.c_str(), nullptr});
  ::execvp("tail", const_cast<char* const*>(argv.data()));
  return fail(ErrorCode::Io, "the program 'tail' is missing (package coreutils)");
}

Result<void> reset(Cli& cli, const Words& w) {
  const auto folder = folder_of(cli, w);
  std::error_code error;
  if (!fs::exists(folder / "devnet.json", error) && !fs::exists(folder / "devnet.pid", error)) {
    return fail(ErrorCode::NotFound, "no devnet in {}: nothing is removed", folder.string());
  }
  TRY_VOID(bring_down(folder));
  fs::remove_all(folder, error);
  if (error) return fail(ErrorCode::Io, "{}: {}", folder.string(), error.message());
  return cli.print(fmt::format("{} is removed; proof parameters stay in {}", folder.string(),
                               (cache_folder() / "devnet-params").string()));
}

void add_up(Command& root, const WordsPtr& w) {
  auto& command = root.add("up", "Bring the devnet up, or go on with it; Ctrl-C brings it down");
  command.option("--dir", &w->folder, "Folder of the devnet (default: the home folder)");
  command.option("--miners", &w->miners, "Storage miners");
  command.option("--nodes", &w->nodes,
                 "Nodes, connected with each other; miners use different ones");
  command.option("--producers", &w->producers,
                 "venus-miners that share the miners; blocks of one never share a message");
  command.option("--sectors", &w->sectors, "Sectors of each: their power");
  command.option("--block-delay", &w->block_delay,
                 "Seconds an epoch; 0: from what a proof costs here");
  command.option("--lead-epochs", &w->lead, "Epochs until the first WindowPoSt deadline opens");
  command.option("--ports", &w->ports, "default or auto: any that are free")
      .choices("--ports", {"default", "auto"});
  command.flag("--detach,-d", &w->detach, "Go on in the background");
  command.flag("--porep", &w->porep,
               "Also make the PoRep parameters, in the background (for sealing)");
  command.footer(
      "The first start makes proof parameters when they are missing, which takes minutes.");
  command.action([w](Cli& cli) { return up(cli, *w); });
}

/// What the devnet starts as processes of its own.
void add_inner(Command& root, const WordsPtr& w) {
  auto& drand = root.add("drand", "Serve the devnet's randomness (started by up)");
  drand.option("--folder", &w->where, "Folder with drand.key and chain.json", true);
  drand.option("--port", &w->port, "Port on loopback", true);
  drand.action([w](Cli&) -> Result<void> {
    if (w->port > 65535) return fail(ErrorCode::InvalidArgument, "--port is at most 65535");
    return run_drand(w->where, static_cast<std::uint16_t>(w->port));
  });
  auto& parameters =
      root.add("parameters", "Make proof parameters for 2 KiB sectors (started by up)");
  parameters.arg("kind", &w->kind, "winning, window or porep")
      .option("--folder", &w->where, "Folder to write to", true);
  parameters.action([w](Cli&) { return make_parameters(w->kind, w->where); });
  root.add("measure", "Measure what a WinningPoSt costs, in CPU seconds (started by up)")
      .action([](Cli& cli) -> Result<void> {
        TRY(const auto seconds, measure_proof());
        return cli.json() ? cli.print_json(seconds) : cli.print(fmt::format("{:.2f}", seconds));
      });
}

}  // namespace

void add_commands(Cli& cli) {
  const auto w = std::make_shared<Words>();
  auto& root = cli.root();
  add_up(root, w);
  add_inner(root, w);
  root.add("status", "Show how it does")
      .option("--dir", &w->folder, "Folder of the devnet")
      .action([w](Cli& c) { return status(c, *w); });
  auto& log = root.add("logs", "Show the log of a component");
  log.arg("name", &w->component, "Component, as status names it")
      .option("--dir", &w->folder, "Folder of the devnet");
  log.option("--lines,-n", &w->lines, "Lines from the end")
      .flag("--follow,-f", &w->follow, "Go on as it grows");
  log.action([w](Cli& c) { return logs(c, *w); });
  root.add("down", "Stop all processes; the chain stays")
      .option("--dir", &w->folder, "Folder of the devnet")
      .action([w](Cli& c) { return bring_down(folder_of(c, *w)); });
  root.add("reset", "Stop all and remove the devnet, keys and chain")
      .option("--dir", &w->folder, "Folder of the devnet")
      .action([w](Cli& c) { return reset(c, *w); });
}

}  // namespace venus::devnet
