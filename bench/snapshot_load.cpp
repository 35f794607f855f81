// SPDX-License-Identifier: MIT OR Apache-2.0
// Makes a snapshot of any size whose blocks look like those of a chain's state, and measures import
// and export.
//   snapshot_load make FILE GIB | import FILE DB [MIB] | compact DB | export DB FILE [HELPERS] | gc
//   DB
#include "base/parallel.hpp"
#include "base/varint.hpp"
#include "ipld/car.hpp"
#include "snapshot/collector.hpp"
#include "snapshot/exporter.hpp"
#include "snapshot/importer.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <chrono>
#include <cstdlib>

namespace venus {
namespace {

constexpr double kMiB = 1 << 20;
constexpr std::size_t kFanOut = 32;
constexpr std::size_t kMeanLeaf = 640;
constexpr std::int64_t kEpochs = 1100;

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// Half of it random, as CIDs and keys are, the rest alike, as numbers and structure are.
Bytes leaf(std::uint64_t number) {
  std::uint64_t state = number * 0x9e3779b97f4a7c15ULL + 1;
  const auto next = [&state] {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
  };
  const auto size = kMeanLeaf / 4 + next() % (kMeanLeaf * 3 / 2);
  Bytes body(size, 0x41);
  for (std::size_t i = 0; i + 8 <= size; i += 16) {
    const auto word = next();
    std::memcpy(body.data() + i, &word, 8);
  }
  ipld::cbor::Writer out(size + 16);
  out.write_array(2);
  out.write_uint(number);
  out.write_bytes(body);
  return std::move(out).take();
}

Bytes node(std::span<const Cid> links) {
  ipld::cbor::Writer out(links.size() * 43 + 8);
  out.write_array(links.size());
  for (const auto& link : links)
    out.write_cid(link);
  return std::move(out).take();
}

struct Tree {
  std::vector<std::vector<Cid>> levels;  // leaves first
};

Tree build_tree(std::size_t leaves) {
  Tree out;
  out.levels.emplace_back(leaves);
  base::parallel_for(leaves / 4096 + 1, base::compute_threads(), [&](std::size_t part) {
    for (auto i = part * 4096; i < std::min(leaves, (part + 1) * 4096); ++i) {
      out.levels[0][i] = ipld::cid_of_cbor(leaf(i));
    }
  });
  while (out.levels.back().size() > 1) {
    const auto& below = out.levels.back();
    std::vector<Cid> level;
    for (std::size_t i = 0; i < below.size(); i += kFanOut) {
      level.push_back(ipld::cid_of_cbor(
          node(std::span(below).subspan(i, std::min(kFanOut, below.size() - i)))));
    }
    out.levels.push_back(std::move(level));
  }
  return out;
}

Result<void> make(const std::filesystem::path& file, double gib) {
  const auto leaves = static_cast<std::size_t>(gib * 1024 * kMiB / (kMeanLeaf + 90));
  const auto tree = build_tree(leaves);
  const auto big = tree.levels.back().front();
  ipld::MemoryBlockstore small;
  TRY(const auto messages, chainstore::store_message_meta(small, {}, {}));
  // Every epoch's state has the large tree and a leaf of its own.
  std::vector<types::BlockHeader> headers;
  for (std::int64_t epoch = 0; epoch <= kEpochs; ++epoch) {
    const auto own = leaf(1'000'000'000ULL + static_cast<std::uint64_t>(epoch));
    const auto own_cid = ipld::cid_of_cbor(own);
    TRY_VOID(small.put(own_cid, own));
    const std::array<Cid, 2> parts{big, own_cid};
    const auto state = node(parts);
    types::BlockHeader header;
    header.miner = Address::id(1000);
    header.ticket = types::Ticket{Bytes(96, static_cast<std::uint8_t>(epoch))};
    header.height = types::ChainEpoch(epoch);
    header.timestamp = static_cast<std::uint64_t>(epoch);
    if (!headers.empty()) header.parents = {headers.back().cid()};
    header.parent_state_root = ipld::cid_of_cbor(state);
    header.parent_message_receipts = own_cid;
    header.messages = messages;
    TRY_VOID(small.put(header.parent_state_root, state));
    headers.push_back(std::move(header));
  }
  TRY(auto writer, ipld::CarWriter::create_file(file, {headers.back().cid()}));
  for (auto header = headers.rbegin(); header != headers.rend(); ++header) {
    TRY_VOID(writer.write(header->cid(), ipld::encode(*header)));
  }
  for (const auto& cid : small.cids()) {
    TRY(const auto data, small.get(cid));
    TRY_VOID(writer.write(cid, data));
  }
  for (auto level = tree.levels.size() - 1; level > 0; --level) {
    const auto& below = tree.levels[level - 1];
    for (std::size_t i = 0; i < tree.levels[level].size(); ++i) {
      const auto first = i * kFanOut;
      TRY_VOID(writer.write(
          tree.levels[level][i],
          node(std::span(below).subspan(first, std::min(kFanOut, below.size() - first)))));
    }
  }
  for (std::size_t i = 0; i < leaves; ++i)
    TRY_VOID(writer.write(tree.levels[0][i], leaf(i)));
  TRY_VOID(writer.finish());
  fmt::print("made {:.0f} MiB, {} blocks\n", static_cast<double>(writer.bytes()) / kMiB,
             writer.blocks());
  return {};
}

void report(std::string_view what, std::uint64_t bytes, std::uint64_t blocks, double seconds) {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto cpu = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  fmt::print(
      "{}: {:.0f} MiB of CAR, {} blocks in {:.1f} s: {:.0f} MiB/s, {:.0f} blocks/s; {:.1f} CPU s; "
      "{} MiB of memory\n",
      what, static_cast<double>(bytes) / kMiB, blocks, seconds,
      static_cast<double>(bytes) / kMiB / seconds, static_cast<double>(blocks) / seconds,
      cpu(usage.ru_utime) + cpu(usage.ru_stime), usage.ru_maxrss / 1024);
}

struct Open {
  std::unique_ptr<chainstore::ChainDatabase> database;
  std::unique_ptr<chainstore::ChainStore> chain;
};

Result<Open> open(const std::filesystem::path& folder, bool bulk) {
  Open out;
  TRY(out.database, chainstore::ChainDatabase::open(
                        folder, {.memory_mib = 64, .must_exist = false, .bulk = bulk}));
  TRY(out.chain, chainstore::ChainStore::open(out.database->blocks(), *out.database));
  return out;
}

Result<void> import(const std::filesystem::path& file, const std::filesystem::path& folder,
                    std::size_t batch_mib) {
  TRY(auto database, open(folder, true));
  TRY(auto source, ipld::open_file_source(file));
  snapshot::ImportOptions options;
  if (batch_mib > 0) options.batch_bytes = batch_mib << 20;
  const auto start = std::chrono::steady_clock::now();
  TRY(const auto done, snapshot::import_snapshot(std::move(source), *database.database, options));
  TRY(const auto found, snapshot::find_head(*database.chain, done));
  TRY_VOID(database.chain->set_genesis(found.genesis->cids().front()));
  TRY_VOID(snapshot::adopt_head(*database.chain, done, found));
  report("import", done.bytes, done.blocks, seconds_since(start));
  return {};
}

Result<void> compact(const std::filesystem::path& folder) {
  TRY(auto database, open(folder, true));
  const auto before = database.database->store().disk_bytes();
  const auto start = std::chrono::steady_clock::now();
  TRY_VOID(database.database->blocks().compact());
  const auto after = database.database->store().disk_bytes();
  report(fmt::format("compact ({:.0f} to {:.0f} MiB)", static_cast<double>(before) / kMiB,
                     static_cast<double>(after) / kMiB),
         before, 0, seconds_since(start));
  return {};
}

Result<void> write(const std::filesystem::path& folder, const std::filesystem::path& file,
                   std::size_t helpers) {
  TRY(auto database, open(folder, true));
  TRY(auto sink, ipld::create_file_sink(file));
  if (file.extension() == ".zst") {
    TRY(sink, ipld::packed(std::move(sink), snapshot::snapshot_packing()));
  }
  snapshot::ExportOptions options;
  options.epochs = 1000;
  options.reading.helpers = helpers;
  const auto start = std::chrono::steady_clock::now();
  TRY(const auto done,
      snapshot::export_snapshot(*database.chain, snapshot::BlockReader(database.database->blocks()),
                                database.chain->head(), snapshot::threaded(std::move(sink), false),
                                options));
  report("export", done.bytes, done.blocks, seconds_since(start));
  return {};
}

Result<void> collect(const std::filesystem::path& folder) {
  TRY(auto database, open(folder, false));
  snapshot::CollectOptions options;
  options.keep_epochs = snapshot::kMinKeepEpochs;
  options.settle = std::chrono::milliseconds(0);
  options.reading.helpers = 1;
  const auto start = std::chrono::steady_clock::now();
  TRY(const auto done, snapshot::collect_garbage(*database.chain, *database.database, options));
  report("collect", done.bytes, done.blocks, seconds_since(start));
  return {};
}

Result<void> run(const std::vector<std::string>& words) {
  const auto number = [&](std::size_t at, double otherwise) {
    return words.size() > at ? std::strtod(words[at].c_str(), nullptr) : otherwise;
  };
  if (words.size() >= 3 && words[0] == "make") return make(words[1], number(2, 1));
  if (words.size() >= 3 && words[0] == "import")
    return import(words[1], words[2], static_cast<std::size_t>(number(3, 0)));
  if (words.size() >= 2 && words[0] == "compact") return compact(words[1]);
  if (words.size() >= 3 && words[0] == "export")
    return write(words[1], words[2], static_cast<std::size_t>(number(3, 1)));
  if (words.size() >= 2 && words[0] == "gc") return collect(words[1]);
  return fail(ErrorCode::InvalidArgument,
              "usage: snapshot_load make FILE GIB | import FILE DB [MIB] | compact DB | export DB "
              "FILE [HELPERS] | gc DB");
}

}  // namespace
}  // namespace venus

int main(int argc, char** argv) {
  const auto done = venus::run({argv + 1, argv + argc});
  if (done) return 0;
  fmt::print(stderr, "{}\n", done.error().message);
  return 1;
}
