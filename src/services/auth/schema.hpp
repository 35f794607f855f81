// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "db/sql/migrate.hpp"

namespace venus::auth {

/// Makes or upgrades auth's tables (venus-components.md 1.3). Blocks. Errors of db::sql::migrate.
Result<void> migrate(db::sql::Database& database);

}  // namespace venus::auth
