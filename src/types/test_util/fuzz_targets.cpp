// SPDX-License-Identifier: MIT OR Apache-2.0
#include "types/test_util/fuzz_targets.hpp"

#include "base/json.hpp"
#include "crypto/jwt.hpp"
#include "crypto/keystore.hpp"
#include "types/actor.hpp"
#include "types/eth_tx.hpp"
#include "types/key_info.hpp"
#include "types/network_params.hpp"
#include "types/receipt.hpp"
#include "types/rlp.hpp"
#include "types/signing.hpp"
#include "types/test_util/recorded.hpp"
#include "types/tipset.hpp"

#include <cstdlib>
#include <random>

namespace venus::types::test_util {
namespace {

void ensure(bool promise) {
  if (!promise) std::abort();
}

/// Canonical decoding: whatever is accepted is the one encoding of its value.
template <class T>
std::optional<T> check_object(BytesView data) {
  auto value = ipld::decode<T>(data);
  if (!value) return std::nullopt;
  ensure(base::equal(ipld::encode(*value), data));
  const auto json = base::to_json(*value);
  const auto again = base::from_json<T>(json);
  ensure(again.has_value() && base::to_json(*again) == json);
  return *std::move(value);
}

void check_signatures(const SignedMessage& message) {
  const auto& from = message.message.from;
  static_cast<void>(authenticate_without_bls(message, from, kDevnetChainId));
  if (message.signature.type != SignatureType::Delegated) return;
  const auto tx = EthTx::from_message(message, kDevnetChainId);
  if (!tx) return;
  static_cast<void>(tx->hash());
  static_cast<void>(tx->sender());
  static_cast<void>(tx->to_message());
}

}  // namespace

void fuzz_block(BytesView data) {
  if (auto header = check_object<BlockHeader>(data)) {
    static_cast<void>(header->signing_bytes());
    static_cast<void>(Tipset::make({*header, *header}));
  }
  check_object<BlockMessage>(data);
  check_object<MessageMeta>(data);
}

void fuzz_message(BytesView data) {
  const auto message = check_object<Message>(data);
  if (!message) return;
  static_cast<void>(check_message_syntax(*message, Gas(0), NetworkVersion(28)));
  static_cast<void>(message->required_funds());
  static_cast<void>(message_signing_bytes(*message, SignatureType::Delegated, kDevnetChainId));
}

void fuzz_signed_message(BytesView data) {
  if (const auto message = check_object<SignedMessage>(data)) check_signatures(*message);
}

void fuzz_state_objects(BytesView data) {
  check_object<Receipt>(data);
  check_object<Event>(data);
  check_object<Actor>(data);
  check_object<StateRoot>(data);
  check_object<Signature>(data);
}

void fuzz_json(BytesView data) {
  const auto json = base::parse_json(base::as_chars(data));
  if (!json) return;
  if (const auto message = base::from_json<SignedMessage>(*json)) check_signatures(*message);
  static_cast<void>(base::from_json<Message>(*json));
  static_cast<void>(base::from_json<BlockHeader>(*json));
  static_cast<void>(base::from_json<TipsetPtr>(*json));
  static_cast<void>(base::from_json<TipsetKey>(*json));
  static_cast<void>(base::from_json<Receipt>(*json));
}

void fuzz_address(BytesView data) {
  const auto text = base::as_chars(data);
  if (const auto address = Address::from_bytes(data)) {
    ensure(base::equal(address->bytes(), data));
    ensure(Address::parse(address->str()).value() == *address);
    if (const auto eth = address->eth()) ensure(Address::from_eth(*eth) == *address);
  }
  if (const auto address = Address::parse(text)) {
    ensure(address->str(static_cast<NetworkPrefix>(text[0])).size() <= text.size());
    ensure(Address::from_bytes(address->bytes()).value() == *address);
  }
  static_cast<void>(EthAddress::parse(text));
  if (const auto amount = TokenAmount::parse(text)) {
    ensure(TokenAmount::parse(amount->fil()).value_or(*amount) == *amount);
  }
  static_cast<void>(TipsetKey::from_bytes(data));
}

void fuzz_eth_tx(BytesView data) {
  static_cast<void>(rlp::decode(data));
  const auto tx = EthTx::parse(data, kDevnetChainId);
  if (!tx) return;
  ensure(EthTx::parse(tx->raw(), kDevnetChainId).value() == *tx);
  const auto message = tx->to_message();
  if (!message) return;
  ensure(EthTx::from_message(*message, kDevnetChainId).value() == *tx);
  ensure(authenticate_without_bls(*message, message->message.from, kDevnetChainId).has_value());
}

void fuzz_texts(BytesView data) {
  const auto text = base::as_chars(data);
  if (const auto key = KeyInfo::import_text(text)) {
    ensure(KeyInfo::import_text(base::as_chars(key->export_text().view())).has_value());
  }
  static_cast<void>(crypto::verify_jwt(text, base::as_bytes("secret")));
  static_cast<void>(parse_network(text));
  // Deriving a key takes long by design: only files that ask for little are run through.
  if (text.find("\"n\"") == std::string_view::npos &&
      text.find("\"c\"") == std::string_view::npos) {
    static_cast<void>(crypto::decrypt_keystore(text, Secret(std::string_view("password"))));
  }
}

std::vector<FuzzTarget> fuzz_targets() {
  return {{"block", fuzz_block},
          {"message", fuzz_message},
          {"signed_message", fuzz_signed_message},
          {"state_objects", fuzz_state_objects},
          {"json", fuzz_json},
          {"address", fuzz_address},
          {"eth_tx", fuzz_eth_tx},
          {"texts", fuzz_texts}};
}

void smoke_run(const FuzzTarget& target, const std::vector<Bytes>& seeds, std::size_t mutations,
               std::uint64_t seed_number) {
  std::mt19937_64 random(seed_number);
  const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  for (const auto& seed : seeds) {
    target.run(seed);
    for (std::size_t i = 0; i < mutations; ++i) {
      auto data = seed;
      for (std::size_t changes = 1 + below(3); changes > 0 && !data.empty(); --changes) {
        const auto at = below(data.size());
        const auto place = data.begin() + static_cast<std::ptrdiff_t>(at);
        switch (below(5)) {
          case 0:
            data[at] = static_cast<std::uint8_t>(random());
            break;
          case 1:
            data[at] ^= static_cast<std::uint8_t>(1U << below(8));
            break;
          case 2:
            data.erase(place);
            break;
          case 3:
            data.insert(place, static_cast<std::uint8_t>(random()));
            break;
          default:
            data.resize(at);
            break;
        }
      }
      target.run(data);
    }
  }
}

}  // namespace venus::types::test_util
