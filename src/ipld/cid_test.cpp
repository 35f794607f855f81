// SPDX-License-Identifier: MIT OR Apache-2.0
#include "ipld/cid.hpp"

#include "base/json.hpp"
#include "base/test_util/mutate.hpp"

#include <gtest/gtest.h>

namespace venus::ipld {
namespace {

// The genesis of mainnet, and a directory of IPFS's documentation.
constexpr std::string_view kMainnet =
    "bafy2bzacecnamqgqmifpluoeldx7zzglxcljo6oja4vrmtj7432rphldpdmm2";
constexpr std::string_view kVersion0 = "QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG";

Cid must_parse(std::string_view text) {
  auto cid = Cid::parse(text);
  EXPECT_TRUE(cid.has_value()) << text << ": " << (cid ? "" : cid.error().message);
  return cid.value_or(Cid());
}

TEST(Cid, TextAndPartsOfAChainCid) {
  const auto cid = must_parse(kMainnet);
  EXPECT_EQ(cid.str(), kMainnet);
  EXPECT_EQ(fmt::format("{}", cid), kMainnet);
  EXPECT_EQ(cid.bytes().size(), 38U);
  EXPECT_EQ(cid.version(), 1);
  EXPECT_EQ(cid.codec(), Codec::DagCbor);
  EXPECT_EQ(cid.hash(), Multihash::Blake2b_256);
  EXPECT_EQ(cid.digest().size(), 32U);
  EXPECT_EQ(Cid::from_bytes(cid.bytes()), cid);
  EXPECT_EQ(*Cid::make(cid.codec(), cid.hash(), cid.digest()), cid);
}

TEST(Cid, VersionZero) {
  const auto cid = must_parse(kVersion0);
  EXPECT_EQ(cid.str(), kVersion0);
  EXPECT_EQ(cid.version(), 0);
  EXPECT_EQ(cid.codec(), Codec::DagPb);
  EXPECT_EQ(cid.hash(), Multihash::Sha2_256);
  EXPECT_EQ(cid.bytes().size(), 34U);
  EXPECT_EQ(Cid::from_bytes(cid.bytes()), cid);
}

TEST(Cid, OfData) {
  // The empty HAMT: [h'', []].
  const Bytes empty_map{0x82, 0x40, 0x80};
  EXPECT_EQ(cid_of_cbor(empty_map).str(),
            "bafy2bzaceamp42wmmgr2g2ymg46euououzfyck7szknvfacqscohrvaikwfay");
  const auto raw = cid_of_raw(base::as_bytes("hello"));
  EXPECT_EQ(raw.codec(), Codec::Raw);
  EXPECT_TRUE(verify_block(raw, base::as_bytes("hello")));
  EXPECT_EQ(verify_block(raw, base::as_bytes("hallo")).error().code, ErrorCode::Corrupt);
  // sha2-256, as IPFS's raw leaves have it.
  const auto digest =
      base::from_hex("b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9");
  const auto like = *Cid::make(Codec::Raw, Multihash::Sha2_256, *digest);
  EXPECT_EQ(*cid_like(like, base::as_bytes("hello world")), like);
  EXPECT_TRUE(verify_block(like, base::as_bytes("hello world")));
  const auto sealed =
      *Cid::make(Codec::FilCommitmentSealed, Multihash::PoseidonBls12_381A2Fc1, Bytes(32, 1));
  EXPECT_EQ(verify_block(sealed, {}).error().code, ErrorCode::Unsupported);
}

TEST(Cid, RefusesBadText) {
  for (const auto* text : {"", "b", "bafy", "Qm", "x", "bAFY2BZACECNAM",
                           "zb2rhe5P4gXftAwvA4eXQ5HJwsER2owDyS9sKaQRRVQPn93bA",
                           "QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbd0"}) {
    EXPECT_FALSE(Cid::parse(text)) << text;
  }
  EXPECT_FALSE(Cid::parse(std::string(kMainnet) + "a"));
  EXPECT_EQ(Cid::parse(std::string(100000, 'b')).error().code, ErrorCode::TooLarge);
}

TEST(Cid, RefusesBadBytes) {
  const auto good = base::to_bytes(must_parse(kMainnet).bytes());
  EXPECT_FALSE(Cid::from_bytes({}));
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_FALSE(Cid::from_bytes(BytesView(good).first(size))) << size;
  }
  auto longer = good;
  longer.push_back(0);
  EXPECT_EQ(Cid::from_bytes(longer).error().code, ErrorCode::Malformed);
  // Codec written in two bytes where one is enough.
  Bytes padded{0x01, 0xf1, 0x00, 0x00, 0x01, 0xaa};
  EXPECT_EQ(Cid::from_bytes(padded).error().code, ErrorCode::Malformed);
  Bytes digest65{0x01, 0x55, 0x00, 65};
  digest65.resize(digest65.size() + 65);
  EXPECT_EQ(Cid::from_bytes(digest65).error().code, ErrorCode::TooLarge);
  EXPECT_FALSE(Cid::make(Codec::Raw, Multihash::Identity, Bytes(65)));
}

TEST(Cid, JsonForm) {
  const auto cid = must_parse(kMainnet);
  const auto json = base::to_json(cid);
  EXPECT_EQ(base::write_json(json), "{\"/\":\"" + std::string(kMainnet) + "\"}");
  EXPECT_EQ(base::from_json<Cid>(json), cid);
  EXPECT_EQ(base::write_json(base::to_json(Cid())), "null");
  EXPECT_EQ(base::from_json<Cid>(nullptr), Cid());
  EXPECT_FALSE(base::from_json<Cid>("bafy"));
}

TEST(Cid, SurvivesMutations) {
  const std::vector<Bytes> seeds{base::to_bytes(must_parse(kMainnet).bytes()),
                                 base::to_bytes(must_parse(kVersion0).bytes())};
  base::test_util::for_each_mutation(seeds, 20000, [](BytesView input) {
    const auto cid = Cid::from_bytes(input);
    if (cid) EXPECT_TRUE(base::equal(cid->bytes(), input));
    const auto text = Cid::parse(base::as_chars(input));
    if (text) EXPECT_EQ(text->str(), base::as_chars(input));
  });
}

}  // namespace
}  // namespace venus::ipld
