// SPDX-License-Identifier: MIT OR Apache-2.0
#include "services/devnet/drand.hpp"

#include "bridge/bls.hpp"
#include "crypto/hash.hpp"
#include "platform/test_util/temp_folder.hpp"
#include "rpc/http_client.hpp"
#include "rpc/run_blocking.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

namespace venus::devnet {
namespace {

// As https://api.drand.sh/52db9ba7.../info says of quicknet.
TEST(Drand, HashIsThatOfDrand) {
  DrandChainInfo info;
  info.public_key =
      base::from_hex(
          "83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c8c4b450b6a0a6c3ac6a5"
          "776a2d1064510d1fec758c921cc22b0e17e63aaf4bcb5ed66304de9cf809bd274ca73bab4af5a6e9c76a"
          "4bc09e76eae8991ef5ece45a")
          .value();
  info.period_seconds = 3;
  info.genesis_time = 1692803367;
  info.group_hash =
      base::from_hex("f477d5c89f21a17c863a7f937c6a6d15859414d2be09cd448d4279af331c5d3e").value();
  info.beacon_id = "quicknet";
  EXPECT_EQ(info.hash(), "52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971");
  EXPECT_EQ(info.round_at(1692803366), 0U);
  EXPECT_EQ(info.round_at(1692803367), 1U);
  EXPECT_EQ(info.round_at(1692803370), 2U);
  EXPECT_EQ(DrandChainInfo::from_json(info.json())->hash(), info.hash());
  auto changed = info.json();
  changed.as_object()["period"] = 4;
  EXPECT_FALSE(DrandChainInfo::from_json(changed));
}

TEST(Drand, KeyIsPrivateAndComesBackFromItsFiles) {
  const platform::test::TempFolder folder;
  const auto made = DrandSigner::create(15, 1'000).value();
  ASSERT_TRUE(made.save(folder.path()));
  struct stat file{};
  ASSERT_EQ(::stat((folder.path() / "drand.key").c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 0777U, 0600U);
  const auto back = DrandSigner::load(folder.path());
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(back->beacon(7).value(), made.beacon(7).value());
  // Another network's key is noticed.
  ASSERT_TRUE(DrandSigner::create(15, 1'000)->save(folder.path()));
  const platform::test::TempFolder other;
  ASSERT_TRUE(made.save(other.path()));
  std::filesystem::copy_file(folder.path() / "drand.key", other.path() / "drand.key",
                             std::filesystem::copy_options::overwrite_existing);
  EXPECT_EQ(DrandSigner::load(other.path()).error().code, ErrorCode::Corrupt);
}

TEST(Drand, ServesRoundsThatAreDueAndNoOthers) {
  asio::io_context io(1);
  base::ManualClock clock(1'000'000);
  const auto signer = DrandSigner::create(10, 900).value();  // round 11 is the newest
  rpc::Server server(io, {});
  serve_drand(server, signer, clock);
  const auto url = server.listen("127.0.0.1", 0).value();
  const auto base_url = fmt::format("http://{}", url.authority());
  rpc::HttpClient http(io);
  const auto get = [&](const std::string& path) {
    return rpc::run_blocking(io, http.send({.url = base_url + path})).value();
  };
  const auto hash = signer.info().hash();
  const auto answer = base::parse_json(get(fmt::format("/{}/public/11", hash)).body).value();
  const auto signature = base::from_hex(std::string(answer.at("signature").as_string())).value();
  EXPECT_TRUE(bridge::drand_verify_unchained_g1(signer.info().public_key, signature,
                                                crypto::sha256(base::be64(11))));
  EXPECT_EQ(answer.at("randomness").as_string(), base::to_hex(crypto::sha256(signature)));
  EXPECT_EQ(base::parse_json(get("/public/latest").body).value(), answer);
  EXPECT_EQ(get(fmt::format("/{}/public/12", hash)).status, 425U);
  clock.advance_millis(10'000);
  EXPECT_EQ(get(fmt::format("/{}/public/12", hash)).status, 200U);
  EXPECT_EQ(get("/public/0").status, 404U);
  EXPECT_EQ(get("/public/x").status, 404U);
  EXPECT_EQ(get("/00ff/public/1").status, 404U);
  EXPECT_EQ(base::parse_json(get("/chains").body).value(), (boost::json::array{hash}));
  EXPECT_EQ(base::parse_json(get(fmt::format("/{}/info", hash)).body).value(),
            signer.info().json());
  ASSERT_TRUE(rpc::run_blocking(io, server.stop(std::chrono::milliseconds(100))));
}

}  // namespace
}  // namespace venus::devnet
