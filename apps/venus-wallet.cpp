// SPDX-License-Identifier: MIT OR Apache-2.0
#include "platform/program.hpp"
#include "services/wallet/program.hpp"

int main(int argc, char** argv) {
  venus::wallet::Config config;
  venus::platform::CommonConfig common;
  common.listen = "/ip4/127.0.0.1/tcp/5678/http";
  common.anonymous = "none";
  return venus::platform::run_program(
      argc, argv,
      {.info = {.program = "venus-wallet",
                .component = "wallet",
                .doc = "Keys: signs typed data, and never two blocks of one epoch",
                .version = VENUS_VERSION,
                .target = "/rpc/v0"},
       .common = &common,
       .declare = [&](venus::platform::Properties& properties) { config.declare(properties); },
       .build = [&](venus::platform::Daemon& daemon) { return venus::wallet::build(daemon, config); },
       .commands = venus::wallet::add_commands,
       .run_flags = [&](venus::platform::Command& run) {
         run.option("--password-file", &config.password_file, "The same as --keys-password-file");
       },
       .no_core_dumps = true});
}
