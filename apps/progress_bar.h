// How a run goes, on standard error: a bar on a terminal, now and then a plain line off it. Used by
// `weir run`. Not thread-safe.
//
//   [=====>      ]  45%  912,340 events  1,630,210/s  2026-01-03T10:00:00Z  132 alerts  0:07 left
#pragma once

#include <cstddef>
#include <string>

#include <weir/run.h>

namespace weir::apps {

// The bar, at most `columns` wide, without an escape: narrower terminals lose the bar first.
[[nodiscard]] std::string progress_line(const RunProgress& progress, std::size_t columns);

class ProgressBar final : public RunObserver {
 public:
  ProgressBar();
  ~ProgressBar() override;

  void on_progress(const RunProgress& progress) override;
  // Takes the bar off the terminal, so that something else can be said.
  void clear();

 private:
  static constexpr double kPlainSeconds = 10;  // between two plain lines

  bool on_terminal_;
  bool is_drawn_ = false;
  double next_plain_ = kPlainSeconds;
};

}  // namespace weir::apps
