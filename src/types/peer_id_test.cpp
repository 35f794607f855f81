// SPDX-License-Identifier: MIT OR Apache-2.0
#include "types/peer_id.hpp"

#include <gtest/gtest.h>

namespace venus::types {
namespace {

// The same identity as libp2p's specification of peer ids writes it, in both forms.
TEST(PeerId, BothTextsNameTheSamePeer) {
  const auto base58 = PeerId::parse("QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N");
  ASSERT_TRUE(base58) << base58.error().message;
  const auto cid = PeerId::parse("bafzbeie5745rpv2m6tjyuugywy4d5ewrqgqqhfnf445he3omzpjbx5xqxe");
  ASSERT_TRUE(cid) << cid.error().message;
  EXPECT_EQ(*base58, *cid);
  EXPECT_EQ(PeerId::from_bytes(base58->bytes()).value(), *cid);
}

TEST(PeerId, Ed25519KeysStandInTheIdentity) {
  const auto id = PeerId::parse("12D3KooWDQSLRB88GzvTC8uR5YoNWpaaF3DRCzs9bdSwXnHBUF9A");
  ASSERT_TRUE(id);
  EXPECT_EQ(id->bytes().size(), 38U);
  EXPECT_EQ(id->str(), "12D3KooWDQSLRB88GzvTC8uR5YoNWpaaF3DRCzs9bdSwXnHBUF9A");
}

TEST(PeerId, RefusesOtherTexts) {
  for (const auto* text : {"", "x", "0OIl", "12D3Koo", "bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi",
                           "QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5"}) {
    EXPECT_FALSE(PeerId::parse(text)) << text;
  }
  EXPECT_EQ(PeerId::parse(std::string(300, '1')).error().code, ErrorCode::TooLarge);
}

}  // namespace
}  // namespace venus::types
