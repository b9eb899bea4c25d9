// How a refusal finds its words: the stepper says which acceptor refused and at which condition;
// rule.condition_texts has, for the acceptor and the event's type, the single-event conditions in
// the order of the symbol's predicates, and then the dynamic ones in the order of the acceptor's.
#include "api/rule_tracer.h"

#include <algorithm>

#include "event/time.h"
#include "nfa/value_text.h"
#include "runtime/key_codec.h"

namespace weir::api {
namespace {

std::string rfc3339(std::int64_t ms) {
  std::string out;
  event::append_rfc3339(out, ms);
  return out;
}

std::string key_text(const event::Schema& schema, const nfa::KeyExpr& expr, const event::Row& row) {
  const event::EventType& type = schema.types[row.type.index()];
  const auto& slots = expr.slots[row.type.index()];
  std::string out;
  for (std::size_t i = 0; i < slots.size(); ++i) {
    const std::size_t slot = slots[i];
    out += (i == 0 ? "" : ", ") + expr.fields[i] + "=";
    out += nfa::value_text(type.fields[slot].type, row.slots[slot]);
  }
  return out;
}

// Of an acceptor and a local type: the predicates of its symbol.
nfa::Range<nfa::PredicateId> predicates_of(const nfa::Automaton& automaton,
                                           const nfa::TypeAcceptor& test, std::size_t local) {
  return automaton.symbols[local][test.symbol].predicates;
}

}  // namespace

RuleTracer::RuleTracer(const runtime::LoadedImage& loaded, std::uint32_t rule,
                       TraceListener* listener, RuleCoverage* coverage)
    : loaded_(loaded),
      index_(rule),
      rule_(loaded.image->rules[rule]),
      listener_(listener),
      coverage_(coverage),
      context_(loaded.conditions),
      runner_(loaded, rule, context_, pool_, options_),
      layout_(runner_.stepper().layout()),
      registers_(rule_.automaton),
      words_(*loaded.image, rule_),
      table_(std::make_unique<runtime::KeyTable>(pool_)),
      time_text_(rfc3339) {
  options_.all_active = coverage != nullptr;  // of tests
  for (const nfa::LeadingAbsence& absence : rule_.automaton.leading) {
    warm_after_ms_ = std::max(warm_after_ms_, absence.duration_ms);
  }
  for (const auto& rules : loaded.stages[rule_.stage].by_type) {
    const auto sees = std::ranges::find(rules, rule, &runtime::RuleOfType::rule);
    sees_.push_back(sees != rules.end());
  }
  runner_.stepper().set_observer(this);
}

RuleTracer::~RuleTracer() = default;

// ---- events -----------------------------------------------------------------------------------

void RuleTracer::process(const event::Row& row) {
  advance(row.ts_ms);
  now_ms_ = row.ts_ms;
  const std::int16_t local = rule_.automaton.local_type[row.type.index()];
  if (local < 0 || !sees_[row.type.index()]) return;
  context_.begin(row);
  nfa::Seen seen;
  seen.row = &row;
  seen.ts_ms = row.ts_ms;
  seen.local_type = static_cast<std::uint16_t>(local);
  seen.symbols = context_.symbols(rule_.automaton, seen.local_type);
  seen.warm = warm_after_ms_ == 0 || is_warm(row.ts_ms);
  if (rule_.keyed) {
    see_all_keys(seen);
    return;
  }
  static const nfa::KeyExpr kNoKey;
  const event::EventType& type = loaded_.image->schema.types[row.type.index()];
  if (!filter_ || filter_(kNoKey, type, row)) see("", kNoKey, seen);
}

// By the key bytes: which key expressions give them, and one of these (L3.13).
void RuleTracer::see_all_keys(const nfa::Seen& seen) {
  const event::Row& row = *seen.row;
  const event::EventType& type = loaded_.image->schema.types[row.type.index()];
  std::map<std::string, std::pair<std::uint32_t, const nfa::KeyExpr*>> ways;
  const std::size_t exprs = rule_.keys_by_part ? rule_.keys.size() : 1;
  for (std::size_t i = 0; i < exprs; ++i) {
    const nfa::KeyExpr& expr = rule_.keys[i];
    if (expr.slots[row.type.index()].empty()) continue;
    if (rule_.keys_by_part &&
        (i >= rule_.key_types.size() || rule_.key_types[i][seen.local_type] == 0)) {
      continue;
    }
    std::string bytes;
    if (!runtime::append_key(type, expr, row, bytes)) continue;
    if (filter_ && !filter_(expr, type, row)) continue;
    auto& way = ways[bytes];
    way.first |= std::uint32_t{1} << i;
    if (way.second == nullptr) way.second = &expr;
  }
  for (const auto& [bytes, way] : ways) {
    nfa::Seen once = seen;
    if (rule_.keys_by_part) once.key_mask = way.first;
    see(bytes, *way.second, once);
  }
}

bool RuleTracer::is_warm(std::int64_t ts_ms) {
  if (first_seen_ms_ == INT64_MIN) first_seen_ms_ = ts_ms;
  return ts_ms - first_seen_ms_ >= warm_after_ms_;
}

void RuleTracer::see(const std::string& bytes, const nfa::KeyExpr& expr, const nfa::Seen& seen) {
  key_ = &key_of(bytes, expr, *seen.row);
  seen_ = &seen;
  said_.clear();
  matched_ = begun_ = false;
  if (coverage_ != nullptr) cover_conditions(seen);
  explain_expired(seen);
  explain_waits(seen);
  explain_start(seen);
  runner_.see(*key_->store, *key_->entry, seen, *this);
  explain_no_start(seen);
  settle();
  seen_ = nullptr;
}

RuleTracer::Key& RuleTracer::key_of(const std::string& bytes, const nfa::KeyExpr& expr,
                                    const event::Row& row) {
  const auto [place, added] = keys_.try_emplace(bytes);
  Key& key = place->second;
  if (!added) return key;
  const event::Schema& schema = loaded_.image->schema;
  key.entry = table_->insert(bytes, runtime::hash_key(bytes));
  key.store = table_->add_store(*key.entry, index_, runner_.stepper().layout()).store;
  if (!expr.fields.empty()) key.text = key_text(schema, expr, row);
  return key;
}

void RuleTracer::advance(std::int64_t now_ms) {
  reached_ms_ = std::max(reached_ms_, now_ms);
  for (auto& [bytes, key] : keys_) fall_due(key, now_ms);
}

void RuleTracer::fall_due(Key& key, std::int64_t before_ms) {
  while (true) {
    const std::int64_t deadline = runner_.stepper().next_deadline(*key.store);
    if (deadline >= before_ms || deadline == nfa::kNoLimit) return;
    key_ = &key;
    now_ms_ = deadline;
    said_.clear();
    matched_ = false;
    context_.begin_deadline(deadline);
    runner_.fall_due(*key.store, *key.entry, deadline, *this);
    settle();
    (void)runner_.stepper().prune(*key.store, deadline);
  }
}

// ---- notes ------------------------------------------------------------------------------------

void RuleTracer::note(ExplainNote::Kind kind, std::string text) {
  if (listener_ == nullptr || !said_.insert(text).second) return;
  listener_->on_note(rule_.name, key_->text, seen_ == nullptr ? nullptr : seen_->row, now_ms_,
                     {rule_.name, kind, std::move(text)});
}

// The stepper looks at first parts only if a single-event condition of theirs holds.
void RuleTracer::explain_start(const nfa::Seen& seen) {
  const nfa::Automaton& automaton = rule_.automaton;
  if ((seen.symbols & automaton.start_interest[seen.local_type]) != 0) return;
  for (std::uint32_t e = automaton.start_edges.begin; e < automaton.start_edges.end; ++e) {
    const nfa::AcceptorId id = automaton.positions[automaton.edges[e].to.index()].acceptor;
    const nfa::Acceptor& acceptor = automaton.acceptors[id.index()];
    const auto& test = automaton.type_acceptors[acceptor.by_type.begin + seen.local_type];
    if (test.symbol == nfa::kNeverAccepts) continue;
    if ((seen.key_mask >> acceptor.key_expr & 1) == 0) continue;
    on_refuse(*key_->store, nullptr, id, -1);
  }
}

void RuleTracer::on_take(const nfa::RunStore& store, nfa::PositionId position, std::uint32_t node) {
  const nfa::Automaton& automaton = rule_.automaton;
  const nfa::Position& taken = automaton.positions[position.index()];
  if (coverage_ != nullptr) {
    coverage_->parts.insert(taken.part.index());
    const auto& texts = rule_.condition_texts[taken.acceptor.index()][seen_->local_type];
    for (std::size_t i = 0; i < texts.size(); ++i) cover(taken.acceptor, i);
  }
  if (store.node(node).left == nfa::kNoNode) begun_ = true;
  tell_starts(store, nfa::Root{node, store.alive_floor}, ExplainNote::Kind::taken,
              "taken as " + words_.name(taken.part.index()) + ": ", "",
              [&](const StartBook::Id& id, Match match) {
                const std::int64_t first_ms = store.event(layout_, match.front().event).ts_ms;
                starts_.take(id, first_ms, now_ms_, match.size(), history_text(store, match));
              });
}

void RuleTracer::on_refuse(const nfa::RunStore& store, const nfa::Cohort* cohort,
                           nfa::AcceptorId id, std::int32_t condition) {
  const nfa::Acceptor& acceptor = rule_.automaton.acceptors[id.index()];
  if (seen_ == nullptr) return;
  const auto& test = rule_.automaton.type_acceptors[acceptor.by_type.begin + seen_->local_type];
  // An absence at the start is asked about an event that came before, perhaps of another type.
  if (test.symbol == nfa::kNeverAccepts) return;
  if (coverage_ != nullptr && condition > 0) {  // those before it were true
    const std::size_t singles = predicates_of(rule_.automaton, test, seen_->local_type).size();
    for (std::int32_t i = 0; i < condition; ++i) {
      cover(id, singles + static_cast<std::size_t>(i));
    }
  }
  if (rule_.automaton.parts[acceptor.part.index()].absence) return;  // as it should be
  const std::string why = refusal_text(id, condition);
  if (cohort != nullptr) {
    refuse(store, *cohort, part_of(id), why);
    return;
  }
  begun_ = true;
  note(ExplainNote::Kind::refused, "does not begin, as " + part_of(id) + ": " + why);
}

void RuleTracer::refuse(const nfa::RunStore& store, const nfa::Cohort& cohort,
                        const std::string& part, const std::string& why) {
  const std::string said = "not " + part + ": " + why;
  tell_starts(store, root_of(store, cohort), ExplainNote::Kind::refused, "not " + part + " after ",
              ": " + why, [&](const StartBook::Id& id, Match match) {
                starts_.refuse(id, match.size(), now_ms_, said);
              });
}

void RuleTracer::on_end(const nfa::RunStore& store, const nfa::Cohort& cohort, End end,
                        nfa::AcceptorId by) {
  std::string why;
  switch (end) {
    case End::kWithout:
      why = "a `without` was broken";
      break;
    case End::kNext:
      why = "the very next event had to be another";
      break;
    case End::kUntil:
      why = "`until` came true";
      break;
    case End::kGreedy:
      why = "a greedy repetition would take the event";
      break;
  }
  if (by.valid()) {
    const std::size_t part = rule_.automaton.acceptors[by.index()].part.index();
    why += ": " + words_.source(part);
    if (coverage_ != nullptr && seen_ != nullptr) {
      coverage_->parts.insert(part);
      const auto& texts = rule_.condition_texts[by.index()][seen_->local_type];
      for (std::size_t i = 0; i < texts.size(); ++i) cover(by, i);
    }
  }
  tell_starts(
      store, root_of(store, cohort), ExplainNote::Kind::ended, "", " is ended: " + why,
      [&](const StartBook::Id& id, Match match) { starts_.end(id, match.size(), now_ms_, why); });
}

void RuleTracer::on_match(const runtime::Alert& alert, bool withheld, bool) {
  if (alert.is_timeout) {
    note(ExplainNote::Kind::timeout,
         "timeout " + rule_.timeout.front().name + changes_text(alert.changes));
    return;
  }
  if (coverage_ != nullptr) {
    coverage_->fired = true;
    for (const nfa::HavingCondition& having : rule_.having) {
      coverage_->conditions.insert(having.text);
    }
  }
  matched_ = true;
  std::string text;
  for (const runtime::MatchedPart& part : alert.match) {
    text += (text.empty() ? "" : ", ") + std::string(part.name);
    for (const runtime::MatchedEvent& event : part.events) {
      const StartBook::Id id(event.seq, key_->text);
      const bool begins = &part == alert.match.data() && &event == part.events.data();
      text += " " + seq_text(event.seq);
      if (begins && !rule_.pick_any) {
        starts_.match(id);
      } else {
        starts_.use(id);
      }
    }
  }
  if (withheld) {
    note(ExplainNote::Kind::withheld, "a match, withheld by the cooldown: " + text);
  } else {
    note(ExplainNote::Kind::matched, "a match: " + text + changes_text(alert.changes));
  }
}

// What the alert does to lists: `; adds "c1" to hot until 2026-01-01T00:01:00Z`.
std::string RuleTracer::changes_text(std::span<const runtime::ListChange> changes) const {
  std::string out;
  for (const runtime::ListChange& change : changes) {
    out += change.add ? "; adds " : "; removes ";
    nfa::append_value(*change.type, change.value, nfa::Quoting::kQuoted, out);
    out += (change.add ? " to " : " from ") + loaded_.image->lists[change.list].name;
    if (change.add && change.last_ms != nfa::DataSet::kNever) {
      out += " until " + when(change.last_ms + 1);
    }
  }
  return out;
}

// ---- histories and conditions as text ---------------------------------------------------------

// A cohort that only waits for an absence at its end outlives the rule's `within`.
nfa::Root RuleTracer::root_of(const nfa::RunStore& store, const nfa::Cohort& cohort) {
  const bool pending = cohort.edge == nfa::kPendingEdge;
  return {cohort.set, pending ? std::max(cohort.floor, store.skip_floor) : store.alive_floor};
}

void RuleTracer::for_each_start(const nfa::RunStore& store, const nfa::Root& root,
                                const ForStart& body) {
  histories_.begin(store, layout_, rule_.automaton, {&root, 1});
  for (std::size_t i = 0; histories_.next(root.floor); ++i) {
    if (i == kMostStarts) {
      starts_.lose();
      return;
    }
    body(start_id(store, histories_.match()), histories_.match());
    histories_.leave_start();
  }
}

void RuleTracer::tell_starts(const nfa::RunStore& store, const nfa::Root& root,
                             ExplainNote::Kind kind, const std::string& before,
                             const std::string& behind, const ForStart& body) {
  std::size_t count = 0;
  for_each_start(store, root, [&](const StartBook::Id& id, Match match) {
    body(id, match);
    if (++count <= kMostNotes) note(kind, before + history_text(store, match) + behind);
  });
  if (count > kMostNotes) {
    note(kind, before + "each of " + std::to_string(count - kMostNotes) + " more" + behind);
  }
}

StartBook::Id RuleTracer::start_id(const nfa::RunStore& store, Match match) const {
  return {store.event(layout_, match.front().event).seq, key_->text};
}

std::string RuleTracer::part_of(nfa::AcceptorId acceptor) const {
  return words_.name(rule_.automaton.acceptors[acceptor.index()].part.index());
}

std::string RuleTracer::history_text(const nfa::RunStore& store, Match match) const {
  constexpr std::size_t kMostShown = 20;
  std::string out;
  std::string previous;
  for (std::size_t i = 0; i < match.size(); ++i) {
    if (i >= kMostShown && i + 1 < match.size()) {
      if (i == kMostShown) out += " ...";
      continue;
    }
    const nfa::Position& position = rule_.automaton.positions[match[i].position];
    const std::string& part = words_.name(position.part.index());
    if (part != previous) out += (out.empty() ? "" : ", ") + part;
    previous = part;
    out += " " + seq_text(store.event(layout_, match[i].event).seq);
  }
  return out;
}

// The single-event condition that is not true of the event at hand.
std::size_t RuleTracer::first_false(nfa::AcceptorId id) {
  const nfa::Automaton& automaton = rule_.automaton;
  const nfa::Acceptor& acceptor = automaton.acceptors[id.index()];
  const auto& test = automaton.type_acceptors[acceptor.by_type.begin + seen_->local_type];
  const auto predicates = predicates_of(automaton, test, seen_->local_type);
  for (std::uint32_t i = predicates.begin; i < predicates.end; ++i) {
    if (!context_.test(automaton.predicates[i])) return i - predicates.begin;
  }
  return predicates.size();
}

std::string RuleTracer::refusal_text(nfa::AcceptorId id, std::int32_t condition) {
  if (condition < 0) return condition_text(id, first_false(id), false);
  const nfa::Automaton& automaton = rule_.automaton;
  const nfa::Acceptor& acceptor = automaton.acceptors[id.index()];
  const auto& test = automaton.type_acceptors[acceptor.by_type.begin + seen_->local_type];
  const std::size_t singles = predicates_of(automaton, test, seen_->local_type).size();
  return condition_text(id, singles + static_cast<std::size_t>(condition), true);
}

// `amount > 20 * avg(probe.amount)  (20 > 20 * 1.0333)`. The registers are those that the stepper
// loaded for the condition.
std::string RuleTracer::condition_text(nfa::AcceptorId id, std::size_t index, bool with_registers) {
  const auto& texts = rule_.condition_texts[id.index()][seen_->local_type];
  if (index >= texts.size()) return "it does not satisfy the part";
  const nfa::ConditionText& condition = texts[index];
  const auto place = std::tuple(id.index(), std::size_t{seen_->local_type}, index);
  auto explain = explains_.find(place);
  if (explain == explains_.end()) {
    loaded_.loader->set_registers(rule_.automaton.registers);
    auto loaded = nfa::load(condition.values, *loaded_.loader);
    if (!loaded) return condition.text;
    explain = explains_.emplace(place, std::move(*loaded)).first;
  }
  const nfa::Stepper& stepper = runner_.stepper();
  const nfa::EvalInput input =
      context_.input(seen_->row, with_registers ? stepper.registers() : nullptr,
                     with_registers ? stepper.register_present() : nullptr);
  const std::string values = nfa::explain_text(explain->second, input, context_.scratch());
  return values == condition.text ? condition.text : condition.text + "  (" + values + ")";
}

// ---- coverage ---------------------------------------------------------------------------------

void RuleTracer::cover(nfa::AcceptorId id, std::size_t index) {
  const auto& texts = rule_.condition_texts[id.index()][seen_->local_type];
  if (index < texts.size()) coverage_->conditions.insert(texts[index].text);
}

// Single-event conditions, whatever runs there are.
void RuleTracer::cover_conditions(const nfa::Seen& seen) {
  const nfa::Automaton& automaton = rule_.automaton;
  for (std::size_t a = 0; a < automaton.acceptors.size(); ++a) {
    const nfa::Acceptor& acceptor = automaton.acceptors[a];
    const auto& test = automaton.type_acceptors[acceptor.by_type.begin + seen.local_type];
    if (test.symbol == nfa::kNeverAccepts) continue;
    if ((seen.key_mask >> acceptor.key_expr & 1) == 0) continue;
    const auto predicates = predicates_of(automaton, test, seen.local_type);
    for (std::uint32_t i = predicates.begin; i < predicates.end; ++i) {
      if (context_.test(automaton.predicates[i])) {
        cover(nfa::AcceptorId(a), i - predicates.begin);
      }
    }
  }
}

std::vector<std::string> RuleTracer::conditions_of(const nfa::RuleImage& rule) {
  std::set<std::string> all;
  for (const auto& by_type : rule.condition_texts) {
    for (const auto& texts : by_type) {
      for (const nfa::ConditionText& text : texts) all.insert(text.text);
    }
  }
  for (const nfa::HavingCondition& having : rule.having) all.insert(having.text);
  return {all.begin(), all.end()};
}

}  // namespace weir::api
