#include "apps/log_sink.h"

#include <fmt/format.h>
#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/ostream_sink.h>

#include <exception>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

namespace weir::apps {
namespace {

// spdlog fills in the time and the level; the rest of the line is ours.
constexpr const char* kTextPattern = "%Y-%m-%dT%H:%M:%S.%eZ %l: %v";
constexpr const char* kJsonPattern = R"({"ts":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})";

spdlog::level::level_enum SpdlogLevel(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warning:
      return spdlog::level::warn;
    case LogLevel::error:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

// Bytes that are not UTF-8 become replacement characters: a log line is always valid JSON.
std::string JsonText(const nlohmann::json& value) {
  return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string TextBody(std::string_view message, std::span<const LogField> fields) {
  std::string body(message);
  for (const LogField& field : fields) {
    body += ' ';
    body += field.name;
    body += '=';
    std::visit([&](const auto& value) { fmt::format_to(std::back_inserter(body), "{}", value); },
               field.value);
  }
  // A line break in a value would let a text from outside forge a record.
  for (char& letter : body) {
    if (letter == '\n' || letter == '\r') letter = ' ';
  }
  return body;
}

std::string JsonBody(std::string_view message, std::span<const LogField> fields) {
  std::string body = R"("msg":)" + JsonText(message);
  for (const LogField& field : fields) {
    body += ',' + JsonText(field.name) + ':';
    std::visit([&](const auto& value) { body += JsonText(value); }, field.value);
  }
  return body;
}

class SpdlogSink final : public LogSink {
 public:
  SpdlogSink(std::ostream& out, LogFormat format, LogLevel level)
      : format_(format),
        logger_("weir", std::make_shared<spdlog::sinks::ostream_sink_mt>(out, /*flush=*/true)) {
    logger_.set_formatter(std::make_unique<spdlog::pattern_formatter>(
        format == LogFormat::kJson ? kJsonPattern : kTextPattern, spdlog::pattern_time_type::utc));
    logger_.set_level(SpdlogLevel(level));
  }

  [[nodiscard]] bool enabled(LogLevel level) const noexcept override {
    return logger_.should_log(SpdlogLevel(level));
  }

  void write(LogLevel level, std::string_view message,
             std::span<const LogField> fields) noexcept override {
    if (!enabled(level)) return;
    try {
      const std::string body =
          format_ == LogFormat::kJson ? JsonBody(message, fields) : TextBody(message, fields);
      logger_.log(SpdlogLevel(level), spdlog::string_view_t(body));
    } catch (const std::exception&) {
      // On purpose: with no memory for a log line the line is lost, and the caller goes on.
    }
  }

 private:
  LogFormat format_;
  spdlog::logger logger_;
};

}  // namespace

std::unique_ptr<LogSink> MakeLogSink(std::ostream& out, LogFormat format, LogLevel level) {
  return std::make_unique<SpdlogSink>(out, format, level);
}

}  // namespace weir::apps
