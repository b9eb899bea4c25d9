// The executor of many threads: a oneTBB arena. The only place that knows oneTBB, which is replaced
// here or nowhere (docs/decisions/0005). Used by api, which hands it to who splits work.
//
// `threads` counts the one that calls: there are threads - 1 others. They belong to the process and
// are shared by its executors; while several are alive the least number asked for is what all get.
#pragma once

#include <cstddef>
#include <memory>

#include "base/executor.h"

namespace weir::runtime {

// threads >= 1, and may be more than the machine has.
[[nodiscard]] std::unique_ptr<base::Executor> make_tbb_executor(std::size_t threads);

}  // namespace weir::runtime
