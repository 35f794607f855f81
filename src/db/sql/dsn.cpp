// SPDX-License-Identifier: MIT OR Apache-2.0
#include "db/sql/dsn.hpp"

#include <charconv>

#include "base/bytes.hpp"

namespace venus::db::sql {
namespace {

constexpr std::string_view kUrlScheme = "mysql://";
constexpr std::string_view kSqliteScheme = "sqlite:";

Result<std::string> percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out.push_back(text[i]);
      continue;
    }
    if (text.size() - i < 3) {
      return fail(ErrorCode::InvalidArgument, "database URL: '%' needs two hex digits");
    }
    TRY(auto byte, base::from_hex(text.substr(i + 1, 2)));
    out.push_back(static_cast<char>(byte.at(0)));
    i += 2;
  }
  return out;
}

Result<void> read_host_and_port(std::string_view text, Dsn& out) {
  const auto colon = text.rfind(':');
  out.host = text.substr(0, colon);
  if (colon == std::string_view::npos) return {};
  const auto digits = text.substr(colon + 1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out.port);
  if (error != std::errc{} || end != digits.data() + digits.size() || out.port == 0) {
    return fail(ErrorCode::InvalidArgument, "database address: '{}' is no port", digits);
  }
  return {};
}

Result<void> read_credentials(std::string_view text, bool percent, Dsn& out) {
  const auto colon = text.find(':');
  const auto user = text.substr(0, colon);
  const auto password = colon == std::string_view::npos ? std::string_view{} : text.substr(colon + 1);
  if (!percent) {
    out.user = user;
    out.password = password;
    return {};
  }
  TRY(out.user, percent_decoded(user));
  TRY(out.password, percent_decoded(password));
  return {};
}

/// "a=b&c=d" behind the question mark. Parameters of Go's driver that mean nothing here are passed over.
Result<void> read_query(std::string_view query, bool percent, Dsn& out) {
  while (!query.empty()) {
    const auto end = query.find('&');
    const auto pair = query.substr(0, end);
    query = end == std::string_view::npos ? std::string_view{} : query.substr(end + 1);
    const auto equals = pair.find('=');
    if (equals == std::string_view::npos) continue;
    std::string value(pair.substr(equals + 1));
    if (percent) {
      TRY(value, percent_decoded(value));
    }
    if (pair.substr(0, equals) == "socket") out.socket = std::move(value);
    else if (pair.substr(0, equals) == "ca") out.ca_file = std::move(value);
  }
  return {};
}

Result<void> read_name_and_query(std::string_view text, bool percent, Dsn& out) {
  const auto mark = text.find('?');
  out.database = text.substr(0, mark);
  if (out.database.empty()) return fail(ErrorCode::InvalidArgument, "the DSN names no database");
  if (mark == std::string_view::npos) return {};
  return read_query(text.substr(mark + 1), percent, out);
}

Result<Dsn> parse_url(std::string_view rest) {
  Dsn out;
  out.dialect = Dialect::Mysql;
  const auto slash = rest.find('/');
  if (slash == std::string_view::npos) {
    return fail(ErrorCode::InvalidArgument, "the database URL lacks '/' and a name");
  }
  auto authority = rest.substr(0, slash);
  if (const auto at = authority.rfind('@'); at != std::string_view::npos) {
    TRY_VOID(read_credentials(authority.substr(0, at), true, out));
    authority = authority.substr(at + 1);
  }
  TRY_VOID(read_host_and_port(authority, out));
  TRY_VOID(read_name_and_query(rest.substr(slash + 1), true, out));
  if (out.host.empty() && out.socket.empty()) out.host = "127.0.0.1";
  return out;
}

Result<Dsn> parse_go(std::string_view text, std::size_t at) {
  Dsn out;
  out.dialect = Dialect::Mysql;
  TRY_VOID(read_credentials(text.substr(0, at), false, out));
  const auto rest = text.substr(at + 1);
  const auto open = rest.find('(');
  const auto close = rest.find(")/");
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) {
    return fail(ErrorCode::InvalidArgument, "the DSN lacks tcp(host:port)/name or unix(/path)/name");
  }
  const auto inside = rest.substr(open + 1, close - open - 1);
  if (rest.substr(0, open) == "tcp") {
    TRY_VOID(read_host_and_port(inside, out));
  } else if (rest.substr(0, open) == "unix") {
    out.socket = inside;
  } else {
    return fail(ErrorCode::InvalidArgument, "the DSN speaks neither tcp nor unix");
  }
  TRY_VOID(read_name_and_query(rest.substr(close + 2), false, out));
  return out;
}

}  // namespace

std::string Dsn::describe() const {
  if (dialect == Dialect::Sqlite) return "sqlite:" + path;
  if (!socket.empty()) return fmt::format("mysql://{}@/{}?socket={}", user, database, socket);
  return fmt::format("mysql://{}@{}:{}/{}", user, host, port, database);
}

Result<Dsn> parse_dsn(std::string_view text) {
  if (text.starts_with(kUrlScheme)) return parse_url(text.substr(kUrlScheme.size()));
  if (text.starts_with(kSqliteScheme)) text.remove_prefix(kSqliteScheme.size());
  else if (const auto at = text.rfind("@tcp("); at != std::string_view::npos) return parse_go(text, at);
  else if (const auto unix_at = text.rfind("@unix("); unix_at != std::string_view::npos) {
    return parse_go(text, unix_at);
  } else if (text.find("://") != std::string_view::npos) {
    return fail(ErrorCode::InvalidArgument, "only sqlite and mysql databases are supported");
  }
  if (text.empty()) return fail(ErrorCode::InvalidArgument, "the DSN is empty");
  Dsn out;
  out.path = text;
  return out;
}

}  // namespace venus::db::sql
