// The lists that rules change, for those who step rules one by one: `weir explain` and the reports
// of `weir test`.
//
// Which lists a rule sees depends on all the others. So the whole ruleset runs beside, over the
// same events in the same order, and what it changes is done to the lists of the LoadedImage whose
// conditions are being shown, each moment in its turn. Used by one thread; the image and its loaded
// form must outlive it. Does nothing where no rule changes a list.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "runtime/engine.h"
#include "runtime/loaded_image.h"

namespace weir::api {

class ListReplay final : private runtime::Sink {
 public:
  // Completes the deadlines before a time.
  using Advance = std::function<void(std::int64_t)>;

  // Begins with the lists as the image has them.
  explicit ListReplay(const runtime::LoadedImage& loaded);

  // Whether there is anything to follow.
  [[nodiscard]] bool any() const { return engine_ != nullptr; }
  // Makes the lists what the event sees; `advance` is asked before each deadline that changes them.
  void step(const event::Row& row, const Advance& advance);
  // The event has been looked at.
  void settle();
  // Likewise up to the deadlines before now_ms; INT64_MAX: all.
  void advance(std::int64_t now_ms, const Advance& advance);

 private:
  struct Change {
    std::int64_t ts_ms = 0;
    bool by_event = false;
    runtime::ListChange change;
    nfa::OwnedValue value;
  };
  void apply_deadlines(const Advance& advance);
  void note(const Change& change);

  void on_alert(const runtime::Alert& alert) override;
  void on_decision(const runtime::Decision&) override {}
  void on_refused(const event::Row&, Refusal) override {}

  runtime::LiveLists& lists_;
  std::unique_ptr<runtime::Engine> engine_;
  std::vector<Change> found_;
};

}  // namespace weir::api
