// SPDX-License-Identifier: MIT OR Apache-2.0
#include "services/devnet/deployment.hpp"

#include "bridge/p2p.hpp"
#include "crypto/random.hpp"
#include "platform/home.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace venus::devnet {
namespace {

constexpr std::uint16_t kDrandPort = 3470;
constexpr std::uint16_t kNodePort = 3453;
constexpr std::uint16_t kFurtherNodePort = 3461;
constexpr std::uint16_t kP2pPort = 3481;

struct Wanted {
  std::string name;
  std::string program;
  std::uint16_t port;
  std::uint16_t p2p_port = 0;
};

/// "node" when there is one, else "node-1" and so on.
std::string name_of(std::string_view what, std::size_t index, std::size_t count) {
  return count == 1 ? std::string(what) : fmt::format("{}-{}", what, index + 1);
}

std::uint16_t plus(std::uint16_t port, std::size_t steps) {
  return static_cast<std::uint16_t>(port + steps);
}

std::vector<Wanted> wanted_components(std::size_t miners, std::size_t nodes,
                                      std::size_t producers) {
  std::vector<Wanted> out{{"drand", "venus-devnet", kDrandPort}, {"auth", "venus-auth", 8989}};
  for (std::size_t i = 0; i < miners; ++i)
    out.push_back({fmt::format("wallet-{}", i + 1), "venus-wallet", plus(5678, i)});
  for (std::size_t i = 0; i < nodes; ++i) {
    out.push_back({name_of("node", i, nodes), "venus",
                   i == 0 ? kNodePort : plus(kFurtherNodePort, i - 1), plus(kP2pPort, i)});
  }
  out.push_back({"gateway", "venus-gateway", 45132});
  out.push_back({"messager", "venus-messager", 39812});
  for (std::size_t i = 0; i < miners; ++i)
    out.push_back({fmt::format("sealer-{}", i + 1), "venus-sealer", plus(2345, i)});
  for (std::size_t i = 0; i < producers; ++i)
    out.push_back({name_of("miner", i, producers), "venus-miner", plus(12308, i)});
  return out;
}

/// A socket that holds a port of loopback until it is closed.
class HeldPort {
 public:
  static Result<HeldPort> take(std::uint16_t port, int kind = SOCK_STREAM) {
    HeldPort out(::socket(AF_INET, kind | SOCK_CLOEXEC, 0));
    if (out.fd_ < 0) return fail(ErrorCode::Io, "socket: {}", std::strerror(errno));
    const int yes = 1;
    // For UDP it would let two have the port.
    if (kind == SOCK_STREAM) ::setsockopt(out.fd_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(out.fd_, generic, sizeof address) != 0 ||
        (kind == SOCK_STREAM && ::listen(out.fd_, 1) != 0)) {
      return fail(errno == EADDRINUSE ? ErrorCode::Conflict : ErrorCode::Io, "{}",
                  std::strerror(errno));
    }
    socklen_t size = sizeof address;
    ::getsockname(out.fd_, generic, &size);
    out.port_ = ntohs(address.sin_port);
    return out;
  }
  HeldPort(HeldPort&& other) noexcept : fd_(std::exchange(other.fd_, -1)), port_(other.port_) {}
  HeldPort& operator=(HeldPort&&) = delete;
  HeldPort(const HeldPort&) = delete;
  HeldPort& operator=(const HeldPort&) = delete;
  ~HeldPort() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  explicit HeldPort(int fd) : fd_(fd) {}
  int fd_;
  std::uint16_t port_ = 0;
};

std::string toml_text(std::string_view text) { return base::write_json(boost::json::string(text)); }

/// "wallet-2" -> 1; 0 for a name without a number.
std::size_t index_of(const Component& component) {
  const auto dash = component.name.find('-');
  return dash == std::string::npos ? 0 : std::stoul(component.name.substr(dash + 1)) - 1;
}

std::string toml_list(const std::vector<std::string>& texts) {
  std::string out;
  for (const auto& text : texts)
    out += (out.empty() ? "" : ", ") + toml_text(text);
  return "[" + out + "]";
}

std::string auth_section(const Deployment& d, const std::string& token) {
  return fmt::format("[auth]\nurl = {}\ntoken = {}\n\n", toml_text(d.url_of("auth")),
                     toml_text(token));
}

std::string node_peers(const Deployment& d, std::size_t first, const std::string& token) {
  return fmt::format("[node]\nurls = {}\ntoken = {}\n\n", toml_list(d.node_urls(first)),
                     toml_text(token));
}

std::string pool_peers(const Deployment& d, std::size_t first) {
  return node_peers(d, first, d.pool_token) +
         fmt::format("[gateway]\nurl = {}\ntoken = {}\n\n",
                     toml_text(d.url_of("gateway") + "/rpc/v1"), toml_text(d.pool_token));
}

std::vector<std::string> p2p_addresses(const Component& node) {
  return {fmt::format("/ip4/127.0.0.1/tcp/{}", node.p2p_port),
          fmt::format("/ip4/127.0.0.1/udp/{}/quic-v1", node.p2p_port)};
}

std::string node_settings(const Deployment& d, const Component& node) {
  std::vector<std::string> others;
  for (const auto& other : d.running(node.program)) {
    if (other.name == node.name || other.peer_id.empty()) continue;
    for (const auto& address : p2p_addresses(other))
      others.push_back(address + "/p2p/" + other.peer_id);
  }
  auto out = auth_section(d, d.pool_token) + fmt::format("[network]\nname = {}\ngenesis = {}\n",
                                                         toml_text(d.network_file),
                                                         toml_text(d.genesis_file));
  // A devnet of before there was p2p has no ports for it.
  if (node.p2p_port == 0) return out;
  return out + fmt::format("\n[p2p]\nenabled = true\nlisten = {}\nbootstrap = {}\nmin_peers = {}\n",
                           toml_list(p2p_addresses(node)), toml_list(others),
                           d.running(node.program).size() - 1);
}

std::string wallet_settings(const Deployment& d, const MinerEntry& miner,
                            const std::filesystem::path& home) {
  // Whoever reads the password file can read the keys: a costly derivation would only slow starts.
  return fmt::format(
      "[keys]\npassword_file = {}\nscrypt_n = 16384\n\n[network]\nprefix = \"t\"\nchain_id = "
      "31415926\n\n"
      "[gateway]\nurls = [{}]\ntoken = {}\n",
      toml_text((home / "password").string()),
      toml_text("ws" + d.url_of("gateway").substr(4) + "/rpc/v1"), toml_text(miner.token));
}

std::string sealer_settings(const Deployment& d, const MinerEntry& miner, std::size_t index) {
  return auth_section(d, miner.token) + node_peers(d, index, miner.token) +
         fmt::format(
             "[miner]\naddress = {}\n\n[messager]\nurl = {}\ntoken = {}\n\n"
             "[gateway]\nurls = [{}]\ntoken = {}\n",
             toml_text(miner.address.str()), toml_text(d.url_of("messager") + "/rpc/v1"),
             toml_text(miner.token), toml_text("ws" + d.url_of("gateway").substr(4) + "/rpc/v1"),
             toml_text(miner.token));
}

/// A block goes to one node, and by gossip to the others.
std::string miner_settings(const Deployment& d, const Component& component) {
  const bool alone = d.running(component.program).size() == 1;
  auto out = fmt::format("[mining]\npropagation_delay = {}\nsubmit_to = {}\n",
                         std::max<std::uint64_t>(d.block_delay / 4, 1),
                         toml_text(alone ? "spread" : "one"));
  if (alone) return out;
  std::vector<std::string> own;
  for (const auto& miner : d.miners) {
    if (miner.producer == component.name) own.push_back(miner.address.str() + "=" + miner.user);
  }
  return out + fmt::format("miners = {}\n", toml_list(own));
}

}  // namespace

