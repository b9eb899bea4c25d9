// The recursion: a chain stands at a place of the pattern with some events taken; each continuation
// of the place is either the end, where the assignment is complete but for trailing `without`s, or
// a step that waits for one more event. `follow` walks the events after the last one taken and asks
// of each, in this order: does it end the chain before anything else (`without next`, a greedy
// repetition left behind), is it the one that the step takes, and if it is skipped, may it be.
#include "tests/reference/enumerate.h"

#include <algorithm>
#include <set>
#include <utility>

namespace weir::reference {
namespace {

bool contains(const std::vector<std::string>& set, const std::string& type) {
  return std::find(set.begin(), set.end(), type) != set.end();
}

// A chain under way.
struct Chain {
  std::vector<Taken> taken;
  Bindings bindings;
  Place place;
};

// What waits at the end of a chain (R12, R13).
struct Trailing {
  std::optional<Moment> completes;  // nullopt: an event broke it
  std::int64_t broken_ms = 0;       // the time of that event
};

// A greedy repetition that the chain has left and that might still take an event (R5).
struct Held {
  const Step* step = nullptr;
  bool open = true;
};

class Enumerator {
 public:
  Enumerator(const RuleModel& rule, const KeyInput& input, const std::vector<RefEvent>& events,
             Evaluator& evaluator, std::optional<std::int64_t> time_reached, std::size_t& tries)
      : rule_(rule),
        input_(input),
        events_(events),
        evaluator_(evaluator),
        time_reached_(time_reached),
        tries_(tries) {
    if (rule_.limit) find_retained(rule_.pattern.pattern);
  }

  Enumeration run() {
    for (std::size_t place = 0; place < input_.seen.size(); ++place) start(place);
    return std::move(out_);
  }

 private:
  const RefEvent& event(std::size_t place) const { return events_[input_.seen[place]]; }
  std::int64_t time(std::size_t place) const { return event(place).ts_ms; }

  static std::string label(const ItemModel& part, const RefEvent& event) {
    return part.name.empty() ? event.type : part.name;  // R7
  }

  bool has_key(const RefEvent& e, const std::vector<std::string>& by) const {
    return key_of(e, by) == input_.values;
  }

  // ---- single tests ---------------------------------------------------------------------------

  bool is_absence(const AbsenceModel& absence, std::size_t place, const Bindings& bindings) {
    const RefEvent& e = event(place);
    if (!contains(absence.types, e.type) || !has_key(e, absence.by)) return false;
    return evaluator_.accepts(absence.where, scope(place, bindings));
  }

  // The set that `next` looks at: every event that the rule sees, unless `among` states it (L3.1).
  static bool in_next_set(const std::vector<std::string>& types,
                          const std::vector<std::string>& among, const RefEvent& e) {
    return among.empty() || contains(types, e.type) || contains(among, e.type);
  }

  bool first_in_next_set(const std::vector<std::string>& types,
                         const std::vector<std::string>& among, std::size_t last,
                         std::size_t place) const {
    for (std::size_t q = last + 1; q < place; ++q) {
      if (in_next_set(types, among, event(q))) return false;
    }
    return in_next_set(types, among, event(place));
  }

  // L3.4: does the event stop the repetition?
  bool stops(const StopModel& stop, std::size_t place, const Bindings& bindings) {
    const RefEvent& e = event(place);
    for (const auto& [type, by] : stop.tests) {
      if (e.type == type && has_key(e, by)) {
        return evaluator_.accepts(stop.condition, scope(place, bindings));
      }
    }
    return false;
  }

  // Does the event satisfy the step, given the match so far? The link's gap is part of the
  // condition (L3.7, R4); whether the link lets it be reached is for the caller.
  bool satisfies(const Step& step, const Chain& chain, std::size_t place) {
    if (tries_ == 0) return false;
    --tries_;
    const RefEvent& e = event(place);
    const ItemModel& part = *step.part;
    if (!contains(part.types, e.type) || !has_key(e, part.by)) return false;  // L3.13
    if (!chain.taken.empty()) {
      const std::int64_t gap = e.ts_ms - time(chain.taken.back().place);
      if (gap < step.link.after_ms) return false;
      if (step.link.within_ms && gap > *step.link.within_ms) return false;
    }
    if (!evaluator_.accepts(part.where, scope(place, chain.bindings))) return false;
    return std::none_of(step.stops.begin(), step.stops.end(), [&](const StopHere& here) {
      return stops(*here.stop, place, chain.bindings);
    });
  }

