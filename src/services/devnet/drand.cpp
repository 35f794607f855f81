// SPDX-License-Identifier: MIT OR Apache-2.0
#include "services/devnet/drand.hpp"

#include "bridge/bls.hpp"
#include "crypto/hash.hpp"
#include "crypto/random.hpp"
#include "platform/home.hpp"
#include "rpc/run_blocking.hpp"

#include <boost/asio/signal_set.hpp>

#include <charconv>
#include <csignal>

namespace venus::devnet {
namespace {

constexpr std::string_view kDefaultBeacon = "default";
constexpr unsigned kTooEarly = 425;

struct InfoJson {
  std::string public_key;
  std::uint64_t period = 0;
  std::int64_t genesis_time = 0;
  std::string hash;
  std::string group_hash;
  std::string scheme;
  struct Metadata {
    std::string beacon_id;
    static constexpr auto fields() {
      return base::fields_of(base::field("beaconID", &Metadata::beacon_id));
    }
  } metadata;
  static constexpr auto fields() {
    using base::field;
    using T = InfoJson;
    return base::fields_of(field("public_key", &T::public_key), field("period", &T::period),
                           field("genesis_time", &T::genesis_time), field("hash", &T::hash),
                           field("groupHash", &T::group_hash), field("schemeID", &T::scheme),
                           field("metadata", &T::metadata));
  }
};

rpc::HttpResponse answer(const boost::json::value& json) {
  return rpc::HttpResponse::json(base::write_json(json));
}

/// The answer for a round written as text, or "latest".
rpc::HttpResponse answer_round(const DrandSigner& signer, const base::Clock& clock,
                               std::string_view text) {
  const auto newest = signer.info().round_at(clock.unix_seconds());
  auto round = newest;
  if (text != "latest") {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), round);
    if (error != std::errc{} || end != text.data() + text.size() || round == 0) {
      return rpc::HttpResponse::error(404, "there is no such round");
    }
  }
  if (round > newest || round == 0)
    return rpc::HttpResponse::error(kTooEarly, "that round's time has not come");
  auto beacon = signer.beacon(round);
  return beacon ? answer(*beacon) : rpc::HttpResponse::error(beacon.error());
}

}  // namespace

std::string DrandChainInfo::hash() const {
  Bytes all;
  const auto period = base::be64(period_seconds);
  all.insert(all.end(), period.begin() + 4, period.end());
  base::append(all, base::be64(static_cast<std::uint64_t>(genesis_time)));
  base::append(all, public_key);
  base::append(all, group_hash);
  if (beacon_id != kDefaultBeacon && !beacon_id.empty())
    base::append(all, base::as_bytes(beacon_id));
  return base::to_hex(crypto::sha256(all));
}

std::uint64_t DrandChainInfo::round_at(std::int64_t unix_seconds) const {
  if (unix_seconds < genesis_time || period_seconds == 0) return 0;
  return static_cast<std::uint64_t>(unix_seconds - genesis_time) / period_seconds + 1;
}

boost::json::value DrandChainInfo::json() const {
  return base::to_json(InfoJson{base::to_hex(public_key),
                                period_seconds,
                                genesis_time,
                                hash(),
                                base::to_hex(group_hash),
                                std::string(kDrandScheme),
                                {beacon_id}});
}

Result<DrandChainInfo> DrandChainInfo::from_json(const boost::json::value& json) {
  TRY(const auto read, base::from_json<InfoJson>(json));
  if (read.scheme != kDrandScheme)
    return fail(ErrorCode::Unsupported, "scheme {} of drand", read.scheme);
  if (read.period == 0) return fail(ErrorCode::Malformed, "a drand network without a period");
  DrandChainInfo out;
  TRY(out.public_key, base::from_hex(read.public_key));
  out.period_seconds = read.period;
  out.genesis_time = read.genesis_time;
  TRY(out.group_hash, base::from_hex(read.group_hash));
  out.beacon_id = read.metadata.beacon_id;
  if (out.hash() != read.hash)
    return fail(ErrorCode::Malformed, "the drand network's hash is not {}", read.hash);
  return out;
}

