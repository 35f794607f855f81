// SPDX-License-Identifier: MIT OR Apache-2.0
// Messages: executing them without effect, again, and finding where they were executed.
#include <boost/json.hpp>

#include "actors/methods.hpp"
#include "api/node/state.hpp"
#include "bridge/vm_trace.hpp"
#include "services/node/handlers/reads.hpp"

namespace venus::node {
namespace {

using Api = api::StateApi;
using api::Json;
using base::to_json;
using Duration = std::chrono::nanoseconds;

constexpr std::size_t kMaxListedEpochs = 100'000;

Json bytes_or_null(const Bytes& bytes) { return bytes.empty() ? Json(nullptr) : to_json(bytes); }

Json gas_charges(const std::vector<bridge::TraceGasCharge>& charges) {
  if (charges.empty()) return nullptr;
  boost::json::array out;
  for (const auto& charge : charges) {
    out.push_back(boost::json::object{{"Name", charge.name},
                                      {"tg", charge.total_gas},
                                      {"cg", charge.compute_gas},
                                      {"sg", charge.storage_gas},
                                      {"tt", charge.duration_ns}});
  }
  return out;
}

// As Lotus's ExecutionTrace.
Json trace_json(const bridge::ExecutionTrace& trace) {
  const auto& message = trace.message;
  boost::json::object out{
      {"Msg", boost::json::object{{"From", to_json(message.from)},
                                  {"To", to_json(message.to)},
                                  {"Value", to_json(message.value)},
                                  {"Method", message.method},
                                  {"Params", bytes_or_null(message.params)},
                                  {"ParamsCodec", message.params_codec},
                                  {"GasLimit", message.gas_limit},
                                  {"ReadOnly", message.read_only}}},
      {"MsgRct", boost::json::object{{"ExitCode", trace.result.exit_code},
                                     {"Return", bytes_or_null(trace.result.data)},
                                     {"ReturnCodec", trace.result.codec}}}};
  if (trace.invoked_actor) {
    out["InvokedActor"] =
        boost::json::object{{"Id", trace.invoked_actor->id.value()}, {"State", to_json(trace.invoked_actor->state)}};
  }
  out["GasCharges"] = gas_charges(trace.gas_charges);
  boost::json::array subcalls;
  for (const auto& call : trace.subcalls) subcalls.push_back(trace_json(call));
  out["Subcalls"] = subcalls.empty() ? Json(nullptr) : Json(std::move(subcalls));
  if (!trace.logs.empty()) out["Logs"] = to_json(trace.logs);
  if (!trace.ipld.empty()) {
    boost::json::array operations;
    for (const auto& op : trace.ipld) {
      operations.push_back(
          boost::json::object{{"Op", op.put ? "Put" : "Get"}, {"Cid", to_json(op.cid)}, {"Size", op.size}});
    }
    out["IpldOps"] = std::move(operations);
  }
  return out;
}

// Implicit messages pay nothing and have no costs; as Lotus's MsgGasCost.
Json gas_cost(const types::Message& message, const bridge::ApplyResult& result, bool implicit) {
  const TokenAmount none;
  const auto amount = [&](const TokenAmount& paid) { return to_json(implicit ? none : paid); };
  return boost::json::object{
      {"Message", implicit ? Json(nullptr) : to_json(message.cid())},
      {"GasUsed", std::to_string(implicit ? 0 : result.gas_used)},
      {"BaseFeeBurn", amount(result.base_fee_burn)},
      {"OverEstimationBurn", amount(result.over_estimation_burn)},
      {"MinerPenalty", amount(result.penalty)},
      {"MinerTip", amount(result.miner_tip)},
      {"Refund", amount(result.refund)},
      {"TotalCost", amount(message.required_funds() - result.refund)}};
}

// As Lotus's InvocResult.
Result<Json> invocation_json(const types::Message& message, const Cid& cid, const bridge::ApplyResult& result,
                             bool implicit, Duration took) {
  bridge::ExecutionTrace trace;
  if (!result.exec_trace.empty()) {
    TRY(trace, bridge::decode_execution_trace(result.exec_trace));
  }
  return Json(boost::json::object{{"MsgCid", to_json(cid)},
                                  {"Msg", to_json(message)},
                                  {"MsgRct", to_json(vm::receipt_of(result))},
                                  {"GasCost", gas_cost(message, result, implicit)},
                                  {"ExecutionTrace", trace_json(trace)},
                                  {"Error", result.failure},
                                  {"Duration", took.count()}});
}

Result<Json> call(Node& node, const types::Message& message, const TipsetKey& key) {
  TRY(const auto tipset, node.tipset(key));
  consensus::CallRequest request;
  request.message = message;
  request.tipset = tipset;
  const auto start = std::chrono::steady_clock::now();
  TRY(const auto called, node.runtime->states.call(request));
  const auto took = std::chrono::steady_clock::now() - start;
  return invocation_json(called.message, called.message.cid(), called.result, true, took);
}

// ---- finding messages ------------------------------------------------------------------------------

using Found = std::optional<api::MessageLookup>;

// Whether the parents of `tipset` carry the message, or one of the same sender and nonce.
Result<Found> executed_in(Node& node, const TipsetPtr& tipset, const Cid& cid, const types::Message& message,
                          bool allow_replaced) {
  if (tipset->height().value() == 0) return Found{};
  TRY(const auto parents, node.chain->tipset(tipset->parents()));
  TRY(const auto messages, tipset_messages(node, parents));
  for (std::size_t i = messages.size(); i-- > 0;) {
    const auto& other = messages[i];
    if (other.message.from != message.from || other.message.nonce > message.nonce) continue;
    if (other.message.nonce < message.nonce) return Found{};
    if (other.cid != cid && !allow_replaced) {
      return fail(ErrorCode::Conflict, "message {} was replaced by {}", cid, other.cid);
    }
    TRY(auto receipt, node.chain->receipt(tipset->parent_receipts(), i));
    return Found(api::MessageLookup{other.cid, std::move(receipt), nullptr, tipset->key(), tipset->height()});
  }
  return Found{};
}

Result<Found> search_index(Node& node, const Cid& cid, const types::Message& message) {
  TRY(const auto location, node.chain->locate(cid));
  const auto head = node.head();
  if (!location || location->epoch >= head->height()) return Found{};
  TRY(const auto child, node.chain->tipset_at(location->epoch + 1, head, chainstore::NullRound::After));
  return executed_in(node, child, cid, message, false);
}

Result<std::optional<Nonce>> nonce_at(Node& node, const TipsetPtr& tipset, const Address& sender) {
  TRY(const auto view, node.views.at(*node.chain, tipset));
  TRY(const auto actor, view->tree.find_actor(sender));
  return actor ? std::optional(actor->nonce) : std::nullopt;
}

// Goes back over the tipsets at which the sender's nonce passed the message's.
Result<Found> search_back(Node& node, TipsetPtr tipset, const Cid& cid, const types::Message& message,
                          ChainEpoch limit, bool allow_replaced) {
  const auto lowest = limit.value() < 0 ? ChainEpoch(-1) : tipset->height() - limit.value();
  TRY(auto nonce, nonce_at(node, tipset, message.from));
  while (tipset->height().value() > 0 && tipset->height() > lowest) {
    if (!nonce || *nonce <= message.nonce) return Found{};
    TRY(const auto parents, node.chain->tipset(tipset->parents()));
    TRY(const auto before, nonce_at(node, parents, message.from));
    if (!before || *before <= message.nonce) {
      TRY(auto found, executed_in(node, tipset, cid, message, allow_replaced));
      if (found) return found;
    }
    tipset = parents;
    nonce = before;
  }
  return Found{};
}

Result<Found> search(Node& node, const TipsetKey& from, const Cid& cid, ChainEpoch limit, bool allow_replaced) {
  TRY(const auto tipset, node.tipset(from));
  TRY(const auto message, node.chain->message(cid));
  TRY(auto found, executed_in(node, tipset, cid, message.message, allow_replaced));
  if (found) return found;
  TRY(found, search_index(node, cid, message.message));
  if (found) return found;
  return search_back(node, tipset, cid, message.message, limit, allow_replaced);
}

// A failed decoding leaves null: contracts return what no table knows.
Json decoded_return(Node& node, const api::MessageLookup& found) {
  if (found.receipt.exit_code.value() != 0 || found.receipt.return_value.empty()) return nullptr;
  const auto message = node.chain->message(found.message);
  if (!message) return nullptr;
  const auto view = state_at(node, found.tipset);
  if (!view) return nullptr;
  const auto actor = (*view)->tree.get_actor(message->message.to);
  if (!actor) return nullptr;
  const auto code = (*view)->tree.code_info(actor->code);
  if (!code) return nullptr;
  return actors::return_to_json(*code, message->message.method, found.receipt.return_value).value_or(nullptr);
}

Task<api::MessageLookup> wait(Node& node, Cid cid, std::uint64_t confidence, ChainEpoch limit, bool allow_replaced) {
  // Subscribed before the first look, so that no head is missed between the two.
  auto heads = node.subscribe_head();
  for (;;) {
    CO_TRY(auto found, co_await on(node.workers, [&] { return search(node, {}, cid, limit, allow_replaced); }));
    if (found) {
      const auto depth = node.head()->height() - found->height;
      if (depth >= 0 && static_cast<std::uint64_t>(depth) >= confidence) {
        found->return_decoded = co_await on(node.workers, [&] { return decoded_return(node, *found); });
        co_return *std::move(found);
      }
    }
    CO_TRY(const auto changed, co_await heads.next());
    if (!changed) co_return fail(ErrorCode::Cancelled, "the node stops");
    while (heads.try_next()) {
    }
  }
}

Result<Json> replay(Node& node, const TipsetKey& key, const Cid& cid) {
  auto wanted = cid;
  auto at = key;
  if (at.empty()) {
    TRY(const auto found, search(node, {}, cid, ChainEpoch(-1), true));
    if (!found) return fail(ErrorCode::NotFound, "message {} was not executed on this chain", cid);
    TRY(const auto execution, node.chain->tipset(found->tipset));
    wanted = found->message;
    at = execution->parents();
  }
  TRY(const auto tipset, node.chain->tipset(at));
  const auto start = std::chrono::steady_clock::now();
  TRY(const auto executed,
      node.runtime->states.execute(tipset, {.store_events = true, .trace = true, .keep_applied = true}));
  const auto took = std::chrono::steady_clock::now() - start;
  for (const auto& applied : executed.applied) {
    if (applied.cid != wanted) continue;
    return invocation_json(applied.message, wanted, applied.result, applied.implicit, took);
  }
  return fail(ErrorCode::NotFound, "message {} is none of tipset {}", wanted, at);
}

Result<Json> compute(Node& node, ChainEpoch height, const std::vector<types::Message>& messages,
                     const TipsetKey& key) {
  TRY(const auto tipset, node.tipset(key));
  if (!messages.empty() || height > tipset->height()) {
    return fail(ErrorCode::Unsupported, "only the state after the tipset itself is computed; see StateCall");
  }
  TRY(const auto executed,
      node.runtime->states.execute(tipset, {.store_events = true, .trace = true, .keep_applied = true}));
  boost::json::array trace;
  for (const auto& applied : executed.applied) {
    TRY(auto item, invocation_json(applied.message, applied.cid, applied.result, applied.implicit, Duration{}));
    trace.push_back(std::move(item));
  }
  return Json(boost::json::object{{"Root", to_json(executed.state_root)}, {"Trace", std::move(trace)}});
}

struct Match {
  Address to;
  Address from;
  static constexpr auto fields() {
    return base::fields_of(base::field("To", &Match::to), base::field("From", &Match::from));
  }
  [[nodiscard]] bool takes(const types::Message& message) const {
    return (!to.defined() || message.to == to) && (!from.defined() || message.from == from);
  }
};

Result<std::vector<Cid>> list_messages(Node& node, const Json& wanted, const TipsetKey& key, ChainEpoch lowest) {
  TRY(const auto match, base::from_json<Match>(wanted));
  TRY(const auto view, state_at(node, key));
  if (!match.to.defined() && !match.from.defined()) {
    return fail(ErrorCode::InvalidArgument, "must specify at least To or From in message filter");
  }
  TRY(const auto known, view->tree.find_id(match.to.defined() ? match.to : match.from));
  std::vector<Cid> out;
  if (!known) return out;
  auto tipset = view->tipset;
  for (std::size_t visited = 0; tipset->height() >= lowest; ++visited) {
    if (visited == kMaxListedEpochs) {
      return fail(ErrorCode::TooLarge, "at most {} tipsets at a time", kMaxListedEpochs);
    }
    TRY(const auto messages, tipset_messages(node, tipset));
    for (const auto& message : messages) {
      if (match.takes(message.message)) out.push_back(message.cid);
    }
    if (tipset->height().value() == 0) break;
    TRY(tipset, node.chain->tipset(tipset->parents()));
  }
  return out;
}

}  // namespace

void bind_state_calls(rpc::Dispatcher& d, Node& node) {
  bind_read<Api::Call>(d, node, &call);
  bind_read<Api::Replay>(d, node, &replay);
  bind_read<Api::Compute>(d, node, &compute);
  bind_read<Api::SearchMessage>(d, node, &search);
  bind_read<Api::ListMessages>(d, node, &list_messages);
  d.bind<Api::WaitMessage>([&node](Cid cid, std::uint64_t confidence, ChainEpoch limit, bool allow_replaced) {
    return wait(node, cid, confidence, limit, allow_replaced);
  });
}

}  // namespace venus::node
