// SPDX-License-Identifier: MIT OR Apache-2.0
#include "net/exchange_wire.hpp"

#include <gtest/gtest.h>

#include "base/test_util/mutate.hpp"
#include "net/exchange_check.hpp"
#include "net/hello.hpp"
#include "net/test_util/fuzz_targets.hpp"
#include "net/test_util/recorded_chain.hpp"

namespace venus::net {
namespace {

using test_util::must;

Bytes hex(std::string_view text) { return must(base::from_hex(text)); }
const std::string kDigest(64, '7');
/// A chain CID in CBOR: tag 42, 39 bytes, 0x00, then version 1, dag-cbor, blake2b-256, 32 bytes.
const std::string kLink = "d82a582700" "0171a0e40220" + kDigest;
Cid link_cid() { return Cid::chain(must(base::to_array<32>(hex(kDigest)))); }

/// Status, error and tipsets of an answer that is fed in pieces.
struct Answer {
  ExchangeStatus status{};
  std::string error;
  std::vector<ExchangeTipset> tipsets;
  bool done = false;
};
Result<Answer> feed(BytesView bytes, std::size_t piece, std::size_t max_tipsets = 900,
                    std::size_t max_tipset_bytes = 8U << 20) {
  ExchangeDecoder decoder(max_tipsets, max_tipset_bytes);
  Answer out;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    decoder.feed(bytes.subspan(at, std::min(piece, bytes.size() - at)));
    for (;;) {
      TRY(auto tipset, decoder.next());
      if (!tipset) break;
      out.tipsets.push_back(*std::move(tipset));
    }
  }
  out.status = decoder.status();
  out.error = decoder.error();
  out.done = decoder.done();
  return out;
}

TEST(ExchangeWire, RequestHasTheBytesLotusSends) {
  const ExchangeRequest request{{link_cid()}, 900, 3};
  // array(3): array(1) of a link, 900, 3
  EXPECT_EQ(base::to_hex(ipld::encode(request)), "8381" + kLink + "190384" "03");
  EXPECT_EQ(must(ipld::decode<ExchangeRequest>(ipld::encode(request))), request);
}

TEST(ExchangeWire, HelloHasTheBytesLotusSends) {
  const HelloMessage hello{{link_cid(), link_cid()}, ChainEpoch(197), BigInt(0x1234), link_cid()};
  EXPECT_EQ(base::to_hex(ipld::encode(hello)), "8482" + kLink + kLink + "18c5" "43001234" + kLink);
  EXPECT_EQ(must(ipld::decode<HelloMessage>(ipld::encode(hello))), hello);
  EXPECT_EQ(base::to_hex(ipld::encode(HelloReply{1, -1})), "820120");
}

TEST(ExchangeWire, AnswerHeadHasTheBytesLotusSends) {
  EXPECT_EQ(base::to_hex(encode_exchange_head(ExchangeStatus::NotFound, "no", 0)), "8318c9" "626e6f" "80");
  EXPECT_EQ(base::to_hex(encode_exchange_head(ExchangeStatus::Partial, "", 2)), "831865" "60" "82");
}

TEST(ExchangeWire, TipsetHasTheBytesLotusSends) {
  // No blocks, one BLS message in both of two blocks, no others: [[], [[m], [[0],[0]], [], [[],[]]]].
  types::Message message;
  message.to = Address::id(ActorId(101));
  message.from = Address::id(ActorId(100));
  message.nonce = Nonce(7);
  sync::TipsetMessages messages;
  messages.bls = {message};
  messages.bls_of_block = {{0}, {0}};
  messages.secpk_of_block = {{}, {}};
  ipld::cbor::Writer writer;
  encode_exchange_tipset(writer, {}, &messages);
  const std::string bare = "8a00" "420065" "420064" "07" "40" "00" "40" "40" "00" "40";
  EXPECT_EQ(base::to_hex(writer.bytes()), "8280" "8481" + bare + "82" "8100" "8100" "80" "82" "80" "80");
  const auto back = must(decode_exchange_tipset(writer.bytes()));
  ASSERT_TRUE(back.messages);
  EXPECT_EQ(back.messages->bls, messages.bls);
  EXPECT_EQ(back.messages->bls_of_block, messages.bls_of_block);
  EXPECT_EQ(back.bls_cids, std::vector{message.cid()});
}

TEST(ExchangeWire, RecordedTipsetsSurviveInPiecesOfAnySize) {
  VENUS_RECORDED_CHAIN_OR_SKIP();
  const test_util::RecordedChain recorded;
  const auto tipsets = recorded.walk(recorded.head, 40);
  ipld::cbor::Writer writer;
  writer.write_raw(encode_exchange_head(ExchangeStatus::Ok, "", tipsets.size()));
  for (const auto& tipset : tipsets) {
    const auto messages = recorded.messages(*tipset);
    encode_exchange_tipset(writer, tipset->blocks(), &messages);
  }
  for (const std::size_t piece : {std::size_t{1}, std::size_t{977}, writer.size()}) {
    const auto answer = must(feed(writer.bytes(), piece));
    EXPECT_TRUE(answer.done);
    ASSERT_EQ(answer.tipsets.size(), tipsets.size());
    for (std::size_t i = 0; i < tipsets.size(); ++i) {
      EXPECT_EQ(answer.tipsets[i].blocks, tipsets[i]->blocks());
      EXPECT_TRUE(check_tipset_messages(*tipsets[i], answer.tipsets[i]));
    }
  }
}

TEST(ExchangeWire, LimitsHold) {
  const auto code = [](const std::string& text, std::size_t max_tipsets = 900) {
    const auto result = feed(hex(text), 1, max_tipsets, 4096);
    return result ? ErrorCode::NotFound : result.error().code;
  };
  EXPECT_EQ(code("83" "00" "60" "83", 2), ErrorCode::TooLarge);               // 3 tipsets, asked for 2
  EXPECT_EQ(code("83" "00" "792001"), ErrorCode::TooLarge);                   // error message of 8193 bytes
  EXPECT_EQ(code("83" "00" "60" "81" "82" "80" "84" "9a00100000"), ErrorCode::TooLarge);
  EXPECT_EQ(code("83" "00" "60" "81" "82" "9b00000001ffffffff"), ErrorCode::TooLarge);
  EXPECT_EQ(code("83" "00" "60" "81" "82" "81" "5b7fffffffffffffff"), ErrorCode::TooLarge);
  EXPECT_EQ(code("83" "00" "60" "81" "82" "818181818181818181818181818181"), ErrorCode::TooLarge);  // depth
  EXPECT_EQ(code("83" "00" "60" "81" "a0"), ErrorCode::Malformed);            // a map
  EXPECT_EQ(code("83" "00" "60" "81" "9f"), ErrorCode::Malformed);            // indefinite length
  EXPECT_EQ(code("84"), ErrorCode::Malformed);
  EXPECT_EQ(code("83" "20"), ErrorCode::Malformed);
  EXPECT_EQ(code("83" "00" "60" "81" "f6"), ErrorCode::Malformed);            // null where a tipset must be
  EXPECT_EQ(code("83" "1800" "60" "80"), ErrorCode::Malformed);               // not the shortest status
  EXPECT_EQ(code("83" "00" "60" "990000"), ErrorCode::Malformed);             // nor the shortest count
}

TEST(ExchangeWire, ManyMessagesPassWhereOtherArraysMayNot) {
  // cbor-gen's usual limit is 8192; messages of a tipset may be 150,000, indices of a block 10,000.
  types::Message message;
  message.to = message.from = Address::id(ActorId(1));
  sync::TipsetMessages messages;
  messages.bls.assign(10'000, message);
  auto& indices = messages.bls_of_block.emplace_back();
  for (std::uint64_t i = 0; i < 10'000; ++i) indices.push_back(i);
  messages.secpk_of_block.emplace_back();
  ipld::cbor::Writer fits;
  encode_exchange_tipset(fits, {}, &messages);
  EXPECT_EQ(must(decode_exchange_tipset(fits.bytes())).messages->bls.size(), 10'000U);
  indices.push_back(0);
  ipld::cbor::Writer over;
  encode_exchange_tipset(over, {}, &messages);
  const auto refused = decode_exchange_tipset(over.bytes());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::TooLarge);
}

TEST(ExchangeWire, DamagedInputIsRefusedOrTheSame) {
  VENUS_RECORDED_CHAIN_OR_SKIP();
  const test_util::RecordedChain recorded;
  ipld::cbor::Writer answer;
  answer.write_raw(encode_exchange_head(ExchangeStatus::Ok, "fine", 3));
  for (const auto& tipset : recorded.walk(recorded.at(150), 3)) {
    const auto messages = recorded.messages(*tipset);
    encode_exchange_tipset(answer, tipset->blocks(), &messages);
  }
  const std::vector<Bytes> seeds{answer.bytes(), ipld::encode(ExchangeRequest{recorded.head->cids(), 10, 3}),
                                 ipld::encode(HelloMessage{recorded.head->cids(), recorded.head->height(), BigInt(99),
                                                           link_cid()})};
  std::size_t calls = 0;
  base::test_util::for_each_mutation(seeds, 6000, [&](BytesView data) {
    ++calls;
    test_util::fuzz_exchange(data);
  });
  EXPECT_GT(calls, 6000U);
}

}  // namespace
}  // namespace venus::net
