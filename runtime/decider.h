// The decision on one event (language L5.2): the strongest among those of the rules that fired and
// those that the summed score gives; a final one wins over all others. Reused for every event.
#pragma once

#include <string>
#include <vector>

#include "nfa/event_context.h"
#include "runtime/engine.h"

namespace weir::runtime {

class Decider {
 public:
  Decider(const nfa::Image& image, nfa::EventContext& context);

  void begin() {
    fired_.clear();
    live_.clear();
  }
  // The preferred match of a rule that the event completed.
  void add(const Alert& alert);
  [[nodiscard]] bool any() const { return !fired_.empty(); }
  // Valid until the next begin().
  [[nodiscard]] Decision decide(const event::Row& row);

 private:
  struct Live {
    std::size_t fired;
    std::int32_t decision;
    bool final;
  };
  const nfa::Image& image_;
  nfa::EventContext& context_;
  bool chained_ = false;  // rules look at alerts
  std::vector<FiredRule> fired_;
  std::vector<Live> live_;
};

}  // namespace weir::runtime
