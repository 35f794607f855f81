// SPDX-License-Identifier: MIT OR Apache-2.0
#include "services/node/state_views.hpp"

#include "base/json.hpp"

namespace venus::node {

Result<Cid> bundle_list(Blockstore& store, const Cid& manifest) {
  TRY(const auto bytes, store.get(manifest));
  ipld::cbor::Reader reader(bytes);
  reader.expect_array(2);
  static_cast<void>(reader.read_uint());
  auto list = reader.read_cid();
  TRY_VOID(with_context(reader.finish(), manifest.str()));
  return list;
}

Result<StateViewPtr> StateViews::at(const chainstore::ChainStore& chain, const TipsetPtr& tipset) {
  if (auto view = views_.get(tipset->key())) return *view;
  TRY(auto tree, actors::StateTree::load(chain.blocks(), tipset->parent_state_root()));
  auto view = std::make_shared<const StateView>(StateView{tipset, std::move(tree)});
  views_.put(tipset->key(), view);
  return view;
}

std::string AnswerCache::key(std::string_view method, const TipsetKey& tipset, const Address& address) {
  std::string out(method);
  out.push_back('\0');
  for (const auto& cid : tipset.cids()) out += base::as_chars(cid.bytes());
  out += base::as_chars(address.bytes());
  return out;
}

AnswerCache::Text AnswerCache::head(const TipsetPtr& head) {
  const std::scoped_lock lock(head_mutex_);
  if (head_ != head) {
    head_text_ = std::make_shared<const std::string>(base::write_json(base::to_json(head)));
    head_ = head;
  }
  return head_text_;
}

}  // namespace venus::node
