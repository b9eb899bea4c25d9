// The process log of the command line, on spdlog: one record a line, as text for people or as JSON
// for machines. Everything but this file's .cc sees only weir::LogSink.
//
//   text   2026-01-01T00:00:00.000Z warning: late events dropped count=3
//   JSON   {"ts":"2026-01-01T00:00:00.000Z","level":"warning","msg":"late events dropped",
//           "count":3}
//
// Thread safety: as weir::LogSink asks.
#pragma once

#include <weir/log.h>

#include <iosfwd>
#include <memory>

namespace weir::apps {

enum class LogFormat { kText, kJson };

// Records below `level` are dropped. `out` is usually std::cerr, and must outlive the sink; each
// record is flushed.
[[nodiscard]] std::unique_ptr<LogSink> MakeLogSink(std::ostream& out, LogFormat format,
                                                   LogLevel level);

}  // namespace weir::apps
