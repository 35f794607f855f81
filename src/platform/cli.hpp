// SPDX-License-Identifier: MIT OR Apache-2.0
// Command lines: a tree of commands with help, `-o json`, shell completion and fixed exit codes.
//
//   Cli cli({.program = "venus", .component = "node", .doc = "Filecoin node", .version =
//   kVersion}); auto& head = cli.root().add("chain", "The chain").add("head", "Show the heaviest
//   tipset"); head.action([](Cli& c) -> Result<void> {
//     TRY(const auto tipset, c.call<NodeApi::ChainHead>());
//     if (c.json()) return c.print_json(to_json(tipset));
//     return c.print(...);
//   });
//   return cli.run(argc, argv);
#pragma once

#include "platform/config.hpp"
#include "platform/table.hpp"
#include "rpc/client.hpp"
#include "rpc/run_blocking.hpp"

#include <boost/asio/io_context.hpp>

#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace venus::platform {

/// What a process ends with.
enum class ExitCode : int {
  Ok = 0,
  Failed = 1,       ///< the operation was refused or went wrong
  Usage = 2,        ///< wrong flags or arguments, bad settings
  Unreachable = 3,  ///< the daemon does not answer
  Denied = 4,       ///< no or too weak token
  NotFound = 5,     ///< the thing asked for does not exist
};
/// The code that fits an error.
ExitCode exit_code_of(const Error& error) noexcept;

class Cli;

/// A command, or a group of commands. Variables given to option(), flag() and arg() outlive the
/// Cli.
class Command {
 public:
  using Target = std::variant<bool*, std::string*, std::int64_t*, std::uint64_t*, double*,
                              std::vector<std::string>*, std::optional<std::string>*,
                              std::optional<std::int64_t>*>;
  using Action = std::function<Result<void>(Cli&)>;
  struct Impl;

  explicit Command(std::unique_ptr<Impl> impl);
  ~Command();
  Command(const Command&) = delete;
  Command& operator=(const Command&) = delete;

  /// A command below this one; the same name again gives the same command.
  Command& add(const std::string& name, const std::string& doc);
  /// "--limit,-n": the variable's value is the default shown in the help.
  Command& option(const std::string& names, Target target, const std::string& doc,
                  bool required = false);
  /// "--all,-a": true when given.
  Command& flag(const std::string& names, bool* target, const std::string& doc);
  /// An argument without dashes; a list takes the rest.
  Command& arg(const std::string& name, Target target, const std::string& doc,
               bool required = true);
  /// Only these texts are allowed (also offered by completion).
  Command& choices(const std::string& name, std::vector<std::string> allowed);
  /// Another name of the command, not shown in the help.
  Command& alias(const std::string& name);
  /// A paragraph below the help, with examples.
  Command& footer(const std::string& text);
  Command& action(Action action);
  /// A flag --section-name for every setting that is no secret; given ones land in `flags` for
  /// Properties::load.
  Command& settings(const Properties& properties, std::map<std::string, std::string>* flags);

 private:
  friend class Cli;
  std::unique_ptr<Impl> impl_;
};

class Cli {
 public:
  struct Info {
    std::string program{};    ///< as typed: "venus-wallet"
    std::string component{};  ///< "wallet": its home folder is ~/.venus/wallet
    std::string doc{};
    std::string version{};
    std::string target = "/rpc/v1";  ///< path of the API the commands use
  };

  explicit Cli(Info info);
  ~Cli();
  Cli(const Cli&) = delete;
  Cli& operator=(const Cli&) = delete;

  Command& root();
  /// Parses, runs the action, prints its error to standard error. Returns the exit code.
  int run(int argc, const char* const* argv);

  // For actions:
  [[nodiscard]] const Info& info() const { return info_; }
  /// Whether -o json was given.
  [[nodiscard]] bool json() const { return output_ == "json"; }
  [[nodiscard]] bool color() const;
  /// The home folder: --home (--repo), $VENUS_HOME or the default.
  [[nodiscard]] std::filesystem::path home() const;
  asio::io_context& io();
  /// Where the daemon is and the token to show it: --url and --token, else what the home folder's
  /// `api` and `token` files say. For interfaces other than JSON-RPC.
  Result<rpc::Endpoint> peer() const;
  /// The API of that daemon.
  Result<std::shared_ptr<rpc::Client>> client();
  /// Runs a task to its end on this thread.
  template <class T>
  Result<T> wait(Task<T> task) {
    return rpc::run_blocking(io(), std::move(task));
  }
  /// Calls a method of the daemon.
  template <class M, class... Args>
  Result<typename M::Out> call(Args... args) {
    TRY(auto peer, client());
    return wait(peer->call<M>(std::move(args)...));
  }
  /// To standard output, with a line break added when it lacks one.
  Result<void> print(std::string_view text);
  Result<void> print_json(const boost::json::value& value);
  /// The table for people, a list of objects for -o json (keys are the headers in lower case with
  /// underscores).
  Result<void> print_table(const Table& table);
  /// To standard error, for people only: dropped with -o json.
  void note(std::string_view text);

  /// Where print() and note() go; for tests.
  std::function<void(std::string_view)> out;
  std::function<void(std::string_view)> err;

 private:
  void add_globals();
  int fail_with(const Error& error);
  Result<std::string> given_token() const;

  Info info_;
  std::string home_;
  std::string url_;
  std::string token_;
  std::string output_ = "table";
  std::string color_ = "auto";
  std::unique_ptr<Command> root_;
  std::unique_ptr<asio::io_context> io_;
  std::shared_ptr<rpc::Client> client_;
};

}  // namespace venus::platform
