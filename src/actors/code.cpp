// SPDX-License-Identifier: MIT OR Apache-2.0
#include "actors/code.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace venus::actors {

namespace detail {
extern const std::string_view kActorCodes;
}

namespace {

constexpr std::array<std::string_view, 16> kNames = {
    "system",           "init",          "cron",           "account",  "storagepower",
    "storageminer",     "storagemarket", "paymentchannel", "multisig", "reward",
    "verifiedregistry", "datacap",       "placeholder",    "evm",      "eam",
    "ethaccount",
};

struct Row {
  unsigned version = 0;
  std::string_view network;
  std::string_view name;
  std::string_view code;
};

std::string_view cut(std::string_view& rest, char at) {
  const auto end = rest.find(at);
  const auto out = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return out;
}

std::vector<Row> read_rows() {
  std::vector<Row> rows;
  for (auto rest = detail::kActorCodes; !rest.empty();) {
    auto line = cut(rest, '\n');
    if (line.empty() || line.front() == '#') continue;
    Row row;
    const auto version = cut(line, '\t');
    std::from_chars(version.data(), version.data() + version.size(), row.version);
    row.network = cut(line, '\t');
    row.name = cut(line, '\t');
    row.code = line;
    rows.push_back(row);
  }
  return rows;
}

const std::vector<Row>& rows() {
  static const std::vector<Row> kRows = read_rows();
  return kRows;
}

std::unordered_map<Cid, CodeInfo> index_rows() {
  std::unordered_map<Cid, CodeInfo> out;
  for (const auto& row : rows()) {
    const auto code = Cid::parse(row.code);
    const auto type = actor_type(row.name);
    if (!code || !type) continue;
    auto& info = out[*code];
    if (row.version >= info.version) info = {*type, row.version, std::string(row.network)};
  }
  return out;
}

/// Codes of actors v7 and older are texts: "fil/7/storageminer" in an identity CID, where 1 stands
/// for version 0.
std::string describe(const Cid& code) {
  if (code.defined() && code.hash() == ipld::Multihash::Identity) {
    const auto text = base::as_chars(code.digest());
    if (text.starts_with("fil/")) return fmt::format("{} ({})", code, text);
  }
  return code.str();
}

}  // namespace

std::string_view to_string(ActorType type) noexcept {
  return kNames[static_cast<std::size_t>(type)];
}

std::optional<ActorType> actor_type(std::string_view manifest_name) noexcept {
  const auto found = std::ranges::find(kNames, manifest_name);
  if (found == kNames.end()) return std::nullopt;
  return static_cast<ActorType>(found - kNames.begin());
}

std::optional<CodeInfo> find_code(const Cid& code) {
  static const auto kIndex = index_rows();
  const auto found = kIndex.find(code);
  if (found == kIndex.end()) return std::nullopt;
  return found->second;
}

Result<CodeInfo> supported_code(const Cid& code) {
  auto info = find_code(code);
  if (!info) return fail(ErrorCode::Unsupported, "unknown actor code {}", describe(code));
  if (info->version < kOldestVersion || info->version > kNewestVersion) {
    return fail(ErrorCode::Unsupported, "actor code {} is {} of actors v{}; v{} to v{} can be read",
                code, to_string(info->type), info->version, kOldestVersion, kNewestVersion);
  }
  return *std::move(info);
}

Result<CodeList> bundle_codes(unsigned version, std::string_view network) {
  const auto wanted = version == 19 ? 18 : version;
  std::map<std::string, Cid> codes;
  for (const auto& row : rows()) {
    if (row.version != wanted || row.network != network) continue;
    TRY(codes[std::string(row.name)], Cid::parse(row.code));
  }
  if (codes.empty()) {
    return fail(ErrorCode::NotFound, "no actor codes known for version {} of {}", version, network);
  }
  return CodeList(codes.begin(), codes.end());
}

Result<unsigned> actors_version(NetworkVersion network_version) {
  // Index = network version.
  constexpr std::array<unsigned, 30> kVersions = {0,  0,  0,  0,  2,  2,  2,  2,  2,  2,
                                                  3,  3,  4,  5,  6,  7,  8,  9,  10, 11,
                                                  11, 12, 13, 14, 15, 16, 16, 17, 18, 19};
  if (network_version.value() >= kVersions.size()) {
    return fail(ErrorCode::Unsupported, "network version {} is not known", network_version);
  }
  return kVersions[network_version.value()];
}

Result<CodeList> load_code_list(Blockstore& store, const Cid& list) {
  TRY(const auto bytes, store.get(list));
  ipld::cbor::Reader reader(bytes);
  CodeList out;
  const auto count = reader.read_array(256);
  for (std::size_t i = 0; i < count && reader.ok(); ++i) {
    reader.expect_array(2);
    std::string name(reader.read_text(256));
    out.emplace_back(std::move(name), reader.read_cid());
  }
  TRY_VOID(with_context(reader.finish(), "actor manifest"));
  return out;
}

}  // namespace venus::actors
