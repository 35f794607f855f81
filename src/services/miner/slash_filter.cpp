// SPDX-License-Identifier: MIT OR Apache-2.0
#include "services/miner/slash_filter.hpp"

#include "db/sql/migrate.hpp"
#include "types/sql_text.hpp"

namespace venus::miner {
namespace {

using db::sql::Transaction;

constexpr std::int64_t kMaxList = 1000;

constexpr std::string_view kFirst = R"sql(
CREATE TABLE miner_blocks (
  miner VARCHAR(128) NOT NULL, epoch BIGINT NOT NULL, parent_epoch BIGINT NOT NULL,
  parent_key VARCHAR(700) NOT NULL, cid VARCHAR(128) NOT NULL, win_count BIGINT NOT NULL,
  mine_state INTEGER NOT NULL, error {text} NOT NULL, proof_millis BIGINT NOT NULL,
  total_millis BIGINT NOT NULL, winning_at BIGINT NOT NULL, PRIMARY KEY (miner, epoch)){table};
CREATE INDEX miner_blocks_parents ON miner_blocks (miner, parent_key);
)sql";

constexpr db::sql::Migration kSteps[] = {
    {.number = 1, .name = "blocks by miner and epoch", .both = kFirst, .sqlite = {}, .mysql = {}},
};

constexpr std::string_view kColumns =
    "epoch, parent_epoch, miner, cid, win_count, mine_state, error, proof_millis, total_millis";

// Up to fifteen parents' CIDs would not fit an index: their tipset's own CID stands for them.
std::string parent_key(const types::BlockHeader& block) { return TipsetKey(block.parents).cid().str(); }

}  // namespace

Result<std::unique_ptr<SlashFilter>> SlashFilter::open(db::sql::Database& database, const base::Clock& clock) {
  TRY_VOID(db::sql::migrate(database, "miner", kSteps));
  return std::unique_ptr<SlashFilter>(new SlashFilter(database, clock));
}

Result<void> SlashFilter::note_win(const Address& miner, ChainEpoch epoch, ChainEpoch parent_epoch,
                                   std::int64_t win_count) {
  return database_.write([&](Transaction& tx) -> Result<void> {
    TRY(const auto known, (tx.select_one<std::string>("SELECT cid FROM miner_blocks WHERE miner = ? AND epoch = ?",
                                                      miner, epoch)));
    if (known) return {};
    TRY_VOID(tx.exec("INSERT INTO miner_blocks (miner, epoch, parent_epoch, parent_key, cid, win_count, mine_state, "
                     "error, proof_millis, total_millis, winning_at) VALUES (?, ?, ?, '', '', ?, ?, '', 0, 0, ?)",
                     miner, epoch, parent_epoch, win_count, api::MineState::Mining, clock_.unix_millis()));
    return {};
  });
}

Result<void> SlashFilter::check_and_record(const types::BlockHeader& block, ChainEpoch parent_epoch) {
  const auto cid = block.cid().str();
  const auto parents = parent_key(block);
  return database_.write([&](Transaction& tx) -> Result<void> {
    TRY(const auto here, (tx.select_one<std::string>(
                             fmt::format("SELECT cid FROM miner_blocks WHERE miner = ? AND epoch = ?{}",
                                         tx.for_update()),
                             block.miner, block.height)));
    if (here && !std::get<0>(*here).empty() && std::get<0>(*here) != cid) {
      return fail(ErrorCode::Conflict, "double fork: {} has block {} at epoch {} already", block.miner,
                  std::get<0>(*here), block.height);
    }
    TRY(const auto sibling, (tx.select_one<std::int64_t>(
                                "SELECT epoch FROM miner_blocks WHERE miner = ? AND parent_key = ? AND epoch <> ?",
                                block.miner, parents, block.height)));
    if (sibling) {
      return fail(ErrorCode::Conflict, "time offset: {} has a block on the same parents at epoch {}", block.miner,
                  std::get<0>(*sibling));
    }
    TRY(const auto below, (tx.select_one<std::string>("SELECT cid FROM miner_blocks WHERE miner = ? AND epoch = ? "
                                                      "AND mine_state = ? AND cid <> ''",
                                                      block.miner, parent_epoch, api::MineState::Success)));
    if (below) {
      const auto own = Cid::parse(std::get<0>(*below));
      if (own && std::ranges::find(block.parents, *own) == block.parents.end()) {
        return fail(ErrorCode::Conflict, "parent grinding: {}'s own block {} is not among the parents", block.miner,
                    *own);
      }
    }
    if (here) {
      TRY_VOID(tx.exec("UPDATE miner_blocks SET parent_epoch = ?, parent_key = ?, cid = ?, winning_at = ? "
                       "WHERE miner = ? AND epoch = ?",
                       parent_epoch, parents, cid, clock_.unix_millis(), block.miner, block.height));
    } else {
      TRY_VOID(tx.exec("INSERT INTO miner_blocks (miner, epoch, parent_epoch, parent_key, cid, win_count, mine_state, "
                       "error, proof_millis, total_millis, winning_at) VALUES (?, ?, ?, ?, ?, ?, ?, '', 0, 0, ?)",
                       block.miner, block.height, parent_epoch, parents, cid,
                       block.election_proof ? block.election_proof->win_count : 0, api::MineState::Mining,
                       clock_.unix_millis()));
    }
    return {};
  });
}

Result<void> SlashFilter::finish(const Address& miner, ChainEpoch epoch, api::MineState state,
                                 const std::string& error, std::int64_t proof_millis, std::int64_t total_millis) {
  return database_.write([&](Transaction& tx) -> Result<void> {
    TRY_VOID(tx.exec("UPDATE miner_blocks SET mine_state = ?, error = ?, proof_millis = ?, total_millis = ? "
                     "WHERE miner = ? AND epoch = ?",
                     state, error.substr(0, 2000), proof_millis, total_millis, miner, epoch));
    return {};
  });
}

Result<void> SlashFilter::time_out(const Address& miner, ChainEpoch epoch) {
  return database_.write([&](Transaction& tx) -> Result<void> {
    TRY_VOID(tx.exec("UPDATE miner_blocks SET mine_state = ?, error = 'the proof came too late' "
                     "WHERE miner = ? AND epoch = ? AND mine_state = ? AND cid = ''",
                     api::MineState::Timeout, miner, epoch, api::MineState::Mining));
    return {};
  });
}

Result<std::vector<api::WinRecord>> SlashFilter::list(const api::BlocksQuery& query) {
  std::string where = "1 = 1";
  if (!query.miners.empty()) {
    std::string miners;
    for (const auto& miner : query.miners) miners += fmt::format(",'{}'", to_sql_text(miner));
    where = fmt::format("miner IN ({})", miners.substr(1));
  }
  const auto limit = query.limit <= 0 || query.limit > kMaxList ? kMaxList : query.limit;
  return database_.read([&](Transaction& tx) {
    return tx.select_as<api::WinRecord>(
        fmt::format("SELECT {} FROM miner_blocks WHERE {} ORDER BY epoch DESC, miner LIMIT {} OFFSET {}", kColumns,
                    where, limit, std::max<std::int64_t>(0, query.offset)));
  });
}

Result<std::vector<api::WinRecord>> SlashFilter::between(ChainEpoch from, ChainEpoch to) {
  return database_.read([&](Transaction& tx) {
    return tx.select_as<api::WinRecord>(
        fmt::format("SELECT {} FROM miner_blocks WHERE epoch >= ? AND epoch <= ? ORDER BY epoch", kColumns), from, to);
  });
}

}  // namespace venus::miner
