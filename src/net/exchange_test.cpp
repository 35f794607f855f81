// SPDX-License-Identifier: MIT OR Apache-2.0
// Server and client of chain exchange against each other, and the client against servers that misbehave.
#include <boost/asio/detached.hpp>
#include <gtest/gtest.h>

#include "net/exchange_client.hpp"
#include "net/exchange_server.hpp"
#include "net/peer_chain_source.hpp"
#include "net/protocol_server.hpp"
#include "net/test_util/pipe_host.hpp"
#include "net/test_util/recorded_chain.hpp"

namespace venus::net {
namespace {

using test_util::must;
using test_util::PipeHost;
using test_util::RecordedChain;
using test_util::RecordingJudge;
using test_util::run;
using test_util::test_peer;
using Messages = std::vector<sync::TipsetMessages>;

constexpr milliseconds kShort{80};

/// A server with a chain, and how many streams it got.
struct Server {
  Server(asio::io_context& io, PipeHost::Network& network, std::uint8_t number, chainstore::ChainStore& chain,
         WorkerPool& pool, ExchangeServerLimits limits = {})
      : host(io.get_executor(), network, number), server(chain, pool, judge, limits),
        streams(host, io.get_executor(), judge) {
    streams.add({std::string(kExchangeProtocol)}, {}, [this](bridge::P2pStreamPtr stream) {
      return server.serve(std::move(stream));
    });
    streams.start();
  }
  PipeHost host;
  RecordingJudge judge;
  ExchangeServer server;
  ProtocolServer streams;
};

/// One that answers every request with fixed bytes, then ends its stream or says nothing more.
struct Script {
  Script(asio::io_context& io, PipeHost::Network& network, std::uint8_t number, Bytes answer, bool finish = true,
         milliseconds between = milliseconds(0), std::size_t piece = 1U << 16)
      : host(io.get_executor(), network, number) {
    host.on_stream([this, &io, answer = std::move(answer), finish, between, piece](bridge::P2pStreamPtr stream) {
      kept.push_back(stream);
      asio::co_spawn(io, play(std::move(stream), answer, finish, between, piece), asio::detached);
    });
  }
  static Task<> play(bridge::P2pStreamPtr stream, Bytes answer, bool finish, milliseconds between, std::size_t piece) {
    for (std::size_t at = 0; at < answer.size(); at += piece) {
      const auto size = std::min(piece, answer.size() - at);
      CO_TRY_VOID(co_await stream->write(base::to_bytes(BytesView(answer).subspan(at, size)), milliseconds(2'000)));
      if (between.count() == 0) continue;
      asio::steady_timer timer(co_await asio::this_coro::executor, between);
      co_await timer.async_wait(asio::use_awaitable);
    }
    if (finish) co_return co_await stream->finish(milliseconds(100));
    co_return Result<void>();
  }
  PipeHost host;
  std::vector<bridge::P2pStreamPtr> kept;
};

Bytes answer_of(const RecordedChain& chain, const std::vector<TipsetPtr>& tipsets, std::uint64_t options,
                ExchangeStatus status = ExchangeStatus::Ok) {
  ipld::cbor::Writer writer;
  writer.write_raw(encode_exchange_head(status, "", tipsets.size()));
  for (const auto& tipset : tipsets) {
    const auto messages = chain.messages(*tipset);
    encode_exchange_tipset(writer, (options & kExchangeHeaders) != 0 ? tipset->blocks() : std::vector<types::BlockHeader>(),
                           (options & kExchangeMessages) != 0 ? &messages : nullptr);
  }
  return std::move(writer).take();
}

class Exchange : public testing::Test {
 protected:
  void SetUp() override {
    VENUS_RECORDED_CHAIN_OR_SKIP();
    // Loaded once: tests only add to it.
    static RecordedChain shared;
    chain = &shared;
    fast.open = kShort;
    fast.write = kShort;
    fast.read = {kShort, 50U << 10, milliseconds(5'000)};
  }
  ExchangeClient& client(ExchangeClientLimits limits = {}) {
    clients.push_back(std::make_unique<ExchangeClient>(host, pool, tracker, judge, limits));
    return *clients.back();
  }

  RecordedChain* chain = nullptr;
  asio::io_context io;
  WorkerPool pool{2};
  PipeHost::Network network;
  PipeHost host{io.get_executor(), network, 1};
  PeerTracker tracker{7};
  RecordingJudge judge;
  std::vector<std::unique_ptr<ExchangeClient>> clients;
  ExchangeClientLimits fast;
};

TEST_F(Exchange, OneTenAndNineHundredTipsetsComeAsTheyAre) {
  Server server(io, network, 2, *chain->chain, pool);
  const auto top = chain->extend(chain->head, 900);
  for (const std::size_t count : {std::size_t{1}, std::size_t{10}, std::size_t{900}}) {
    const auto expected = chain->walk(top, count);
    const auto got = must(run(io, client().headers(server.host.id(), top->key(), count)));
    ASSERT_EQ(got.size(), count);
    for (std::size_t i = 0; i < count; ++i) EXPECT_EQ(got[i]->key(), expected[i]->key());
    const auto messages = must(run(io, client().messages(server.host.id(), expected)));
    ASSERT_EQ(messages.size(), count);
  }
  EXPECT_EQ(judge.served_by(server.host.id()), 6U);
  EXPECT_EQ(judge.count(server.host.id()), 0U);
}

TEST_F(Exchange, MessagesOfTheRecordingComeAsTheyAre) {
  Server server(io, network, 2, *chain->chain, pool);
  const auto tipsets = chain->walk(chain->head, 150);
  const auto got = must(run(io, client().messages(server.host.id(), tipsets)));
  ASSERT_EQ(got.size(), tipsets.size());
  std::size_t messages = 0;
  for (std::size_t i = 0; i < got.size(); ++i) {
    const auto expected = chain->messages(*tipsets[i]);
    EXPECT_EQ(got[i].bls, expected.bls);
    EXPECT_EQ(got[i].secpk, expected.secpk);
    EXPECT_EQ(got[i].bls_of_block, expected.bls_of_block);
    EXPECT_EQ(got[i].secpk_of_block, expected.secpk_of_block);
    messages += got[i].bls.size() + got[i].secpk.size();
  }
  EXPECT_GT(messages, 50U);
}

TEST_F(Exchange, AnAnswerEndsAtGenesis) {
  Server server(io, network, 2, *chain->chain, pool);
  const auto low = chain->at(20);
  const auto got = must(run(io, client().headers(server.host.id(), low->key(), 900)));
  EXPECT_EQ(got.back()->height(), ChainEpoch(0));
  EXPECT_EQ(got.back()->key(), chain->chain->genesis()->key());
}

TEST_F(Exchange, StatusesSayWhatIsWrong) {
  Server server(io, network, 2, *chain->chain, pool);
  auto& serve = server.server;
  const auto head = chain->head->cids();
  EXPECT_EQ(serve.answer({head, 0, 1}).status, ExchangeStatus::BadRequest);
  EXPECT_EQ(serve.answer({head, 901, 1}).status, ExchangeStatus::BadRequest);
  EXPECT_EQ(serve.answer({head, 1, 0}).status, ExchangeStatus::BadRequest);
  EXPECT_EQ(serve.answer({head, 1, 4}).status, ExchangeStatus::BadRequest);
  EXPECT_EQ(serve.answer({{}, 1, 1}).status, ExchangeStatus::BadRequest);
  EXPECT_EQ(serve.answer({{ipld::cid_of_cbor(Bytes{1})}, 1, 1}).status, ExchangeStatus::NotFound);
  EXPECT_EQ(serve.answer({{chain->head->blocks()[0].messages}, 1, 1}).status, ExchangeStatus::InternalError);
  EXPECT_EQ(serve.answer({head, 3, 3}).status, ExchangeStatus::Ok);
  EXPECT_EQ(serve.answer({chain->at(3)->cids(), 100, 3}).status, ExchangeStatus::Partial);
  const auto missing = run(io, client().headers(server.host.id(), TipsetKey({ipld::cid_of_cbor(Bytes{1})}), 1));
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::NotFound);
  EXPECT_EQ(judge.count(server.host.id()), 0U);  // not having something is no crime
}

TEST_F(Exchange, AnAnswerIsCutAtItsSizeAndWhereTheStoreEnds) {
  ExchangeServerLimits limits;
  limits.answer_bytes = 20'000;
  Server server(io, network, 2, *chain->chain, pool, limits);
  const auto got = must(run(io, client().headers(server.host.id(), chain->head->key(), 150)));
  EXPECT_GT(got.size(), 1U);
  EXPECT_LT(got.size(), 150U);
  // A store that begins at a snapshot's tail.
  ipld::MemoryBlockstore part;
  chainstore::MemoryMetadata metadata;
  for (const auto& tipset : chain->walk(chain->head, 5)) {
    for (const auto& block : tipset->blocks()) must(ipld::store_value(part, block));
  }
  const auto short_chain = must(chainstore::ChainStore::open(part, metadata));
  Server tail(io, network, 3, *short_chain, pool);
  EXPECT_EQ(must(run(io, client().headers(tail.host.id(), chain->head->key(), 150))).size(), 5U);
  const auto none = run(io, client().messages(tail.host.id(), chain->walk(chain->head, 5)));
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ErrorCode::NotFound);
}

TEST_F(Exchange, LiesAreFoundAndTold) {
  const auto asked = chain->walk(chain->head, 6);
  auto gap = asked;
  gap.erase(gap.begin() + 3);
  auto other_head = chain->walk(asked[1], 6);
  auto too_few = std::vector(asked.begin(), asked.begin() + 3);
  struct Case {
    std::string name;
    Bytes answer;
    ErrorCode code;
  };
  auto truncated = answer_of(*chain, asked, kExchangeHeaders);
  truncated.resize(truncated.size() / 2);
  const std::vector<Case> cases{
      {"a gap between tipsets", answer_of(*chain, gap, 1, ExchangeStatus::Partial), ErrorCode::FailedValidation},
      {"another head", answer_of(*chain, other_head, 1), ErrorCode::FailedValidation},
      {"fewer without saying so", answer_of(*chain, too_few, 1), ErrorCode::FailedValidation},
      {"nothing, called ok", encode_exchange_head(ExchangeStatus::Ok, "", 0), ErrorCode::FailedValidation},
      {"more than asked", answer_of(*chain, chain->walk(chain->head, 7), 1), ErrorCode::TooLarge},
      {"no headers", answer_of(*chain, asked, 2), ErrorCode::FailedValidation},
      {"an unknown status", encode_exchange_head(static_cast<ExchangeStatus>(7), "", 0), ErrorCode::Malformed},
      {"garbage", Bytes(5'000, 0x5a), ErrorCode::Malformed},
  };
  std::uint8_t number = 10;
  for (const auto& test : cases) {
    Script liar(io, network, ++number, test.answer);
    const auto got = run(io, client(fast).headers(liar.host.id(), chain->head->key(), 6));
    ASSERT_FALSE(got) << test.name;
    EXPECT_EQ(got.error().code, test.code) << test.name << ": " << got.error().message;
    EXPECT_EQ(judge.count(liar.host.id()), 1U) << test.name;
  }
}

TEST_F(Exchange, FalseMessagesAreFoundAndTold) {
  // A tipset whose blocks carry messages of both kinds.
  TipsetPtr tipset;
  for (std::int64_t epoch = 196; epoch > 0 && !tipset; --epoch) {
    const auto candidate = chain->at(epoch);
    const auto messages = chain->messages(*candidate);
    if (messages.bls.size() > 1 && !messages.secpk.empty()) tipset = candidate;
  }
  ASSERT_TRUE(tipset);
  const auto good = chain->messages(*tipset);
  const auto encode = [&](const sync::TipsetMessages& messages) {
    ipld::cbor::Writer writer;
    writer.write_raw(encode_exchange_head(ExchangeStatus::Ok, "", 1));
    encode_exchange_tipset(writer, {}, &messages);
    return std::move(writer).take();
  };
  std::vector<std::pair<std::string, sync::TipsetMessages>> cases;
  const auto add = [&](std::string name) -> sync::TipsetMessages& {
    return cases.emplace_back(std::move(name), good).second;
  };
  add("another nonce").bls[0].nonce = Nonce(99'999);
  add("another signature").secpk[0].signature.data[3] ^= 1;
  add("index out of range").bls_of_block[0].push_back(good.bls.size());
  add("one block too few").secpk_of_block.pop_back();
  add("one block too many").bls_of_block.emplace_back();
  add("a message for nothing").bls.push_back(good.bls[0]);
  add("a message twice").bls_of_block[0].push_back(0);
  auto& swapped = add("another order");
  std::swap(swapped.bls[0], swapped.bls[1]);
  std::uint8_t number = 30;
  for (const auto& [name, messages] : cases) {
    Script liar(io, network, ++number, encode(messages));
    const auto got = run(io, client(fast).messages(liar.host.id(), {tipset}));
    ASSERT_FALSE(got) << name;
    EXPECT_EQ(got.error().code, ErrorCode::FailedValidation) << name << ": " << got.error().message;
    EXPECT_EQ(judge.count(liar.host.id(), Misbehaviour::Lied), 1U) << name;
  }
  Script honest(io, network, 60, encode(good));
  EXPECT_TRUE(run(io, client(fast).messages(honest.host.id(), {tipset})));
}

TEST_F(Exchange, SilentAndDribblingPeersTimeOut) {
  Script silent(io, network, 2, {}, false);
  const auto nothing = run(io, client(fast).headers(silent.host.id(), chain->head->key(), 6));
  ASSERT_FALSE(nothing);
  EXPECT_EQ(nothing.error().code, ErrorCode::Timeout);
  EXPECT_EQ(judge.count(silent.host.id(), Misbehaviour::Slow), 1U);
  // A byte every 5 ms: each comes in time, all of them too late.
  Script dribbler(io, network, 3, answer_of(*chain, chain->walk(chain->head, 6), 1), true, milliseconds(5), 1);
  const auto slow = run(io, client(fast).headers(dribbler.host.id(), chain->head->key(), 6));
  ASSERT_FALSE(slow);
  EXPECT_EQ(slow.error().code, ErrorCode::Timeout);
  EXPECT_EQ(judge.count(dribbler.host.id(), Misbehaviour::Slow), 1U);
}

TEST_F(Exchange, WhatCameBeforeAPeerBrokeOffCounts) {
  auto answer = answer_of(*chain, chain->walk(chain->head, 6), 1);
  answer.resize(answer.size() - 10);
  Script half(io, network, 2, answer);
  EXPECT_EQ(must(run(io, client(fast).headers(half.host.id(), chain->head->key(), 6))).size(), 5U);
  EXPECT_EQ(judge.count(half.host.id(), Misbehaviour::Failed), 1U);
}

TEST_F(Exchange, TheServerRefusesBadAndTooManyRequests) {
  ExchangeServerLimits limits;
  limits.read = kShort;
  limits.request_burst = 3;
  limits.requests_per_second = 0.001;
  limits.refusal_burst = 1;
  limits.refusals_per_second = 0.001;
  Server server(io, network, 2, *chain->chain, pool, limits);
  const auto send = [&](Bytes bytes, bool finish) {
    auto stream = must(run(io, host.open_stream(server.host.id(), {std::string(kExchangeProtocol)}, kShort)));
    must(run(io, stream->write(std::move(bytes), kShort)));
    if (finish) must(run(io, stream->finish(kShort)));
    return run(io, stream->read(1U << 20, milliseconds(2'000)));
  };
  EXPECT_FALSE(send(Bytes(100, 0xff), true));
  EXPECT_EQ(server.judge.count(host.id(), Misbehaviour::Malformed), 1U);
  EXPECT_FALSE(send(Bytes{0x83, 0x9a, 0x7f, 0xff, 0xff, 0xff}, true));  // a claim of two billion links
  EXPECT_EQ(server.judge.count(host.id(), Misbehaviour::Malformed), 2U);
  EXPECT_FALSE(send(Bytes{0x83}, false));  // half a request, then silence
  EXPECT_EQ(server.judge.count(host.id(), Misbehaviour::Slow), 1U);
  for (const std::size_t told : {0U, 1U}) {
    const auto busy = send({}, false);
    ASSERT_TRUE(busy);
    EXPECT_EQ(*busy, encode_exchange_head(ExchangeStatus::GoAway, "busy", 0));
    EXPECT_EQ(server.judge.count(host.id(), Misbehaviour::Flooded), told);
  }
}

TEST_F(Exchange, OnlySoManyRequestsOfAPeerRunAtOnce) {
  ExchangeServerLimits limits;
  limits.concurrent_of_peer = 1;
  limits.patience = milliseconds(0);
  limits.read = milliseconds(2'000);
  Server server(io, network, 2, *chain->chain, pool, limits);
  const auto waiting = must(run(io, host.open_stream(server.host.id(), {std::string(kExchangeProtocol)}, kShort)));
  run(io, waiting->write(Bytes{0x83}, kShort));
  const auto refused = run(io, client(fast).headers(server.host.id(), chain->head->key(), 1));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::Exhausted);
  waiting->reset();
  EXPECT_EQ(must(run(io, client().headers(server.host.id(), chain->head->key(), 1))).size(), 1U);
}

TEST_F(Exchange, RequestsWaitForTheirTurn) {
  ExchangeServerLimits limits;
  limits.concurrent_of_peer = 1;
  limits.patience = milliseconds(60'000);
  Server server(io, network, 2, *chain->chain, pool, limits);
  auto& asking = client();
  std::size_t answered = 0, done = 0;
  constexpr std::size_t kAtOnce = 16;  // as Lotus
  for (std::size_t i = 0; i < kAtOnce; ++i) {
    asio::co_spawn(io, asking.headers(server.host.id(), chain->head->key(), 5),
                   [&](std::exception_ptr, const auto& got) {
                     answered += got && got->size() == 5 ? 1 : 0;
                     ++done;
                   });
  }
  while (done < kAtOnce) io.run_one();
  EXPECT_EQ(answered, kAtOnce);
}

// ---- several peers ----------------------------------------------------------------------------------

class Source : public Exchange {
 protected:
  PeerChainSource& source(ChainSourceOptions options = {}) {
    sources.push_back(std::make_unique<PeerChainSource>(client(fast), tracker, judge, options));
    return *sources.back();
  }
  std::vector<std::unique_ptr<PeerChainSource>> sources;
};

TEST_F(Source, WithoutPeersItIsUnavailable) {
  const auto got = run(io, source().headers(chain->head->key(), 1, PeerId()));
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, ErrorCode::Unavailable);
}

TEST_F(Source, LiarsArePassedOverAndTheHonestOneAnswers) {
  Script liar1(io, network, 11, answer_of(*chain, chain->walk(chain->at(50), 3), 1));
  Script liar2(io, network, 12, Bytes(100, 0xff));
  Script silent(io, network, 13, {}, false);
  Server honest(io, network, 14, *chain->chain, pool);
  for (const auto& peer : {liar1.host.id(), liar2.host.id(), silent.host.id(), honest.host.id()}) tracker.add(peer);
  const auto got = must(run(io, source().headers(chain->head->key(), 3, liar1.host.id())));
  ASSERT_EQ(got.size(), 3U);
  EXPECT_EQ(got[2]->key(), chain->walk(chain->head, 3)[2]->key());
  EXPECT_EQ(judge.count(liar1.host.id(), Misbehaviour::Lied), 1U);  // the preferred one was asked first
}

TEST_F(Source, ASecondPeerIsAskedWhenTheFirstIsSlow) {
  fast.read = {milliseconds(60'000), 50U << 10, milliseconds(60'000)};
  Script silent(io, network, 11, {}, false);
  Server honest(io, network, 12, *chain->chain, pool);
  tracker.add(silent.host.id());
  tracker.add(honest.host.id());
  ChainSourceOptions options;
  options.hedge.after = milliseconds(20);
  const auto got = must(run(io, source(options).headers(chain->head->key(), 3, silent.host.id())));
  EXPECT_EQ(got.size(), 3U);
  // The one that lost was given up, not blamed.
  while (io.run_one_for(milliseconds(200)) > 0 && tracker.peers().size() == 2) {
    bool idle = true;
    for (const auto& peer : tracker.peers()) idle = idle && peer.in_flight == 0;
    if (idle) break;
  }
  EXPECT_EQ(judge.count(silent.host.id()), 0U);
  for (const auto& peer : tracker.peers()) EXPECT_EQ(peer.in_flight, 0U);
}

TEST_F(Source, NotFoundWhenNobodyHasIt) {
  Server honest(io, network, 12, *chain->chain, pool);
  tracker.add(honest.host.id());
  const auto got = run(io, source().headers(TipsetKey({ipld::cid_of_cbor(Bytes{9})}), 1, PeerId()));
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, ErrorCode::NotFound);
}

TEST_F(Source, MessagesOfAWindowComeFromSeveralPeers) {
  std::vector<std::unique_ptr<Server>> servers;
  for (std::uint8_t i = 0; i < 4; ++i) {
    servers.push_back(std::make_unique<Server>(io, network, static_cast<std::uint8_t>(20 + i), *chain->chain, pool));
    tracker.add(servers.back()->host.id());
  }
  const auto tipsets = chain->walk(chain->head, 101);
  const auto got = must(run(io, source().messages(tipsets, PeerId())));
  ASSERT_EQ(got.size(), tipsets.size());
  for (std::size_t i = 0; i < got.size(); ++i) EXPECT_EQ(got[i].bls, chain->messages(*tipsets[i]).bls);
  for (const auto& server : servers) EXPECT_EQ(server->streams.counts().taken, 1U);
}

TEST_F(Source, AHoleEndsTheWindowButLosesNothingBefore) {
  Server whole(io, network, 20, *chain->chain, pool);
  tracker.add(whole.host.id());
  // Tipsets the peer does not have, at the old end of the window.
  auto tipsets = chain->walk(chain->head, 40);
  RecordedChain other;
  const auto strange = other.extend(other.at(100), 30, 77);
  const auto more = other.walk(strange, 30);
  tipsets.insert(tipsets.end(), more.begin(), more.end());
  Server second(io, network, 21, *chain->chain, pool);
  tracker.add(second.host.id());
  ChainSourceOptions options;
  options.piece_tipsets = 20;
  options.parallel = 2;
  const auto got = run(io, source(options).messages(tipsets, PeerId()));
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_GE(got->size(), 35U);
  EXPECT_LE(got->size(), 40U);
}

TEST_F(Source, PunishingReachesTheJudge) {
  source().punish(test_peer(9), "bad weight", true);
  source().punish(test_peer(9), "odd", false);
  source().punish(PeerId(), "nobody", true);
  EXPECT_EQ(judge.count(test_peer(9), Misbehaviour::BadChain), 1U);
  EXPECT_EQ(judge.count(test_peer(9), Misbehaviour::Failed), 1U);
  EXPECT_EQ(judge.entries().size(), 2U);
}

}  // namespace
}  // namespace venus::net
