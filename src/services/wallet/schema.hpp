// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "db/sql/migrate.hpp"

namespace venus::wallet {

/// Makes or upgrades the wallet's tables: keys, settings, signatures, signed blocks. Blocks. Errors of
/// db::sql::migrate.
Result<void> migrate(db::sql::Database& database);

}  // namespace venus::wallet
