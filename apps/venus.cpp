// SPDX-License-Identifier: MIT OR Apache-2.0
// The full node: its daemon, its command line, and the tool that makes a genesis.
#include <boost/json.hpp>

#include "genesis/builder.hpp"
#include "ipld/car.hpp"
#include "ipld/walk.hpp"
#include "platform/home.hpp"
#include "platform/program.hpp"
#include "services/node/program.hpp"

namespace venus {
namespace {

// Every block the genesis reaches, with the code of the actors and the manifest that names them.
Result<void> write_genesis(Blockstore& store, const Cid& genesis, const Cid& manifest,
                           const std::filesystem::path& file) {
  TRY(auto writer, ipld::CarWriter::create_file(file, {genesis}));
  ipld::CidSet seen;
  const Cid roots[] = {genesis, manifest};
  TRY_VOID(ipld::walk(store, roots, seen, [&](const Cid& cid, BytesView data) { return writer.write(cid, data); }));
  return writer.finish();
}

struct GenesisWords {
  std::string description;
  std::string bundle;
  std::string out;
};

Result<void> build_genesis_file(platform::Cli& cli, const GenesisWords& words) {
  TRY(const auto text, platform::read_file(words.description));
  TRY(const auto json, with_context(base::parse_json(text), words.description));
  TRY(const auto wanted, with_context(base::from_json<genesis::Template>(json), words.description));
  ipld::MemoryBlockstore store;
  TRY(const auto bundle, with_context(ipld::import_car_file(words.bundle, store), words.bundle));
  if (bundle.roots.size() != 1) return fail(ErrorCode::Malformed, "{} is no bundle of actors", words.bundle);
  TRY_VOID(store.put(genesis::genesis_parent(), genesis::genesis_parent_bytes()));
  bridge::VmEngine engine;
  TRY(const auto made, genesis::build_genesis(wanted, bundle.roots.front(), store, engine));
  TRY_VOID(write_genesis(store, made.cid, bundle.roots.front(), words.out));
  if (!cli.json()) return cli.print(made.cid.str());
  return cli.print_json(boost::json::object{
      {"cid", made.cid.str()}, {"state_root", made.header.parent_state_root.str()}, {"file", words.out}});
}

void add_genesis_commands(platform::Cli& cli, GenesisWords& words) {
  auto& build = cli.root().add("genesis", "The first block of a network").add("build", "Make a genesis file");
  build.option("--template", &words.description, "JSON file that says who is there at epoch 0", true);
  build.option("--actors", &words.bundle, "CAR of the built-in actors", true);
  build.option("--out", &words.out, "CAR file to write", true);
  build.action([&words](platform::Cli& c) { return build_genesis_file(c, words); });
}

int run(int argc, char** argv) {
  node::Config config;
  platform::CommonConfig common;
  common.listen = "/ip4/127.0.0.1/tcp/3453/http";
  GenesisWords genesis;
  return platform::run_program(
      argc, argv,
      {.info = {.program = "venus", .component = "node", .doc = "Filecoin full node", .version = VENUS_VERSION},
       .common = &common,
       .declare = [&](platform::Properties& properties) { config.declare(properties); },
       .build = [&](platform::Daemon& daemon) { return node::build(daemon, config); },
       .commands =
           [&](platform::Cli& cli) {
             node::add_commands(cli);
             add_genesis_commands(cli, genesis);
           },
       .run_name = "daemon"});
}

}  // namespace
}  // namespace venus

int main(int argc, char** argv) { return venus::run(argc, argv); }
