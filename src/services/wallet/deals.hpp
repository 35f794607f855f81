// SPDX-License-Identifier: MIT OR Apache-2.0
// Deals and vouchers as far as a wallet must read them before it signs.
#pragma once

#include <variant>

#include "types/message.hpp"

namespace venus::wallet {

/// Text or bytes.
struct DealLabel {
  std::variant<std::string, Bytes> value;
};

/// The market actor's DealProposal (v8 and later).
struct DealProposal {
  Cid piece_cid;
  std::uint64_t piece_size = 0;
  bool verified_deal = false;
  Address client;
  Address provider;
  DealLabel label;
  types::ChainEpoch start_epoch;
  types::ChainEpoch end_epoch;
  TokenAmount storage_price_per_epoch;
  TokenAmount provider_collateral;
  TokenAmount client_collateral;
  static constexpr auto fields() {
    using base::field;
    using D = DealProposal;
    return base::fields_of(
        field("PieceCID", &D::piece_cid), field("PieceSize", &D::piece_size), field("VerifiedDeal", &D::verified_deal),
        field("Client", &D::client), field("Provider", &D::provider), field("Label", &D::label),
        field("StartEpoch", &D::start_epoch), field("EndEpoch", &D::end_epoch),
        field("StoragePricePerEpoch", &D::storage_price_per_epoch),
        field("ProviderCollateral", &D::provider_collateral), field("ClientCollateral", &D::client_collateral));
  }
};

struct ClientDealProposal {
  DealProposal proposal;
  types::Signature client_signature;
  static constexpr auto fields() {
    return base::fields_of(base::field("Proposal", &ClientDealProposal::proposal),
                           base::field("ClientSignature", &ClientDealProposal::client_signature));
  }
};

struct ModVerifyParams {
  Address actor;
  types::MethodNum method;
  Bytes data;
  static constexpr auto fields() {
    return base::fields_of(base::field("Actor", &ModVerifyParams::actor), base::field("Method", &ModVerifyParams::method),
                           base::field("Data", &ModVerifyParams::data));
  }
};

struct VoucherMerge {
  std::uint64_t lane = 0;
  std::uint64_t nonce = 0;
  static constexpr auto fields() {
    return base::fields_of(base::field("Lane", &VoucherMerge::lane), base::field("Nonce", &VoucherMerge::nonce));
  }
};

/// A payment channel's voucher. What is signed is its CBOR with a null signature.
struct SignedVoucher {
  Address channel;
  types::ChainEpoch time_lock_min;
  types::ChainEpoch time_lock_max;
  Bytes secret_hash;
  std::optional<ModVerifyParams> extra;
  std::uint64_t lane = 0;
  std::uint64_t nonce = 0;
  TokenAmount amount;
  types::ChainEpoch min_settle_height;
  std::vector<VoucherMerge> merges;
  std::optional<types::Signature> signature;
  static constexpr auto fields() {
    using base::field;
    using V = SignedVoucher;
    return base::fields_of(field("ChannelAddr", &V::channel), field("TimeLockMin", &V::time_lock_min),
                           field("TimeLockMax", &V::time_lock_max), field("SecretHash", &V::secret_hash),
                           field("Extra", &V::extra), field("Lane", &V::lane), field("Nonce", &V::nonce),
                           field("Amount", &V::amount), field("MinSettleHeight", &V::min_settle_height),
                           field("Merges", &V::merges), field("Signature", &V::signature));
  }
};

}  // namespace venus::wallet

template <>
struct venus::ipld::CborCodec<venus::wallet::DealLabel> {
  static void encode(cbor::Writer& w, const wallet::DealLabel& v) {
    if (const auto* text = std::get_if<std::string>(&v.value)) w.write_text(*text);
    else w.write_bytes(std::get<Bytes>(v.value));
  }
  static void decode(cbor::Reader& r, wallet::DealLabel& v) {
    if (r.peek() == cbor::Major::Text) {
      v.value = std::string(r.read_text(256));
      return;
    }
    const auto bytes = r.read_bytes(256);
    v.value = Bytes(bytes.begin(), bytes.end());
  }
};
