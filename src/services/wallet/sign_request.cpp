// SPDX-License-Identifier: MIT OR Apache-2.0
#include "services/wallet/sign_request.hpp"

#include "api/draw_random.hpp"
#include "crypto/hash.hpp"
#include "services/wallet/deals.hpp"
#include "types/signing.hpp"

namespace venus::wallet {
namespace {

namespace kind = api::sign_type;

/// The kind of signature an address's key makes.
Result<types::SignatureType> signature_type_of(const Address& signer) {
  if (signer.defined()) {
    if (signer.protocol() == types::Protocol::Bls) return types::SignatureType::Bls;
    if (signer.protocol() == types::Protocol::Secp256k1) return types::SignatureType::Secp256k1;
    if (signer.protocol() == types::Protocol::Delegated) return types::SignatureType::Delegated;
  }
  return fail(ErrorCode::InvalidArgument, "{} is no address of a key", signer);
}

/// Decodes, and insists that there is one way only to write the same thing.
template <class T>
Result<T> decode_exact(BytesView bytes, std::string_view what) {
  TRY(auto value, with_context(ipld::decode<T>(bytes), what));
  if (!base::equal(ipld::encode(value), bytes)) return fail(ErrorCode::Malformed, "{}: not its canonical form", what);
  return value;
}

Result<SignRequest> read_message(const Address& signer, const Bytes& to_sign, const api::MsgMeta& meta,
                                 const SignRules& rules) {
  if (meta.extra.empty()) return fail(ErrorCode::InvalidArgument, "a message to sign comes with its CBOR in Extra");
  TRY(auto message, decode_exact<types::Message>(meta.extra, "message"));
  if (message.from != signer) {
    return fail(ErrorCode::FailedValidation, "the signer {} is not the sender {} of the message", signer, message.from);
  }
  TRY(auto type, signature_type_of(signer));
  TRY(auto data, types::message_signing_bytes(message, type, rules.chain_id));
  if (data != to_sign) return fail(ErrorCode::FailedValidation, "the bytes to sign are not those of the message in Extra");
  return SignRequest{meta.type, std::move(data), meta.extra, std::nullopt};
}

Result<SignRequest> read_block(const Bytes& to_sign, const api::MsgMeta& meta) {
  TRY(auto header, decode_exact<types::BlockHeader>(to_sign, "block header"));
  if (!header.miner.is_id()) return fail(ErrorCode::FailedValidation, "the block's miner is no f0 address");
  if (header.height.value() < 0) return fail(ErrorCode::FailedValidation, "the block's epoch is negative");
  Bytes parents;
  for (const auto& parent : header.parents) base::append(parents, parent.bytes());
  SignRequest::Block block{header.miner, header.height, std::move(parents)};
  return SignRequest{meta.type, header.signing_bytes(), to_sign, std::move(block)};
}

Result<SignRequest> read_draw_random(const Bytes& to_sign, const api::MsgMeta& meta) {
  // Go's encoder may write the members in another order or null for empty, so the form is not insisted on.
  TRY(auto params, with_context(ipld::decode<api::DrawRandomParams>(to_sign), "draw-random parameters"));
  return SignRequest{meta.type, params.signing_bytes(), to_sign, std::nullopt};
}

Result<SignRequest> read_verify_address(const Bytes& to_sign, const api::MsgMeta& meta, const SignRules& rules) {
  Bytes both = meta.extra;
  base::append(both, rules.verify_bytes);
  const auto expected = crypto::sha256(both);
  if (rules.verify_bytes.empty() || !base::equal(expected, to_sign)) {
    return fail(ErrorCode::FailedValidation, "this is no proof of ownership for a gateway this wallet registered with");
  }
  return SignRequest{meta.type, to_sign, to_sign, std::nullopt};
}

Result<SignRequest> read_deal(const Address& signer, const Bytes& to_sign, const api::MsgMeta& meta) {
  TRY(auto deal, decode_exact<DealProposal>(to_sign, "deal proposal"));
  if (!deal.client.is_id() && deal.client != signer) {
    return fail(ErrorCode::FailedValidation, "the signer {} is not the deal's client {}", signer, deal.client);
  }
  return SignRequest{meta.type, to_sign, to_sign, std::nullopt};
}

Result<SignRequest> read_client_deal(const Bytes& to_sign, const api::MsgMeta& meta) {
  TRY_VOID(decode_exact<ClientDealProposal>(to_sign, "client deal proposal"));
  const auto cid = ipld::cid_of_cbor(to_sign);
  return SignRequest{meta.type, base::to_bytes(cid.bytes()), to_sign, std::nullopt};
}

Result<SignRequest> read_voucher(const Bytes& to_sign, const api::MsgMeta& meta) {
  TRY(auto voucher, decode_exact<SignedVoucher>(to_sign, "voucher"));
  voucher.signature.reset();
  return SignRequest{meta.type, ipld::encode(voucher), to_sign, std::nullopt};
}

Result<SignRequest> read_unread(const Bytes& to_sign, const api::MsgMeta& meta, const SignRules& rules) {
  if (!rules.allow_unknown) {
    return fail(ErrorCode::PermissionDenied,
                "bytes of type '{}' are not signed, since nobody can see what they are: ask with a type"
                " (message, block, drawrandomparam, ...)", meta.type);
  }
  return SignRequest{meta.type, to_sign, to_sign, std::nullopt};
}

}  // namespace

Result<SignRequest> read_sign_request(const Address& signer, const Bytes& to_sign, const api::MsgMeta& meta,
                                      const SignRules& rules) {
  TRY_VOID(signature_type_of(signer));
  if (meta.type == kind::kMessage) return read_message(signer, to_sign, meta, rules);
  if (meta.type == kind::kBlock) return read_block(to_sign, meta);
  if (meta.type == kind::kDrawRandomParam) return read_draw_random(to_sign, meta);
  if (meta.type == kind::kVerifyAddress) return read_verify_address(to_sign, meta, rules);
  if (meta.type == kind::kDealProposal) return read_deal(signer, to_sign, meta);
  if (meta.type == kind::kClientDeal) return read_client_deal(to_sign, meta);
  if (meta.type == kind::kSignedVoucher) return read_voucher(to_sign, meta);
  if (meta.type.empty() || meta.type == kind::kUnknown || meta.type == kind::kF3) {
    return read_unread(to_sign, meta, rules);
  }
  return fail(ErrorCode::Unsupported, "this wallet cannot read '{}', so it does not sign it", meta.type.substr(0, 64));
}

}  // namespace venus::wallet
