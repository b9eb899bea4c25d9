// WEIR_CHECK: for what only a mistake of ours can break (house rule H5.4). It stays on in release
// builds, and no rule text, event, image or checkpoint byte may ever reach a failing one.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace weir::base {

[[noreturn]] inline void check_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "weir: internal error: %s at %s:%d\n", condition, file, line);
  std::abort();
}

}  // namespace weir::base

#define WEIR_CHECK(condition)                        \
  (__builtin_expect(static_cast<bool>(condition), 1) \
       ? static_cast<void>(0)                        \
       : ::weir::base::check_failed(#condition, __FILE__, __LINE__))
