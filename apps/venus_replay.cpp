// SPDX-License-Identifier: MIT OR Apache-2.0
// Replays a recorded chain and prints how fast and where the time went.
#include <fmt/format.h>

#include <sys/resource.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "actors/code.hpp"
#include "chainstore/database.hpp"
#include "consensus/chain_import.hpp"
#include "ipld/car.hpp"

namespace venus {
namespace {

struct Arguments {
  std::filesystem::path network;
  std::filesystem::path actors;
  std::filesystem::path folder;
  std::filesystem::path chain;
  bool full = false;
  bool verbose = false;
  std::size_t threads = 0;
  std::optional<std::int64_t> split;  // figures before and from this epoch
};

constexpr std::string_view kUsage =
    "usage: venus-replay --network FILE --actors CAR --db FOLDER [--full] [--verbose] [--threads N] [--split EPOCH] CHAIN.car\n";

Result<Arguments> parse(int argc, char** argv) {
  Arguments out;
  for (int i = 1; i < argc; ++i) {
    const std::string_view arg = argv[i];
    const auto value = [&]() -> Result<std::string> {
      if (i + 1 == argc) return fail(ErrorCode::InvalidArgument, "{} needs a value", arg);
      return std::string(argv[++i]);
    };
    if (arg == "--full") {
      out.full = true;
    } else if (arg == "--verbose") {
      out.verbose = true;
    } else if (arg.starts_with("--")) {
      TRY(const auto text, value());
      if (arg == "--network") out.network = text;
      else if (arg == "--actors") out.actors = text;
      else if (arg == "--db") out.folder = text;
      else if (arg == "--threads") out.threads = static_cast<std::size_t>(std::strtoul(text.c_str(), nullptr, 10));
      else if (arg == "--split") out.split = std::strtol(text.c_str(), nullptr, 10);
      else return fail(ErrorCode::InvalidArgument, "unknown option {}", arg);
    } else {
      out.chain = arg;
    }
  }
  if (out.chain.empty() || out.network.empty() || out.folder.empty()) {
    return fail(ErrorCode::InvalidArgument, "{}", kUsage);
  }
  return out;
}

// CPU time of the process so far, in seconds: what counts on a busy machine.
double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto of = [](const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6; };
  return of(usage.ru_utime) + of(usage.ru_stime);
}

double seconds(std::chrono::nanoseconds time) { return std::chrono::duration<double>(time).count(); }

void print_rate(std::string_view what, std::uint64_t tipsets, std::uint64_t messages, double time, double cpu) {
  fmt::print("{}: {} tipsets, {} messages in {:.2f} s: {:.0f} tipsets/s, {:.0f} messages/s; {:.1f} CPU ms a tipset\n",
             what, tipsets, messages, time, static_cast<double>(tipsets) / time,
             static_cast<double>(messages) / time, cpu * 1000 / static_cast<double>(tipsets));
}

void print_report(const consensus::ReplayReport& report, double cpu) {
  print_rate("replay", report.tipsets, report.messages, seconds(report.elapsed), cpu);
  const auto& e = report.execution;
  fmt::print("thread time: FVM {:.2f} s (set-up {:.2f}, messages {:.2f}), flush {:.2f}, receipts {:.2f}, head {:.2f}\n",
             seconds(e.machine + e.messages), seconds(e.machine), seconds(e.messages), seconds(e.flush),
             seconds(e.receipts), seconds(report.head));
  const auto& v = report.validation;
  fmt::print("validation: signatures {:.2f} s, proofs {:.2f}, messages {:.2f}, state {:.2f}, other {:.2f}\n",
             seconds(v.signatures), seconds(v.proofs), seconds(v.messages), seconds(v.state), seconds(v.other));
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  fmt::print("memory: {} MiB at most\n", usage.ru_maxrss / 1024);
}

Result<void> run(const Arguments& arguments) {
  std::ifstream file(arguments.network);
  std::stringstream text;
  text << file.rdbuf();
  TRY(const auto params, types::parse_network(text.str()));
  types::set_display_prefix(params.address_prefix);
  TRY(auto database, chainstore::ChainDatabase::open(arguments.folder));
  TRY(auto chain, chainstore::ChainStore::open(database->blocks(), *database));
  bridge::VmEngine engine(2);
  if (!arguments.actors.empty()) {
    TRY(const auto bundle, ipld::import_car_file(arguments.actors, database->blocks()));
    const auto start = std::chrono::steady_clock::now();
    TRY_VOID(engine.warm_up(params.genesis_network_version.value(), database->blocks(), bundle.roots.at(0)));
    fmt::print("actors ready in {:.2f} s\n", seconds(std::chrono::steady_clock::now() - start));
  }
  TRY(const auto loaded, consensus::load_chain_file(*chain, arguments.chain));
  fmt::print("loaded {} blocks, head at epoch {}\n", loaded.blocks, loaded.head->height());
  TRY_VOID(consensus::adopt_genesis(params, *chain, loaded.genesis->cids().at(0)));
  const base::SystemClock clock;
  TRY(auto runtime, consensus::make_runtime(params, *chain, engine, clock));
  fmt::print("head at epoch {}\n", chain->head()->height());
  consensus::ReplayOptions options;
  options.full_validation = arguments.full;
  options.threads = arguments.threads;
  std::optional<consensus::ReplayProgress> at_split;
  const auto cpu_at_start = cpu_seconds();
  auto cpu_at_split = cpu_at_start;
  options.progress = [&](const consensus::ReplayProgress& now) {
    if (arguments.verbose) fmt::print("epoch {}\n", now.epoch);
    if (arguments.split && now.epoch < ChainEpoch(*arguments.split)) {
      at_split = now;
      cpu_at_split = cpu_seconds();
    }
    return true;
  };
  TRY(const auto report, consensus::replay_chain(*runtime, loaded.head, options));
  if (at_split) {
    print_rate("first part", at_split->tipsets, at_split->messages, seconds(at_split->elapsed),
               cpu_at_split - cpu_at_start);
    print_rate("second part", report.tipsets - at_split->tipsets, report.messages - at_split->messages,
               seconds(report.elapsed - at_split->elapsed), cpu_seconds() - cpu_at_split);
  }
  print_report(report, cpu_seconds() - cpu_at_start);
  return {};
}

}  // namespace
}  // namespace venus

int main(int argc, char** argv) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  const auto arguments = venus::parse(argc, argv);
  const auto done = arguments ? venus::run(*arguments) : venus::Result<void>(std::unexpected(arguments.error()));
  if (done) return 0;
  fmt::print(stderr, "{}\n", done.error().message);
  return 1;
}
