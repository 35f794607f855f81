// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "db/sql/migrate.hpp"

namespace venus::messager {

/// Brings the messager's tables to this version.
Result<void> migrate(db::sql::Database& database);

}  // namespace venus::messager
