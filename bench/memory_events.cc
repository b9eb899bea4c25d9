#include "bench/memory_events.h"

#include <cstdio>
#include <cstdlib>

#include "api/env.h"
#include "event/input.h"

namespace weir::bench {

MemoryEvents::MemoryEvents(const event::Schema& schema, const std::string& path, std::size_t most) {
  event::InputOptions options;
  options.paths = {path};
  auto source = event::open_event_source(api::system_env().files, schema, options);
  if (!source) {
    std::fprintf(stderr, "%s\n", source.error().message.c_str());
    std::exit(2);
  }
  while (records_ < most) {
    auto batch = std::make_unique<event::Batch>();
    const auto more = (*source)->next_batch(*batch);
    if (!more) {
      std::fprintf(stderr, "%s\n", more.error().message.c_str());
      std::exit(2);
    }
    if (!*more) break;
    for (const event::Row& row : batch->rows()) {
      if (row.seq < most) rows_.push_back(row);
    }
    records_ += batch->records();
    batches_.push_back(std::move(batch));
  }
  records_ = std::min<std::uint64_t>(records_, most);
}

}  // namespace weir::bench
