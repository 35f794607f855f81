// SPDX-License-Identifier: MIT OR Apache-2.0
// Identity, bans and known peers over restarts.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "base/test_util/vectors.hpp"
#include "net/ban_list.hpp"
#include "net/identity.hpp"
#include "net/peer_book.hpp"
#include "net/state_file.hpp"
#include "net/test_util/fake_host.hpp"
#include "net/test_util/pipe_host.hpp"

namespace venus::net {
namespace {

using base::test_util::TempFolder;
using std::chrono::hours;
using std::chrono::seconds;
using test_util::test_peer;

mode_t mode_of(const std::filesystem::path& path) {
  struct stat about{};
  EXPECT_EQ(::stat(path.c_str(), &about), 0) << path;
  return about.st_mode & 0777U;
}

void write(const std::filesystem::path& path, std::string_view text) {
  ASSERT_TRUE(write_state_file(path, base::as_bytes(text)));
}

PeerId peer_number(unsigned number) {
  Bytes bytes{0x00, 0x24, 0x08, 0x01, 0x12, 0x20};
  bytes.resize(38);
  bytes[6] = static_cast<std::uint8_t>(number >> 8);
  bytes[7] = static_cast<std::uint8_t>(number);
  return PeerId::from_bytes(bytes).value();
}

TEST(Identity, StaysTheSameAndIsForTheOwnerAlone) {
  const TempFolder home;
  const auto folder = home.path() / "p2p";
  const auto first = Identity::open(folder).value();
  const auto again = Identity::open(folder).value();
  EXPECT_EQ(first.seed(), again.seed());
  EXPECT_NE(first.seed(), ByteArray<32>{});
  EXPECT_EQ(mode_of(folder), 0700U);
  EXPECT_EQ(mode_of(folder / "identity"), 0600U);
  const TempFolder other;
  EXPECT_NE(Identity::open(other.path() / "p2p").value().seed(), first.seed());
}

TEST(Identity, RefusesAFileThatOthersCanRead) {
  const TempFolder home;
  ASSERT_TRUE(Identity::open(home.path() / "p2p"));
  const auto file = home.path() / "p2p" / "identity";
  ASSERT_EQ(::chmod(file.c_str(), 0640), 0);
  const auto refused = Identity::open(home.path() / "p2p");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::PermissionDenied);
  EXPECT_NE(refused.error().message.find("chmod 600"), std::string::npos) << refused.error().message;
}

TEST(Identity, NeverReplacesADamagedFile) {
  const TempFolder home;
  const auto file = home.path() / "p2p" / "identity";
  for (const std::string& text : std::vector<std::string>{"", "abcd", "zz", std::string(63, 'a'), std::string(200, 'a')}) {
    write(file, text);
    const auto refused = Identity::open(home.path() / "p2p");
    EXPECT_FALSE(refused) << text;
    EXPECT_EQ(base::as_chars(read_state_file(file, 1000).value()), text);
  }
}

class BanListTest : public ::testing::Test {
 protected:
  BanListTest() { reopen(); }
  void reopen() { bans_ = BanList::open(file_, clock_).value(); }

