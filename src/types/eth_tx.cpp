// SPDX-License-Identifier: MIT OR Apache-2.0
#include "types/eth_tx.hpp"

#include "crypto/hash.hpp"
#include "crypto/secp256k1.hpp"
#include "types/key_info.hpp"
#include "types/rlp.hpp"

namespace venus::types {
namespace {

constexpr std::uint8_t kEip1559Type = 2;
constexpr std::uint8_t kHomesteadMarker = 1;
constexpr std::uint8_t kEip155Marker = 2;
constexpr std::size_t kScalar = 32;

std::unexpected<Error> refuse(std::string_view why) {
  return fail(ErrorCode::FailedValidation, "Ethereum transaction: {}", why);
}

/// v of an EIP-155 signature with recovery id 0; with 1 it is one more.
BigInt eip155_base(std::uint64_t chain_id) { return BigInt(chain_id) * BigInt(2) + BigInt(35); }

// ---- reading RLP -------------------------------------------------------------------------------

/// Takes the fields of a transaction in turn; the first that is wrong sticks.
class Fields {
 public:
  explicit Fields(const std::vector<rlp::Item>& items) : items_(items) {}
  BytesView bytes() {
    const auto& item = items_[next_++];
    if (item.is_list) bad_ = true;
    return item.bytes;
  }
  std::uint64_t number() {
    const auto digits = bytes();
    if (digits.size() > 8) bad_ = true;
    std::uint64_t out = 0;
    if (!bad_) {
      for (const auto byte : digits)
        out = out << 8U | byte;
    }
    return out;
  }
  BigInt big() {
    const auto digits = bytes();
    // 256 bits are all Ethereum has.
    if (digits.size() > kScalar) bad_ = true;
    return bad_ ? BigInt() : BigInt::from_magnitude(digits);
  }
  std::optional<EthAddress> address() {
    const auto data = bytes();
    if (data.empty()) return std::nullopt;
    EthAddress out;
    if (data.size() != out.bytes.size()) {
      bad_ = true;
    } else {
      std::ranges::copy(data, out.bytes.begin());
    }
    return out;
  }
  void empty_list() {
    const auto& item = items_[next_++];
    if (!item.is_list || !item.items.empty()) bad_ = true;
  }
  [[nodiscard]] bool bad() const noexcept { return bad_; }

