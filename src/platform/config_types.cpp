// SPDX-License-Identifier: MIT OR Apache-2.0
// Settings as texts and values.
#include "platform/config.hpp"
#include "rpc/error.hpp"

#include <charconv>

namespace venus::platform {
namespace {

std::string_view kind_of(const ConfigValue& value) {
  constexpr std::string_view kNames[] = {"a bool", "an integer", "a number", "a text", "a list"};
  return kNames[value.index()];
}

std::unexpected<Error> wants(std::string_view what, const ConfigValue& value) {
  return fail(ErrorCode::InvalidArgument, "must be {}, not {}", what, kind_of(value));
}

template <class T>
std::optional<T> number_of(std::string_view text) {
  T out{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return out;
}

std::string toml_text(std::string_view text) {
  std::string out;
  rpc::append_json_string(out, text);
  return out;
}

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};
constexpr Unit kTimes[] = {
    {"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}};
constexpr Unit kSizes[] = {{"B", 1},
                           {"KiB", 1ULL << 10},
                           {"MiB", 1ULL << 20},
                           {"GiB", 1ULL << 30},
                           {"TiB", 1ULL << 40},
                           {"KB", 1'000},
                           {"MB", 1'000'000},
                           {"GB", 1'000'000'000},
                           {"TB", 1'000'000'000'000}};

template <std::size_t N>
std::uint64_t factor_of(const Unit (&units)[N], std::string_view name) {
  for (const auto& unit : units) {
    if (unit.name == name) return unit.factor;
  }
  return 0;
}

}  // namespace

Result<std::chrono::milliseconds> parse_duration(std::string_view text) {
  const auto wrong = [&] {
    return fail(ErrorCode::InvalidArgument,
                "'{}' is no duration: write 500ms, 30s, 5m, 1h30m or 2d", text);
  };
  if (const auto seconds = number_of<std::uint32_t>(text)) return std::chrono::seconds(*seconds);
  std::uint64_t total = 0;
  auto rest = text;
  if (rest.empty()) return wrong();
  while (!rest.empty()) {
    const auto digits = std::min(rest.find_first_not_of("0123456789"), rest.size());
    const auto amount = number_of<std::uint32_t>(rest.substr(0, digits));
    rest.remove_prefix(digits);
    const auto letters = std::min(rest.find_first_of("0123456789"), rest.size());
    const auto factor = factor_of(kTimes, rest.substr(0, letters));
    rest.remove_prefix(letters);
    if (!amount || factor == 0) return wrong();
    total += *amount * factor;
    if (total > 1'000ULL * 365 * 86'400'000) return wrong();
  }
  return std::chrono::milliseconds(total);
}

std::string format_duration(std::chrono::milliseconds duration) {
  auto rest = static_cast<std::uint64_t>(std::max<std::int64_t>(duration.count(), 0));
  if (rest == 0) return "0s";
  std::string out;
  for (const auto& [name, factor] : kTimes) {
    if (rest < factor) continue;
    out += fmt::format("{}{}", rest / factor, name);
    rest %= factor;
  }
  return out;
}

Result<std::uint64_t> parse_size(std::string_view text) {
  const auto digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto amount = number_of<std::uint64_t>(text.substr(0, digits));
  auto unit = text.substr(digits);
  while (unit.starts_with(' '))
    unit.remove_prefix(1);
  const auto factor = unit.empty() ? 1 : factor_of(kSizes, unit);
  if (!amount || factor == 0 || *amount > (1ULL << 62) / factor) {
    return fail(ErrorCode::InvalidArgument, "'{}' is no size: write 1024, 64KiB, 64MiB, 10GB",
                text);
  }
  return *amount * factor;
}

Result<bool> ConfigType<bool>::read(const ConfigValue& value) {
  if (const auto* given = std::get_if<bool>(&value)) return *given;
  const auto* text = std::get_if<std::string>(&value);
  if (text != nullptr && (*text == "true" || *text == "1" || *text == "yes")) return true;
  if (text != nullptr && (*text == "false" || *text == "0" || *text == "no")) return false;
  return wants("true or false", value);
}
std::string ConfigType<bool>::toml(const bool& value) { return value ? "true" : "false"; }

Result<std::int64_t> ConfigType<std::int64_t>::read(const ConfigValue& value) {
  if (const auto* given = std::get_if<std::int64_t>(&value)) return *given;
  if (const auto* text = std::get_if<std::string>(&value)) {
    if (const auto number = number_of<std::int64_t>(*text)) return *number;
    return fail(ErrorCode::InvalidArgument, "'{}' is no integer", *text);
  }
  return wants("an integer", value);
}
std::string ConfigType<std::int64_t>::toml(const std::int64_t& value) {
  return fmt::to_string(value);
}

Result<double> ConfigType<double>::read(const ConfigValue& value) {
  if (const auto* given = std::get_if<double>(&value)) return *given;
  if (const auto* given = std::get_if<std::int64_t>(&value)) return static_cast<double>(*given);
  if (const auto* text = std::get_if<std::string>(&value)) {
    if (const auto number = number_of<double>(*text)) return *number;
    return fail(ErrorCode::InvalidArgument, "'{}' is no number", *text);
  }
  return wants("a number", value);
}
std::string ConfigType<double>::toml(const double& value) {
  auto out = fmt::format("{}", value);
  return out.find_first_of(".en") == std::string::npos ? out + ".0" : out;
}

Result<std::string> ConfigType<std::string>::read(const ConfigValue& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  return wants("a text in quotes", value);
}
std::string ConfigType<std::string>::toml(const std::string& value) { return toml_text(value); }

Result<std::vector<std::string>> ConfigType<std::vector<std::string>>::read(
    const ConfigValue& value) {
  if (const auto* list = std::get_if<std::vector<std::string>>(&value)) return *list;
  const auto* text = std::get_if<std::string>(&value);
  if (text == nullptr) return wants("a list of texts", value);
  std::vector<std::string> out;
  std::string_view rest = *text;
  while (!rest.empty()) {
    const auto comma = std::min(rest.find(','), rest.size());
    if (comma > 0) out.emplace_back(rest.substr(0, comma));
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
  return out;
}
std::string ConfigType<std::vector<std::string>>::toml(const std::vector<std::string>& value) {
  std::string out = "[";
  for (const auto& item : value)
    out += (out.size() > 1 ? ", " : "") + toml_text(item);
  return out + "]";
}

Result<std::chrono::milliseconds> ConfigType<std::chrono::milliseconds>::read(
    const ConfigValue& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return parse_duration(*text);
  if (const auto* seconds = std::get_if<std::int64_t>(&value);
      seconds != nullptr && *seconds >= 0) {
    return parse_duration(fmt::to_string(*seconds));
  }
  return wants("a duration such as \"30s\"", value);
}
std::string ConfigType<std::chrono::milliseconds>::toml(const std::chrono::milliseconds& value) {
  return toml_text(format_duration(value));
}

Result<ByteSize> ConfigType<ByteSize>::read(const ConfigValue& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value); number != nullptr && *number >= 0) {
    return ByteSize{static_cast<std::uint64_t>(*number)};
  }
  const auto* text = std::get_if<std::string>(&value);
  if (text == nullptr) return wants("a size such as \"64MiB\"", value);
  TRY(const auto bytes, parse_size(*text));
  return ByteSize{bytes};
}
std::string ConfigType<ByteSize>::toml(const ByteSize& value) {
  for (const auto& unit : {kSizes[4], kSizes[3], kSizes[2], kSizes[1]}) {
    if (value.bytes >= unit.factor && value.bytes % unit.factor == 0) {
      return fmt::format("\"{}{}\"", value.bytes / unit.factor, unit.name);
    }
  }
  return fmt::to_string(value.bytes);
}

Result<SecretText> ConfigType<SecretText>::read(const ConfigValue& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return SecretText(*text);
  return wants("a text in quotes", value);
}

Constraint<std::string> one_of(std::vector<std::string> choices) {
  std::string text = "one of ";
  for (const auto& choice : choices)
    text += (text.size() > 7 ? ", " : "") + choice;
  return {[choices](const std::string& value) {
            return std::ranges::find(choices, value) != choices.end();
          },
          text};
}

Constraint<std::string> not_empty() {
  return {[](const std::string& value) { return !value.empty(); }, "not empty"};
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j)
    row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    auto diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const auto replace = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replace});
    }
  }
  return row[b.size()];
}

std::string nearest(std::string_view wrong, const std::vector<std::string>& known) {
  std::string best;
  auto best_distance = wrong.size() / 3 + 2;
  for (const auto& word : known) {
    const auto distance = edit_distance(wrong, word);
    if (distance < best_distance) {
      best = word;
      best_distance = distance;
    }
  }
  return best;
}

}  // namespace venus::platform