Result<Deployment> Deployment::load(const std::filesystem::path& folder) {
  auto text = platform::read_file(folder / "devnet.json");
  if (!text)
    return fail(text.error().code, "no devnet in {}: {}", folder.string(), text.error().message);
  TRY(const auto json, base::parse_json(*text));
  return with_context(base::from_json<Deployment>(json), "devnet.json");
}

Result<void> Deployment::save(const std::filesystem::path& folder) const {
  return platform::write_private_file(folder / "devnet.json",
                                      base::write_json(base::to_json(*this)));
}

std::string Deployment::url_of(std::string_view component) const {
  for (const auto& one : components) {
    if (one.name == component) return one.url;
  }
  return {};
}

std::vector<Component> Deployment::running(std::string_view program) const {
  std::vector<Component> out;
  std::ranges::copy_if(components, std::back_inserter(out),
                       [&](const Component& one) { return one.program == program; });
  return out;
}

std::vector<std::string> Deployment::node_urls(std::size_t first) const {
  const auto nodes = running("venus");
  std::vector<std::string> out;
  for (std::size_t i = 0; i < nodes.size(); ++i)
    out.push_back(nodes[(first + i) % nodes.size()].url + "/rpc/v1");
  return out;
}

Result<std::vector<Component>> plan_components(std::size_t miners, std::size_t nodes,
                                               std::size_t producers, Ports ports) {
  std::vector<Component> out;
  std::vector<HeldPort> held;  // so that no port is given twice
  const auto take = [&](std::uint16_t wanted, const std::string& name) -> Result<std::uint16_t> {
    auto taken = HeldPort::take(ports == Ports::Default ? wanted : 0);
    if (!taken) {
      return fail(taken.error().code,
                  "port {} for {} is not free ({}): end what uses it (ss -ltnp shows it), or use "
                  "--ports auto",
                  wanted, name, taken.error().message);
    }
    held.push_back(*std::move(taken));
    return held.back().port();
  };
  for (auto& want : wanted_components(miners, nodes, producers)) {
    TRY(const auto port, take(want.port, want.name));
    Component made{std::move(want.name),
                   std::move(want.program),
                   port,
                   fmt::format("http://127.0.0.1:{}", port),
                   0,
                   {}};
    // QUIC has the same number: a free one for TCP may be taken for UDP.
    for (int tries = 0; want.p2p_port != 0 && made.p2p_port == 0; ++tries) {
      TRY(const auto p2p, take(want.p2p_port, made.name + " (p2p)"));
      auto udp = HeldPort::take(p2p, SOCK_DGRAM);
      if (udp)
        made.p2p_port = p2p;
      else if (ports == Ports::Default || tries == 20)
        return fail(udp.error().code, "UDP port {} for {} is not free: use --ports auto", p2p,
                    made.name);
    }
    out.push_back(std::move(made));
  }
  return out;
}

