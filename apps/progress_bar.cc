#include "apps/progress_bar.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>

#include <weir/values.h>

#include "apps/terminal.h"

namespace weir::apps {
namespace {

std::string grouped(std::uint64_t value) {
  std::string digits = std::to_string(value);
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
  return digits;
}

std::string minutes(double seconds) {
  const auto whole = static_cast<std::uint64_t>(std::ceil(seconds));
  if (whole < 3600) return fmt::format("{}:{:02}", whole / 60, whole % 60);
  return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
}

std::string figures(const RunProgress& progress) {
  const double rate =
      progress.seconds > 0 ? static_cast<double>(progress.events) / progress.seconds : 0;
  std::string out = fmt::format("{} events  {}/s", grouped(progress.events),
                                grouped(static_cast<std::uint64_t>(rate)));
  if (progress.watermark_ms) out += "  " + format_time(*progress.watermark_ms);
  out += fmt::format("  {} alerts", grouped(progress.alerts));
  if (progress.share > 0) {
    const double left = progress.seconds / progress.share * (1 - progress.share);
    out += fmt::format("  {} left", minutes(left));
  }
  return out;
}

}  // namespace

std::string progress_line(const RunProgress& progress, std::size_t columns) {
  const std::string text = figures(progress);
  constexpr std::size_t kWidest = 30;
  constexpr std::size_t kFrame = 10;  // brackets, per cent, blanks
  constexpr std::size_t kNarrowest = 5;
  if (progress.share < 0 || columns < text.size() + kFrame + kNarrowest) {
    return text.substr(0, columns);
  }
  const std::size_t width = std::min(kWidest, columns - text.size() - kFrame);
  const auto filled = static_cast<std::size_t>(progress.share * static_cast<double>(width));
  std::string bar(filled, '=');
  if (filled < width) bar += '>';
  bar.resize(width, ' ');
  return fmt::format("[{}] {:3.0f}%  {}", bar, progress.share * 100, text);
}

ProgressBar::ProgressBar() : on_terminal_(is_terminal(stderr)) {}

ProgressBar::~ProgressBar() { clear(); }

void ProgressBar::on_progress(const RunProgress& progress) {
  if (on_terminal_) {
    say("\r" + progress_line(progress, terminal_columns() - 1) + "\x1b[K");
    is_drawn_ = true;
    return;
  }
  if (progress.seconds < next_plain_) return;
  next_plain_ = progress.seconds + kPlainSeconds;
  const std::string share =
      progress.share < 0 ? "" : fmt::format("{:.0f}%  ", progress.share * 100);
  say("weir: " + share + figures(progress) + "\n");
}

void ProgressBar::clear() {
  if (is_drawn_) say("\r\x1b[K");
  is_drawn_ = false;
}

}  // namespace weir::apps
