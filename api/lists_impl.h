// What stands behind a public Lists: the lists that its run uses, and the ruleset that they are of.
#pragma once

#include <memory>

#include "runtime/live_lists.h"
#include "weir/lists.h"

namespace weir {

struct Lists::Impl {
  Ruleset rules;
  std::shared_ptr<runtime::LiveLists> live;
};

}  // namespace weir