Result<void> make_identities(Deployment& d, const std::filesystem::path& folder) {
  for (auto& component : d.components) {
    if (component.program != "venus") continue;
    const auto home = folder / component.name / "p2p";
    std::error_code error;
    std::filesystem::create_directories(home, error);
    std::filesystem::permissions(home, std::filesystem::perms::owner_all, error);
    if (error) return fail(ErrorCode::Io, "{}: {}", home.string(), error.message());
    const auto random = crypto::random_bytes(32);
    ByteArray<32> seed{};
    std::ranges::copy(random, seed.begin());
    TRY_VOID(platform::write_private_file(home / "identity", base::to_hex(random)));
    component.peer_id = bridge::peer_id_of(seed).str();
  }
  return {};
}

std::string settings_of(const Deployment& d, const Component& component,
                        const std::filesystem::path& folder) {
  if (component.name == "drand") return {};
  const auto listen =
      fmt::format("[api]\nlisten = \"/ip4/127.0.0.1/tcp/{}/http\"\n\n[log]\nformat = \"text\"\n\n",
                  component.port);
  if (component.program == "venus-auth") return listen;
  if (component.program == "venus") return listen + node_settings(d, component);
  if (component.program == "venus-wallet") {
    return listen + wallet_settings(d, d.miners.at(index_of(component)), folder / component.name);
  }
  if (component.program == "venus-sealer") {
    const auto index = index_of(component);
    return listen + sealer_settings(d, d.miners.at(index), index);
  }
  auto out = listen + auth_section(d, d.pool_token) + "[network]\nprefix = \"t\"\n\n";
  if (component.program == "venus-gateway") {
    // A proof is worthless when its epoch is over.
    return out + fmt::format("[requests]\nproof_timeout = \"{}s\"\n", d.block_delay * 3);
  }
  out += pool_peers(d, index_of(component));
  if (component.program == "venus-miner") return out + miner_settings(d, component);
  return out + "[message]\npush_to = \"one\"\n";
}

ChildSpec child_of(const Deployment& d, const Component& component,
                   const std::filesystem::path& folder, const std::filesystem::path& programs) {
  ChildSpec out;
  out.name = component.name;
  out.log = folder / "logs" / (component.name + ".log");
  const auto program = (programs / component.program).string();
  const auto home = (folder / component.name).string();
  if (component.name == "drand") {
    out.argv = {program, "drand", "--folder", home, "--port", std::to_string(component.port)};
    return out;
  }
  out.argv = {program, component.program == "venus" ? "daemon" : "run", "--home", home};
  // Settings are in the home folder; nothing of the caller's environment shall change them.
  out.environment["VENUS_HOME"] = home;
  out.environment["FIL_PROOFS_PARAMETER_CACHE"] = d.parameters;
  return out;
}

Result<void> write_settings(const Deployment& d, const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder / "logs", error);
  for (const auto& component : d.components) {
    const auto home = folder / component.name;
    std::filesystem::create_directories(home, error);
    std::filesystem::permissions(home, std::filesystem::perms::owner_all, error);
    if (error) return fail(ErrorCode::Io, "{}: {}", home.string(), error.message());
    const auto text = settings_of(d, component, folder);
    if (!text.empty()) TRY_VOID(platform::write_private_file(home / "config.toml", text));
  }
  return {};
}

}  // namespace venus::devnet
