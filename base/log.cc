#include "base/log.h"

#include <array>
#include <charconv>
#include <cstddef>
#include <type_traits>

namespace weir::base {
namespace {

void append_value(std::string& line, const LogValue& value) {
  std::visit(
      [&](const auto& held) {
        using Held = std::decay_t<decltype(held)>;
        if constexpr (std::is_same_v<Held, bool>) {
          line += held ? "true" : "false";
        } else if constexpr (std::is_same_v<Held, std::string_view>) {
          line += held;
        } else {
          std::array<char, 32> digits;
          const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), held).ptr;
          line.append(digits.data(), end);
        }
      },
      value);
}

}  // namespace

std::string_view log_level_name(LogLevel level) {
  static constexpr std::array<std::string_view, 4> kNames = {"debug", "info", "warning", "error"};
  return kNames[static_cast<std::size_t>(level)];
}

void MemoryLog::write(LogLevel level, std::string_view message, std::span<const LogField> fields) {
  std::string line(log_level_name(level));
  line += ": ";
  line += message;
  for (const LogField& field : fields) {
    line += ' ';
    line += field.name;
    line += '=';
    append_value(line, field.value);
  }
  const std::lock_guard lock(mutex_);
  lines_.push_back(std::move(line));
}

std::vector<std::string> MemoryLog::lines() const {
  const std::lock_guard lock(mutex_);
  return lines_;
}

}  // namespace weir::base
