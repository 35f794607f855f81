// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

// Settings of a daemon, declared once; files, environment, flags, help and `config show` follow
// from that:
//
//   struct NodeConfig {
//     std::string listen = "/ip4/127.0.0.1/tcp/3453/http";
//     std::chrono::milliseconds timeout{30'000};
//     SecretText auth_token;
//
//     void declare(Properties& p) {
//       p.add("api.listen", &listen, "Address the API listens on");
//       p.add("api.timeout", &timeout, "How long a request may take", in_range(1ms, 1h));
//       p.add("auth.token", &auth_token, "Token for venus-auth");          // SecretText: never
//       shown
//     }
//   };
//
//   NodeConfig config;
//   Properties properties("node");            // environment: VENUS_NODE_API_LISTEN
//   config.declare(properties);
//   TRY_VOID(properties.load({.file = home / "config.toml", .flags = given}));
//
// The value a variable has when it is declared is its default.

#include "platform/secret_text.hpp"

#include <chrono>
#include <concepts>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace venus::platform {

/// Where a setting's value came from; later ones win.
enum class Origin : std::uint8_t { Default, File, Environment, Flag };
std::string_view to_string(Origin origin) noexcept;

/// A value as a source gives it: typed from TOML, a text from the environment and flags.
using ConfigValue = std::variant<bool, std::int64_t, double, std::string, std::vector<std::string>>;

/// A number of bytes, written "64MiB", "10GB" or plain.
struct ByteSize {
  std::uint64_t bytes = 0;
  auto operator<=>(const ByteSize&) const = default;
};

/// How a C++ type is read and written as a setting. Specialised for bool, integers, double,
/// std::string, std::vector<std::string>, std::chrono::milliseconds ("1m30s"), ByteSize and
/// SecretText.
template <class T, class Enable = void>
struct ConfigType;

template <>
struct ConfigType<bool> {
  static constexpr std::string_view kName = "bool";
  static Result<bool> read(const ConfigValue& value);
  static std::string toml(const bool& value);
};
template <>
struct ConfigType<std::int64_t> {
  static constexpr std::string_view kName = "integer";
  static Result<std::int64_t> read(const ConfigValue& value);
  static std::string toml(const std::int64_t& value);
};
template <class T>
struct ConfigType<T, std::enable_if_t<std::is_integral_v<T> && !std::is_same_v<T, bool> &&
                                      !std::is_same_v<T, std::int64_t>>> {
  static constexpr std::string_view kName = "integer";
  static Result<T> read(const ConfigValue& value) {
    TRY(const auto number, ConfigType<std::int64_t>::read(value));
    if (!std::in_range<T>(number))
      return fail(ErrorCode::InvalidArgument, "{} is out of range", number);
    return static_cast<T>(number);
  }
  static std::string toml(const T& value) { return fmt::to_string(value); }
};
template <>
struct ConfigType<double> {
  static constexpr std::string_view kName = "number";
  static Result<double> read(const ConfigValue& value);
  static std::string toml(const double& value);
};
template <>
struct ConfigType<std::string> {
  static constexpr std::string_view kName = "text";
  static Result<std::string> read(const ConfigValue& value);
  static std::string toml(const std::string& value);
};
template <>
struct ConfigType<std::vector<std::string>> {
  static constexpr std::string_view kName = "list of texts";
  /// From the environment and flags: separated by commas.
  static Result<std::vector<std::string>> read(const ConfigValue& value);
  static std::string toml(const std::vector<std::string>& value);
};
template <>
struct ConfigType<std::chrono::milliseconds> {
  static constexpr std::string_view kName = "duration";
  static Result<std::chrono::milliseconds> read(const ConfigValue& value);
  static std::string toml(const std::chrono::milliseconds& value);
};
template <>
struct ConfigType<ByteSize> {
  static constexpr std::string_view kName = "size";
  static Result<ByteSize> read(const ConfigValue& value);
  static std::string toml(const ByteSize& value);
};
template <>
struct ConfigType<SecretText> {
  static constexpr std::string_view kName = "secret";
  static Result<SecretText> read(const ConfigValue& value);
  static std::string toml(const SecretText&) { return "\"\""; }
};

/// What a value must hold; `text` tells people.
template <class T>
struct Constraint {
  std::function<bool(const T&)> holds;
  std::string text;
};

