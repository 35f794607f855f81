// SPDX-License-Identifier: MIT OR Apache-2.0
#include "platform/cli.hpp"

#include "platform/cli_impl.hpp"
#include "platform/home.hpp"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <sstream>

namespace venus::platform {
namespace {

// The root command owns the CLI11 tree.
struct RootImpl : Command::Impl {
  explicit RootImpl(std::unique_ptr<CLI::App> given) : Impl(given.get()), owned(std::move(given)) {}
  std::unique_ptr<CLI::App> owned;
};

struct AddOption {
  CLI::App& app;
  const std::string& names;
  const std::string& doc;

  template <class T>
  CLI::Option* operator()(T* target) const {
    auto* option = app.add_option(names, *target, doc);
    if constexpr (std::is_same_v<T, std::string>) {
      if (target->empty()) return option;
    }
    if constexpr (!std::is_same_v<T, std::vector<std::string>>) option->capture_default_str();
    return option;
  }
  CLI::Option* operator()(std::optional<std::string>* target) const {
    return app.add_option_function<std::string>(
        names, [target](const std::string& v) { *target = v; }, doc);
  }
  CLI::Option* operator()(std::optional<std::int64_t>* target) const {
    return app.add_option_function<std::int64_t>(
        names, [target](const std::int64_t& v) { *target = v; }, doc);
  }
};

std::string without_line_end(std::string text) {
  while (text.ends_with('\n') || text.ends_with('\r') || text.ends_with(' '))
    text.pop_back();
  return text;
}

std::string wrong_word(const CLI::App& root) {
  const CLI::App* at = &root;
  while (!at->get_subcommands().empty())
    at = at->get_subcommands().front();
  const auto extras = root.remaining(true);
  if (extras.empty()) return {};
  std::vector<std::string> known;
  for (const auto* sub : at->get_subcommands([](const CLI::App*) { return true; }))
    known.push_back(sub->get_name());
  for (const auto* option : at->get_options()) {
    for (const auto& name : option->get_lnames())
      known.push_back("--" + name);
  }
  const auto near = nearest(extras.front(), known);
  return fmt::format("'{}' is not known here{}", extras.front(),
                     near.empty() ? "" : fmt::format("; did you mean '{}'?", near));
}

}  // namespace

ExitCode exit_code_of(const Error& error) noexcept {
  switch (error.code) {
    case ErrorCode::InvalidArgument:
    case ErrorCode::Malformed:
      return ExitCode::Usage;
    case ErrorCode::Unavailable:
    case ErrorCode::Timeout:
      return ExitCode::Unreachable;
    case ErrorCode::Unauthenticated:
    case ErrorCode::PermissionDenied:
      return ExitCode::Denied;
    case ErrorCode::NotFound:
      return ExitCode::NotFound;
    default:
      return ExitCode::Failed;
  }
}

Command::Command(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Command::~Command() = default;

Command& Command::add(const std::string& name, const std::string& doc) {
  for (const auto& child : impl_->children) {
    if (child->impl_->app->get_name() == name) return *child;
  }
  auto* app = impl_->app->add_subcommand(name, doc);
  app->fallthrough();
  impl_->children.push_back(std::make_unique<Command>(std::make_unique<Impl>(app)));
  return *impl_->children.back();
}

Command& Command::option(const std::string& names, Target target, const std::string& doc,
                         bool required) {
  std::visit(AddOption{*impl_->app, names, doc}, target)->required(required);
  return *this;
}

Command& Command::flag(const std::string& names, bool* target, const std::string& doc) {
  impl_->app->add_flag(names, *target, doc);
  return *this;
}

Command& Command::arg(const std::string& name, Target target, const std::string& doc,
                      bool required) {
  std::visit(AddOption{*impl_->app, name, doc}, target)->required(required);
  return *this;
}

Command& Command::choices(const std::string& name, std::vector<std::string> allowed) {
  impl_->app->get_option(name)->check(CLI::IsMember(std::move(allowed)));
  return *this;
}

Command& Command::alias(const std::string& name) {
  impl_->app->alias(name);
  return *this;
}

Command& Command::footer(const std::string& text) {
  impl_->app->footer(text);
  return *this;
}

Command& Command::action(Action action) {
  impl_->action = std::move(action);
  return *this;
}

Command& Command::settings(const Properties& properties,
                           std::map<std::string, std::string>* flags) {
  for (const auto& property : properties.describe()) {
    if (property.secret) continue;
    std::string name = "--" + property.key;
    std::ranges::replace(name, '.', '-');
    std::ranges::replace(name, '_', '-');
    auto* option = impl_->app->add_option_function<std::string>(
        name,
        [flags, key = property.key](const std::string& text) {
          flags->insert_or_assign(key, text);
        },
        property.doc);
    option->type_name(property.type)->group("Settings");
  }
  return *this;
}

Cli::Cli(Info info) : info_(std::move(info)) {
  out = [](std::string_view text) { std::fwrite(text.data(), 1, text.size(), stdout); };
  err = [](std::string_view text) { std::fwrite(text.data(), 1, text.size(), stderr); };
  auto app = std::make_unique<CLI::App>(info_.doc, info_.program);
  app->set_version_flag("--version", info_.version);
  root_ = std::make_unique<Command>(std::make_unique<RootImpl>(std::move(app)));
  add_globals();
}

Cli::~Cli() = default;

Command& Cli::root() { return *root_; }

void Cli::add_globals() {
  auto& app = *root_->impl_->app;
  app.add_option("--home,--repo", home_,
                 fmt::format("Home folder (default $VENUS_HOME or ~/.venus/{})", info_.component));
  app.add_option("--url", url_,
                 "Address of the API (default: what the home folder's file 'api' says)");
  app.add_option(
      "--token", token_,
      "Token, or @FILE to read it from (default: $VENUS_TOKEN, then the home folder's file)");
  app.add_option("-o,--output", output_, "table or json")
      ->check(CLI::IsMember({"table", "json"}))
      ->capture_default_str();
  app.add_option("--color", color_, "auto, always or never")
      ->check(CLI::IsMember({"auto", "always", "never"}))
      ->capture_default_str();
  auto shell = std::make_shared<std::string>();
  auto& completion = root_->add("completion", "Print a script that completes commands in a shell");
  completion.impl_->app->add_option("shell", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  completion.action([shell](Cli& cli) -> Result<void> {
    TRY(const auto script, completion_script(*cli.root_->impl_->app, cli.info_.program, *shell));
    return cli.print(script);
  });
}

int Cli::fail_with(const Error& error) {
  err(color() ? fmt::format("\x1b[31merror:\x1b[0m {}\n", error.message)
              : fmt::format("error: {}\n", error.message));
  return static_cast<int>(exit_code_of(error));
}

int Cli::run(int argc, const char* const* argv) {
  auto& app = *root_->impl_->app;
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::ostringstream to_out;
    std::ostringstream to_err;
    if (app.exit(error, to_out, to_err) == 0) {
      out(to_out.str());
      return static_cast<int>(ExitCode::Ok);
    }
    const auto hint =
        dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr ? wrong_word(app) : std::string();
    err(fmt::format("error: {}\nRun with --help for more information.\n",
                    hint.empty() ? error.what() : hint));
    return static_cast<int>(ExitCode::Usage);
  }
  const auto* command = root_.get();
  while (!command->impl_->app->get_subcommands().empty()) {
    const auto* chosen = command->impl_->app->get_subcommands().front();
    const auto child = std::ranges::find_if(command->impl_->children,
                                            [&](const auto& c) { return c->impl_->app == chosen; });
    if (child == command->impl_->children.end()) break;
    command = child->get();
  }
  if (!command->impl_->action) {
    out(command->impl_->app->help());
    return static_cast<int>(command == root_.get() ? ExitCode::Ok : ExitCode::Usage);
  }
  const auto done = command->impl_->action(*this);
  if (!done) return fail_with(done.error());
  return static_cast<int>(ExitCode::Ok);
}

bool Cli::color() const {
  if (color_ != "auto") return color_ == "always";
  const char* no_color = std::getenv("NO_COLOR");
  return (no_color == nullptr || *no_color == '\0') && ::isatty(STDOUT_FILENO) == 1 && !json();
}

std::filesystem::path Cli::home() const { return Home::locate(info_.component, home_); }

asio::io_context& Cli::io() {
  if (!io_) io_ = std::make_unique<asio::io_context>();
  return *io_;
}

Result<std::string> Cli::given_token() const {
  std::string token = token_;
  if (token.empty()) {
    if (const char* set = std::getenv("VENUS_TOKEN"); set != nullptr) token = set;
  }
  if (!token.starts_with('@')) return token;
  TRY(auto text, read_file(token.substr(1), 65536));
  return without_line_end(std::move(text));
}

Result<rpc::Endpoint> Cli::peer() const {
  TRY(auto token, given_token());
  auto url = url_;
  if (url.empty()) {
    const auto file = home() / "api";
    const auto text = read_file(file, 65536);
    if (!text) {
      return fail(
          ErrorCode::Unavailable,
          "no daemon runs with the home folder {} (it has no file 'api'): start it, or name "
          "another with --home or --url",
          home().string());
    }
    url = without_line_end(*text);
    if (token.empty()) {
      if (auto own = read_file(home() / "token", 65536)) token = without_line_end(*std::move(own));
    }
  }
  TRY(auto endpoint, rpc::Endpoint::parse(url, info_.target));
  if (!token.empty()) endpoint.token = std::move(token);
  return endpoint;
}

Result<std::shared_ptr<rpc::Client>> Cli::client() {
  if (client_) return client_;
  TRY(const auto at, peer());
  rpc::ClientOptions options;
  options.token = at.token;
  TRY(client_, rpc::make_client(io(), at.url(), std::move(options), info_.target));
  return client_;
}

Result<void> Cli::print(std::string_view text) {
  out(text);
  if (!text.ends_with('\n')) out("\n");
  return {};
}

Result<void> Cli::print_json(const boost::json::value& value) {
  return print(base::pretty_json(value));
}

Result<void> Cli::print_table(const Table& table) {
  if (json()) return print_json(table.json());
  return print(table.text(color()));
}

void Cli::note(std::string_view text) {
  if (json()) return;
  err(text);
  if (!text.ends_with('\n')) err("\n");
}

}  // namespace venus::platform
