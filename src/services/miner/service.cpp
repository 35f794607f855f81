// SPDX-License-Identifier: MIT OR Apache-2.0
#include "services/miner/service.hpp"

#include <boost/asio/steady_timer.hpp>

namespace venus::miner {

void Service::bind(rpc::Dispatcher& dispatcher) {
  using Api = api::MinerApi;
  dispatcher.bind<Api::ListAddress>(*this, &Service::list_address);
  dispatcher.bind<Api::UpdateAddress>(*this, &Service::update_address);
  dispatcher.bind<Api::StatesForMining>(*this, &Service::states);
  dispatcher.bind<Api::CountWinners>(*this, &Service::count_winners);
  dispatcher.bind<Api::ListBlocks>([this](api::BlocksQuery query) { return filter_.list(query); });
  dispatcher.bind<Api::Version>([]() -> Result<api::MinerVersion> { return api::MinerVersion{"venus-miner"}; });
}

Service::Counts Service::counts() const {
  const std::scoped_lock lock(mutex_);
  return counts_;
}

void Service::note_error(const Address& miner, const Error& error) {
  {
    const std::scoped_lock lock(mutex_);
    last_errors_[miner] = error.message;
    ++counts_.failures;
  }
  if (report_) report_("miner " + miner.str(), error);
}

Result<std::vector<api::MinerForMining>> Service::list_address() {
  const std::scoped_lock lock(mutex_);
  return miners_;
}

Task<std::vector<api::MinerForMining>> Service::update_address(std::int64_t, std::int64_t) {
  CO_TRY_VOID(co_await refresh_miners());
  co_return list_address();
}

Result<std::vector<api::MiningStatus>> Service::states(std::vector<Address> wanted) {
  const std::scoped_lock lock(mutex_);
  std::vector<api::MiningStatus> out;
  for (const auto& miner : miners_) {
    if (!wanted.empty() && std::ranges::find(wanted, miner.address) == wanted.end()) continue;
    api::MiningStatus status{miner.address, miner.open_mining, {}};
    if (const auto error = last_errors_.find(miner.address); error != last_errors_.end()) {
      status.errors.push_back(error->second);
    }
    out.push_back(std::move(status));
  }
  return out;
}

Result<std::vector<api::WinCountOfMiner>> Service::count_winners(std::vector<Address> miners, ChainEpoch from,
                                                                 ChainEpoch to) {
  if (to - from > 100'000) return fail(ErrorCode::TooLarge, "at most 100000 epochs at a time");
  TRY(const auto records, filter_.between(from, to));
  std::map<Address, api::WinCountOfMiner> by_miner;
  for (const auto& miner : miners) by_miner[miner].miner = miner;
  for (const auto& record : records) {
    if (!miners.empty() && !by_miner.contains(record.miner)) continue;
    auto& count = by_miner[record.miner];
    count.miner = record.miner;
    count.total_win_count += record.win_count;
    count.epochs.push_back(record.epoch);
  }
  std::vector<api::WinCountOfMiner> out;
  for (auto& [miner, count] : by_miner) out.push_back(std::move(count));
  return out;
}

Task<> Service::refresh_miners() {
  if (peers_.auth == nullptr) co_return Result<void>{};
  CO_TRY(const auto users, co_await peers_.auth->users({}, api::auth::UserState::Enabled));
  std::vector<api::MinerForMining> found;
  for (const auto& user : users) {
    CO_TRY(const auto miners, co_await peers_.auth->miners(user.name));
    for (const auto& miner : miners) {
      if (miner.open_mining) found.push_back({miner.miner, user.name, true});
    }
  }
  const std::scoped_lock lock(mutex_);
  miners_ = std::move(found);
  co_return Result<void>{};
}

Task<> Service::wait_until_millis(std::int64_t unix_millis) {
  asio::steady_timer timer(co_await asio::this_coro::executor);
  // In steps, so that a stop is heeded and a clock that is set does not matter for long.
  while (!stopping_) {
    const auto left = unix_millis - clock_.unix_millis();
    if (left <= 0) co_return Result<void>{};
    timer.expires_after(std::chrono::milliseconds(std::min<std::int64_t>(left, 250)));
    co_await timer.async_wait(asio::use_awaitable);
  }
  co_return fail(ErrorCode::Cancelled, "the producer stops");
}

std::int64_t Service::block_time_millis(const types::Tipset& base, ChainEpoch round) const {
  const auto seconds = base.min_timestamp() +
                       settings_.block_delay_seconds * static_cast<std::uint64_t>(round - base.height());
  return static_cast<std::int64_t>(seconds) * 1000;
}

// Rounds follow the clock: epoch R's block time is when R begins, and its production starts one block delay
// earlier plus the propagation delay, when the blocks of R-1 have arrived.
Task<> Service::run() {
  const auto delay = static_cast<std::int64_t>(settings_.block_delay_seconds) * 1000;
  const auto propagation = static_cast<std::int64_t>(settings_.propagation_delay_seconds) * 1000;
  TipsetPtr genesis;
  ChainEpoch last_round(0);
  auto next_refresh = std::chrono::steady_clock::now();
  while (!stopping_) {
    if (std::chrono::steady_clock::now() >= next_refresh) {
      const auto refreshed = co_await refresh_miners();
      if (!refreshed && report_) report_("list of miners", refreshed.error());
      next_refresh = std::chrono::steady_clock::now() + settings_.refresh_miners;
    }
    if (!genesis) {
      auto got = co_await peers_.node->call<api::ChainApi::GetGenesis>();
      if (!got) {
        if (report_) report_("node", got.error());
        CO_TRY_VOID(co_await wait_until_millis(clock_.unix_millis() + 1000));
        continue;
      }
      genesis = *std::move(got);
    }
    const auto start = static_cast<std::int64_t>(genesis->min_timestamp()) * 1000;
    const auto now = clock_.unix_millis();
    // Round 1 is produced from `start + propagation` on.
    const auto current = std::max<std::int64_t>(1, (now - start - propagation) / delay + 1);
    const ChainEpoch round(std::max(current, last_round.value() + 1));
    const auto window = start + (round.value() - 1) * delay + propagation;
    if (!co_await wait_until_millis(window)) break;
    auto base = co_await peers_.node->call<api::ChainApi::Head>();
    if (!base) {
      if (report_) report_("node", base.error());
      CO_TRY_VOID(co_await wait_until_millis(clock_.unix_millis() + 500));
      continue;
    }
    last_round = round;
    if ((*base)->height() >= round) continue;
    const auto mined = co_await mine_round(*base, round);
    if (!mined && report_) report_(fmt::format("round {}", round), mined.error());
  }
  co_return Result<void>{};
}

}  // namespace venus::miner
