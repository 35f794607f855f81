// SPDX-License-Identifier: MIT OR Apache-2.0
// JSON-RPC over HTTP: the body of a POST in, the body of the answer out.
#include "rpc/error.hpp"
#include "rpc/rpc_text.hpp"
#include "rpc/server_core.hpp"

#include <boost/json/monotonic_resource.hpp>

namespace venus::rpc {
namespace {

// A call whose document is read and whose handler may still have to be awaited.
struct Started {
  std::string id;
  const MethodInfo* method = nullptr;
  std::string name;
  detail::Invocation invocation;
};

Started start_one(const Router::Mount& mount, CallContext context,
                  const boost::json::value& document) {
  Started out;
  RpcRequest request;
  if (auto read = read_request(document, request); !read) {
    out.id = request.id.empty() ? "null" : std::move(request.id);
    out.invocation.ready = std::unexpected(std::move(read).error());
    return out;
  }
  out.id = std::move(request.id);
  const auto* entry = mount.dispatcher->find(request.method, mount.version);
  out.method = entry == nullptr ? nullptr : entry->info;
  if (entry == nullptr) out.name = request.method.substr(0, 128);
  if (out.method != nullptr && out.method->is_stream) {
    out.invocation.ready = std::unexpected(
        rpc_error(kMethodNotFound, ErrorCode::Unsupported,
                  fmt::format("method '{}' not supported in this mode (no out channel support)",
                              request.method)));
    return out;
  }
  out.invocation =
      mount.dispatcher->start(std::move(context), request.method, *request.params, mount.version);
  return out;
}

// Parses and starts in one go, so that the document lives on the stack only.
Result<std::variant<Started, boost::json::value>> parse_and_start(const Server::Core& core,
                                                                  const Router::Mount& mount,
                                                                  const CallContext& context,
                                                                  std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first != std::string_view::npos && text[first] == '[') {
    return parse_request(text, core.options.limits.max_json_depth, {});
  }
  std::array<unsigned char, 4096> memory;
  boost::json::monotonic_resource resource(memory.data(), memory.size());
  TRY(const auto document, parse_request(text, core.options.limits.max_json_depth, &resource));
  return start_one(mount, context, document);
}

asio::awaitable<Result<Outcome>> finish_one(Started& started) {
  if (started.invocation.ready) co_return *std::move(started.invocation.ready);
  Error failure;
  try {
    co_return co_await std::move(started.invocation.pending);
  } catch (const std::exception& thrown) {
    failure = {ErrorCode::Internal, fmt::format("the call failed: {}", thrown.what())};
  }
  co_return std::unexpected(std::move(failure));
}

unsigned write_one(std::string& out, const Started& started, const Result<Outcome>& outcome,
                   bool with_kind) {
  if (started.id.empty()) return 200;
  if (outcome) {
    append_result(out, started.id, outcome->text);
    return 200;
  }
  append_error(out, started.id, outcome.error(), with_kind);
  return http_status_of(outcome.error());
}

RpcReply refusal(const Error& error, bool with_kind) {
  RpcReply reply{http_status_of(error), {}};
  append_error(reply.body, {}, error, with_kind);
  return reply;
}

asio::awaitable<RpcReply> answer_batch(std::shared_ptr<Server::Core> core, Router::Mount mount,
                                       CallContext context, boost::json::value document,
                                       bool with_kind) {
  const auto& list = document.get_array();
  if (list.empty() || list.size() > core->options.limits.max_batch) {
    const auto why = list.empty()
                         ? std::string("Invalid request: an empty batch")
                         : fmt::format("Invalid request: a batch of {} is over the limit of {}",
                                       list.size(), core->options.limits.max_batch);
    co_return refusal(rpc_error(kInvalidRequest, ErrorCode::InvalidArgument, why), with_kind);
  }
  RpcReply reply;
  for (const auto& item : list) {
    const auto began = std::chrono::steady_clock::now();
    auto started = start_one(mount, context, item);
    const auto outcome = co_await finish_one(started);
    core->record(started.method, started.name, context, began,
                 outcome ? nullptr : &outcome.error());
    if (started.id.empty()) continue;
    reply.body += reply.body.empty() ? '[' : ',';
    write_one(reply.body, started, outcome, with_kind);
  }
  if (!reply.body.empty()) reply.body += ']';
  co_return reply;
}

}  // namespace

asio::awaitable<RpcReply> answer_post(std::shared_ptr<Server::Core> core, Router::Mount mount,
                                      CallContext context, std::string_view text, bool with_kind) {
  auto pass = core->gate.try_enter();
  if (!pass) {
    auto entered = co_await core->gate.enter();
    if (!entered) {
      core->refused.fetch_add(1, std::memory_order_relaxed);
      co_return refusal(rpc_error(kBusy, entered.error().code, std::move(entered).error().message),
                        with_kind);
    }
    pass = *std::move(entered);
  }
  const auto began = std::chrono::steady_clock::now();
  auto parsed = parse_and_start(*core, mount, context, text);
  if (!parsed) {
    core->refused.fetch_add(1, std::memory_order_relaxed);
    co_return refusal(parsed.error(), with_kind);
  }
  if (auto* document = std::get_if<boost::json::value>(&*parsed)) {
    co_return co_await answer_batch(core, mount, std::move(context), std::move(*document),
                                    with_kind);
  }
  auto& started = std::get<Started>(*parsed);
  const auto outcome = started.invocation.ready ? *std::move(started.invocation.ready)
                                                : co_await finish_one(started);
  core->record(started.method, started.name, context, began, outcome ? nullptr : &outcome.error());
  RpcReply reply;
  reply.status = write_one(reply.body, started, outcome, with_kind);
  co_return reply;
}

}  // namespace venus::rpc