/// low <= value <= high.
template <class T>
Constraint<T> in_range(T low, T high) {
  return {[low, high](const T& value) { return low <= value && value <= high; },
          fmt::format("{} to {}", ConfigType<T>::toml(low), ConfigType<T>::toml(high))};
}
/// One of the given texts.
Constraint<std::string> one_of(std::vector<std::string> choices);
Constraint<std::string> not_empty();

class Properties {
 public:
  /// `component` is the program's short name ("node"); it makes the environment prefix VENUS_NODE_.
  explicit Properties(std::string component) : component_(std::move(component)) {}

  /// Declares a setting. `key` is "section.name" in lower case with underscores; `target` outlives
  /// this.
  template <class T>
  Properties& add(std::string key, T* target, std::string doc,
                  std::optional<Constraint<T>> constraint = {}) {
    Property property;
    property.key = std::move(key);
    property.type = ConfigType<T>::kName;
    property.doc = std::move(doc);
    property.secret = std::is_same_v<T, SecretText>;
    if (constraint) property.constraint = constraint->text;
    property.default_toml = ConfigType<T>::toml(*target);
    property.toml = [target] { return ConfigType<T>::toml(*target); };
    property.filled = [target] { return is_filled(*target); };
    property.assign = [target, constraint](const ConfigValue& value) -> Result<void> {
      TRY(auto read, ConfigType<T>::read(value));
      if (constraint && !constraint->holds(read)) {
        return fail(ErrorCode::InvalidArgument, "must be {}", constraint->text);
      }
      *target = std::move(read);
      return {};
    };
    properties_.push_back(std::move(property));
    return *this;
  }

  struct Sources {
    std::filesystem::path file{};  ///< need not exist unless `file_required`
    bool file_required = false;
    std::map<std::string, std::string> flags{};  ///< key -> text, from the command line
    /// Environment entries "NAME=value"; none: the process's own.
    std::optional<std::vector<std::string>> environment{};
  };

  /// Defaults < file < environment < flags. InvalidArgument names the source, the key and what is
  /// allowed; an unknown key is an error with the nearest known one. Secrets are refused as flags
  /// (ps shows them).
  Result<void> load(const Sources& sources);

  /// A config.toml with every setting, its doc, type and environment name, all commented out.
  [[nodiscard]] std::string default_toml() const;
  /// The values in use as TOML, with their origin as comment if wanted. Secrets show only whether
  /// they are set.
  [[nodiscard]] std::string show(bool with_origin) const;

  struct Described {
    std::string key, type, doc, constraint, default_toml, environment;
    bool secret = false;
    Origin origin = Origin::Default;
  };
  [[nodiscard]] std::vector<Described> describe() const;
  /// VENUS_NODE_API_LISTEN for "api.listen".
  [[nodiscard]] std::string environment_name(std::string_view key) const;

 private:
  struct Property {
    std::string key, type, doc, constraint, default_toml;
    bool secret = false;
    std::function<std::string()> toml;
    std::function<bool()> filled;
    std::function<Result<void>(const ConfigValue&)> assign;
    Origin origin = Origin::Default;
    std::string source;
  };
  template <class T>
  static bool is_filled(const T& value) {
    if constexpr (requires { value.empty(); })
      return !value.empty();
    else
      return true;
  }

  Property* find(std::string_view key);
  [[nodiscard]] std::string hint(std::string_view key) const;
  Result<void> set(std::string_view key, const ConfigValue& value, Origin origin,
                   const std::string& source);
  Result<void> load_file(const std::filesystem::path& path);
  Result<void> load_environment(const std::vector<std::string>& entries);

  std::string component_;
  std::vector<Property> properties_;
};

/// "1h30m", "250ms", "2d" or a number of seconds; negative is refused.
Result<std::chrono::milliseconds> parse_duration(std::string_view text);
/// The shortest exact form: "1h30m", "250ms".
std::string format_duration(std::chrono::milliseconds duration);
/// "64MiB" (1024), "64MB" (1000), "64" bytes.
Result<std::uint64_t> parse_size(std::string_view text);
/// How many insertions, removals and replacements lead from one to the other.
std::size_t edit_distance(std::string_view a, std::string_view b);
/// The known word nearest to a wrong one, or "" when none is near.
std::string nearest(std::string_view wrong, const std::vector<std::string>& known);

}  // namespace venus::platform
