// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "db/sql/migrate.hpp"

namespace venus::sealer {

/// Brings the sealer's tables to this version.
Result<void> migrate(db::sql::Database& database);

}  // namespace venus::sealer
