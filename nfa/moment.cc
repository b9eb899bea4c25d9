#include "nfa/moment.h"

#include <algorithm>

#include "nfa/mutants.h"

namespace weir::nfa {

Moment::Moment(const RuleImage& rule, EventContext& context)
    : rule_(rule), context_(context), registers_(rule.automaton) {}

std::span<const TakenEvent> Moment::reported(std::size_t i) const {
  const std::size_t begin = i == 0 ? 0 : ends_[i - 1];
  return {taken_.data() + begin, ends_[i] - begin};
}

void Moment::report_only(std::span<const TakenEvent> match, const RunStore& store,
                         const RunStore::Layout& layout, std::span<const event::Value> key) {
  ends_.clear();
  truncated_ = unexamined_ = false;
  if (!passes_having(store, layout, match, key)) return;
  taken_.assign(match.begin(), match.end());
  ends_.assign(1, match.size());
}

void Moment::resolve(RunStore& store, base::Pool& pool, const RunStore::Layout& layout,
                     std::span<const Root> roots, std::span<const event::Value> key) {
  taken_.clear();
  ends_.clear();
  truncated_ = unexamined_ = false;
  if (roots.empty()) return;
  const std::uint32_t report = rule_.report + (mutant(Mutant::kReportOneMore) ? 1 : 0);
  std::uint32_t examined = 0;
  matches_.begin(store, layout, rule_.automaton, roots);
  while (matches_.next(store.skip_floor)) {
    if (!rule_.having.empty()) {
      if (++examined > kMaxExamined) {
        unexamined_ = true;
        return;
      }
      if (!passes_having(store, layout, matches_.match(), key)) continue;
    }
    const auto match = matches_.match();
    for (auto& start : store.starts) {
      if (start.event == match.front().event) start.matched = 1;
    }
    if (ends_.size() == report) {
      truncated_ = true;
      // A match that is not reported is one nevertheless: its first event has no timeout.
      if (store.starts.empty()) return;
      matches_.leave_start();
      continue;
    }
    taken_.insert(taken_.end(), match.begin(), match.end());
    ends_.push_back(taken_.size());
    skip(store, pool);
  }
}

bool Moment::passes_having(const RunStore& store, const RunStore::Layout& layout,
                           std::span<const TakenEvent> match, std::span<const event::Value> key) {
  for (const HavingCondition& condition : rule_.having) {
    registers_.load(store, layout, match, key, condition.registers, context_.counters());
    const auto& program = context_.loaded().programs[condition.program.index()];
    const EvalInput input = context_.input(nullptr, registers_.values(), registers_.present());
    if (!holds(program, input, context_.scratch())) return mutant(Mutant::kHavingUnknownPasses);
  }
  return true;
}

void Moment::skip(RunStore& store, base::Pool& pool) {
  const auto match = matches_.match();
  const SkipKind kind = rule_.skip == SkipKind::kToNext && mutant(Mutant::kSkipToNextAsPast)
                            ? SkipKind::kPastLast
                            : rule_.skip;
  std::uint32_t floor = 0;
  switch (kind) {
    case SkipKind::kNone:
      return;
    case SkipKind::kPastLast:
      if (mutant(Mutant::kSkipKeepsOverlap)) return;
      floor = match.back().event + (mutant(Mutant::kSkipDropsNext) ? 2 : 1);
      break;
    case SkipKind::kToNext:
      note_start(store, pool, match.front().event);
      matches_.leave_start();
      return;
    case SkipKind::kToFirst:
    case SkipKind::kToLast:
      for (const TakenEvent& taken : match) {
        const auto part = rule_.automaton.positions[taken.position].part;
        if (rule_.automaton.part_name[part.index()] != rule_.skip_name) continue;
        floor = taken.event + (mutant(Mutant::kSkipToNameInclusive) ? 1 : 0);
        if (kind == SkipKind::kToFirst) break;
      }
      break;
  }
  store.skip_floor = std::max(store.skip_floor, floor);
}

void Moment::note_start(RunStore& store, base::Pool& pool, std::uint32_t event) {
  auto& dead = store.dead_starts;
  dead.push_back(pool, event);
  for (std::uint32_t i = dead.size() - 1; i > 0 && dead[i - 1] > dead[i]; --i) {
    std::swap(dead[i - 1], dead[i]);
  }
}

}  // namespace weir::nfa