  // Does an event that the step skips end the wait for it? A `without` of the gap (L3.6), or a
  // stopping event after the first that a repetition took (L3.4).
  bool skipping_breaks(const Step& step, const Chain& chain, std::size_t place) {
    for (const AbsenceModel& guard : step.guards) {
      if (!guard.next && is_absence(guard, place, chain.bindings)) return true;
    }
    return std::any_of(step.stops.begin(), step.stops.end(), [&](const StopHere& here) {
      return here.started && stops(*here.stop, place, chain.bindings);
    });
  }

  // L3.6, R9: `without next X` and the very next event is X, whatever else it is.
  bool breaks_without_next(const Step& step, const Chain& chain, std::size_t place) {
    const std::size_t last = chain.taken.back().place;
    return std::any_of(step.guards.begin(), step.guards.end(), [&](const AbsenceModel& guard) {
      return guard.next && first_in_next_set(guard.types, guard.among, last, place) &&
             is_absence(guard, place, chain.bindings);
    });
  }

  bool is_strict(const Step& step) const { return step.link.kind == dsl::LinkKind::kNext; }

  bool reached_by_link(const Step& step, std::size_t last, std::size_t place) const {
    return !is_strict(step) || first_in_next_set(step.part->types, step.part->among, last, place);
  }

  // ---- the recursion --------------------------------------------------------------------------

  void start(std::size_t place) {
    const std::size_t matches_before = out_.matches.size();
    open_.clear();
    waits_for_trailing_ = false;
    const Chain nothing{{}, {}, start_place(rule_.pattern.pattern)};
    for (const Continuation& c : continuations(nothing.place)) {
      if (!c.step || !satisfies(*c.step, nothing, place)) continue;
      // R5: the part after a greedy repetition does not take what its first repetition would take.
      const bool held =
          std::any_of(c.step->held_by.begin(), c.step->held_by.end(),
                      [&](const Step& step) { return satisfies(step, nothing, place); });
      if (held) continue;
      const Chain chain = take(nothing, *c.step, place);
      if (leading_absences_hold(chain)) extend(chain);
    }
    if (rule_.body->timeout && rule_.within_ms) time_out(place, matches_before);
  }

  // L3.6: no X before A and at most D earlier; and the rule is no longer warming (R11).
  bool leading_absences_hold(const Chain& chain) {
    const std::size_t first = chain.taken.front().place;
    for (const AbsenceModel& absence : rule_.pattern.leading) {
      const std::int64_t length = *absence.duration_ms;
      if (!rule_.body->even_when_warming && time(first) - input_.input_began_ms < length) {
        return false;
      }
      std::int64_t retained = 0;  // R17
      for (std::size_t q = first; q-- > 0;) {
        if (!may_be_absence(absence, q)) continue;
        if (rule_.limit && ++retained > *rule_.limit) break;
        if (time(first) - time(q) <= length && is_absence(absence, q, chain.bindings)) return false;
      }
    }
    return true;
  }

  // Whether the event satisfies what the absence says of it alone.
  bool may_be_absence(const AbsenceModel& absence, std::size_t place) {
    const RefEvent& e = event(place);
    if (!contains(absence.types, e.type) || !has_key(e, absence.by)) return false;
    const auto conjuncts = evaluator_.single_event_conjuncts(absence.where);
    const Bindings none;
    return std::all_of(conjuncts.begin(), conjuncts.end(),
                       [&](dsl::ExprId c) { return evaluator_.accepts(c, scope(place, none)); });
  }

  Chain take(const Chain& chain, const Step& step, std::size_t place) const {
    Chain out = chain;
    out.taken.push_back({step.part, place, step.repetition});
    out.bindings[label(*step.part, event(place))].push_back(input_.seen[place]);
    out.place = step.after;
    return out;
  }

  void extend(const Chain& chain) {
    if (tries_ == 0) return;
    for (const Continuation& c : continuations(chain.place)) {
      if (c.step) {
        follow(chain, *c.step);
      } else {
        complete(chain, c.trailing);
      }
    }
  }

  // Past this no event can be taken: the rule's `within` (L3.7), or the gap's. A partial match that
  // only its gap's limit ended counts as open (L3.12): what comes later cannot end it again.
  bool past_limits(const Chain& chain, const Step& step, std::size_t place) const {
    const std::int64_t now = time(place);
    if (rule_.within_ms && now - time(chain.taken.front().place) > *rule_.within_ms) return true;
    return step.link.within_ms && now - time(chain.taken.back().place) > *step.link.within_ms;
  }

  void follow(const Chain& chain, const Step& step) {
    const std::size_t last = chain.taken.back().place;
    std::vector<Held> held;
    for (const Step& other : step.held_by) held.push_back({&other, true});
    for (std::size_t place = last + 1; place < input_.seen.size(); ++place) {
      if (tries_ == 0) return;
      if (past_limits(chain, step, place)) break;
      if (forgotten(chain, place)) return;
      if (breaks_without_next(step, chain, place)) return;
      if (greedy_takes(held, chain, place)) return;
      const bool reached = reached_by_link(step, last, place);
      if (reached && satisfies(step, chain, place)) {
        extend(take(chain, step, place));
        if (step.link.kind != dsl::LinkKind::kEvery) return;  // L3.3
      } else if (reached && is_strict(step)) {
        return;  // L3.3: the very next event must satisfy B
      }
      if (skipping_breaks(step, chain, place)) return;  // R10
    }
    open_.push_back(chain);
  }

