// SPDX-License-Identifier: MIT OR Apache-2.0
#include "services/auth/program.hpp"

#include "services/auth/routes.hpp"
#include "services/auth/schema.hpp"
#include "services/auth/verifier.hpp"

namespace venus::auth {
namespace {

/// What the running service consists of, in the order it is made.
struct Parts {
  base::SystemClock clock;
  std::unique_ptr<db::sql::Database> database;
  std::unique_ptr<Service> service;
};

}  // namespace

void Config::declare(platform::Properties& properties) {
  properties.add("db.dsn", &dsn,
                 "Database: a SQLite file, or user:password@tcp(host:port)/name of a MySQL or MariaDB; "
                 "empty: auth.db in the home folder");
  properties.add("db.sessions", &sessions, "Connections to the database",
                 std::optional(platform::in_range<std::size_t>(1, 256)));
}

Result<void> build(platform::Daemon& daemon, const Config& config) {
  auto parts = std::make_shared<Parts>();
  daemon.keep(parts);
  const auto dsn = config.dsn.empty() ? daemon.home().file("auth.db").string() : config.dsn.reveal();
  TRY(parts->database, db::sql::Database::open(dsn, {.sessions = config.sessions}));
  TRY_VOID(migrate(*parts->database));
  parts->service = std::make_unique<Service>(*parts->database, parts->clock);
  TRY(auto admin, parts->service->ensure_admin_token());
  daemon.replace_tokens(make_verifier(*parts->service), platform::SecretText(std::move(admin)));
  bind_routes(daemon.server(), *parts->service, daemon.options().version);
  platform::Log("auth").info("tables are ready", platform::kv("database", parts->database->dsn().describe()));
  return {};
}

}  // namespace venus::auth
