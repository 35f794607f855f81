// SPDX-License-Identifier: MIT OR Apache-2.0
#include "platform/config.hpp"

#include <toml++/toml.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

namespace venus::platform {
namespace {

Result<ConfigValue> value_of(const toml::node& node) {
  if (const auto* v = node.as_boolean()) return v->get();
  if (const auto* v = node.as_integer()) return v->get();
  if (const auto* v = node.as_floating_point()) return v->get();
  if (const auto* v = node.as_string()) return v->get();
  if (const auto* list = node.as_array()) {
    std::vector<std::string> out;
    for (const auto& item : *list) {
      const auto* text = item.as_string();
      if (text == nullptr) return fail(ErrorCode::InvalidArgument, "a list may hold texts only");
      out.push_back(text->get());
    }
    return out;
  }
  return fail(ErrorCode::InvalidArgument, "dates and times are not used in settings");
}

struct Given {
  std::string key;
  const toml::node* node;
};

void flatten(const toml::table& table, const std::string& prefix, std::vector<Given>& out) {
  for (const auto& [name, node] : table) {
    const auto key = prefix + std::string(name.str());
    if (const auto* inner = node.as_table())
      flatten(*inner, key + ".", out);
    else
      out.push_back({key, &node});
  }
}

std::string section_of(std::string_view key) {
  const auto dot = key.rfind('.');
  return dot == std::string_view::npos ? std::string() : std::string(key.substr(0, dot));
}

std::string name_of(std::string_view key) {
  const auto dot = key.rfind('.');
  return std::string(dot == std::string_view::npos ? key : key.substr(dot + 1));
}

std::vector<std::string> own_environment() {
  std::vector<std::string> out;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry)
    out.emplace_back(*entry);
  return out;
}

}  // namespace

std::string_view to_string(Origin origin) noexcept {
  switch (origin) {
    case Origin::Default:
      return "default";
    case Origin::File:
      return "file";
    case Origin::Environment:
      return "environment";
    case Origin::Flag:
      return "flag";
  }
  return "unknown";
}

std::string Properties::environment_name(std::string_view key) const {
  std::string out = "VENUS_" + component_ + "_" + std::string(key);
  for (char& c : out) {
    if (c >= 'a' && c <= 'z')
      c = static_cast<char>(c - 32);
    else if (c == '.' || c == '-')
      c = '_';
  }
  return out;
}

Properties::Property* Properties::find(std::string_view key) {
  const auto found = std::ranges::find(properties_, key, &Property::key);
  return found == properties_.end() ? nullptr : &*found;
}

std::string Properties::hint(std::string_view key) const {
  std::vector<std::string> known;
  for (const auto& property : properties_)
    known.push_back(property.key);
  const auto near = nearest(key, known);
  return near.empty() ? "" : fmt::format("; did you mean '{}'?", near);
}

Result<void> Properties::set(std::string_view key, const ConfigValue& value, Origin origin,
                             const std::string& source) {
  auto* property = find(key);
  if (property == nullptr) {
    return fail(ErrorCode::InvalidArgument, "{}: there is no setting '{}'{}", source, key,
                hint(key));
  }
  if (auto assigned = property->assign(value); !assigned) {
    return fail(ErrorCode::InvalidArgument, "{}: {} {}", source, key, assigned.error().message);
  }
  property->origin = origin;
  property->source = source;
  return {};
}

Result<void> Properties::load_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return fail(ErrorCode::Io, "cannot read {}", path.string());
  std::ostringstream text;
  text << in.rdbuf();
  toml::table table;
  try {
    table = toml::parse(text.str());
  } catch (const toml::parse_error& error) {
    return fail(ErrorCode::InvalidArgument, "{}:{}: {}", path.string(), error.source().begin.line,
                error.description());
  } catch (const std::exception& error) {
    return fail(ErrorCode::InvalidArgument, "{}: {}", path.string(), error.what());
  }
  std::vector<Given> given;
  flatten(table, "", given);
  for (const auto& [key, node] : given) {
    const auto where = fmt::format("{}:{}", path.string(), node->source().begin.line);
    TRY(const auto value, with_context(value_of(*node), where + ": " + key));
    TRY_VOID(set(key, value, Origin::File, where));
  }
  return {};
}

