#include "weir/run.h"

#include "api/data_watch.h"
#include "api/lists_impl.h"
#include "api/ruleset_impl.h"
#include "api/run_session.h"

namespace weir {

Result<RunSummary> run(const Ruleset& rules, const RunOptions& options, RunObserver* observer) {
  const api::Env env = api::system_env();
  const Ruleset::Impl& impl = rules.impl();
  api::RunSession session(impl.image, options, env, observer);
  api::DataWatch watch(impl.image, impl.data_files, env);
  session.set_between_batches([&](runtime::LiveLists& lists) {
    for (const DataFileChange& change : watch.check(lists)) {
      if (observer != nullptr) observer->on_data_file(change);
    }
  });
  if (options.lists != nullptr) session.set_lists(options.lists->impl().live);
  return session.run();
}

}  // namespace weir
