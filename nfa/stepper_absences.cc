// Negation at the ends of a pattern (language L3.6): what must not have come before the first
// event, and what must not come after the last.
#include <algorithm>

#include "nfa/mutants.h"
#include "nfa/stepper.h"

namespace weir::nfa {

bool Stepper::leading_hold(RunStore& store, base::Pool& pool, PositionId first) {
  if (store.leading.empty() || mutant(Mutant::kLeadingIgnored)) return true;
  // The condition of an absence may look at the first event: a run of just that event.
  auto* run = reinterpret_cast<Cohort*>(whole_.data());
  blank_run(store, *run);
  const std::uint32_t event = event_of(store, pool);
  run->set = store.add_take(pool, event, first.value, kNoNode);
  const auto name = automaton_.part_name[automaton_.positions[first.index()].part.index()];
  if (name != 0xFFFF) update_registers(store, *run, name, event);
  const Seen& now = *seen_;
  const std::int64_t longest = longest_leading();
  leading_seen_.assign(automaton_.leading.size(), 0);
  bool hold = true;
  for (std::uint32_t i = store.leading.size(); hold && i-- > 0;) {
    const auto& entry = store.leading[i];
    const LeadingAbsence& absence = automaton_.leading[entry.absence];
    const KeptEvent& kept = store.event(layout_, entry.event);
    if (now.ts_ms - kept.ts_ms > longest) break;
    const std::int64_t limit = absence.duration_ms - (mutant(Mutant::kLeadingTieLost) ? 1 : 0);
    if (now.ts_ms - kept.ts_ms > limit) continue;
    if (++leading_seen_[entry.absence] > automaton_.limit) continue;  // forgotten
    if (!absence.reads_first) {
      hold = false;
      break;
    }
    event::Row row = restored_row(store, entry.event);
    Seen then = now;
    then.row = &row;
    then.ts_ms = kept.ts_ms;
    then.local_type = kept.local_type;
    then.symbols = ~SymbolMask{0};  // they held when it was noted
    then.key_mask = ~std::uint32_t{0};
    seen_ = &then;
    hold = !accepts(store, absence.acceptor, run);
    seen_ = &now;
  }
  return hold;
}

event::Row Stepper::restored_row(const RunStore& store, std::uint32_t event) {
  const KeptEvent& kept = store.event(layout_, event);
  const auto& slots = automaton_.kept_slots[kept.local_type];
  std::size_t width = 0;
  for (const auto slot : slots) width = std::max<std::size_t>(width, slot + std::size_t{1});
  restored_slots_.resize(std::max(width, restored_slots_.size()));
  restored_present_.assign(event::presence_words(restored_slots_.size()) + 1, 0);
  for (std::size_t i = 0; i < slots.size(); ++i) {
    if (store.kept_value(layout_, automaton_, event, i, &restored_slots_[slots[i]])) {
      event::set_present(restored_present_.data(), slots[i]);
    }
  }
  event::Row row;
  row.type = automaton_.types[kept.local_type];
  row.ts_ms = kept.own_ts_ms;
  row.seq = kept.seq;
  row.identity = store.text(kept.identity, kept.identity_size);
  row.raw = store.text(kept.raw, kept.raw_size);
  row.slots = restored_slots_.data();
  row.present = restored_present_.data();
  return row;
}

void Stepper::note_leading(RunStore& store, base::Pool& pool) {
  for (std::uint32_t i = 0; i < automaton_.leading.size(); ++i) {
    const LeadingAbsence& absence = automaton_.leading[i];
    const Acceptor& acceptor = automaton_.acceptors[absence.acceptor.index()];
    const auto& test = automaton_.type_acceptors[acceptor.by_type.begin + seen_->local_type];
    if (test.symbol == kNeverAccepts || (seen_->symbols >> test.symbol & 1) == 0) continue;
    if ((seen_->key_mask >> acceptor.key_expr & 1) == 0) continue;
    if (!absence.reads_first) forget_leading(store, i);
    store.leading.push_back(pool, RunStore::Leading{i, event_of(store, pool)});
  }
  // Of each absence as many as the rule's `limit` count, as of the events that parts may take: the
  // oldest is forgotten. The list is cut when it is twice as long as that allows, or when half of
  // it is over, so that an event costs O(1) whatever it leaves behind.
  const std::uint64_t most = 2 * automaton_.leading.size() * std::uint64_t{automaton_.limit};
  if (store.leading.size() > most || half_over(store, seen_->ts_ms)) {
    cut_leading(store, seen_->ts_ms);
  }
}

// Without a condition on the first event only the newest matters. It is sought from the end: what
// is passed over has come since, and is not passed over for this absence again.
void Stepper::forget_leading(RunStore& store, std::uint32_t absence) {
  std::uint32_t at = store.leading.size();
  while (at > 0 && store.leading[at - 1].absence != absence) --at;
  if (at == 0) return;
  for (; at < store.leading.size(); ++at) store.leading[at - 1] = store.leading[at];
  store.leading.resize_down(at - 1);
}

bool Stepper::half_over(const RunStore& store, std::int64_t now_ms) const {
  if (store.leading.empty()) return false;
  const auto& middle = store.leading[store.leading.size() / 2];
  return now_ms - store.event(layout_, middle.event).ts_ms > longest_leading();
}

// Drops what no first event can see any more.
void Stepper::cut_leading(RunStore& store, std::int64_t now_ms) {
  leading_seen_.assign(automaton_.leading.size(), 0);
  for (const auto& entry : store.leading) ++leading_seen_[entry.absence];
  std::uint32_t kept = 0;
  for (const auto& entry : store.leading) {
    const auto age = now_ms - store.event(layout_, entry.event).ts_ms;
    const bool counts = leading_seen_[entry.absence]-- <= automaton_.limit;
    if (counts && age <= automaton_.leading[entry.absence].duration_ms) {
      store.leading[kept++] = entry;
    }
  }
  store.leading.resize_down(kept);
}

// A trailing `without` looks at its own events only; a `without next` at every event seen, while it
// is undecided. What decides a run decides those of its ending that were placed before it, so
// behind the first that is decided there is none to look at.
void Stepper::walk_pending(RunStore& store, base::Pool& pool) {
  const bool all = (seen_->symbols & trailing_interest_[seen_->local_type]) != 0 ||
                   next_ending_ == kSeveral || observer_ != nullptr;
  if (!all && next_ending_ == kNone) return;
  for (std::uint32_t id = store.head(layout_.edges); id != kNoCohort;) {
    Cohort& cohort = store.cohort(layout_, id);
    const std::uint32_t next = cohort.next;
    if (!all && cohort.ending == next_ending_ && cohort.next_guards_open == 0) return;
    const std::int64_t deadline = cohort.deadline_ms;
    bool complete = false;
    const bool stays = cohort.max_start >= store.skip_floor &&
                       pending_survives(store, cohort, &complete) && !complete;
    if (complete) completed_.push_back(Root{cohort.set, std::max(cohort.floor, store.skip_floor)});
    if (!stays) {
      store.drop_cohort(layout_, layout_.edges, id);
    } else if (cohort.deadline_ms != deadline) {
      note_deadline(store, pool, id);
    }
    id = next;
  }
}

bool Stepper::pending_survives(RunStore& store, Cohort& cohort, bool* complete) {
  const Ending& ending = automaton_.endings[cohort.ending];
  const std::uint32_t undecided = cohort.next_guards_open;
  std::int64_t deadline = INT64_MIN;
  for (std::uint32_t i = 0; i < ending.trailing.size(); ++i) {
    const TrailingAbsence& absence = automaton_.trailing_of(ending, i);
    if (absence.next) {
      if ((cohort.next_guards_open >> i & 1) == 0 || !next_looks_at(absence.acceptor)) continue;
      // Once its own time has run out it is fulfilled, whatever comes.
      const bool in_time = seen_->ts_ms <= trailing_deadline(store, cohort, absence);
      if (in_time && accepts(store, absence.acceptor, &cohort)) {
        (void)ended(store, cohort, StepObserver::End::kNext, absence.acceptor);
        return false;
      }
      cohort.next_guards_open &= ~(std::uint32_t{1} << i);
      continue;
    }
    const std::int64_t until = trailing_deadline(store, cohort, absence);
    deadline = std::max(deadline, until);
    const bool in_time = mutant(Mutant::kTrailingTieLost) ? seen_->ts_ms < until
                         : mutant(Mutant::kTrailingLate)  ? true
                                                          : seen_->ts_ms <= until;
    if (in_time && accepts(store, absence.acceptor, &cohort)) {
      (void)ended(store, cohort, StepObserver::End::kWithout, absence.acceptor);
      return false;
    }
  }
  if (cohort.next_guards_open != undecided && cohort.next_guards_open == 0) {
    *complete = deadline < seen_->ts_ms;  // nothing left to wait for
    cohort.deadline_ms = deadline;
  }
  return true;
}

}  // namespace weir::nfa