Result<void> Properties::load_environment(const std::vector<std::string>& entries) {
  const auto prefix = environment_name("");
  for (const auto& entry : entries) {
    if (!entry.starts_with(prefix)) continue;
    const auto equals = std::min(entry.find('='), entry.size());
    const auto name = entry.substr(0, equals);
    const auto value = equals < entry.size() ? entry.substr(equals + 1) : std::string();
    const auto found = std::ranges::find_if(
        properties_, [&](const auto& property) { return environment_name(property.key) == name; });
    if (found == properties_.end()) {
      std::vector<std::string> known;
      for (const auto& property : properties_)
        known.push_back(environment_name(property.key));
      const auto near = nearest(name, known);
      return fail(ErrorCode::InvalidArgument, "environment: {} sets nothing{}", name,
                  near.empty() ? "" : fmt::format("; did you mean {}?", near));
    }
    TRY_VOID(set(found->key, value, Origin::Environment, name));
  }
  return {};
}

Result<void> Properties::load(const Sources& sources) {
  std::error_code ignored;
  if (!sources.file.empty() &&
      (sources.file_required || std::filesystem::exists(sources.file, ignored))) {
    TRY_VOID(load_file(sources.file));
  }
  TRY_VOID(load_environment(sources.environment ? *sources.environment : own_environment()));
  for (const auto& [key, text] : sources.flags) {
    const auto* property = find(key);
    if (property != nullptr && property->secret) {
      return fail(ErrorCode::InvalidArgument,
                  "{} is a secret: set it in the file or by {}, not by a flag that every "
                  "user of the machine can see",
                  key, environment_name(key));
    }
    TRY_VOID(set(key, text, Origin::Flag, "flag"));
  }
  return {};
}

std::string Properties::default_toml() const {
  std::string out = fmt::format(
      "# Settings of venus-{}. Every line shows its default; remove the '#' to change it.\n"
      "# Order: defaults < this file < environment < flags.\n",
      component_);
  std::string section;
  for (const auto& property : properties_) {
    if (const auto own = section_of(property.key); own != section) {
      section = own;
      out += fmt::format("\n[{}]\n", section);
    }
    out += fmt::format("\n# {}\n# {}", property.doc, property.type);
    if (!property.constraint.empty()) out += fmt::format(", {}", property.constraint);
    out += fmt::format("; environment {}\n#{} = {}\n", environment_name(property.key),
                       name_of(property.key), property.default_toml);
  }
  return out;
}

std::string Properties::show(bool with_origin) const {
  std::string out;
  std::string section;
  for (const auto& property : properties_) {
    if (const auto own = section_of(property.key); own != section) {
      section = own;
      out += fmt::format("{}[{}]\n", out.empty() ? "" : "\n", section);
    }
    std::string value = property.toml();
    if (property.secret) value = property.filled() ? "\"<set>\"" : "\"\"";
    out += fmt::format("{} = {}", name_of(property.key), value);
    if (with_origin) {
      out += fmt::format("  # {}", to_string(property.origin));
      if (property.origin == Origin::File || property.origin == Origin::Environment)
        out += " " + property.source;
    }
    out += '\n';
  }
  return out;
}

std::vector<Properties::Described> Properties::describe() const {
  std::vector<Described> out;
  for (const auto& property : properties_) {
    out.push_back({property.key, property.type, property.doc, property.constraint,
                   property.default_toml, environment_name(property.key), property.secret,
                   property.origin});
  }
  return out;
}

}  // namespace venus::platform
