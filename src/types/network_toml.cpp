// SPDX-License-Identifier: MIT OR Apache-2.0
// Network definitions as TOML (networks/README.md).
#include "types/embedded_networks.hpp"
#include "types/network_params.hpp"

#include <fmt/ranges.h>
#include <toml++/toml.h>

#include <set>

namespace venus::types {
namespace {

/// Reads the members of one table; the first that is missing or wrong sticks, and what was never
/// asked for is an unknown key.
class Table {
 public:
  Table(const toml::table& table, std::string path) : table_(table), path_(std::move(path)) {}

  template <class T>
  void integer(std::string_view key, T& out) {
    const auto* node = want(key);
    const auto value = node == nullptr ? std::nullopt : node->value_exact<std::int64_t>();
    if (!value) return mismatch(key, "an integer");
    if (!std::in_range<T>(*value)) return mismatch(key, "an integer in range");
    out = static_cast<T>(*value);
  }
  void text(std::string_view key, std::string& out) {
    const auto* node = want(key);
    auto value = node == nullptr ? std::nullopt : node->value_exact<std::string>();
    if (!value) return mismatch(key, "a text");
    out = *std::move(value);
  }
  void boolean(std::string_view key, bool& out) {
    const auto* node = want(key);
    const auto value = node == nullptr ? std::nullopt : node->value_exact<bool>();
    if (!value) return mismatch(key, "true or false");
    out = *value;
  }
  template <class T>
  void list(std::string_view key, std::vector<T>& out) {
    const auto* node = want(key);
    const auto* array = node == nullptr ? nullptr : node->as_array();
    if (array == nullptr) return mismatch(key, "a list");
    for (const auto& item : *array) {
      auto value = item.value_exact<T>();
      if (!value) return mismatch(key, "a list of one kind");
      out.push_back(*std::move(value));
    }
  }
  const toml::array* tables(std::string_view key) {
    const auto* node = want(key);
    const auto* array = node == nullptr ? nullptr : node->as_array();
    if (array == nullptr || !array->is_homogeneous(toml::node_type::table)) {
      mismatch(key, "a list of tables");
      return nullptr;
    }
    return array;
  }
  const toml::table* table(std::string_view key) {
    const auto* node = want(key);
    const auto* found = node == nullptr ? nullptr : node->as_table();
    if (found == nullptr) mismatch(key, "a table");
    return found;
  }
  /// Converts a text further; its error names the key.
  template <class T, class Convert>
  void converted(std::string_view key, T& out, Convert convert) {
    std::string value;
    text(key, value);
    if (!state_) return;
    Result<T> result = convert(value);
    if (result)
      out = *std::move(result);
    else
      state_ = std::unexpected(std::move(result).error().context(path_ + std::string(key)));
  }
  Result<void> finish() {
    for (const auto& [key, node] : table_) {
      if (!state_) break;
      if (!asked_.contains(key.str())) {
        state_ = fail(ErrorCode::Malformed, "line {}: unknown key {}{}", node.source().begin.line,
                      path_, key.str());
      }
    }
    return state_;
  }

 private:
  const toml::node* want(std::string_view key) {
    asked_.insert(std::string(key));
    return table_.get(key);
  }
  void mismatch(std::string_view key, std::string_view wanted) {
    if (!state_) return;
    const auto* node = table_.get(key);
    const auto line = node == nullptr ? table_.source().begin.line : node->source().begin.line;
    state_ = fail(ErrorCode::Malformed, "line {}: {}{} {} {}", line, path_, key,
                  node == nullptr ? "is missing; want" : "must be", wanted);
  }

