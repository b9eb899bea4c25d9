// Events as those see them who are shown what rules do: those of the input, and the alerts and
// results of streams that rules look at (language L4.4), in the order of the engine. What the
// engine made has no position in the input; here it gets a number behind all positions, so that
// starts can be told apart by theirs. For `weir explain` and `weir test`. Not thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "event/row.h"
#include "event/schema.h"
#include "runtime/engine.h"
#include "runtime/loaded_image.h"
#include "runtime/reorder_buffer.h"

namespace weir::api {

// Numbers of events that the engine made begin here.
inline constexpr std::uint64_t kFirstMade = std::uint64_t{1} << 63;

// `#12`; `*1` for the first event that the engine made.
[[nodiscard]] std::string seq_text(std::uint64_t seq);

// Whether rules look at what other rules and streams make.
[[nodiscard]] inline bool is_chained(const runtime::LoadedImage& loaded) {
  return loaded.stages.size() > 1;
}

// A sink that keeps the events of an engine with `show_events`.
class ShownEvents {
 public:
  explicit ShownEvents(const event::Schema& schema) : buffer_(schema) {}
  ~ShownEvents();
  ShownEvents(const ShownEvents&) = delete;
  ShownEvents& operator=(const ShownEvents&) = delete;

  void add(const event::Row& row);
  // All that were added, once. They live as long as this.
  [[nodiscard]] std::vector<event::Row> take();

 private:
  runtime::ReorderBuffer buffer_;
  std::vector<const event::Row*> taken_;
};

}  // namespace weir::api
