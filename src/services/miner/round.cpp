// SPDX-License-Identifier: MIT OR Apache-2.0
// One round, from base to submitted blocks.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <set>

#include "api/draw_random.hpp"
#include "api/gateway.hpp"
#include "services/miner/service.hpp"
#include "types/election.hpp"

namespace venus::miner {
namespace {

constexpr std::int64_t kTicketProduction = 1;
constexpr std::int64_t kElectionProofProduction = 2;
constexpr std::int64_t kWinningPostChallenge = 3;

const types::BeaconEntry& beacon_of(const api::MiningBaseInfo& info) {
  return info.beacon_entries.empty() ? info.previous_beacon_entry : info.beacon_entries.back();
}

template <class T>
asio::awaitable<void> collect(Task<T> task, rpc::StreamWriter<Result<T>> writer) {
  writer.send(co_await std::move(task));
}

asio::awaitable<void> collect_void(Task<> task, rpc::StreamWriter<Result<bool>> writer) {
  auto done = co_await std::move(task);
  writer.send(done ? Result<bool>(true) : Result<bool>(std::unexpected(done.error())));
}

// A block that takes longer to be checked is submitted elsewhere too.
constexpr std::chrono::seconds kSubmitTimeout{10};

Task<> submit_to(std::shared_ptr<rpc::Client> node, types::BlockMessage block) {
  co_return co_await node->call_with<api::ChainApi::SyncSubmitBlock>(rpc::CallMeta{.timeout = kSubmitTimeout},
                                                                     std::move(block));
}

}  // namespace

Task<Bytes> Service::vrf(api::MinerForMining miner, Address worker, api::MiningBaseInfo info, std::int64_t domain,
                         ChainEpoch round, Bytes extra_entropy) {
  api::DrawRandomParams params;
  params.rbase = beacon_of(info).data;
  params.pers = domain;
  params.round = round;
  params.entropy = ipld::encode(miner.address);
  base::append(params.entropy, extra_entropy);
  CO_TRY(auto signature, co_await peers_.gateway->call<api::GatewayApi::WalletSign>(
                             worker, std::vector<std::string>{miner.name}, ipld::encode(params),
                             api::MsgMeta{std::string(api::sign_type::kDrawRandomParam), {}}));
  co_return std::move(signature.data);
}

Task<types::Ticket> Service::make_ticket(api::MinerForMining miner, api::MiningBaseInfo info, TipsetPtr base,
                                         ChainEpoch round) {
  const auto worker = info.worker_key;
  CO_TRY(auto proof, co_await vrf(std::move(miner), worker, std::move(info), kTicketProduction, round - 1,
                                  base->min_ticket().vrf_proof));
  co_return types::Ticket{std::move(proof)};
}

Task<std::vector<types::PostProof>> Service::prove(api::MinerForMining miner, api::MiningBaseInfo info,
                                                   ChainEpoch round) {
  api::DrawRandomParams seed{beacon_of(info).data, kWinningPostChallenge, round, ipld::encode(miner.address)};
  CO_TRY(const auto version, co_await peers_.node->call<api::StateApi::NetworkVersion>(TipsetKey()));
  co_return co_await peers_.gateway->call<api::GatewayApi::ComputeProof>(
      miner.address, std::move(info.sectors), seed.signing_bytes(), round, NetworkVersion(version));
}

Task<Service::MaybeWinner> Service::try_miner(api::MinerForMining miner, TipsetPtr base, ChainEpoch round) {
  const auto started = clock_.unix_millis();
  CO_TRY(auto info, with_context(co_await peers_.node->call<api::MpoolApi::GetBaseInfo>(miner.address, round,
                                                                                      base->key()),
                                 "base info"));
  if (!info || !info->eligible_for_mining) co_return MaybeWinner{};
  Winner winner{miner, *std::move(info), {}, {}, {}, 0};
  CO_TRY(winner.election_proof.vrf_proof,
         with_context(co_await vrf(miner, winner.info.worker_key, winner.info, kElectionProofProduction, round, {}),
                      "election proof"));
  winner.election_proof.win_count = types::win_count(winner.election_proof.vrf_proof, winner.info.miner_power,
                                                     winner.info.network_power);
  if (winner.election_proof.win_count < 1) co_return MaybeWinner{};
  CO_TRY_VOID(co_await on(pool_, [&] {
    return filter_.note_win(miner.address, round, base->height(), winner.election_proof.win_count);
  }));
  CO_TRY(winner.ticket, with_context(co_await make_ticket(miner, winner.info, base, round), "ticket"));
  auto proofs = with_context(co_await prove(miner, winner.info, round), "WinningPoSt");
  winner.proof_millis = clock_.unix_millis() - started;
  if (!proofs) {
    CO_TRY_VOID(co_await on(pool_, [&] {
      return filter_.finish(miner.address, round, api::MineState::Error, proofs.error().message, winner.proof_millis,
                            winner.proof_millis);
    }));
    co_return std::unexpected(proofs.error());
  }
  winner.proofs = *std::move(proofs);
  co_return MaybeWinner(std::move(winner));
}

Task<std::vector<Service::Winner>> Service::find_winners(TipsetPtr base, ChainEpoch round) {
  std::vector<api::MinerForMining> miners;
  {
    const std::scoped_lock lock(mutex_);
    miners = miners_;
  }
  auto [writer, results] = rpc::make_stream<Result<MaybeWinner>>(miners.size() + 1);
  const auto executor = co_await asio::this_coro::executor;
  for (const auto& miner : miners) {
    asio::co_spawn(executor, collect<MaybeWinner>(try_miner(miner, base, round), writer), asio::detached);
  }
  // Proofs may take until the block's own time and half a delay beyond: later no one would include it.
  const auto allowed = settings_.miner_timeout.count() > 0
                           ? settings_.miner_timeout
                           : std::chrono::milliseconds(std::max<std::int64_t>(
                                 1000, block_time_millis(*base, round) - clock_.unix_millis() +
                                           static_cast<std::int64_t>(settings_.block_delay_seconds) * 500));
  const auto deadline = std::chrono::steady_clock::now() + allowed;
  std::vector<Winner> winners;
  bool late = false;
  for (std::size_t i = 0; i < miners.size() && !late; ++i) {
    auto item = co_await results.next_until(deadline);
    if (!item || !*item) {
      if (report_) report_(fmt::format("round {}", round), Error{ErrorCode::Timeout, "a miner took too long"});
      late = true;
      continue;
    }
    auto& result = **item;
    if (!result) {
      if (report_) report_(fmt::format("round {}", round), result.error());
      const std::scoped_lock lock(mutex_);
      ++counts_.failures;
    } else if (*result) {
      winners.push_back(**std::move(result));
    }
  }
  if (!late) co_return winners;
  for (const auto& miner : miners) {
    if (std::ranges::any_of(winners, [&](const Winner& w) { return w.miner.address == miner.address; })) continue;
    CO_TRY_VOID(co_await on(pool_, [&] { return filter_.time_out(miner.address, round); }));
  }
  co_return winners;
}

Task<TipsetPtr> Service::recheck_base(TipsetPtr base, std::vector<Winner>& winners, ChainEpoch round) {
  CO_TRY(auto head, co_await peers_.node->call<api::ChainApi::Head>());
  const bool grew = head->height() == base->height() && head->parents() == base->parents() &&
                    head->blocks().size() > base->blocks().size();
  if (head->key() == base->key() || !grew) co_return base;
  // The ticket covers the parents' smallest ticket: if that changed, so must ours.
  if (head->min_ticket() != base->min_ticket()) {
    for (auto& winner : winners) {
      CO_TRY(winner.ticket, co_await make_ticket(winner.miner, winner.info, head, round));
    }
  }
  co_return head;
}

Task<types::BlockMessage> Service::build_block(const Winner& winner, TipsetPtr base, ChainEpoch round,
                                               std::vector<types::SignedMessage> messages) {
  api::BlockTemplate wanted;
  wanted.miner = winner.miner.address;
  wanted.parents = base->key();
  wanted.ticket = winner.ticket;
  wanted.election_proof = winner.election_proof;
  wanted.beacon_values = winner.info.beacon_entries;
  wanted.messages = std::move(messages);
  wanted.epoch = round;
  wanted.timestamp = static_cast<std::uint64_t>(block_time_millis(*base, round) / 1000);
  wanted.winning_post_proof = winner.proofs;
  CO_TRY(auto block, with_context(co_await peers_.node->call<api::MpoolApi::CreateBlock>(std::move(wanted)),
                                  "create block"));
  if (!block.header.block_sig) {
    CO_TRY(block.header.block_sig,
           with_context(co_await peers_.gateway->call<api::GatewayApi::WalletSign>(
                            winner.info.worker_key, std::vector<std::string>{winner.miner.name},
                            block.header.signing_bytes(), api::MsgMeta{std::string(api::sign_type::kBlock), {}}),
                        "sign block"));
  }
  co_return block;
}

// Done as soon as one has it: the others are told all the same.
Task<> Service::submit(types::BlockMessage block) {
  if (settings_.submit_to != Settings::SubmitTo::All) co_return co_await submit_to_one(std::move(block));
  const auto count = peers_.submit_nodes.size();
  auto [writer, results] = rpc::make_stream<Result<bool>>(count + 1);
  const auto executor = co_await asio::this_coro::executor;
  for (const auto& node : peers_.submit_nodes) {
    asio::co_spawn(executor, collect_void(submit_to(node, block), writer), asio::detached);
  }
  Error error{ErrorCode::Unavailable, "no node to submit to"};
  for (std::size_t i = 0; i < count; ++i) {
    CO_TRY(auto result, co_await results.next());
    if (!result) break;
    if (*result) co_return Result<void>{};
    error = result->error();
  }
  co_return std::unexpected(std::move(error));
}

// Dead nodes come last: they may be back by then.
std::vector<std::size_t> Service::submit_order(const Address& miner) const {
  auto first = peers_.node_in_use ? peers_.node_in_use() : 0;
  if (settings_.submit_to == Settings::SubmitTo::Spread) {
    const std::scoped_lock lock(mutex_);
    first += static_cast<std::size_t>(std::ranges::find(miners_, miner, &api::MinerForMining::address) - miners_.begin());
  }
  std::vector<std::size_t> out;
  const auto count = peers_.submit_nodes.size();
  for (std::size_t i = 0; i < count; ++i) out.push_back((first + i) % count);
  std::ranges::stable_partition(out, [this](std::size_t node) { return !peers_.node_alive || peers_.node_alive(node); });
  return out;
}

Task<> Service::submit_to_one(types::BlockMessage block) {
  Result<void> done = fail(ErrorCode::Unavailable, "no node to submit to");
  for (const auto node : submit_order(block.header.miner)) {
    done = co_await submit_to(peers_.submit_nodes[node], block);
    if (done) break;
  }
  co_return done;
}

Task<> Service::produce(Winner winner, TipsetPtr base, ChainEpoch round,
                        std::vector<types::SignedMessage> messages) {
  const auto begun = clock_.unix_millis();
  const auto& miner = winner.miner.address;
  auto block = co_await build_block(winner, base, round, std::move(messages));
  Result<void> done;
  if (block) {
    done = co_await on(pool_, [&] { return filter_.check_and_record(block->header, base->height()); });
    const auto ready = clock_.unix_millis();
    if (done) done = co_await wait_until_millis(block_time_millis(*base, round));
    if (done) done = with_context(co_await submit(*block), "submit");
    if (done && on_block_) on_block_(block->header, ready - begun);
  } else {
    done = std::unexpected(block.error());
  }
  const auto state = done ? api::MineState::Success : api::MineState::Error;
  const auto text = done ? std::string() : done.error().message;
  CO_TRY_VOID(co_await on(pool_, [&] {
    return filter_.finish(miner, round, state, text, winner.proof_millis,
                          winner.proof_millis + clock_.unix_millis() - begun);
  }));
  if (!done) note_error(miner, done.error());
  const std::scoped_lock lock(mutex_);
  if (done) {
    ++counts_.blocks;
    last_errors_.erase(miner);
  }
  co_return done;
}

Task<std::vector<api::SignedMessages>> Service::select_messages(TipsetKey base, std::vector<double> qualities) {
  auto lists = co_await peers_.node->call<api::MpoolApi::SelectMany>(base, qualities);
  if (lists || lists.error().code != ErrorCode::Unsupported) co_return lists;
  // A node that knows nothing of several blocks, as Lotus: a sender belongs to the first block that has it.
  std::vector<api::SignedMessages> out;
  std::set<Address> taken;
  for (const auto quality : qualities) {
    CO_TRY(auto list, co_await peers_.node->call<api::MpoolApi::Select>(base, quality));
    std::erase_if(list, [&](const auto& message) { return taken.contains(message.message.from); });
    for (const auto& message : list) taken.insert(message.message.from);
    out.push_back(std::move(list));
  }
  co_return out;
}

Task<> Service::mine_round(TipsetPtr base, ChainEpoch round) {
  CO_TRY(auto winners, co_await find_winners(base, round));
  {
    const std::scoped_lock lock(mutex_);
    ++counts_.rounds;
    counts_.wins += winners.size();
  }
  if (winners.empty()) co_return Result<void>{};
  CO_TRY(base, co_await recheck_base(base, winners, round));
  std::vector<double> qualities;
  for (const auto& winner : winners) qualities.push_back(types::ticket_quality(winner.ticket.vrf_proof));
  // An empty block is worth more than none.
  auto lists = co_await select_messages(base->key(), std::move(qualities));
  if (!lists && report_) report_("select messages", lists.error());
  if (!lists) lists = std::vector<api::SignedMessages>(winners.size());
  lists->resize(winners.size());
  auto [writer, results] = rpc::make_stream<Result<bool>>(winners.size() + 1);
  const auto executor = co_await asio::this_coro::executor;
  const auto count = winners.size();
  for (std::size_t i = 0; i < count; ++i) {
    asio::co_spawn(executor,
                   collect_void(produce(std::move(winners[i]), base, round, std::move((*lists)[i])), writer),
                   asio::detached);
  }
  for (std::size_t i = 0; i < count; ++i) {
    auto item = co_await results.next();
    if (!item || !*item) break;
  }
  co_return Result<void>{};
}

}  // namespace venus::miner
