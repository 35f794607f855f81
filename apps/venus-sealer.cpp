// SPDX-License-Identifier: MIT OR Apache-2.0
#include "platform/program.hpp"
#include "services/sealer/program.hpp"
#include "services/sealer/prover.hpp"

#include <string_view>

int main(int argc, char** argv) {
  // What the daemon starts for each proof; not for people.
  if (argc == 2 && std::string_view(argv[1]) == "prove") return venus::sealer::prove_main();
  venus::sealer::Config config;
  venus::platform::CommonConfig common;
  common.listen = "/ip4/127.0.0.1/tcp/2345/http";
  return venus::platform::run_program(
      argc, argv,
      {.info = {.program = "venus-sealer",
                .component = "sealer",
                .doc = "Keeps sealed sectors: answers WinningPoSt and proves each deadline",
                .version = VENUS_VERSION,
                .target = "/rpc/v1"},
       .common = &common,
       .declare = [&](venus::platform::Properties& properties) { config.declare(properties); },
       .build =
           [&](venus::platform::Daemon& daemon) { return venus::sealer::build(daemon, config); },
       .commands = venus::sealer::add_commands,
       .run_flags =
           [&](venus::platform::Command& run) {
             run.option("--miner", &config.miner, "The same as --miner-address");
           }});
}
