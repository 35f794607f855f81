// SPDX-License-Identifier: MIT OR Apache-2.0
// The market actor f05: deals, and the money of clients and providers.
#pragma once

#include "actors/state_tree.hpp"

#include <functional>
#include <variant>

namespace venus::actors::market {

struct State {
  /// AMT[deal]Proposal, bit width 5.
  Cid proposals;
  /// AMT[deal]DealState, bit width 6.
  Cid states;
  Cid pending_proposals;
  /// HAMT[address]amount, bit width 6: all money held, and the part of it that is locked.
  Cid escrow_table;
  Cid locked_table;
  DealId next_id;
  Cid deal_ops_by_epoch;
  ChainEpoch last_cron;
  TokenAmount total_client_locked_collateral;
  TokenAmount total_provider_locked_collateral;
  TokenAmount total_client_storage_fee;
  /// HAMT[deal]allocation.
  Cid pending_deal_allocation_ids;
  /// HAMT[provider]HAMT[sector][deal].
  Cid provider_sectors;

  bool operator==(const State&) const = default;
  static constexpr auto fields() {
    using base::field;
    return base::fields_of(
        field("Proposals", &State::proposals), field("States", &State::states),
        field("PendingProposals", &State::pending_proposals),
        field("EscrowTable", &State::escrow_table), field("LockedTable", &State::locked_table),
        field("NextID", &State::next_id), field("DealOpsByEpoch", &State::deal_ops_by_epoch),
        field("LastCron", &State::last_cron),
        field("TotalClientLockedCollateral", &State::total_client_locked_collateral),
        field("TotalProviderLockedCollateral", &State::total_provider_locked_collateral),
        field("TotalClientStorageFee", &State::total_client_storage_fee),
        field("PendingDealAllocationIds", &State::pending_deal_allocation_ids),
        field("ProviderSectors", &State::provider_sectors));
  }
};

/// A client's note on its deal: text or bytes. JSON shows text; bytes show as "".
struct Label {
  std::variant<std::string, Bytes> value;
  bool operator==(const Label&) const = default;
};

struct Proposal {
  Cid piece_cid;
  /// Padded bytes.
  std::uint64_t piece_size = 0;
  bool verified = false;
  Address client;
  Address provider;
  Label label;
  ChainEpoch start_epoch;
  ChainEpoch end_epoch;
  TokenAmount price_per_epoch;
  TokenAmount provider_collateral;
  TokenAmount client_collateral;

  bool operator==(const Proposal&) const = default;
  static constexpr auto fields() {
    using base::field;
    using P = Proposal;
    return base::fields_of(field("PieceCID", &P::piece_cid), field("PieceSize", &P::piece_size),
                           field("VerifiedDeal", &P::verified), field("Client", &P::client),
                           field("Provider", &P::provider), field("Label", &P::label),
                           field("StartEpoch", &P::start_epoch), field("EndEpoch", &P::end_epoch),
                           field("StoragePricePerEpoch", &P::price_per_epoch),
                           field("ProviderCollateral", &P::provider_collateral),
                           field("ClientCollateral", &P::client_collateral));
  }
};

/// What happened to a deal; -1 stands for "not yet".
struct DealState {
  SectorNumber sector_number{0};
  ChainEpoch sector_start_epoch{-1};
  ChainEpoch last_updated_epoch{-1};
  ChainEpoch slash_epoch{-1};
  bool operator==(const DealState&) const = default;
  static constexpr auto fields() {
    using base::field;
    return base::fields_of(field("SectorNumber", &DealState::sector_number),
                           field("SectorStartEpoch", &DealState::sector_start_epoch),
                           field("LastUpdatedEpoch", &DealState::last_updated_epoch),
                           field("SlashEpoch", &DealState::slash_epoch));
  }
};

/// A deal with its state; JSON as Lotus's MarketDeal.
struct Deal {
  Proposal proposal;
  DealState state;
  bool operator==(const Deal&) const = default;
  static constexpr auto fields() {
    return base::fields_of(base::field("Proposal", &Deal::proposal),
                           base::field("State", &Deal::state));
  }
};

/// Money an address holds in the market; JSON as Lotus's MarketBalance.
struct Balance {
  TokenAmount escrow;
  TokenAmount locked;
  bool operator==(const Balance&) const = default;
  static constexpr auto fields() {
    return base::fields_of(base::field("Escrow", &Balance::escrow),
                           base::field("Locked", &Balance::locked));
  }
};

/// The market of one state. The store must outlive it.
class View {
 public:
  static Result<View> load(const StateTree& tree);
  [[nodiscard]] const State& state() const noexcept { return state_; }

  /// A published deal; nothing when the market does not (or no longer) know it.
  [[nodiscard]] Result<std::optional<Deal>> deal(DealId id) const;
  /// Calls visit for all deals by id.
  Result<void> for_each_deal(const std::function<Result<void>(DealId, const Deal&)>& visit) const;

  /// Zero for an address without an account. `address` must be an id address as stored.
  [[nodiscard]] Result<Balance> balance(const Address& address) const;
  /// All accounts (Lotus's StateMarketParticipants).
  [[nodiscard]] Result<std::map<std::string, Balance>> participants() const;

  /// Collateral and fees locked in deals: part of the locked supply before nv23.
  [[nodiscard]] TokenAmount total_locked() const;

  /// The allocation made for a verified deal that is not active yet; nothing otherwise.
  [[nodiscard]] Result<std::optional<std::uint64_t>> pending_allocation(DealId id) const;
  /// Deals in a provider's sector.
  [[nodiscard]] Result<std::vector<DealId>> sector_deals(ActorId provider,
                                                         SectorNumber sector) const;

 private:
  View(Blockstore& store, State state) : store_(&store), state_(std::move(state)) {}
  Blockstore* store_;
  State state_;
};

}  // namespace venus::actors::market

template <>
struct venus::ipld::CborCodec<venus::actors::market::Label> {
  static void encode(cbor::Writer& w, const actors::market::Label& v);
  static void decode(cbor::Reader& r, actors::market::Label& v);
};
template <>
struct venus::base::JsonCodec<venus::actors::market::Label> {
  static boost::json::value encode(const actors::market::Label& v);
  static Result<actors::market::Label> decode(const boost::json::value& v);
};
