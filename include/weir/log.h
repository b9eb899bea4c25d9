// The process log: where an engine says what is not an alert, a decision or an error of a call (a
// list file reloaded, events dropped, a limit reached). The library opens no log by itself; whoever
// embeds it hands over a LogSink or hears nothing.
//
// Values of fields that the rules mark `pii` are masked before they come here.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <variant>

namespace weir {

enum class LogLevel : std::uint8_t { debug, info, warning, error };

// One named value of a record. The text is the caller's and lives only as long as the call.
struct LogField {
  std::string_view name;  // snake_case: rule, list, count
  std::variant<bool, std::int64_t, std::uint64_t, double, std::string_view> value;
};

// Implemented by the host. Both functions may be called from any thread, at the same time, and must
// not call back into the engine.
class LogSink {
 public:
  virtual ~LogSink() = default;
  // Whether a record of this level would be kept.
  [[nodiscard]] virtual bool enabled(LogLevel level) const noexcept = 0;
  // Keeps the record. `message` is a constant sentence, so that records can be counted by it. What
  // cannot be written is dropped: the engine does not learn of it.
  virtual void write(LogLevel level, std::string_view message,
                     std::span<const LogField> fields) noexcept = 0;
};

}  // namespace weir
