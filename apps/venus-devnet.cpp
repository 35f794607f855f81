// SPDX-License-Identifier: MIT OR Apache-2.0
#include "services/devnet/commands.hpp"
#include "types/address.hpp"

int main(int argc, char** argv) {
  venus::types::set_display_prefix(venus::types::NetworkPrefix::Testnet);
  venus::platform::Cli cli(
      {.program = "venus-devnet",
       .component = "devnet",
       .doc = "A Filecoin network of our own on this machine, with a pool of miners",
       .version = VENUS_VERSION});
  venus::devnet::add_commands(cli);
  return cli.run(argc, argv);
}
