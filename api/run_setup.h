// What every run over a stream begins and ends with: the public options as those of the engine and
// the input, and what the summary says of the process. Used by RunSession and the backtest. Free
// functions; thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/file_env.h"
#include "event/batch.h"
#include "event/input.h"
#include "runtime/engine.h"
#include "weir/run.h"

namespace weir::api {

[[nodiscard]] runtime::EngineOptions engine_options(const RunOptions& options);
[[nodiscard]] event::InputOptions input_options(const RunOptions& options);

// Of one source: as the options say, or as its name does.
[[nodiscard]] event::InputFormat format_of(const RunOptions& options, const std::string& source);

// Counts what a batch set aside, and remembers the first of each kind. `sources`: by their number.
void add_rejects(RunSummary& summary, const event::Batch& batch, const RunOptions& options,
                 const std::vector<std::string>& sources);

// How far a run is; the seconds are the caller's to know.
[[nodiscard]] RunProgress progress_of(const runtime::EngineStats& stats,
                                      const event::SourceProgress& input);

// The figures of a summary that the engine and the readers keep. To be called when all is read: a
// hint is kept only if no record was good.
void add_figures(RunSummary& summary, const runtime::EngineStats& stats,
                 const event::OddCounts& odd);

// The most memory that the process has held, as Linux tells it; 0 elsewhere.
[[nodiscard]] std::uint64_t peak_rss_bytes(base::FileEnv& files);

}  // namespace weir::api
