// SPDX-License-Identifier: MIT OR Apache-2.0
#include "services/node/drand_source.hpp"

#include <boost/asio/steady_timer.hpp>

#include "rpc/http_client.hpp"

namespace venus::node {
namespace {

constexpr auto kRetryPause = std::chrono::milliseconds(250);
/// Rounds further away than this are not waited for.
constexpr std::int64_t kLongestWaitSeconds = 120;

// An answer of /public/<round>.
struct DrandRound {
  std::uint64_t round = 0;
  std::string signature;
  static constexpr auto fields() {
    return base::fields_of(base::field("round", &DrandRound::round), base::field("signature", &DrandRound::signature));
  }
};

class DrandSource final : public consensus::BeaconSource {
 public:
  explicit DrandSource(asio::io_context& io) : client_(io) {}

  Task<types::BeaconEntry> entry(types::DrandChain network, std::uint64_t round) override {
    if (const auto known = cached(network.chain_hash, round)) co_return *known;
    const auto due = network.genesis_timestamp +
                     static_cast<std::int64_t>((round - 1) * network.period_seconds);
    const auto now = std::chrono::duration_cast<std::chrono::seconds>(
                         std::chrono::system_clock::now().time_since_epoch()).count();
    if (due - now > kLongestWaitSeconds) {
      co_return fail(ErrorCode::Temporal, "drand round {} comes in {} s", round, due - now);
    }
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(std::max<std::int64_t>(due - now, 0) + 20);
    asio::steady_timer timer(co_await asio::this_coro::executor);
    while (true) {
      auto got = co_await ask_all(network, round);
      if (got) co_return got;
      if (std::chrono::steady_clock::now() >= give_up) co_return got;
      timer.expires_after(kRetryPause);
      co_await timer.async_wait(asio::use_awaitable);
    }
  }

 private:
  Task<types::BeaconEntry> ask_all(types::DrandChain network, std::uint64_t round) {
    Result<types::BeaconEntry> last = fail(ErrorCode::Unavailable, "the network names no drand server");
    for (const auto& server : network.servers) {
      auto json = co_await client_.get_json(fmt::format("{}/{}/public/{}", server, network.chain_hash, round));
      last = json ? parse(*json, round) : Result<types::BeaconEntry>(std::unexpected(json.error()));
      if (last) {
        const std::scoped_lock lock(mutex_);
        cache_[{network.chain_hash, round}] = *last;
        if (cache_.size() > 4096) cache_.erase(cache_.begin());
        co_return last;
      }
    }
    co_return with_context(std::move(last), fmt::format("drand round {}", round));
  }

  static Result<types::BeaconEntry> parse(const boost::json::value& json, std::uint64_t round) {
    TRY(const auto answer, base::from_json<DrandRound>(json));
    if (answer.round != round) {
      return fail(ErrorCode::Malformed, "asked for round {}, got {}", round, answer.round);
    }
    TRY(auto data, base::from_hex(answer.signature));
    return types::BeaconEntry{round, std::move(data)};
  }

  std::optional<types::BeaconEntry> cached(const std::string& chain, std::uint64_t round) {
    const std::scoped_lock lock(mutex_);
    const auto found = cache_.find({chain, round});
    return found == cache_.end() ? std::nullopt : std::optional(found->second);
  }

  rpc::HttpClient client_;
  std::mutex mutex_;
  std::map<std::pair<std::string, std::uint64_t>, types::BeaconEntry> cache_;
};

}  // namespace

std::unique_ptr<consensus::BeaconSource> make_drand_source(asio::io_context& io) {
  return std::make_unique<DrandSource>(io);
}

}  // namespace venus::node
