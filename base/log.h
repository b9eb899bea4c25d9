// The process log, behind an interface: the library says what happened to the sink that it was
// handed, and never opens a log itself. The sink on spdlog lives in apps; tests use MemoryLog, and
// NullLog is for those who want to hear nothing.
//
// A record is a message (a constant sentence, so that records can be counted by it) and fields.
// Values of `pii` fields of events are masked by whoever builds the field, before they come here.
//
// Thread safety: write() of every sink may be called from any thread.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace weir::base {

enum class LogLevel : std::uint8_t { kDebug, kInfo, kWarning, kError };

// "debug", "info", "warning", "error".
[[nodiscard]] std::string_view log_level_name(LogLevel level);

using LogValue = std::variant<bool, std::int64_t, std::uint64_t, double, std::string_view>;

// The strings are the caller's and need live only for the call of write().
struct LogField {
  std::string_view name;  // snake_case, from the house's words: rule, key, watermark
  LogValue value;

  LogField(std::string_view field, std::string_view text) : name(field), value(text) {}
  LogField(std::string_view field, const char* text) : name(field), value(std::string_view(text)) {}
  LogField(std::string_view field, const std::string& text)
      : name(field), value(std::string_view(text)) {}
  LogField(std::string_view field, bool truth) : name(field), value(truth) {}
  LogField(std::string_view field, double number) : name(field), value(number) {}
  template <std::signed_integral Int>
  LogField(std::string_view field, Int number) : name(field), value(std::int64_t{number}) {}
  template <std::unsigned_integral Int>
    requires(!std::same_as<Int, bool>)
  LogField(std::string_view field, Int number) : name(field), value(std::uint64_t{number}) {}
};

class LogSink {
 public:
  virtual ~LogSink() = default;
  // Whether a record of this level would be kept: ask before building costly fields.
  [[nodiscard]] virtual bool enabled(LogLevel level) const = 0;
  // Keeps the record, or drops it if the level is not enabled. Never fails and never blocks for
  // long: a log that cannot be written is not the caller's business.
  virtual void write(LogLevel level, std::string_view message,
                     std::span<const LogField> fields) = 0;

  void log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields = {}) {
    if (enabled(level)) write(level, message, {fields.begin(), fields.size()});
  }
};

class NullLog final : public LogSink {
 public:
  [[nodiscard]] bool enabled(LogLevel) const override { return false; }
  void write(LogLevel, std::string_view, std::span<const LogField>) override {}
};

// Keeps every record as one line, `warning: late event dropped rule=r1 count=3`, for tests.
class MemoryLog final : public LogSink {
 public:
  [[nodiscard]] bool enabled(LogLevel) const override { return true; }
  void write(LogLevel level, std::string_view message, std::span<const LogField> fields) override;
  [[nodiscard]] std::vector<std::string> lines() const;

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

}  // namespace weir::base
