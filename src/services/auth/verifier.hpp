// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "api/auth.hpp"
#include "rpc/context.hpp"

namespace venus::auth {

/// Lets an rpc server ask auth who a token is. `auth` must outlive it.
std::shared_ptr<rpc::AuthVerifier> make_verifier(api::auth::Auth& auth);

}  // namespace venus::auth
