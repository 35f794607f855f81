// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "rust/cxx.h"

namespace venus::native {

/// Implemented in src/bridge: hears how far the generation is, and may stop it by answering false.
class ParamProgress {
 public:
  virtual ~ParamProgress() = default;
  virtual bool step(double fraction, rust::Str what) const = 0;
};

}  // namespace venus::native