  // R5: an event that a greedy repetition would take ends the chain that has left it. What cannot
  // take this event may be closed by it.
  bool greedy_takes(std::vector<Held>& held, const Chain& chain, std::size_t place) {
    const std::size_t last = chain.taken.back().place;
    for (Held& h : held) {
      if (!h.open) continue;
      if (breaks_without_next(*h.step, chain, place)) {
        h.open = false;
        continue;
      }
      const bool reached = reached_by_link(*h.step, last, place);
      if (reached && satisfies(*h.step, chain, place)) return true;
      if ((reached && is_strict(*h.step)) || skipping_breaks(*h.step, chain, place)) h.open = false;
    }
    return false;
  }

  // ---- completion -----------------------------------------------------------------------------

  void complete(const Chain& chain, const std::vector<AbsenceModel>& trailing) {
    const Trailing end = wait_for(chain, trailing);
    const std::int64_t limit = time(chain.taken.front().place) + rule_.within_ms.value_or(0);
    // R18, R84: what waits only for a trailing `without` is not timed out.
    const bool waits = (end.completes ? end.completes->time_ms : end.broken_ms) > limit;
    if (waits && having_holds(chain, evaluator_.as_of_time(limit))) waits_for_trailing_ = true;
    if (!end.completes || !having_holds(chain, as_of(*end.completes))) return;
    if (end.completes->deadline && !passed(end.completes->time_ms)) return;
    out_.matches.push_back({chain.taken, chain.bindings, *end.completes});
  }

  bool passed(std::int64_t deadline_ms) const {
    return !time_reached_ || deadline_ms < *time_reached_;
  }

  // L3.6, R12, R13: the moment at which the last of the trailing `without`s is fulfilled.
  Trailing wait_for(const Chain& chain, const std::vector<AbsenceModel>& trailing) {
    const std::size_t last = chain.taken.back().place;
    Trailing out{Moment{time(last), false, input_.seen[last]}, 0};
    for (const AbsenceModel& absence : trailing) {
      const std::int64_t deadline = absence.duration_ms
                                        ? time(last) + *absence.duration_ms
                                        : time(chain.taken.front().place) + *rule_.within_ms;
      const Trailing one = absence.next ? wait_for_next(chain, absence, deadline)
                                        : wait_without(chain, absence, deadline);
      if (!one.completes) {
        out.broken_ms = out.completes ? one.broken_ms : std::min(out.broken_ms, one.broken_ms);
        out.completes.reset();
      } else if (out.completes) {
        out.completes = std::max(*out.completes, *one.completes);
      }
    }
    return out;
  }

  Trailing wait_without(const Chain& chain, const AbsenceModel& absence, std::int64_t deadline) {
    for (std::size_t q = chain.taken.back().place + 1; q < input_.seen.size(); ++q) {
      if (time(q) > deadline) break;
      if (is_absence(absence, q, chain.bindings)) return {std::nullopt, time(q)};
    }
    return {Moment{deadline, true, 0}, 0};
  }

  Trailing wait_for_next(const Chain& chain, const AbsenceModel& absence, std::int64_t deadline) {
    for (std::size_t q = chain.taken.back().place + 1; q < input_.seen.size(); ++q) {
      if (time(q) > deadline) break;
      if (!in_next_set(absence.types, absence.among, event(q))) continue;
      if (is_absence(absence, q, chain.bindings)) return {std::nullopt, time(q)};
      return {Moment{time(q), false, input_.seen[q]}, 0};
    }
    return {Moment{deadline, true, 0}, 0};
  }

  AsOf as_of(const Moment& moment) const {
    return moment.deadline ? evaluator_.as_of_time(moment.time_ms)
                           : evaluator_.as_of_event(moment.event);
  }

  bool having_holds(const Chain& chain, const AsOf& when) {  // L3.8, L4.2, R14
    if (!rule_.body->having.valid()) return true;
    Scope names{.bindings = &chain.bindings, .as_of = when};
    if (rule_.single_unnamed) names.at_hand = &event(chain.taken.back().place);
    const std::map<std::string, RefValue> key(input_.key.begin(), input_.key.end());
    names.key = &key;
    return evaluator_.accepts(rule_.body->having, names);
  }

  // ---- timeouts -------------------------------------------------------------------------------

