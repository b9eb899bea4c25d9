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
      table_(std::make_unique<runtime::KeyTable>(pool_)),
      time_text_(rfc3339) {
  for (const nfa::LeadingAbsence& absence : rule_.automaton.leading) {
    warm_after_ms_ = std::max(warm_after_ms_, absence.duration_ms);
  }
  runner_.stepper().set_observer(this);
}

RuleTracer::~RuleTracer() = default;

// ---- events -----------------------------------------------------------------------------------

void RuleTracer::process(const event::Row& row) {
  advance(row.ts_ms);
  now_ms_ = row.ts_ms;
  const std::int16_t local = rule_.automaton.local_type[row.type.index()];
  if (local < 0 || rule_.mode == nfa::RuleMode::kOff) return;
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
  if (coverage_ != nullptr) cover_conditions(seen);
  explain_start(seen);
  runner_.see(*key_->store, *key_->entry, seen, *this);
  seen_ = nullptr;
}

RuleTracer::Key& RuleTracer::key_of(const std::string& bytes, const nfa::KeyExpr& expr,
                                    const event::Row& row) {
  const auto [place, added] = keys_.try_emplace(bytes);
  Key& key = place->second;
  if (!added) return key;
  const event::Schema& schema = loaded_.image->schema;
  key.entry = table_->insert(bytes, runtime::KeyTable::hash(bytes));
  key.store = table_->add_store(*key.entry, index_, runner_.stepper().layout());
  if (expr.fields.empty()) return key;
  key.text = key_text(schema, expr, row);
  std::vector<event::Value> values;
  std::vector<std::string> texts;
  runtime::key_values(schema.types[row.type.index()], expr, row, values, texts);
  std::size_t size = 1;
  for (const std::string& text : texts) size += text.size();
  key.entry->texts.reserve(pool_, static_cast<std::uint32_t>(size));
  const auto& slots = expr.slots[row.type.index()];
  std::size_t next = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const event::Type& type = schema.types[row.type.index()].fields[slots[i]].type;
    if (type.kind == event::TypeKind::kString) {
      const std::string& text = texts[next++];
      char* at = key.entry->texts.extend(pool_, static_cast<std::uint32_t>(text.size()));
      std::copy(text.begin(), text.end(), at);
      values[i] = event::Value::of_string({at, text.size()});
    }
    key.entry->values.push_back(pool_, values[i]);
  }
  return key;
}

void RuleTracer::advance(std::int64_t now_ms) {
  for (auto& [bytes, key] : keys_) fall_due(key, now_ms);
}

void RuleTracer::fall_due(Key& key, std::int64_t before_ms) {
  while (true) {
    const std::int64_t deadline = runner_.stepper().next_deadline(*key.store);
    if (deadline >= before_ms || deadline == nfa::kNoLimit) return;
    key_ = &key;
    now_ms_ = deadline;
    said_.clear();
    context_.scratch().reset();
    runner_.fall_due(*key.store, *key.entry, deadline, *this);
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
  const Match match = preferred(store, node);
  if (match.empty()) return;
  const std::string history = history_text(store, match);
  Start& start = starts_[store.event(layout_, match.front().event).seq];
  start.key = key_->text;
  if (match.size() >= start.length) {
    start.length = match.size();
    start.reached = history;
    start.last.clear();
  }
  note(ExplainNote::Kind::taken, "taken as " + part_name(taken.part.index()) + ": " + history);
}

void RuleTracer::on_refuse(const nfa::RunStore& store, const nfa::Cohort* cohort,
                           nfa::AcceptorId id, std::int32_t condition) {
  const nfa::Acceptor& acceptor = rule_.automaton.acceptors[id.index()];
  if (seen_ == nullptr) return;
  if (coverage_ != nullptr && condition > 0) {  // those before it were true
    const auto& test = rule_.automaton.type_acceptors[acceptor.by_type.begin + seen_->local_type];
    const std::size_t singles = predicates_of(rule_.automaton, test, seen_->local_type).size();
    for (std::int32_t i = 0; i < condition; ++i) {
      cover(id, singles + static_cast<std::size_t>(i));
    }
  }
  if (rule_.automaton.parts[acceptor.part.index()].absence) return;  // as it should be
  const std::string why = refusal_text(id, condition);
  const std::string part = part_name(acceptor.part.index());
  if (cohort == nullptr) {
    note(ExplainNote::Kind::refused, "does not begin, as " + part + ": " + why);
    return;
  }
  const Match match = preferred(store, cohort->set);
  if (match.empty()) return;
  starts_[store.event(layout_, match.front().event).seq].last =
      "at " + when(now_ms_) + " not " + part + ": " + why;
  note(ExplainNote::Kind::refused,
       "not " + part + " after " + history_text(store, match) + ": " + why);
}

void RuleTracer::on_end(const nfa::RunStore& store, const nfa::Cohort& cohort, End end,
                        nfa::AcceptorId by) {
  const Match match = preferred(store, cohort.set);
  if (match.empty()) return;
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
    why += ": " + rule_.automaton.parts[part].source;
    if (coverage_ != nullptr && seen_ != nullptr) {
      coverage_->parts.insert(part);
      const auto& texts = rule_.condition_texts[by.index()][seen_->local_type];
      for (std::size_t i = 0; i < texts.size(); ++i) cover(by, i);
    }
  }
  starts_[store.event(layout_, match.front().event).seq].last =
      "ended at " + when(now_ms_) + ": " + why;
  note(ExplainNote::Kind::ended, history_text(store, match) + " is ended: " + why);
}

