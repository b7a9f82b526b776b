/// What differs between the LibTorch versions that are supported (1.13 and 2.x), in one place.
#pragma once

#include <torch/types.h>

namespace fathom::compat {

/// Autocast to bfloat16 on the CPU for the lifetime of the object; does nothing where `enabled` is false. May
/// be nested; the copies of the weights that autocast keeps are dropped when the outermost one ends.
class CpuAutocast {
 public:
  explicit CpuAutocast(bool enabled);
  CpuAutocast(const CpuAutocast&) = delete;
  CpuAutocast& operator=(const CpuAutocast&) = delete;
  ~CpuAutocast();

 private:
  bool enabled_, before_ = false;
  at::ScalarType type_before_ = at::kBFloat16;
};

}  // namespace fathom::compat
