#include "runtime/decider.h"

#include <algorithm>

namespace weir::runtime {

Decider::Decider(const nfa::Image& image, nfa::EventContext& context)
    : image_(image), context_(context) {
  chained_ = std::ranges::any_of(image.rules, [](const auto& rule) { return rule.stage > 0; });
}

void Decider::add(const Alert& alert) {
  // L5.2: a rule counts once an event; one with keys of its parts' own may complete for several.
  // A chained one may for several alerts that the event led to.
  if (!chained_ && !fired_.empty() && fired_.back().rule == alert.rule) return;
  if (chained_ && std::ranges::find(fired_, alert.rule, &FiredRule::rule) != fired_.end()) return;
  const auto& rule = image_.rules[alert.rule];
  FiredRule fired;
  fired.rule = alert.rule;
  fired.live = alert.live;
  fired.has_score = alert.has_score;
  fired.score = alert.score;
  fired.reason = alert.reason;
  fired.alert = alert.id;
  if (alert.live) {
    live_.push_back({fired_.size(), alert.decision, rule.outcomes.final});
  }
  fired_.push_back(std::move(fired));
}

Decision Decider::decide(const event::Row& row) {
  Decision decision;
  decision.event = &row;
  const auto weakest = static_cast<std::int32_t>(image_.decisions.size()) - 1;
  decision.decision = weakest;
  event::Int128 score = 0;
  std::int32_t final = -1;
  for (const Live& live : live_) {
    if (fired_[live.fired].has_score) score += fired_[live.fired].score.decimal;
    if (live.decision < 0) continue;
    if (live.decision < decision.decision) decision.decision = live.decision;
    if (live.final && (final < 0 || live.decision < final)) final = live.decision;
  }
  decision.score = event::Value::of_decimal(score);
  const std::uint64_t present = 1;
  for (const auto& threshold : image_.thresholds) {
    if (threshold.decision >= decision.decision) continue;
    const auto& program = context_.loaded().programs[threshold.program.index()];
    if (nfa::holds(program, context_.input(nullptr, &decision.score, &present),
                   context_.scratch())) {
      decision.decision = threshold.decision;
    }
  }
  if (final >= 0) {
    decision.decision = final;
    for (const Live& live : live_) {
      fired_[live.fired].overridden = live.decision >= 0 && live.decision != final;
    }
  }
  decision.rules = fired_;
  return decision;
}

}  // namespace weir::runtime
