// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "rpc/server.hpp"
#include "services/auth/service.hpp"

namespace venus::auth {

/// Binds the REST paths of api/auth.hpp, the older ones of venus-auth up to 1.6 among them, to the service,
/// which must outlive the server. Bodies are JSON or forms. Failures answer {"error": ..., "kind": ...}
/// with status 400 (401 for /verify of a bad token, 403 for a missing right, 5xx for our own troubles).
void bind_routes(rpc::Server& server, Service& service, std::string version);

}  // namespace venus::auth
