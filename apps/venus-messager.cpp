// SPDX-License-Identifier: MIT OR Apache-2.0
#include "platform/program.hpp"
#include "services/messager/program.hpp"

int main(int argc, char** argv) {
  venus::messager::Config config;
  venus::platform::CommonConfig common;
  common.listen = "/ip4/127.0.0.1/tcp/39812/http";
  return venus::platform::run_program(
      argc, argv,
      {.info = {.program = "venus-messager",
                .component = "messager",
                .doc = "Gets messages on chain: nonce, gas, signature, pushing and tracking",
                .version = VENUS_VERSION},
       .common = &common,
       .declare = [&](venus::platform::Properties& properties) { config.declare(properties); },
       .build = [&](venus::platform::Daemon& daemon) { return venus::messager::build(daemon, config); },
       .commands = venus::messager::add_commands});
}
