// SPDX-License-Identifier: MIT OR Apache-2.0
#include "platform/program.hpp"
#include "services/gateway/program.hpp"

int main(int argc, char** argv) {
  venus::services::gateway::Config config;
  venus::platform::CommonConfig common;
  common.listen = "/ip4/127.0.0.1/tcp/45132/http";
  return venus::platform::run_program(
      argc, argv,
      {.info = {.program = "venus-gateway",
                .component = "gateway",
                .doc = "The pool's door: wallets and sealers connect out to it, the pool asks them through it",
                .version = VENUS_VERSION},
       .common = &common,
       .declare = [&](venus::platform::Properties& properties) { config.declare(properties); },
       .build = [&](venus::platform::Daemon& daemon) {
         return venus::services::gateway::build(daemon, config, common);
       },
       .commands = venus::services::gateway::add_commands});
}
