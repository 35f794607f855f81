// SPDX-License-Identifier: MIT OR Apache-2.0
#include "services/devnet/deployment.hpp"

#include "platform/home.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace venus::devnet {
namespace {

constexpr std::uint16_t kDrandPort = 3470;

struct Wanted {
  std::string name;
  std::string program;
  std::uint16_t port;
};

std::vector<Wanted> wanted_components(std::size_t miners) {
  std::vector<Wanted> out{{"drand", "venus-devnet", kDrandPort}, {"auth", "venus-auth", 8989}};
  for (std::size_t i = 0; i < miners; ++i) {
    out.push_back(
        {fmt::format("wallet-{}", i + 1), "venus-wallet", static_cast<std::uint16_t>(5678 + i)});
  }
  out.push_back({"node", "venus", 3453});
  out.push_back({"gateway", "venus-gateway", 45132});
  out.push_back({"messager", "venus-messager", 39812});
  for (std::size_t i = 0; i < miners; ++i) {
    out.push_back(
        {fmt::format("sealer-{}", i + 1), "venus-sealer", static_cast<std::uint16_t>(2345 + i)});
  }
  out.push_back({"miner", "venus-miner", 12308});
  return out;
}

/// A socket that holds a port of loopback until it is closed.
class HeldPort {
 public:
  static Result<HeldPort> take(std::uint16_t port) {
    HeldPort out(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (out.fd_ < 0) return fail(ErrorCode::Io, "socket: {}", std::strerror(errno));
    const int yes = 1;
    ::setsockopt(out.fd_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(out.fd_, generic, sizeof address) != 0 || ::listen(out.fd_, 1) != 0) {
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

/// "wallet-2" -> 1.
std::size_t index_of(const Component& component) {
  return std::stoul(component.name.substr(component.name.find('-') + 1)) - 1;
}

std::string auth_section(const Deployment& d, const std::string& token) {
  return fmt::format("[auth]\nurl = {}\ntoken = {}\n\n", toml_text(d.url_of("auth")),
                     toml_text(token));
}

std::string pool_peers(const Deployment& d) {
  return fmt::format("[node]\nurls = [{}]\ntoken = {}\n\n[gateway]\nurl = {}\ntoken = {}\n\n",
                     toml_text(d.url_of("node") + "/rpc/v1"), toml_text(d.pool_token),
                     toml_text(d.url_of("gateway") + "/rpc/v1"), toml_text(d.pool_token));
}

std::string node_settings(const Deployment& d) {
  return auth_section(d, d.pool_token) + fmt::format("[network]\nname = {}\ngenesis = {}\n",
                                                     toml_text(d.network_file),
                                                     toml_text(d.genesis_file));
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

std::string sealer_settings(const Deployment& d, const MinerEntry& miner) {
  return auth_section(d, miner.token) +
         fmt::format(
             "[miner]\naddress = {}\n\n[node]\nurl = {}\ntoken = {}\n\n[messager]\nurl = {}\ntoken "
             "= {}\n\n"
             "[gateway]\nurls = [{}]\ntoken = {}\n",
             toml_text(miner.address.str()), toml_text(d.url_of("node") + "/rpc/v1"),
             toml_text(miner.token), toml_text(d.url_of("messager") + "/rpc/v1"),
             toml_text(miner.token), toml_text("ws" + d.url_of("gateway").substr(4) + "/rpc/v1"),
             toml_text(miner.token));
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

Result<std::vector<Component>> plan_components(std::size_t miners, Ports ports) {
  std::vector<Component> out;
  std::vector<HeldPort> held;  // so that no port is given twice
  for (auto& want : wanted_components(miners)) {
    auto taken = HeldPort::take(ports == Ports::Default ? want.port : 0);
    if (!taken) {
      return fail(taken.error().code,
                  "port {} for {} is not free ({}): end what uses it (ss -ltnp shows it), or use "
                  "--ports auto",
                  want.port, want.name, taken.error().message);
    }
    held.push_back(*std::move(taken));
    const auto port = held.back().port();
    out.push_back({std::move(want.name), std::move(want.program), port,
                   fmt::format("http://127.0.0.1:{}", port)});
  }
  return out;
}

std::string settings_of(const Deployment& d, const Component& component,
                        const std::filesystem::path& folder) {
  if (component.name == "drand") return {};
  const auto listen =
      fmt::format("[api]\nlisten = \"/ip4/127.0.0.1/tcp/{}/http\"\n\n[log]\nformat = \"text\"\n\n",
                  component.port);
  if (component.program == "venus-auth") return listen;
  if (component.program == "venus") return listen + node_settings(d);
  if (component.program == "venus-wallet") {
    return listen + wallet_settings(d, d.miners.at(index_of(component)), folder / component.name);
  }
  if (component.program == "venus-sealer")
    return listen + sealer_settings(d, d.miners.at(index_of(component)));
  auto out = listen + auth_section(d, d.pool_token) + "[network]\nprefix = \"t\"\n\n";
  if (component.program == "venus-gateway") {
    // A proof is worthless when its epoch is over.
    return out + fmt::format("[requests]\nproof_timeout = \"{}s\"\n", d.block_delay * 3);
  }
  out += pool_peers(d);
  if (component.program == "venus-miner") {
    out += fmt::format("[mining]\npropagation_delay = {}\n",
                       std::max<std::uint64_t>(d.block_delay / 4, 1));
  }
  return out;
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
