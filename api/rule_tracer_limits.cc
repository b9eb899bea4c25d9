// What the stepper passes over in silence, told from the outside: a link's gap and an `until` that
// refuse an event, limits that run out, a `having` that fails, a start that a skip drops. The
// tracer looks at the cohorts just before the stepper does, and at the completed matches after it.
#include <algorithm>

#include "api/rule_tracer.h"
#include "nfa/value_text.h"

namespace weir::api {
namespace {

// `after 1m within 10m`, as far as the link says it.
std::string link_text(const nfa::Edge& edge) {
  std::string out = "`";
  if (edge.after_ms > 0) out += "after " + duration_text(edge.after_ms);
  if (edge.within_ms != nfa::kNoLimit) {
    out += (out.size() > 1 ? " within " : "within ") + duration_text(edge.within_ms);
  }
  return out + "`";
}

}  // namespace

std::int32_t RuleTracer::test(nfa::AcceptorId id, nfa::Cohort& cohort) {
  const nfa::Automaton& automaton = rule_.automaton;
  const nfa::Acceptor& acceptor = automaton.acceptors[id.index()];
  const auto& test = automaton.type_acceptors[acceptor.by_type.begin + seen_->local_type];
  if (test.symbol == nfa::kNeverAccepts) return kNotAsked;
  if ((seen_->key_mask >> acceptor.key_expr & 1) == 0) return kNotAsked;
  if ((seen_->symbols >> test.symbol & 1) == 0) return -1;
  nfa::Stepper& stepper = runner_.stepper();
  for (std::uint32_t i = test.conditions.begin; i < test.conditions.end; ++i) {
    const nfa::DynamicCondition& condition = automaton.conditions[i];
    stepper.load_registers(*key_->store, &cohort, condition.registers);
    const auto& program = context_.loaded().programs[condition.program.index()];
    const nfa::EvalInput input =
        context_.input(seen_->row, stepper.registers(), stepper.register_present());
    if (!nfa::holds(program, input, context_.scratch())) {
      return static_cast<std::int32_t>(i - test.conditions.begin);
    }
  }
  return kTaken;
}

// ---- before the step --------------------------------------------------------------------------

void RuleTracer::explain_waits(const nfa::Seen& seen) {
  nfa::RunStore& store = *key_->store;
  runner_.stepper().advance_floor(store, seen.ts_ms);
  if (store.cohorts_live() == 0) return;
  for (std::uint32_t e = 0; e < layout_.edges; ++e) {
    for (std::uint32_t id = store.head(e); id != nfa::kNoCohort;) {
      nfa::Cohort& cohort = store.cohort(layout_, id);
      id = cohort.next;
      if (cohort.max_start < store.alive_floor) continue;
      if (!cohort.gap_over) explain_wait(rule_.automaton.edges[e], cohort);
    }
  }
}

void RuleTracer::explain_wait(const nfa::Edge& edge, nfa::Cohort& cohort) {
  const nfa::RunStore& store = *key_->store;
  const nfa::AcceptorId to = rule_.automaton.positions[edge.to.index()].acceptor;
  const std::int64_t gap = edge.needs_last_time ? now_ms_ - cohort.last_ms : 0;
  const bool too_soon = edge.needs_last_time && gap < edge.after_ms;
  if (gap > edge.within_ms) {
    explain_gap_over(edge, cohort);
    return;
  }
  if (!too_soon && edge.stops.size() == 0) return;  // the stepper asks, and tells
  const std::int32_t refused = test(to, cohort);
  if (refused == kNotAsked) return;
  if (too_soon) {
    if (refused != kTaken) {
      on_refuse(store, &cohort, to, refused);
    } else {
      refuse(store, cohort, part_of(to),
             "it came " + duration_text(gap) + " after, and the link says " + link_text(edge));
    }
    return;
  }
  for (std::uint32_t i = edge.stops.begin; i < edge.stops.end; ++i) {
    const nfa::AcceptorId stop = rule_.automaton.acceptor_lists[i];
    if (test(stop, cohort) != kTaken) continue;
    const std::size_t part = rule_.automaton.acceptors[stop.index()].part.index();
    refuse(store, cohort, part_of(to), "it stops the repetition: " + words_.source(part));
    return;
  }
}

void RuleTracer::explain_gap_over(const nfa::Edge& edge, nfa::Cohort& cohort) {
  const nfa::RunStore& store = *key_->store;
  const nfa::AcceptorId to = rule_.automaton.positions[edge.to.index()].acceptor;
  const std::int64_t gap = now_ms_ - cohort.last_ms;
  if (seen_ != nullptr && test(to, cohort) == kTaken) {
    refuse(store, cohort, part_of(to),
           "it came " + duration_text(gap) + " after, and the link says " + link_text(edge));
    return;
  }
  const std::string why = gap_over_text(edge, cohort);
  tell_starts(
      store, root_of(store, cohort), ExplainNote::Kind::ended, "", " waits no longer: " + why,
      [&](const StartBook::Id& id, Match match) { starts_.run_out(id, match.size(), why); });
}

std::string RuleTracer::gap_over_text(const nfa::Edge& edge, const nfa::Cohort& cohort) const {
  const nfa::AcceptorId to = rule_.automaton.positions[edge.to.index()].acceptor;
  return "the link's " + link_text(edge) + " to " + part_of(to) + " ran out at " +
         when(cohort.last_ms + edge.within_ms);
}

// First events for which the rule's `within` ran out since the key's last event.
void RuleTracer::explain_expired(const nfa::Seen& seen) {
  const std::int64_t within_ms = rule_.automaton.within_ms;
  if (within_ms == nfa::kNoLimit) return;
  std::set<StartBook::Id> pending;
  nfa::RunStore& store = *key_->store;
  if (!rule_.automaton.trailing.empty() && store.cohorts_live() > 0) {
    for (std::uint32_t id = store.head(layout_.edges); id != nfa::kNoCohort;) {
      const nfa::Cohort& cohort = store.cohort(layout_, id);
      id = cohort.next;
      for_each_start(store, root_of(store, cohort),
                     [&](const StartBook::Id& start, Match) { pending.insert(start); });
    }
  }
  const auto waits = [&](const StartBook::Id& id) { return pending.contains(id); };
  std::string over;
  std::size_t count = 0;
  for (const StartBook::Id& id : starts_.expired(key_->text, seen.ts_ms - within_ms, waits)) {
    if (++count <= kMostNotes) over += (over.empty() ? "" : "; ") + starts_.reached(id);
  }
  if (count == 0) return;
  if (count > kMostNotes) over += "; and " + std::to_string(count - kMostNotes) + " more";
  note(ExplainNote::Kind::ended, "`within " + duration_text(within_ms) + "` ran out: " + over);
}

// ---- after the step ---------------------------------------------------------------------------

// An event that the first part takes, and with which nothing began nevertheless.
void RuleTracer::explain_no_start(const nfa::Seen& seen) {
  const nfa::Automaton& automaton = rule_.automaton;
  if (begun_ || (seen.symbols & automaton.start_interest[seen.local_type]) == 0) return;
  std::string absences;
  for (const nfa::LeadingAbsence& absence : automaton.leading) {
    const auto part = automaton.acceptors[absence.acceptor.index()].part;
    absences += (absences.empty() ? "`" : ", `") + words_.source(part.index()) + " for " +
                duration_text(absence.duration_ms) + "`";
  }
  if (!seen.warm && !automaton.even_when_warming) {
    note(ExplainNote::Kind::refused,
         "does not begin: the rule is warming: " + absences + " looks back beyond the input");
  } else if (!absences.empty()) {
    note(ExplainNote::Kind::refused, "does not begin: it was broken before: " + absences);
  }
}

void RuleTracer::settle() {
  const nfa::RunStore& store = *key_->store;
  if (!rule_.having.empty()) explain_having();
  if (!matched_) return;
  if (rule_.pick_any) {  // the alert does not say where the match began
    for (const nfa::Root& root : runner_.stepper().completed()) {
      histories_.begin(store, layout_, rule_.automaton, {&root, 1});
      for (std::size_t i = 0; i < kMostStarts && histories_.next(0); ++i) {
        starts_.match(start_id(store, histories_.match()));
        histories_.leave_start();
      }
    }
  }
  const std::uint32_t end = std::min(store.skip_floor, store.event_count(layout_));
  for (std::uint32_t event = 0; event < end; ++event) {
    starts_.drop({store.event(layout_, event).seq, key_->text}, now_ms_, words_.skip());
  }
}

void RuleTracer::explain_having() {
  const nfa::RunStore& store = *key_->store;
  const std::span<const nfa::Root> completed = runner_.stepper().completed();
  if (completed.empty()) return;
  const std::span<const event::Value> key = runner_.key_values(key_->entry->key());
  histories_.begin(store, layout_, rule_.automaton, completed);
  for (std::size_t i = 0; i < kMostStarts && histories_.next(0); ++i) {
    const Match match = histories_.match();
    for (const nfa::HavingCondition& condition : rule_.having) {
      registers_.load(store, layout_, match, key, condition.registers, context_.counters());
      const nfa::EvalInput input =
          context_.input(nullptr, registers_.values(), registers_.present());
      const auto& program = context_.loaded().programs[condition.program.index()];
      if (nfa::holds(program, input, context_.scratch())) continue;
      const std::string why = "having " + having_text(condition);
      starts_.refuse(start_id(store, match), match.size(), now_ms_, "no match: " + why);
      note(ExplainNote::Kind::refused, history_text(store, match) + " is no match: " + why);
      break;
    }
  }
}

// The image has the condition's text but no template of it: the values go in by name.
std::string RuleTracer::having_text(const nfa::HavingCondition& condition) {
  std::vector<NamedValue> values;
  for (const std::uint16_t id : condition.registers) {
    const nfa::RegisterDesc& desc = rule_.automaton.registers[id];
    const bool present = event::is_present(registers_.present(), id);
    values.emplace_back(desc.text(), present ? nfa::value_text(desc.type, registers_.values()[id],
                                                               nfa::Quoting::kQuoted)
                                             : "missing");
  }
  if (values.empty()) return condition.text;
  return condition.text + "  (" + with_values(condition.text, values) + ")";
}

// ---- at the end -------------------------------------------------------------------------------

void RuleTracer::close(Key& key) {
  nfa::RunStore& store = *key.store;
  if (store.cohorts_live() == 0) return;
  key_ = &key;
  for (std::uint32_t e = 0; e < layout_.edges; ++e) {
    const nfa::Edge& edge = rule_.automaton.edges[e];
    if (edge.within_ms == nfa::kNoLimit) continue;
    const std::int64_t within_ms = rule_.automaton.within_ms;
    for (std::uint32_t id = store.head(e); id != nfa::kNoCohort;) {
      const nfa::Cohort& cohort = store.cohort(layout_, id);
      id = cohort.next;
      const std::int64_t limit_ms = cohort.last_ms + edge.within_ms;
      if (limit_ms >= reached_ms_ || cohort.gap_over) continue;
      for_each_start(store, root_of(store, cohort), [&](const StartBook::Id& start, Match match) {
        const std::int64_t first_ms = store.event(layout_, match.front().event).ts_ms;
        const bool rule_first = within_ms != nfa::kNoLimit && first_ms + within_ms < limit_ms;
        if (!rule_first) starts_.run_out(start, match.size(), gap_over_text(edge, cohort));
      });
    }
  }
  for (std::uint32_t id = store.head(layout_.edges); id != nfa::kNoCohort;) {
    const nfa::Cohort& cohort = store.cohort(layout_, id);
    id = cohort.next;
    std::string why = "still waits for " + words_.trailing(rule_.automaton.endings[cohort.ending]);
    if (cohort.deadline_ms != nfa::kNoLimit) why += ", until " + when(cohort.deadline_ms);
    for_each_start(store, root_of(store, cohort),
                   [&](const StartBook::Id& start, Match) { starts_.wait(start, why); });
  }
}

std::vector<std::string> RuleTracer::open_starts() {
  for (auto& [bytes, key] : keys_) close(key);
  return starts_.lines(rule_.name, rule_.automaton.within_ms, reached_ms_, time_text_);
}

std::vector<std::int64_t> RuleTracer::open_deadlines(bool timeouts) {
  std::vector<std::int64_t> out;
  for (auto& [bytes, key] : keys_) {
    nfa::RunStore& store = *key.store;
    for (const auto& start : store.starts) {
      if (!timeouts || start.matched != 0) continue;
      out.push_back(store.event(layout_, start.event).ts_ms + rule_.automaton.within_ms);
    }
    if (timeouts || store.cohorts_live() == 0) continue;
    for (std::uint32_t id = store.head(layout_.edges); id != nfa::kNoCohort;) {
      const nfa::Cohort& cohort = store.cohort(layout_, id);
      id = cohort.next;
      if (cohort.deadline_ms != nfa::kNoLimit) out.push_back(cohort.deadline_ms);
    }
  }
  std::ranges::sort(out);
  return out;
}

}  // namespace weir::api