Result<DrandSigner> DrandSigner::create(std::uint64_t period_seconds, std::int64_t genesis_time) {
  const Secret seed(crypto::random_bytes(32));
  TRY(const auto key, bridge::bls_generate(seed.view()));
  DrandChainInfo info;
  TRY(const auto public_key, bridge::drand_public_key_g2(key));
  info.public_key = base::to_bytes(public_key);
  info.period_seconds = period_seconds;
  info.genesis_time = genesis_time;
  info.group_hash = crypto::random_bytes(32);
  return DrandSigner(Secret(BytesView(key)), std::move(info));
}

Result<DrandSigner> DrandSigner::load(const std::filesystem::path& folder) {
  TRY(const auto text, platform::read_file(folder / "chain.json", 65536));
  TRY(const auto json, base::parse_json(text));
  TRY(auto info, with_context(DrandChainInfo::from_json(json), "chain.json"));
  TRY(const auto hex, platform::read_file(folder / "drand.key", 1024));
  TRY(auto key, base::from_hex(hex));
  Secret secret(std::move(key));
  TRY(const auto public_key, bridge::drand_public_key_g2(secret.view()));
  if (base::to_bytes(public_key) != info.public_key) {
    return fail(ErrorCode::Corrupt, "drand.key is not the key of chain.json");
  }
  return DrandSigner(std::move(secret), std::move(info));
}

Result<void> DrandSigner::save(const std::filesystem::path& folder) const {
  TRY_VOID(platform::write_private_file(folder / "drand.key", base::to_hex(key_.view())));
  return platform::write_private_file(folder / "chain.json", base::write_json(info_.json()));
}

Result<boost::json::value> DrandSigner::beacon(std::uint64_t round) const {
  const auto message = crypto::sha256(base::be64(round));
  TRY(const auto signature, bridge::drand_sign_unchained_g1(key_.view(), message));
  return boost::json::object{{"round", round},
                             {"randomness", base::to_hex(crypto::sha256(signature))},
                             {"signature", base::to_hex(signature)}};
}

void serve_drand(rpc::Server& server, const DrandSigner& signer, const base::Clock& clock) {
  using rpc::HttpRequest;
  using rpc::HttpResponse;
  using rpc::reply_now;
  const auto hash = signer.info().hash();
  const auto is_ours = [hash](const HttpRequest& request) {
    const auto asked = request.args.find("chain");
    return asked == request.args.end() || asked->second == hash;
  };
  const auto unknown = [] { return HttpResponse::error(404, "no such chain here"); };
  const auto info = [is_ours, unknown, &signer](const HttpRequest& request) {
    return reply_now(is_ours(request) ? answer(signer.info().json()) : unknown());
  };
  const auto round = [is_ours, unknown, &signer, &clock](const HttpRequest& request) {
    if (!is_ours(request)) return reply_now(unknown());
    return reply_now(answer_round(signer, clock, request.args.at("round")));
  };
  const auto health = [](const HttpRequest&) {
    return reply_now(HttpResponse::json(R"({"status":"ok"})"));
  };
  constexpr auto kEverybody = std::nullopt;
  server.route(rpc::Verb::Get, "/chains", kEverybody,
               [hash](const HttpRequest&) { return reply_now(answer(boost::json::array{hash})); });
  server.route(rpc::Verb::Get, "/info", kEverybody, info);
  server.route(rpc::Verb::Get, "/{chain}/info", kEverybody, info);
  server.route(rpc::Verb::Get, "/public/{round}", kEverybody, round);
  server.route(rpc::Verb::Get, "/{chain}/public/{round}", kEverybody, round);
  server.route(rpc::Verb::Get, "/health", kEverybody, health);
  server.route(rpc::Verb::Get, "/healthz", kEverybody, health);
  server.route(rpc::Verb::Get, "/readyz", kEverybody, health);
}

Result<void> run_drand(const std::filesystem::path& folder, std::uint16_t port) {
  TRY(const auto signer, DrandSigner::load(folder));
  const base::SystemClock clock;
  asio::io_context io(1);
  rpc::Server server(io, {});
  serve_drand(server, signer, clock);
  TRY(const auto at, server.listen("127.0.0.1", port));
  fmt::print(stderr, "drand network {} at {}\n", signer.info().hash(), at.url());
  asio::signal_set signals(io, SIGINT, SIGTERM);
  signals.async_wait([&io](const boost::system::error_code&, int) { io.stop(); });
  io.run();
  io.restart();
  return rpc::run_blocking(io, server.stop(std::chrono::milliseconds(500)));
}

}  // namespace venus::devnet
