// SPDX-License-Identifier: MIT OR Apache-2.0
#include "consensus/chain_import.hpp"

#include "ipld/car.hpp"

namespace venus::consensus {
namespace {

// Remembers that a file with these roots was loaded whole.
Bytes loaded_mark(const TipsetKey& roots) {
  auto out = base::to_bytes(base::as_bytes("loaded/"));
  base::append(out, roots.bytes());
  return out;
}

// The genesis below a tipset, from headers alone.
Result<TipsetPtr> find_genesis(const chainstore::ChainStore& chain, TipsetPtr tipset) {
  while (tipset->height() > ChainEpoch(0)) {
    TRY(tipset, with_context(chain.parent(*tipset), fmt::format("parents of epoch {}", tipset->height())));
  }
  return tipset;
}

// Roots in the order of a tipset, which files need not keep.
Result<TipsetPtr> tipset_of(const chainstore::ChainStore& chain, const std::vector<Cid>& roots) {
  std::vector<types::BlockHeader> headers;
  for (const auto& root : roots) {
    TRY(auto header, with_context(chain.block(root), "a root of the file"));
    headers.push_back(std::move(header));
  }
  return types::Tipset::make(std::move(headers));
}

}  // namespace

Result<LoadedChain> load_chain_file(chainstore::ChainStore& chain, const std::filesystem::path& file,
                                    const LoadProgress& progress) {
  TRY(auto reader, with_context(ipld::CarReader::open_file(file), file.string()));
  if (reader.roots().empty()) return fail(ErrorCode::Malformed, "{} names no root", file.string());
  const TipsetKey roots(reader.roots());
  const auto mark = loaded_mark(roots);
  LoadedChain out;
  TRY(const auto marked, chain.metadata().get(chainstore::Column::Meta, mark));
  out.was_loaded = marked.has_value();
  if (!out.was_loaded) {
    TRY(const auto import, with_context(ipld::import_car(reader, chain.blocks(), progress), file.string()));
    out.blocks = import.blocks;
  }
  TRY(out.head, tipset_of(chain, roots.cids()));
  TRY(out.genesis, find_genesis(chain, out.head));
  if (!out.was_loaded) {
    chainstore::MetadataBatch batch;
    batch.put(chainstore::Column::Meta, mark, {});
    TRY_VOID(chain.metadata().write(batch));
  }
  return out;
}

}  // namespace venus::consensus
