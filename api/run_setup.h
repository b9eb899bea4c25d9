// What every run over a stream begins and ends with: the public options as those of the engine and
// the input, and what the summary says of the process. Used by RunSession and the backtest. Free
// functions; thread-safe.
#pragma once

#include <cstdint>
#include <string>

#include "base/file_env.h"
#include "event/batch.h"
#include "event/input.h"
#include "runtime/engine.h"
#include "weir/run.h"

namespace weir::api {

[[nodiscard]] runtime::EngineOptions engine_options(const RunOptions& options);
[[nodiscard]] event::InputOptions input_options(const RunOptions& options);

// What may be wrong with an input of which no record is good; empty if there is nothing to say.
[[nodiscard]] std::string hint_of(const event::BadRecord& bad, event::InputFormat format);

// The figures of a summary that the engine and the readers keep.
void add_figures(RunSummary& summary, const runtime::EngineStats& stats,
                 const event::OddCounts& odd);

// The most memory that the process has held, as Linux tells it; 0 elsewhere.
[[nodiscard]] std::uint64_t peak_rss_bytes(base::FileEnv& files);

}  // namespace weir::api
