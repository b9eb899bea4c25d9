#include "weir/run.h"

#include "api/ruleset_impl.h"
#include "api/run_session.h"

namespace weir {

Result<RunSummary> run(const Ruleset& rules, const RunOptions& options, RunObserver* observer) {
  api::RunSession session(rules.impl().image, options, api::system_env(), observer);
  return session.run();
}

}  // namespace weir