  const toml::table& table_;
  std::string path_;
  std::set<std::string, std::less<>> asked_;
  Result<void> state_;
};

Result<std::optional<Cid>> optional_cid(const std::string& text) {
  if (text.empty()) return std::optional<Cid>{};
  TRY(const auto cid, Cid::parse(text));
  return std::optional<Cid>(cid);
}

Result<DrandChain> read_drand(const toml::table& table, std::size_t index) {
  DrandChain out;
  Table in(table, fmt::format("drand[{}].", index));
  std::int64_t start = 0;
  in.integer("start_epoch", start);
  out.start_epoch = ChainEpoch(start);
  in.converted("scheme", out.scheme, [](const std::string& scheme) -> Result<std::string> {
    if (scheme == "pedersen-bls-chained" || scheme == "bls-unchained-g1-rfc9380") return scheme;
    return fail(ErrorCode::Unsupported, "drand scheme {}", scheme);
  });
  in.text("chain_hash", out.chain_hash);
  in.converted("public_key", out.public_key,
               [](const std::string& hex) { return base::from_hex(hex); });
  in.integer("period_seconds", out.period_seconds);
  in.integer("genesis_timestamp", out.genesis_timestamp);
  in.list("servers", out.servers);
  TRY_VOID(in.finish());
  if (out.period_seconds == 0)
    return fail(ErrorCode::Malformed, "drand[{}].period_seconds is 0", index);
  return out;
}

Result<F3Params> read_f3(const toml::table& table) {
  F3Params out;
  Table in(table, "f3.");
  std::int64_t bootstrap = 0;
  in.boolean("enabled", out.enabled);
  in.text("network_name", out.network_name);
  in.integer("bootstrap_epoch", bootstrap);
  out.bootstrap_epoch = ChainEpoch(bootstrap);
  in.converted("initial_power_table", out.initial_power_table, optional_cid);
  TRY_VOID(in.finish());
  return out;
}

Result<void> read_upgrades(const toml::table& table, NetworkParams& out) {
  for (const auto& [key, node] : table) {
    TRY(const auto upgrade, with_context(parse_upgrade(key.str()), "upgrades"));
    const auto epoch = node.value_exact<std::int64_t>();
    if (!epoch) return fail(ErrorCode::Malformed, "upgrades.{} must be an epoch", key.str());
    out.upgrades[static_cast<std::size_t>(upgrade)] = ChainEpoch(*epoch);
  }
  return {};
}

template <class E>
void read_proofs(Table& in, std::string_view key, std::vector<E>& out) {
  std::vector<std::int64_t> numbers;
  in.list(key, numbers);
  for (const auto number : numbers)
    out.push_back(static_cast<E>(number));
}

/// The single values of a network.
Result<void> read_values(Table& in, NetworkParams& out) {
  in.text("name", out.name);
  in.list("aliases", out.aliases);
  in.text("network_name", out.network_name);
  std::uint32_t version = 0;
  in.integer("genesis_network_version", version);
  out.genesis_network_version = NetworkVersion(version);
  in.converted("genesis_cid", out.genesis_cid, optional_cid);
  in.integer("genesis_timestamp", out.genesis_timestamp);
  in.converted("address_prefix", out.address_prefix,
               [](const std::string& text) -> Result<NetworkPrefix> {
                 if (text == "f") return NetworkPrefix::Mainnet;
                 if (text == "t") return NetworkPrefix::Testnet;
                 return fail(ErrorCode::Malformed, "must be \"f\" or \"t\"");
               });
  in.text("actors_bundle", out.actors_bundle);
  in.boolean("actor_debugging", out.actor_debugging);
  in.integer("eip155_chain_id", out.eip155_chain_id);
  in.integer("block_delay_seconds", out.block_delay_seconds);
  in.integer("propagation_delay_seconds", out.propagation_delay_seconds);
  in.integer("equivocation_delay_seconds", out.equivocation_delay_seconds);
  in.integer("consensus_miner_min_power", out.consensus_miner_min_power);
  in.integer("precommit_challenge_delay", out.precommit_challenge_delay);
  read_proofs(in, "seal_proofs", out.seal_proofs);
  read_proofs(in, "window_post_proofs", out.window_post_proofs);
  in.integer("power_ramp_epochs", out.power_ramp_epochs);
  in.converted("teep_initial_fil_reserved", out.teep_initial_fil_reserved,
               [](const std::string& fil) { return TokenAmount::parse(fil); });
  in.integer("breeze_gas_tamping_epochs", out.breeze_gas_tamping_epochs);
  std::vector<std::string> whitelisted;
  in.list("whitelisted_blocks", whitelisted);
  for (const auto& text : whitelisted) {
    TRY(out.whitelisted_blocks.emplace_back(),
        with_context(Cid::parse(text), "whitelisted_blocks"));
  }
  in.integer("bootstrap_peer_threshold", out.bootstrap_peer_threshold);
  in.list("bootstrap_peers", out.bootstrap_peers);
  return {};
}

Result<NetworkParams> read_network(const toml::table& root) {
  NetworkParams out;
  Table in(root, "");
  TRY_VOID(read_values(in, out));
  const auto* upgrades = in.table("upgrades");
  const auto* drand = in.tables("drand");
  const auto* f3 = in.table("f3");
  TRY_VOID(in.finish());
  TRY_VOID(read_upgrades(*upgrades, out));
  for (const auto& item : *drand) {
    TRY(auto chain, read_drand(*item.as_table(), out.drand.size()));
    out.drand.push_back(std::move(chain));
  }
  TRY(out.f3, read_f3(*f3));
  if (out.drand.empty()) return fail(ErrorCode::Malformed, "a network needs a [[drand]]");
  if (!std::ranges::is_sorted(out.drand, {}, &DrandChain::start_epoch)) {
    return fail(ErrorCode::Malformed, "[[drand]] must be ordered by start_epoch");
  }
  if (out.block_delay_seconds == 0) return fail(ErrorCode::Malformed, "block_delay_seconds is 0");
  return out;
}

// ---- writing -----------------------------------------------------------------------------------

/// A TOML basic string.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) < 0x20)
      out += fmt::format("\\u{:04x}", c);
    else
      out += c;
  }
  return out + '"';
}