 private:
  const std::vector<rlp::Item>& items_;
  std::size_t next_ = 0;
  bool bad_ = false;
};

Result<EthTx> parse_1559(const std::vector<rlp::Item>& items, std::uint64_t chain_id) {
  if (items.size() != 12)
    return fail(ErrorCode::Malformed, "an EIP-1559 transaction has 12 fields");
  EthTx tx;
  Fields in(items);
  tx.chain_id = in.number();
  tx.nonce = in.number();
  tx.max_priority_fee = in.big();
  tx.max_fee = in.big();
  tx.gas_limit = in.number();
  tx.to = in.address();
  tx.value = in.big();
  tx.input = base::to_bytes(in.bytes());
  in.empty_list();
  tx.v = in.big();
  tx.r = in.big();
  tx.s = in.big();
  if (in.bad()) return fail(ErrorCode::Malformed, "malformed field in an EIP-1559 transaction");
  if (tx.chain_id != chain_id) return refuse("it is for another chain id");
  if (tx.v > BigInt(1)) return refuse("v of an EIP-1559 transaction is 0 or 1");
  return tx;
}

Result<EthTx> parse_legacy(const std::vector<rlp::Item>& items, std::uint64_t chain_id) {
  if (items.size() != 9) return fail(ErrorCode::Malformed, "a legacy transaction has 9 fields");
  EthTx tx;
  Fields in(items);
  tx.chain_id = chain_id;
  tx.nonce = in.number();
  tx.max_fee = in.big();
  tx.max_priority_fee = tx.max_fee;
  tx.gas_limit = in.number();
  tx.to = in.address();
  tx.value = in.big();
  tx.input = base::to_bytes(in.bytes());
  tx.v = in.big();
  tx.r = in.big();
  tx.s = in.big();
  if (in.bad()) return fail(ErrorCode::Malformed, "malformed field in a legacy transaction");
  const bool homestead = tx.v == BigInt(27) || tx.v == BigInt(28);
  tx.kind = homestead ? EthTxKind::LegacyHomestead : EthTxKind::LegacyEip155;
  // Checks v against the chain id.
  TRY_VOID(tx.recoverable_signature());
  return tx;
}

// ---- reading messages --------------------------------------------------------------------------

/// Calldata and receiver of a message, the inverse of to_unsigned_message.
Result<void> read_call(const Message& message, EthTx& tx) {
  if (message.version != 0) return refuse("unsupported message version");
  if (message.value.is_negative() || message.gas_fee_cap.is_negative() ||
      message.gas_premium.is_negative()) {
    return refuse("negative amount");
  }
  if (!message.params.empty()) {
    TRY(tx.input, with_context(ipld::decode<Bytes>(message.params), "parameters"));
    if (tx.input.empty()) return refuse("parameters encode an empty byte string");
  }
  if (message.to == Address::id(singleton::kEam)) {
    if (message.method != kCreateExternal) return refuse("unsupported method of the EAM");
  } else if (message.method == kInvokeContract) {
    TRY(tx.to, message.to.eth());
  } else {
    return refuse("method is neither InvokeContract nor CreateExternal");
  }
  tx.nonce = message.nonce.value();
  tx.value = message.value.atto();
  tx.gas_limit = static_cast<std::uint64_t>(message.gas_limit.value());
  tx.max_fee = message.gas_fee_cap.atto();
  tx.max_priority_fee = message.gas_premium.atto();
  return {};
}

/// r, s and v from what follows the marker.
void read_signature(BytesView data, EthTx& tx) {
  tx.r = BigInt::from_magnitude(data.first(kScalar));
  tx.s = BigInt::from_magnitude(data.subspan(kScalar, kScalar));
  tx.v = BigInt::from_magnitude(data.subspan(2 * kScalar));
}

/// Whether `size` bytes can hold a marker, r, s and a v of this chain.
bool eip155_size(std::size_t size, std::uint64_t chain_id) {
  const auto zero = eip155_base(chain_id).magnitude().size();
  const auto one = (eip155_base(chain_id) + BigInt(1)).magnitude().size();
  return size == 1 + 2 * kScalar + zero || size == 1 + 2 * kScalar + one;
}

Result<void> append_scalar(Bytes& out, const BigInt& value) {
  const auto digits = value.magnitude();
  if (digits.size() > kScalar) return refuse("r or s has over 32 bytes");
  out.insert(out.end(), kScalar - digits.size(), 0);
  base::append(out, digits);
  return {};
}

}  // namespace

Result<EthTx> EthTx::parse(BytesView raw, std::uint64_t chain_id) {
  if (raw.empty()) return fail(ErrorCode::Malformed, "an empty Ethereum transaction");
  const bool typed = raw[0] == kEip1559Type;
  if (!typed && raw[0] <= 0x7f) {
    return fail(ErrorCode::Unsupported, "Ethereum transactions of type {}", raw[0]);
  }
  TRY(const auto item, rlp::decode(typed ? raw.subspan(1) : raw));
  if (!item.is_list) return fail(ErrorCode::Malformed, "an Ethereum transaction is a list");
  return typed ? parse_1559(item.items, chain_id) : parse_legacy(item.items, chain_id);
}

Result<EthTx> EthTx::from_message(const SignedMessage& message, std::uint64_t chain_id) {
  if (message.signature.type != SignatureType::Delegated)
    return refuse("signature is not delegated");
  TRY_VOID(message.message.from.eth());
  EthTx tx;
  tx.chain_id = chain_id;
  TRY_VOID(read_call(message.message, tx));
  BytesView data = message.signature.data;
  if (data.size() == 2 * kScalar + 1) {
    read_signature(data, tx);
    return tx;
  }
  const bool homestead_size = data.size() == 2 * kScalar + 2;
  if (!homestead_size && !eip155_size(data.size(), chain_id)) {
    return refuse("unsupported signature length");
  }
  // A legacy transaction has one price; that the premium is the same is the round trip's to find
  // out.
  tx.max_priority_fee = tx.max_fee;
  if (data[0] == kHomesteadMarker && homestead_size) {
    tx.kind = EthTxKind::LegacyHomestead;
  } else if (data[0] == kEip155Marker && eip155_size(data.size(), chain_id)) {
    tx.kind = EthTxKind::LegacyEip155;
  } else {
    return refuse("unsupported kind of legacy signature");
  }
  read_signature(data.subspan(1), tx);
  TRY_VOID(tx.recoverable_signature());
  return tx;
}

Result<EthTx> EthTx::from_unsigned(const Message& message, std::uint64_t chain_id) {
  EthTx tx;
  tx.chain_id = chain_id;
  TRY_VOID(read_call(message, tx));
  return tx;
}

Result<Message> EthTx::to_unsigned_message(const Address& from) const {
  Message out;
  out.from = from;
  out.to = to ? Address::from_eth(*to) : Address::id(singleton::kEam);
  // A masked id from 2^63 on names no address.
  if (out.to.is_id() && !out.to.actor_id()) return refuse("receiver is no actor id");
  out.method = to ? kInvokeContract : kCreateExternal;
  out.nonce = Nonce(nonce);
  out.value = TokenAmount(value);
  out.gas_limit = Gas(static_cast<std::int64_t>(gas_limit));
  out.gas_fee_cap = TokenAmount(max_fee);
  out.gas_premium = TokenAmount(max_priority_fee);
  // Never the encoding of an empty byte string: two messages would be one transaction.
  if (!input.empty()) out.params = ipld::encode(input);
  return out;
}

Result<SignedMessage> EthTx::to_message() const {
  SignedMessage out;
  TRY(const auto from, sender());
  TRY(out.message, to_unsigned_message(from));
  TRY(out.signature, signature());
  return out;
}

Bytes EthTx::unsigned_bytes() const {
  const auto receiver = to ? BytesView(to->bytes) : BytesView();
  rlp::List list;
  if (kind == EthTxKind::Eip1559) {
    list.number(chain_id).number(nonce).number(max_priority_fee).number(max_fee).number(gas_limit);
    list.bytes(receiver).number(value).bytes(input).empty_list();
    auto out = list.encoded();
    out.insert(out.begin(), kEip1559Type);
    return out;
  }
  list.number(nonce).number(max_fee).number(gas_limit);
  list.bytes(receiver).number(value).bytes(input);
  if (kind == EthTxKind::LegacyEip155) {
    list.number(chain_id).number(std::uint64_t{0}).number(std::uint64_t{0});
  }
  return list.encoded();
}

Bytes EthTx::raw() const {
  const auto receiver = to ? BytesView(to->bytes) : BytesView();
  rlp::List list;
  if (kind == EthTxKind::Eip1559) {
    list.number(chain_id).number(nonce).number(max_priority_fee).number(max_fee).number(gas_limit);
    list.bytes(receiver).number(value).bytes(input).empty_list();
  } else {
    list.number(nonce).number(max_fee).number(gas_limit);
    list.bytes(receiver).number(value).bytes(input);
  }
  auto out = list.number(v).number(r).number(s).encoded();
  if (kind == EthTxKind::Eip1559) out.insert(out.begin(), kEip1559Type);
  return out;
}

ByteArray<32> EthTx::hash() const { return crypto::keccak256(raw()); }

Result<Signature> EthTx::signature() const {
  TRY(auto data, recoverable_signature());
  if (kind != EthTxKind::Eip1559) {
    data.pop_back();
    data.insert(data.begin(),
                kind == EthTxKind::LegacyHomestead ? kHomesteadMarker : kEip155Marker);
    base::append(data, v.magnitude());
  }
  return Signature{SignatureType::Delegated, std::move(data)};
}

Result<Bytes> EthTx::recoverable_signature() const {
  const auto zero = kind == EthTxKind::Eip1559           ? BigInt(0)
                    : kind == EthTxKind::LegacyHomestead ? BigInt(27)
                                                         : eip155_base(chain_id);
  Bytes out;
  TRY_VOID(append_scalar(out, r));
  TRY_VOID(append_scalar(out, s));
  const auto recovery_id = v - zero;
  if (kind == EthTxKind::Eip1559) {
    // On chain the recovery id is any byte; recovery itself refuses those over 3.
    if (v > BigInt(255)) return refuse("v has over one byte");
    out.push_back(static_cast<std::uint8_t>(v.to_uint64().value_or(255)));
    return out;
  }
  if (recovery_id.is_negative() || recovery_id > BigInt(1)) return refuse("v is of another chain");
  out.push_back(recovery_id.is_zero() ? 0 : 1);
  return out;
}

Result<Address> EthTx::sender() const {
  TRY(const auto data, recoverable_signature());
  TRY(const auto key, crypto::secp256k1_recover(data, crypto::keccak256(unsigned_bytes())));
  return delegated_address_of(key);
}

}  // namespace venus::types
