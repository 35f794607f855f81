// SPDX-License-Identifier: MIT OR Apache-2.0
#include "types/key_info.hpp"

#include "base/json.hpp"
#include "crypto/hash.hpp"
#include "crypto/secp256k1.hpp"

namespace venus::types {
namespace {

constexpr std::size_t kMaxText = 4096;
constexpr std::size_t kKeySize = 32;

Result<KeyInfo> from_key_json(std::string_view text) {
  TRY(auto value, with_context(base::parse_json(text, 4), "key info"));
  const auto* type = base::find_member(value, "Type");
  auto* key = value.is_object() ? value.get_object().if_contains("PrivateKey") : nullptr;
  if (type == nullptr || key == nullptr) {
    return fail(ErrorCode::Malformed, "key info lacks Type or PrivateKey");
  }
  TRY(const auto name, base::from_json<std::string>(*type));
  KeyInfo out;
  TRY(out.type, parse_key_type(name));
  auto bytes = base::from_json<Bytes>(*key);
  if (key->is_string()) {
    auto& secret = key->get_string();
    base::secure_wipe({reinterpret_cast<std::uint8_t*>(secret.data()), secret.size()});
  }
  // Never quote the text: it may be most of a key.
  if (!bytes) return fail(ErrorCode::Malformed, "PrivateKey is not base64");
  out.private_key = Secret(*std::move(bytes));
  if (out.private_key.size() != kKeySize) {
    return fail(ErrorCode::Malformed, "a private key has 32 bytes, not {}", out.private_key.size());
  }
  return out;
}

}  // namespace

std::string_view to_string(KeyType type) noexcept {
  switch (type) {
    case KeyType::Bls:
      return "bls";
    case KeyType::Secp256k1:
      return "secp256k1";
    case KeyType::Delegated:
      return "delegated";
  }
  return "unknown";
}

Result<KeyType> parse_key_type(std::string_view text) {
  for (const auto type : {KeyType::Bls, KeyType::Secp256k1, KeyType::Delegated}) {
    if (text == to_string(type)) return type;
  }
  if (text == "secp256k1-ledger") {
    return fail(ErrorCode::Unsupported, "keys in a Ledger device are not supported");
  }
  return fail(ErrorCode::Malformed, "unknown key type \"{}\"", text);
}

SignatureType signature_type(KeyType type) noexcept {
  switch (type) {
    case KeyType::Bls:
      return SignatureType::Bls;
    case KeyType::Secp256k1:
      return SignatureType::Secp256k1;
    case KeyType::Delegated:
      return SignatureType::Delegated;
  }
  return SignatureType::Secp256k1;
}

Secret KeyInfo::json() const {
  auto base64 = base::to_base64(private_key.view());
  auto text = fmt::format(R"({{"Type":"{}","PrivateKey":"{}"}})", to_string(type), base64);
  Secret out{std::string_view(text)};
  base::secure_wipe({reinterpret_cast<std::uint8_t*>(base64.data()), base64.size()});
  base::secure_wipe({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
  return out;
}

Secret KeyInfo::export_text() const {
  const auto plain = json();
  auto hex = base::to_hex(plain.view());
  Secret out{std::string_view(hex)};
  base::secure_wipe({reinterpret_cast<std::uint8_t*>(hex.data()), hex.size()});
  return out;
}

Result<KeyInfo> KeyInfo::import_text(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const auto first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return fail(ErrorCode::Malformed, "no key in an empty text");
  text = text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
  if (text.size() > kMaxText) return fail(ErrorCode::TooLarge, "key text over {} bytes", kMaxText);
  if (text.front() == '{') return from_key_json(text);
  auto bytes = base::from_hex(text);
  if (!bytes) return fail(ErrorCode::Malformed, "an exported key is hex or JSON");
  const Secret plain(*std::move(bytes));
  return from_key_json(base::as_chars(plain.view()));
}

Result<Address> delegated_address_of(BytesView public_key) {
  if (public_key.size() != 65) {
    return fail(ErrorCode::InvalidArgument, "want an uncompressed public key, got {} bytes",
                public_key.size());
  }
  const auto digest = crypto::keccak256(public_key.subspan(1));
  return Address::delegated(ActorId(Address::kEthereumNamespace), BytesView(digest).subspan(12));
}

Result<Address> address_of_key(const KeyInfo& key) {
  if (key.type == KeyType::Bls) {
    return fail(ErrorCode::Unsupported, "the address of a BLS key needs the bridge");
  }
  TRY(const auto public_key, crypto::secp256k1_public_key(key.private_key.view()));
  return key.type == KeyType::Secp256k1 ? Address::secp256k1(public_key)
                                        : delegated_address_of(public_key);
}

}  // namespace venus::types
