#include "runtime/match_output.h"

#include <algorithm>

#include "base/mutants.h"

namespace weir::runtime {

OrderedOutput::OrderedOutput(const LoadedImage& loaded, const EngineOptions& options)
    : options_(options),
      lists_(*loaded.lists),
      context_(loaded.conditions),
      decider_(*loaded.image, context_),
      alerts_by_rule_(loaded.image->rules.size(), 0),
      decisions_(loaded.image->decisions.size(), 0) {}

void OrderedOutput::begin(std::span<const Turn> turns, Sink& sink) {
  turns_ = turns;
  sink_ = &sink;
  deciding_ = 0;
  decider_.begin();
}

void OrderedOutput::on_match(const Alert& alert, bool withheld, bool first) {
  decide_before(place().turn);
  if (withheld) {
    ++withheld_;
    if (base::mutant(base::Mutant::kWithheldChangesLists)) note_changes(alert);
  } else {
    ++alerts_;
    ++alerts_by_rule_[alert.rule];
    sink_->on_alert(alert);
    note_changes(alert);
  }
  if (place().is_event() && first) decider_.add(alert);
}

void OrderedOutput::note_changes(const Alert& alert) {
  for (const ListChange& change : alert.changes) lists_.note(change);
  wants_moves_ = wants_moves_ || lists_.any_noted();
  if (base::mutant(base::Mutant::kListChangesAtOnce)) settle_lists();
}

void OrderedOutput::on_move() {
  if (base::mutant(base::Mutant::kListChangesLate) && !place().is_event()) return;
  settle_lists();
}

void OrderedOutput::end() {
  decide_before(static_cast<std::uint32_t>(turns_.size()));
  settle_lists();
}

void OrderedOutput::settle_lists() {
  if (!wants_moves_) return;
  lists_.settle();
  wants_moves_ = false;
}

void OrderedOutput::decide_before(std::uint32_t turn) {
  if (deciding_ >= turn) return;
  if (options_.all_decisions) {
    while (deciding_ < turn) decide(deciding_++);
    return;
  }
  if (decider_.any()) decide(deciding_);
  deciding_ = turn;
}

void OrderedOutput::decide(std::uint32_t turn) {
  const Decision decision = decider_.decide(*turns_[turn].row);
  ++decisions_[static_cast<std::size_t>(decision.decision)];
  sink_->on_decision(decision);
  decider_.begin();
}

void OrderedOutput::add_stats(EngineStats& stats) const {
  stats.alerts += alerts_;
  stats.withheld += withheld_;
  stats.overflow += context_.counters().overflow;
  stats.division_by_zero += context_.counters().division_by_zero;
  for (std::size_t i = 0; i < alerts_by_rule_.size(); ++i)
    stats.alerts_by_rule[i] += alerts_by_rule_[i];
  for (std::size_t i = 0; i < decisions_.size(); ++i) stats.decisions[i] += decisions_[i];
}

}  // namespace weir::runtime
