// SPDX-License-Identifier: MIT OR Apache-2.0
// What the handlers share: binding plain functions, and answers kept as text.
#pragma once

#include "api/node/chain_types.hpp"
#include "services/node/handlers/handlers.hpp"

namespace venus::node {

/// The method M, answered with ready JSON text.
template <class M>
struct AsText : M {
  using Out = rpc::RawJson;
};

/// Binds a call that may read the disk: it runs on the workers.
template <class M, class... Args>
void bind_read(rpc::Dispatcher& d, Node& node, Result<typename M::Out> (*read)(Node&, Args...)) {
  d.bind<M>([&node, read](std::remove_cvref_t<Args>... args) {
    return on(node.workers, [&node, read, args = std::make_tuple(std::move(args)...)] {
      return std::apply([&](const auto&... arg) { return read(node, arg...); }, args);
    });
  });
}

/// A call about an address at a tipset: `read` on the workers the first time, then from the text kept.
template <class Out>
Task<rpc::RawJson> read_kept(Node& node, std::string_view method, Address address, TipsetKey key,
                             Result<Out> (*read)(Node&, const Address&, const TipsetKey&)) {
  if (key.empty()) key = node.head()->key();
  const auto name = AnswerCache::key(method, key, address);
  if (const auto text = node.answers.find(name)) co_return rpc::RawJson{*text};
  CO_TRY(auto text, co_await on(node.workers, [&]() -> Result<std::string> {
           TRY(const auto value, read(node, address, key));
           return base::write_json(base::to_json(value));
         }));
  node.answers.put(name, text);
  co_return rpc::RawJson{std::move(text)};
}

/// Binds a call whose answers are kept (see read_kept).
template <class M>
void bind_kept(rpc::Dispatcher& d, Node& node,
               Result<typename M::Out> (*read)(Node&, const Address&, const TipsetKey&)) {
  d.bind<AsText<M>>([&node, read](Address address, TipsetKey key) {
    return read_kept<typename M::Out>(node, M::name, address, std::move(key), read);
  });
}

/// The state that messages of a tipset start from; of the head for the empty key.
inline Result<StateViewPtr> state_at(Node& node, const TipsetKey& key) {
  TRY(const auto tipset, node.tipset(key));
  return node.views.at(*node.chain, tipset);
}

/// Each message of a tipset once, in the order of execution.
Result<std::vector<api::MessageAndCid>> tipset_messages(Node& node, const TipsetPtr& tipset);

/// Binds the calls about messages and their execution (state_calls.cpp).
void bind_state_calls(rpc::Dispatcher& d, Node& node);
/// Binds the calls about deals, datacap and multisigs (state_market.cpp).
void bind_state_market(rpc::Dispatcher& d, Node& node);

}  // namespace venus::node