  // L3.12, R18. Whether a skip has ended the start is for the replay.
  void time_out(std::size_t first, std::size_t matches_before) {
    const std::int64_t limit = time(first) + *rule_.within_ms;
    if (waits_for_trailing_ || out_.matches.size() > matches_before || open_.empty()) return;
    if (!passed(limit)) return;
    const Chain* best = nullptr;
    for (const Chain& chain : open_) {
      if (rule_.limit && forgotten_by(chain, limit)) continue;
      if (best == nullptr || further(chain, *best)) best = &chain;
    }
    if (best == nullptr) return;
    out_.timeouts.push_back({first, {best->taken, best->bindings, Moment{limit, true, 0}}});
  }

  static bool further(const Chain& a, const Chain& b) {
    const std::size_t done_a = parts_done(a);
    const std::size_t done_b = parts_done(b);
    return done_a != done_b ? done_a > done_b : preferred(a.taken, b.taken);
  }

  // R18: parts that have taken at least their minimum of events.
  static std::size_t parts_done(const Chain& chain) {
    std::set<const ItemModel*> done;
    for (const Taken& taken : chain.taken) {
      if (taken.repetition >= taken.part->min) done.insert(taken.part);
    }
    return done.size();
  }

  // ---- limit (R17) ----------------------------------------------------------------------------

  void find_retained(const PatternModel& pattern) {
    retained_.resize(input_.seen.size());
    for (const ItemModel& item : pattern.items) {
      for (const PatternModel& inner : item.patterns) find_retained(inner);
      if (!item.is_part) continue;
      const auto conjuncts = evaluator_.single_event_conjuncts(item.where);
      for (std::size_t place = 0; place < input_.seen.size(); ++place) {
        const RefEvent& e = event(place);
        if (!contains(item.types, e.type) || !has_key(e, item.by)) continue;
        const Bindings none;
        const bool all = std::all_of(conjuncts.begin(), conjuncts.end(), [&](dsl::ExprId c) {
          return evaluator_.accepts(c, scope(place, none));
        });
        if (all) retained_[place] = true;
      }
    }
  }

  // Is an event of the chain forgotten when it comes to take the event at `place`? That event is
  // not among those retained yet.
  bool forgotten(const Chain& chain, std::size_t place) const {
    if (!rule_.limit) return false;
    const auto begin =
        retained_.begin() + static_cast<std::ptrdiff_t>(chain.taken.front().place) + 1;
    const auto end = retained_.begin() + static_cast<std::ptrdiff_t>(place);
    return std::count(begin, end, true) >= *rule_.limit;
  }

  bool forgotten_by(const Chain& chain, std::int64_t limit_ms) const {
    std::size_t place = chain.taken.front().place + 1;
    while (place < input_.seen.size() && time(place) <= limit_ms) ++place;
    return forgotten(chain, place);
  }

  // Of a condition on the event at that place: features are read as of it (L4.2).
  Scope scope(std::size_t place, const Bindings& bindings) const {
    return Scope{.at_hand = &event(place),
                 .bindings = &bindings,
                 .as_of = evaluator_.as_of_event(input_.seen[place])};
  }

  const RuleModel& rule_;
  const KeyInput& input_;
  const std::vector<RefEvent>& events_;
  Evaluator& evaluator_;
  std::optional<std::int64_t> time_reached_;
  std::size_t& tries_;
  std::vector<bool> retained_;
  Enumeration out_;
  // Of the start at hand:
  std::vector<Chain> open_;          // chains that wait for a step at their limit
  bool waits_for_trailing_ = false;  // some chain waits past the limit for a trailing `without`
};

}  // namespace

bool preferred(const std::vector<Taken>& a, const std::vector<Taken>& b) {
  if (a.front().place != b.front().place) return a.front().place < b.front().place;
  if (a.size() != b.size()) return a.size() > b.size();
  return std::lexicographical_compare(
      a.begin(), a.end(), b.begin(), b.end(), [](const Taken& x, const Taken& y) {
        return std::pair(x.place, x.part->text_place) < std::pair(y.place, y.part->text_place);
      });
}

std::optional<std::vector<RefValue>> key_of(const RefEvent& event,
                                            const std::vector<std::string>& by) {
  std::vector<RefValue> out;
  for (const std::string& field : by) {
    const auto it = event.fields.find(field);
    if (it == event.fields.end() || is_absent(it->second)) return std::nullopt;
    out.push_back(it->second);
  }
  return out;
}

Enumeration enumerate(const RuleModel& rule, const KeyInput& input,
                      const std::vector<RefEvent>& events, Evaluator& evaluator,
                      std::optional<std::int64_t> time_reached, std::size_t& tries) {
  return Enumerator(rule, input, events, evaluator, time_reached, tries).run();
}

}  // namespace weir::reference
