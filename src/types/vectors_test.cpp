// SPDX-License-Identifier: MIT OR Apache-2.0
// Encodings against published vectors and a chain that Lotus made.
#include "base/test_util/vectors.hpp"

#include "base/json.hpp"
#include "types/actor.hpp"
#include "types/key_info.hpp"
#include "types/network_params.hpp"
#include "types/receipt.hpp"
#include "types/signing.hpp"
#include "types/test_util/recorded.hpp"
#include "types/tipset.hpp"

#include <gtest/gtest.h>

namespace venus::types {
namespace {

using test_util::read_json;

class OnTestnet : public testing::Test {
 protected:
  OnTestnet() : before_(display_prefix()) { set_display_prefix(NetworkPrefix::Testnet); }
  ~OnTestnet() override { set_display_prefix(before_); }

 private:
  NetworkPrefix before_;
};
class Vectors : public OnTestnet {};

template <class T>
T decoded(const boost::json::value& json) {
  auto value = base::from_json<T>(json);
  if (!value) throw std::runtime_error(value.error().message);
  return *std::move(value);
}

std::string text(const boost::json::value& json) {
  return std::string(std::string_view(json.as_string()));
}

TEST_F(Vectors, BlockHeadersEncodeAsPublished) {
  VENUS_VECTORS_OR_SKIP(file, "serialization/block_headers.json");
  const auto root = read_json(file);
  std::size_t count = 0;
  for (const auto& item : root.as_array()) {
    const auto header = decoded<BlockHeader>(item.at("block"));
    EXPECT_EQ(base::to_hex(ipld::encode(header)), text(item.at("cbor_hex")));
    EXPECT_EQ(header.cid().str(), text(item.at("cid")));
    const auto bytes = base::from_hex(text(item.at("cbor_hex"))).value();
    EXPECT_EQ(ipld::decode<BlockHeader>(bytes).value(), header);
    EXPECT_EQ(base::to_json(header), item.at("block"));
    ++count;
  }
  EXPECT_GT(count, 0U);
}

TEST_F(Vectors, MessagesEncodeAsPublished) {
  VENUS_VECTORS_OR_SKIP(file, "serialization/unsigned_messages.json");
  const auto root = read_json(file);
  for (const auto& item : root.as_array()) {
    const auto message = decoded<Message>(item.at("message"));
    const auto hex = text(item.at("hex_cbor"));
    EXPECT_EQ(base::to_hex(ipld::encode(message)), hex);
    EXPECT_EQ(ipld::decode<Message>(base::from_hex(hex).value()).value(), message);
  }
  EXPECT_GT(root.as_array().size(), 0U);
}

TEST_F(Vectors, SignedMessageVectorsHaveTheirCid) {
  VENUS_VECTORS_OR_SKIP(file, "serialization/message_signing.json");
  for (const auto& item : read_json(file).as_array()) {
    const auto message = decoded<Message>(item.at("Unsigned"));
    EXPECT_EQ(message.cid().str(), text(item.at("Cid")));
    EXPECT_EQ(base::to_hex(message.cid().bytes()), text(item.at("CidHexBytes")));
    const auto signature = decoded<Signature>(item.at("Signature"));
    EXPECT_EQ(base::to_json(signature), item.at("Signature"));
    EXPECT_EQ(ipld::decode<Signature>(ipld::encode(signature)).value(), signature);
    EXPECT_EQ(base::to_hex(message_signing_bytes(message, signature.type, 0).value()),
              text(item.at("CidHexBytes")));
  }
}

/// Decodes each object and encodes it again; returns them.
template <class T>
std::vector<T> expect_all_round_trip(const std::vector<std::pair<Cid, Bytes>>& blocks) {
  std::vector<T> out;
  for (const auto& [cid, bytes] : blocks) {
    auto value = ipld::decode<T>(bytes);
    EXPECT_TRUE(value.has_value()) << cid.str() << ": " << test_util::reason(value);
    if (!value) continue;
    EXPECT_EQ(ipld::encode(*value), bytes) << cid.str();
    EXPECT_EQ(value->cid(), cid);
    const auto again = base::from_json<T>(base::to_json(*value));
    EXPECT_EQ(again.value_or(T{}), *value) << cid.str();
    out.push_back(*std::move(value));
  }
  return out;
}

void expect_chain_round_trips(const std::filesystem::path& file) {
  const auto objects = test_util::read_chain_objects(file);
  const auto headers = expect_all_round_trip<BlockHeader>(objects.headers);
  const auto messages = expect_all_round_trip<Message>(objects.messages);
  const auto signed_messages = expect_all_round_trip<SignedMessage>(objects.signed_messages);
  EXPECT_GT(headers.size(), 190U);
  EXPECT_GT(messages.size(), 20U);
  EXPECT_GT(signed_messages.size(), 20U);

  const auto network = builtin_network("devnet").value();
  std::map<SignatureType, std::size_t> verified;
  for (const auto& message : signed_messages) {
    // Senders of this chain write their key addresses; an f0 would need the state.
    ASSERT_FALSE(message.message.from.is_id());
    const auto result =
        authenticate_without_bls(message, message.message.from, test_util::kDevnetChainId);
    EXPECT_TRUE(result.has_value()) << message.cid().str() << ": " << test_util::reason(result);
    ++verified[message.signature.type];
    auto altered = message;
    altered.message.nonce += 1;
    EXPECT_FALSE(
        authenticate_without_bls(altered, message.message.from, test_util::kDevnetChainId));
    const auto syntax = check_message_syntax(
        message.message, network.on_chain_message_gas(message.chain_length(), ChainEpoch(87)),
        NetworkVersion(28));
    EXPECT_TRUE(syntax.has_value()) << message.cid().str() << ": " << test_util::reason(syntax);
  }
  EXPECT_GT(verified[SignatureType::Secp256k1], 10U);
  EXPECT_GT(verified[SignatureType::Delegated], 5U);
  EXPECT_EQ(verified[SignatureType::Bls], 0U);
}

TEST_F(Vectors, EveryObjectOfTheShortChainRoundTripsAndVerifies) {
  VENUS_VECTORS_OR_SKIP(file, "lotus-devnet/chain-197.car");
  expect_chain_round_trips(file);
}

TEST_F(Vectors, EveryObjectOfTheLongChainRoundTripsAndVerifies) {
  VENUS_VECTORS_OR_SKIP(file, "lotus-devnet/chain-700.car");
  expect_chain_round_trips(file);
}

TEST_F(Vectors, TipsetsOfTheChainAreWhatTheirChildrenSay) {
  VENUS_VECTORS_OR_SKIP(file, "lotus-devnet/chain-700.car");
  std::unordered_map<Cid, BlockHeader> headers;
  for (const auto& [cid, bytes] : test_util::read_chain_objects(file).headers) {
    headers.emplace(cid, ipld::decode<BlockHeader>(bytes).value());
  }
  std::size_t several = 0;
  for (const auto& [cid, header] : headers) {
    std::vector<BlockHeader> blocks;
    for (const auto& parent : header.parents) {
      if (const auto found = headers.find(parent); found != headers.end())
        blocks.push_back(found->second);
    }
    if (blocks.size() != header.parents.size() || blocks.empty()) continue;
    std::ranges::reverse(blocks);
    const auto tipset = Tipset::make(std::move(blocks)).value();
    EXPECT_EQ(tipset->key(), TipsetKey(header.parents));
    several += tipset->blocks().size() > 1 ? 1 : 0;
  }
  EXPECT_GT(several, 50U);
}

// ---- JSON of recorded answers ------------------------------------------------------------------

class RecordedJson : public OnTestnet {};

/// Every result decodes as T and comes out the same.
template <class T>
void expect_same_json(const boost::json::value& json) {
  const auto value = base::from_json<T>(json);
  ASSERT_TRUE(value.has_value()) << value.error().message << base::write_json(json);
  EXPECT_EQ(base::to_json(*value), json);
}

TEST_F(RecordedJson, BlocksTipsetsAndMessagesHaveLotusShape) {
  VENUS_VECTORS_OR_SKIP(folder, "rpc/core");
  const auto results = [&](std::string_view method) {
    auto out = test_util::recorded_results(folder / fmt::format("Filecoin.{}.json", method));
    EXPECT_FALSE(out.empty()) << method;
    return out;
  };
  for (const auto& json : results("ChainGetBlock"))
    expect_same_json<BlockHeader>(json);
  for (const auto& json : results("ChainGetMessage"))
    expect_same_json<Message>(json);
  for (const auto* method :
       {"ChainGetTipSet", "ChainHead", "ChainGetGenesis", "ChainGetTipSetByHeight"}) {
    for (const auto& json : results(method))
      expect_same_json<TipsetPtr>(json);
  }
  for (const auto& json : results("ChainGetBlockMessages")) {
    expect_same_json<std::vector<Message>>(json.at("BlsMessages"));
    expect_same_json<std::vector<SignedMessage>>(json.at("SecpkMessages"));
  }
  for (const auto& json : results("ChainGetParentReceipts"))
    expect_same_json<std::vector<Receipt>>(json);
  for (const auto& json : results("StateGetActor"))
    expect_same_json<Actor>(json);
  for (const auto& json : results("MpoolSelect"))
    expect_same_json<std::vector<SignedMessage>>(json);
  for (const auto& json : results("StateSearchMsg")) {
    if (json.is_null()) continue;
    expect_same_json<Receipt>(json.at("Receipt"));
    expect_same_json<TipsetKey>(json.at("TipSet"));
  }
}

TEST_F(RecordedJson, KeysExportedByLotusImportAndVerify) {
  VENUS_VECTORS_OR_SKIP(file, "rpc/core/Filecoin.WalletSign.json");
  VENUS_VECTORS_OR_SKIP(wallets, "lotus-devnet/wallets");
  std::size_t count = 0;
  const auto recording = read_json(file);
  for (const auto& call : recording.at("calls").as_array()) {
    const auto& params = call.at("request").at("params").as_array();
    const auto address = decoded<Address>(params[0]);
    if (address.protocol() == Protocol::Bls) continue;
    const auto data = decoded<Bytes>(params[1]);
    const auto exported = base::test_util::read_file(wallets / (address.str() + ".key"));
    const auto key = KeyInfo::import_text(base::as_chars(exported)).value();
    EXPECT_EQ(address_of_key(key).value(), address);
    const auto text = base::as_chars(exported);
    EXPECT_EQ(base::as_chars(key.export_text().view()), text.substr(0, text.find('\n')));
    // Lotus adds entropy, so the same key makes other signatures that must verify all the same.
    const auto recorded = decoded<Signature>(call.at("response").at("result"));
    const auto own =
        sign_without_bls(signature_type(key.type), key.private_key.view(), data).value();
    for (const auto& signature : {recorded, own}) {
      EXPECT_TRUE(verify_without_bls(signature, address, data).has_value());
      EXPECT_FALSE(verify_without_bls(signature, address, Bytes{1}).has_value());
    }
    ++count;
  }
  EXPECT_EQ(count, 2U);
}

}  // namespace
}  // namespace venus::types
