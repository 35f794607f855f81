// SPDX-License-Identifier: MIT OR Apache-2.0
#include "platform/program.hpp"
#include "services/miner/program.hpp"

int main(int argc, char** argv) {
  venus::miner::Config config;
  venus::platform::CommonConfig common;
  common.listen = "/ip4/127.0.0.1/tcp/12308/http";
  return venus::platform::run_program(
      argc, argv,
      {.info = {.program = "venus-miner",
                .component = "miner",
                .doc = "Produces blocks for many miners at once, with different messages in each",
                .version = VENUS_VERSION},
       .common = &common,
       .declare = [&](venus::platform::Properties& properties) { config.declare(properties); },
       .build = [&](venus::platform::Daemon& daemon) { return venus::miner::build(daemon, config, common); },
       .commands = venus::miner::add_commands});
}