template <class Range, class Print>
std::string listed(const Range& range, Print print) {
  std::vector<std::string> items;
  for (const auto& item : range)
    items.push_back(print(item));
  return fmt::format("[{}]", fmt::join(items, ", "));
}

std::string cid_or_empty(const std::optional<Cid>& cid) { return quoted(cid ? cid->str() : ""); }

std::string written_tables(const NetworkParams& p) {
  std::string out = "\n[upgrades]\n";
  for (std::size_t i = 0; i < kUpgradeCount; ++i) {
    if (p.upgrades[i])
      out += fmt::format("{} = {}\n", to_string(static_cast<Upgrade>(i)), *p.upgrades[i]);
  }
  for (const auto& chain : p.drand) {
    out += fmt::format(
        "\n[[drand]]\nstart_epoch = {}\nscheme = {}\nchain_hash = {}\npublic_key = {}\n"
        "period_seconds = {}\ngenesis_timestamp = {}\nservers = {}\n",
        chain.start_epoch, quoted(chain.scheme), quoted(chain.chain_hash),
        quoted(base::to_hex(chain.public_key)), chain.period_seconds, chain.genesis_timestamp,
        listed(chain.servers, quoted));
  }
  return out + fmt::format(
                   "\n[f3]\nenabled = {}\nnetwork_name = {}\nbootstrap_epoch = {}\n"
                   "initial_power_table = {}\n",
                   p.f3.enabled, quoted(p.f3.network_name), p.f3.bootstrap_epoch,
                   cid_or_empty(p.f3.initial_power_table));
}

}  // namespace

Result<NetworkParams> parse_network(std::string_view text) {
  // toml++ throws; nothing of it leaves this function.
  try {
    return read_network(toml::parse(text));
  } catch (const toml::parse_error& error) {
    return fail(ErrorCode::Malformed, "line {}: {}", error.source().begin.line,
                error.description());
  } catch (const std::logic_error& error) {
    return fail(ErrorCode::Malformed, "not valid TOML: {}", error.what());
  }
}

std::string write_network(const NetworkParams& p) {
  const auto number = [](auto e) { return std::to_string(std::to_underlying(e)); };
  const auto cid = [](const Cid& c) { return quoted(c.str()); };
  auto fil = p.teep_initial_fil_reserved.fil();
  fil.resize(fil.size() - std::string_view(" FIL").size());
  std::string out;
  const auto line = [&out](std::string_view key, const auto& value) {
    out += fmt::format("{} = {}\n", key, value);
  };
  line("name", quoted(p.name));
  line("aliases", listed(p.aliases, quoted));
  line("network_name", quoted(p.network_name));
  line("genesis_network_version", p.genesis_network_version);
  line("genesis_cid", cid_or_empty(p.genesis_cid));
  line("genesis_timestamp", p.genesis_timestamp);
  line("address_prefix", quoted({reinterpret_cast<const char*>(&p.address_prefix), 1}));
  line("actors_bundle", quoted(p.actors_bundle));
  line("actor_debugging", p.actor_debugging);
  line("eip155_chain_id", p.eip155_chain_id);
  line("block_delay_seconds", p.block_delay_seconds);
  line("propagation_delay_seconds", p.propagation_delay_seconds);
  line("equivocation_delay_seconds", p.equivocation_delay_seconds);
  line("consensus_miner_min_power", p.consensus_miner_min_power);
  line("precommit_challenge_delay", p.precommit_challenge_delay);
  line("seal_proofs", listed(p.seal_proofs, number));
  line("window_post_proofs", listed(p.window_post_proofs, number));
  line("power_ramp_epochs", p.power_ramp_epochs);
  line("teep_initial_fil_reserved", quoted(fil));
  line("breeze_gas_tamping_epochs", p.breeze_gas_tamping_epochs);
  line("whitelisted_blocks", listed(p.whitelisted_blocks, cid));
  line("bootstrap_peer_threshold", p.bootstrap_peer_threshold);
  line("bootstrap_peers", listed(p.bootstrap_peers, quoted));
  return out + written_tables(p);
}

Result<NetworkParams> builtin_network(std::string_view name_or_alias) {
  for (const auto text : embedded_networks()) {
    TRY(auto params, parse_network(text));
    if (params.is_called(name_or_alias)) return params;
  }
  return fail(ErrorCode::NotFound, "no network \"{}\"; there are {}", name_or_alias,
              fmt::join(builtin_network_names(), ", "));
}

std::vector<std::string> builtin_network_names() {
  std::vector<std::string> out;
  for (const auto text : embedded_networks()) {
    if (auto params = parse_network(text)) out.push_back(std::move(params->name));
  }
  return out;
}

}  // namespace venus::types
