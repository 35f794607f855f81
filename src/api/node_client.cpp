// SPDX-License-Identifier: MIT OR Apache-2.0
#include "api/node_client.hpp"

#include "api/node/chain.hpp"

namespace venus::api {

Task<std::int64_t> head_height(std::shared_ptr<rpc::Client> node, rpc::Millis timeout) {
  CO_TRY(const auto head, co_await node->call_with<ChainApi::Head>(rpc::CallMeta{.timeout = timeout}));
  if (!head) co_return fail(ErrorCode::Malformed, "the node tells no head");
  co_return head->height().value();
}

Result<NodeClients> make_node_clients(asio::io_context& io, const std::vector<std::string>& urls,
                                      NodeClientOptions options) {
  if (urls.empty()) return fail(ErrorCode::InvalidArgument, "node.urls names no node");
  NodeClients out;
  for (const auto& url : urls) {
    TRY(auto endpoint, with_context(rpc::Endpoint::parse(url), "node.urls"));
    auto client = options.client;
    if (client.token.empty()) client.token = endpoint.token;
    if (options.websocket && !endpoint.websocket()) endpoint.scheme = endpoint.tls() ? "wss" : "ws";
    TRY(auto made, rpc::make_client(io, endpoint.url(), std::move(client)));
    out.each.push_back(std::move(made));
  }
  if (out.each.size() == 1) {
    out.client = out.each.front();
    out.in_use = [] { return std::size_t{0}; };
    out.alive = [](std::size_t) { return true; };
    out.on_switch = [](std::function<void(std::size_t)>) {};
    return out;
  }
  TRY(const auto chosen,
      rpc::make_failover_client(io, out.each, head_height, {.max_behind = options.max_behind}));
  out.client = chosen;
  out.in_use = [chosen] { return chosen->in_use(); };
  out.alive = [chosen](std::size_t node) { return chosen->peers().at(node).alive; };
  out.on_switch = [chosen](std::function<void(std::size_t)> hook) { chosen->on_switch(std::move(hook)); };
  return out;
}

}  // namespace venus::api
