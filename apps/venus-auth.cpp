// SPDX-License-Identifier: MIT OR Apache-2.0
#include "platform/program.hpp"
#include "services/auth/program.hpp"

int main(int argc, char** argv) {
  venus::auth::Config config;
  venus::platform::CommonConfig common;
  common.listen = "/ip4/127.0.0.1/tcp/8989/http";
  common.anonymous = "none";
  return venus::platform::run_program(
      argc, argv,
      {.info = {.program = "venus-auth",
                .component = "auth",
                .doc = "Users, tokens and who owns which miner: the other daemons ask it about every token",
                .version = VENUS_VERSION},
       .common = &common,
       .declare = [&](venus::platform::Properties& properties) { config.declare(properties); },
       .build = [&](venus::platform::Daemon& daemon) { return venus::auth::build(daemon, config); },
       .commands = venus::auth::add_commands,
       .no_core_dumps = true});
}
