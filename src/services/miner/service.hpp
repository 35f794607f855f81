// SPDX-License-Identifier: MIT OR Apache-2.0
// Produces blocks for all miners of the pool at once (design.md, walk 1). Keys and data stay with the
// miners: tickets, election proofs and blocks are signed by their wallets, proofs made by their sealers,
// both through the gateway.
#pragma once

#include <atomic>
#include <map>
#include <mutex>

#include "api/auth.hpp"
#include "api/node/common.hpp"
#include "rpc/client.hpp"
#include "rpc/dispatcher.hpp"
#include "services/miner/slash_filter.hpp"

namespace venus::miner {

struct Settings {
  /// Seconds between epochs, and how long after a block's time its epoch's other blocks may still come.
  std::uint64_t block_delay_seconds = 30;
  std::uint64_t propagation_delay_seconds = 10;
  /// How long one miner may take from the start of a round to its proof; 0: until the block's time is over.
  std::chrono::milliseconds miner_timeout{0};
  std::chrono::milliseconds refresh_miners{30'000};
  /// Who gets blocks: every node; the one in use, and the next only when it fails; or one for each miner in
  /// turn, so that blocks of different miners reach the network by different nodes.
  enum class SubmitTo : std::uint8_t { All, One, Spread };
  SubmitTo submit_to = SubmitTo::All;
};

struct Peers {
  std::shared_ptr<rpc::Client> node;
  /// Where blocks are submitted.
  std::vector<std::shared_ptr<rpc::Client>> submit_nodes;
  /// Which of them `node` uses now; empty: the first.
  std::function<std::size_t()> node_in_use{};
  /// Whether one of them answers at all; empty: they do.
  std::function<bool(std::size_t)> node_alive{};
  std::shared_ptr<rpc::Client> gateway;
  /// Knows the miners; may be null when `miners` are given.
  api::auth::Auth* auth = nullptr;
};

class Service {
 public:
  Service(SlashFilter& filter, const base::Clock& clock, Peers peers, Settings settings,
          std::vector<api::MinerForMining> miners)
      : filter_(filter), clock_(clock), peers_(std::move(peers)), settings_(settings), miners_(std::move(miners)) {}

  void bind(rpc::Dispatcher& dispatcher);
  /// Produces until stop(); failures are reported and the next round tried.
  Task<> run();
  void stop() { stopping_ = true; }
  /// Before run().
  void set_settings(const Settings& settings) { settings_ = settings; }
  void on_report(std::function<void(std::string_view what, const Error&)> report) { report_ = std::move(report); }
  void on_block(std::function<void(const types::BlockHeader&, std::int64_t millis)> hook) { on_block_ = std::move(hook); }

  struct Counts {
    std::uint64_t rounds = 0;
    std::uint64_t wins = 0;
    std::uint64_t blocks = 0;
    std::uint64_t failures = 0;
  };
  [[nodiscard]] Counts counts() const;

  /// One round for all miners, for tests: everything from base to submitted blocks.
  Task<> mine_round(TipsetPtr base, ChainEpoch round);

 private:
  /// A miner that won, on its way to a block.
  struct Winner {
    api::MinerForMining miner;
    api::MiningBaseInfo info;
    types::Ticket ticket;
    types::ElectionProof election_proof;
    std::vector<types::PostProof> proofs;
    std::int64_t proof_millis = 0;
  };
  using MaybeWinner = std::optional<Winner>;

  Task<MaybeWinner> try_miner(api::MinerForMining miner, TipsetPtr base, ChainEpoch round);
  Task<types::Ticket> make_ticket(api::MinerForMining miner, api::MiningBaseInfo info, TipsetPtr base,
                                  ChainEpoch round);
  Task<Bytes> vrf(api::MinerForMining miner, Address worker, api::MiningBaseInfo info, std::int64_t domain,
                  ChainEpoch round, Bytes extra_entropy);
  Task<std::vector<types::PostProof>> prove(api::MinerForMining miner, api::MiningBaseInfo info, ChainEpoch round);
  Task<std::vector<Winner>> find_winners(TipsetPtr base, ChainEpoch round);
  /// The head when it only grew by blocks of the same epoch and parents, else the base itself.
  Task<TipsetPtr> recheck_base(TipsetPtr base, std::vector<Winner>& winners, ChainEpoch round);
  Task<> produce(Winner winner, TipsetPtr base, ChainEpoch round, std::vector<types::SignedMessage> messages);
  /// For each quality its messages; no sender is in two lists.
  Task<std::vector<api::SignedMessages>> select_messages(TipsetKey base, std::vector<double> qualities);
  Task<types::BlockMessage> build_block(const Winner& winner, TipsetPtr base, ChainEpoch round,
                                        std::vector<types::SignedMessage> messages);
  Task<> submit(types::BlockMessage block);
  Task<> submit_to_one(types::BlockMessage block);
  [[nodiscard]] std::vector<std::size_t> submit_order(const Address& miner) const;
  Task<> wait_until_millis(std::int64_t unix_millis);
  Task<> refresh_miners();
  void note_error(const Address& miner, const Error& error);
  [[nodiscard]] std::int64_t block_time_millis(const types::Tipset& base, ChainEpoch round) const;

  Result<std::vector<api::MinerForMining>> list_address();
  Task<std::vector<api::MinerForMining>> update_address(std::int64_t skip, std::int64_t limit);
  Result<std::vector<api::MiningStatus>> states(std::vector<Address> miners);
  Result<std::vector<api::WinCountOfMiner>> count_winners(std::vector<Address> miners, ChainEpoch from, ChainEpoch to);

  SlashFilter& filter_;
  const base::Clock& clock_;
  Peers peers_;
  Settings settings_;
  std::function<void(std::string_view, const Error&)> report_;
  std::function<void(const types::BlockHeader&, std::int64_t)> on_block_;
  std::atomic<bool> stopping_ = false;
  WorkerPool pool_{2};

  mutable std::mutex mutex_;
  std::vector<api::MinerForMining> miners_;
  std::map<Address, std::string> last_errors_;
  Counts counts_;
};

}  // namespace venus::miner