void RuleTracer::on_match(const runtime::Alert& alert, bool withheld, bool) {
  if (alert.is_timeout) {
    note(ExplainNote::Kind::timeout, "timeout " + rule_.timeout.front().name);
    return;
  }
  if (coverage_ != nullptr) {
    coverage_->fired = true;
    for (const nfa::HavingCondition& having : rule_.having) {
      coverage_->conditions.insert(having.text);
    }
  }
  std::string text;
  for (const runtime::MatchedPart& part : alert.match) {
    text += (text.empty() ? "" : ", ") + std::string(part.name);
    for (const runtime::MatchedEvent& event : part.events) {
      text += " #" + std::to_string(event.seq);
      starts_[event.seq].matched = true;
    }
  }
  note(withheld ? ExplainNote::Kind::withheld : ExplainNote::Kind::matched,
       (withheld ? "a match, withheld by the cooldown: " : "a match: ") + text);
}

std::vector<std::string> RuleTracer::open_starts() const {
  std::vector<std::string> out;
  for (const auto& [seq, start] : starts_) {
    if (start.matched || start.length == 0) continue;
    std::string line = rule_.name;
    if (!start.key.empty()) line += " (" + start.key + ")";
    line += ": " + start.reached + "; ";
    out.push_back(line + (start.last.empty() ? "nothing came after" : start.last));
  }
  return out;
}

// ---- histories and conditions as text ---------------------------------------------------------

RuleTracer::Match RuleTracer::preferred(const nfa::RunStore& store, std::uint32_t node) {
  nfa::Root root;
  root.node = node;
  const nfa::Root roots[] = {root};
  histories_.begin(store, layout_, rule_.automaton, roots);
  if (!histories_.next(store.alive_floor)) return {};
  return {histories_.match().begin(), histories_.match().end()};
}

std::string RuleTracer::part_name(std::size_t part) const {
  const std::uint16_t name = rule_.automaton.part_name[part];
  if (name < rule_.automaton.names.size()) return rule_.automaton.names[name];
  return rule_.automaton.parts[part].source;
}

std::string RuleTracer::history_text(const nfa::RunStore& store, const Match& match) const {
  constexpr std::size_t kMostShown = 20;
  std::string out;
  std::string previous;
  for (std::size_t i = 0; i < match.size(); ++i) {
    if (i >= kMostShown && i + 1 < match.size()) {
      if (i == kMostShown) out += " ...";
      continue;
    }
    const nfa::Position& position = rule_.automaton.positions[match[i].position];
    const std::string part = part_name(position.part.index());
    if (part != previous) out += (out.empty() ? "" : ", ") + part;
    previous = part;
    out += " #" + std::to_string(store.event(layout_, match[i].event).seq);
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
  const auto loaded = nfa::load(condition.values, *loaded_.loader);
  if (!loaded) return condition.text;
  const nfa::Stepper& stepper = runner_.stepper();
  const nfa::EvalInput input =
      context_.input(seen_->row, with_registers ? stepper.registers() : nullptr,
                     with_registers ? stepper.register_present() : nullptr);
  const std::string values = nfa::explain_text(*loaded, input, context_.scratch());
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

std::vector<std::string> RuleTracer::parts_of(const nfa::RuleImage& rule) {
  std::vector<std::string> out;
  for (const nfa::PartInfo& part : rule.automaton.parts) out.push_back(part.source);
  return out;
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
