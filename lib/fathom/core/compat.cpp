#include "fathom/core/compat.hpp"

#include <ATen/autocast_mode.h>
#include <torch/version.h>

namespace fathom::compat {
namespace {

// The setters that name the device came with 2.4; those without it are deprecated since.
#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 4)
bool is_enabled() { return at::autocast::is_autocast_enabled(at::kCPU); }
void set_enabled(bool on) { at::autocast::set_autocast_enabled(at::kCPU, on); }
at::ScalarType type() { return at::autocast::get_autocast_dtype(at::kCPU); }
void set_type(at::ScalarType type) { at::autocast::set_autocast_dtype(at::kCPU, type); }
#else
bool is_enabled() { return at::autocast::is_cpu_enabled(); }
void set_enabled(bool on) { at::autocast::set_cpu_enabled(on); }
at::ScalarType type() { return at::autocast::get_autocast_cpu_dtype(); }
void set_type(at::ScalarType type) { at::autocast::set_autocast_cpu_dtype(type); }
#endif

}  // namespace

CpuAutocast::CpuAutocast(bool enabled) : enabled_(enabled) {
  if (!enabled_) return;
  before_ = is_enabled();
  type_before_ = type();
  set_type(at::kBFloat16);
  set_enabled(true);
  at::autocast::increment_nesting();
}

CpuAutocast::~CpuAutocast() {
  if (!enabled_) return;
  if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
  set_enabled(before_);
  set_type(type_before_);
}

}  // namespace fathom::compat