  TempFolder home_;
  std::filesystem::path file_ = home_.path() / "p2p" / "bans.json";
  base::ManualClock clock_{1'700'000'000'000};
  std::unique_ptr<BanList> bans_;
};

TEST_F(BanListTest, TellsTheHostAndSurvivesARestart) {
  test_util::FakeHost host(test_peer(9));
  bans_->attach(&host);
  ASSERT_TRUE(bans_->block({test_peer(1)}, {"1.2.3.4"}, {"10.1.0.0/16", "2001:db8::1/32"}));
  EXPECT_EQ(host.banned, std::vector{test_peer(1)});
  EXPECT_EQ(host.banned_networks.size(), 3U);
  ASSERT_TRUE(bans_->save());
  reopen();
  EXPECT_TRUE(bans_->has(test_peer(1)));
  EXPECT_FALSE(bans_->has(test_peer(2)));
  EXPECT_TRUE(bans_->has(parse_ip("1.2.3.4").value()));
  EXPECT_TRUE(bans_->has(parse_ip("10.1.255.1").value()));
  EXPECT_FALSE(bans_->has(parse_ip("10.2.0.1").value()));
  const auto lists = bans_->lists();
  EXPECT_EQ(lists.addresses, std::vector<std::string>{"1.2.3.4"});
  EXPECT_EQ(lists.networks, (std::vector<std::string>{"2001:db8::/32", "10.1.0.0/16"}));
  ASSERT_TRUE(bans_->unblock({test_peer(1)}, {"1.2.3.4"}, {"10.1.0.0/16", "2001:db8::/32"}));
  ASSERT_TRUE(bans_->save());
  reopen();
  EXPECT_TRUE(bans_->bans().empty());
}

TEST_F(BanListTest, ABadEntryChangesNothing) {
  EXPECT_EQ(bans_->block({test_peer(1)}, {"1.2.3.4", "1.2.3"}, {}).error().code, ErrorCode::Malformed);
  EXPECT_EQ(bans_->block({test_peer(1)}, {}, {"1.2.3.4/99"}).error().code, ErrorCode::Malformed);
  EXPECT_TRUE(bans_->bans().empty());
}

TEST_F(BanListTest, TemporaryBansEndWhateverTheClockDoes) {
  bans_->ban(test_peer(1), seconds(3600), "lied");
  bans_->ban(test_peer(2), hours(10'000), "lied");
  ASSERT_TRUE(bans_->save());
  clock_.advance_millis(1'800'000);
  reopen();
  ASSERT_TRUE(bans_->has(test_peer(1)));
  for (const auto& ban : bans_->bans()) {
    if (ban.what == test_peer(1).str()) EXPECT_LE(*ban.left, seconds(1800));
  }
  // A clock a year behind must not make a ban last a year.
  clock_.advance_millis(-1000LL * 86'400 * 365);
  reopen();
  for (const auto& ban : bans_->bans()) EXPECT_LE(*ban.left, BanList::kLongest);
  clock_.advance_millis(1000LL * 86'400 * 366 * 2);
  reopen();
  EXPECT_TRUE(bans_->bans().empty());
}

TEST_F(BanListTest, AnOperatorsBlockIsNotShortened) {
  ASSERT_TRUE(bans_->block({test_peer(1)}, {}, {}));
  bans_->ban(test_peer(1), seconds(1), "flooded");
  EXPECT_FALSE(bans_->bans().front().left);
  bans_->ban(test_peer(2), seconds(0), "flooded");
  bans_->expire();
  EXPECT_FALSE(bans_->has(test_peer(2)));
  EXPECT_TRUE(bans_->has(test_peer(1)));
}

TEST_F(BanListTest, StaysBounded) {
  for (unsigned i = 0; i < BanList::kMaxTemporary + 100; ++i) bans_->ban(peer_number(i), seconds(60 + i), "lied");
  EXPECT_EQ(bans_->bans().size(), BanList::kMaxTemporary);
  EXPECT_FALSE(bans_->has(peer_number(0)));
  std::vector<std::string> many(BanList::kMaxPermanent + 1, "1.2.3.4");
  EXPECT_EQ(bans_->block({}, many, {}).error().code, ErrorCode::TooLarge);
}

TEST_F(BanListTest, ADamagedFileIsNotForgotten) {
  for (const auto* text : {"", "[", R"({"peers":[{"what":"x"}]})", R"({"networks":[{"what":"1.2.3.4/77"}]})"}) {
    write(file_, text);
    const auto opened = BanList::open(file_, clock_);
    ASSERT_FALSE(opened) << text;
    EXPECT_EQ(opened.error().code, ErrorCode::Corrupt);
    EXPECT_NE(opened.error().message.find("bans.json"), std::string::npos);
  }
}

class PeerBookTest : public ::testing::Test {
 protected:
  PeerBookTest() { reopen(); }
  void reopen() { book_ = PeerBook::open(file_, clock_).value(); }
  std::vector<PeerId> best(std::size_t max) {
    std::vector<PeerId> out;
    for (const auto& peer : book_->best(max, [](const auto&) { return true; })) out.push_back(peer.peer);
    return out;
  }

  TempFolder home_;
  std::filesystem::path file_ = home_.path() / "p2p" / "peers.json";
  base::ManualClock clock_{1'700'000'000'000};
  std::unique_ptr<PeerBook> book_;
};

TEST_F(PeerBookTest, RemembersOverARestart) {
  book_->heard_of(test_peer(1), {"/ip4/1.2.3.4/tcp/1", "/ip4/1.2.3.4/tcp/0", "nonsense", "/ip4/5.6.7.8/udp/2/quic-v1"});
  book_->connected(test_peer(1), "/ip4/5.6.7.8/udp/2/quic-v1");
  book_->agent_is(test_peer(1), std::string(1000, 'x'));
  ASSERT_TRUE(book_->protect(test_peer(2), "api"));
  EXPECT_EQ(book_->banned(test_peer(1)), 1U);
  EXPECT_EQ(book_->banned(test_peer(1)), 2U);
  ASSERT_TRUE(book_->save());
  EXPECT_EQ(mode_of(file_), 0600U);
  reopen();
  const auto peer = book_->find(test_peer(1)).value();
  EXPECT_EQ(peer.addresses, (std::vector<std::string>{"/ip4/5.6.7.8/udp/2/quic-v1", "/ip4/1.2.3.4/tcp/1"}));
  EXPECT_EQ(peer.agent.size(), PeerBook::kMaxAgent);
  EXPECT_EQ(peer.last_success, 1'700'000'000);
  EXPECT_TRUE(book_->is_protected(test_peer(2)));
  EXPECT_EQ(book_->protected_peers("api"), std::vector{test_peer(2)});
  EXPECT_EQ(book_->banned(test_peer(1)), 3U);
  clock_.advance_millis(1000LL * 90'000);
  EXPECT_EQ(book_->banned(test_peer(1)), 1U) << "a day later it is the first one again";
  EXPECT_TRUE(book_->unprotect(test_peer(2), "api"));
  EXPECT_FALSE(book_->unprotect(test_peer(2), "api"));
}

TEST_F(PeerBookTest, OffersWhoWillMostLikelyAnswer) {
  const std::vector<std::string> address{"/ip4/1.2.3.4/tcp/1"};
  for (std::uint8_t i = 1; i <= 4; ++i) book_->heard_of(test_peer(i), address);
  book_->connected(test_peer(2), "");
  book_->connected(test_peer(3), "");
  book_->dial_failed(test_peer(3));
  book_->dial_failed(test_peer(4));
  EXPECT_EQ(best(4), (std::vector{test_peer(2), test_peer(3), test_peer(1), test_peer(4)}));
  EXPECT_EQ(best(1), std::vector{test_peer(2)});
  EXPECT_TRUE(book_->best(9, [](const auto&) { return false; }).empty());
}

TEST_F(PeerBookTest, StaysBoundedAndKeepsTheWorthy) {
  book_->heard_of(peer_number(1), {"/ip4/1.2.3.4/tcp/1"});
  book_->connected(peer_number(1), "");
  ASSERT_TRUE(book_->protect(peer_number(2), "api"));
  for (unsigned i = 10; i < PeerBook::kMaxPeers + 1000; ++i) book_->heard_of(peer_number(i), {"/ip4/1.2.3.4/tcp/1"});
  EXPECT_LE(book_->size(), PeerBook::kMaxPeers);
  EXPECT_TRUE(book_->find(peer_number(1)));
  EXPECT_TRUE(book_->find(peer_number(2)));
  for (unsigned i = 0; i < PeerBook::kMaxProtected + 10; ++i) {
    const auto done = book_->protect(peer_number(5000 + i), "api");
    if (!done) EXPECT_EQ(done.error().code, ErrorCode::Exhausted);
  }
  EXPECT_EQ(book_->protected_peers("api").size(), PeerBook::kMaxProtected);
  std::vector<std::string> many;
  for (int port = 1; port < 100; ++port) many.push_back(fmt::format("/ip4/1.2.3.4/tcp/{}", port));
  book_->heard_of(peer_number(1), many);
  EXPECT_LE(book_->find(peer_number(1))->addresses.size(), PeerBook::kMaxAddresses);
}

TEST_F(PeerBookTest, HearsayDoesNotPushOutAnAddressThatWorks) {
  book_->connected(test_peer(1), "/ip4/9.9.9.9/tcp/9");
  std::vector<std::string> many;
  for (int port = 1; port < 100; ++port) many.push_back(fmt::format("/ip4/1.2.3.4/tcp/{}", port));
  for (int i = 0; i < 5; ++i) book_->heard_of(test_peer(1), many);
  EXPECT_EQ(book_->find(test_peer(1))->addresses.front(), "/ip4/9.9.9.9/tcp/9");
}

TEST_F(PeerBookTest, ADamagedFileIsPutAside) {
  write(file_, "{[");
  reopen();
  EXPECT_EQ(book_->size(), 0U);
  EXPECT_TRUE(std::filesystem::exists(file_.string() + ".bad"));
  book_->heard_of(test_peer(1), {"/ip4/1.2.3.4/tcp/1"});
  ASSERT_TRUE(book_->save());
  reopen();
  EXPECT_EQ(book_->size(), 1U);
}

TEST_F(PeerBookTest, TimesOfAClockThatRanAheadAreTakenBack) {
  clock_.set_millis(2'000'000'000'000);
  book_->heard_of(test_peer(1), {"/ip4/1.2.3.4/tcp/1"});
  book_->connected(test_peer(1), "");
  ASSERT_TRUE(book_->save());
  clock_.set_millis(1'700'000'000'000);
  reopen();
  EXPECT_EQ(book_->find(test_peer(1))->last_success, 1'700'000'000);
}

}  // namespace
}  // namespace venus::net
