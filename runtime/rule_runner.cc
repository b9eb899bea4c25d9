#include "runtime/rule_runner.h"

#include <algorithm>
#include <charconv>

#include "nfa/mutants.h"
#include "nfa/value_text.h"
#include "runtime/key_codec.h"

namespace weir::runtime {

namespace {

// Whether the last event of a match stands in the alert under one name, whatever part took it.
bool ends_alike(const nfa::Automaton& automaton) {
  std::optional<std::uint16_t> label;
  for (const nfa::Position& position : automaton.positions) {
    if (position.endings.size() == 0) continue;
    const std::uint16_t own = automaton.part_label[position.part.index()];
    if (label.value_or(own) != own) return false;
    label = own;
  }
  return true;
}

// An entry is out when its time has passed: at ts + ttl it is not in any more.
std::int64_t last_moment(std::int64_t ts_ms, std::int64_t ttl_ms) {
  if (ttl_ms == nfa::Outcomes::ListChange::kForEver) return nfa::DataSet::kNever;
  std::int64_t last = 0;
  if (nfa::mutant(nfa::Mutant::kListEntryOneMore)) ++ttl_ms;
  if (__builtin_add_overflow(ts_ms, ttl_ms - 1, &last)) return nfa::DataSet::kNever;
  return last;
}

}  // namespace

RuleRunner::RuleRunner(const LoadedImage& loaded, std::uint32_t rule, nfa::EventContext& context,
                       base::Pool& pool, const EngineOptions& options)
    : loaded_(loaded),
      rule_(loaded.image->rules[rule]),
      index_(rule),
      context_(context),
      pool_(pool),
      options_(options),
      stepper_(rule_.automaton, context),
      moment_(rule_, context) {
  stepper_.set_first_compaction(options.first_compaction);
  const nfa::FrontPlan& fronts = loaded.fronts[rule];
  if (fronts.used && !options.exact_plans) {
    any_end_will_do_ = rule_.pick_any && ends_alike(rule_.automaton);
    stepper_.detect_by(fronts);
    rebuilder_.emplace(rule_.automaton, fronts, context);
  }
  if (rule_.keyed) key_kinds_ = key_kinds(loaded.image->schema, rule_.keys[rule_.shown_key]);
}

std::span<const event::Value> RuleRunner::key_values(std::string_view key) {
  decode_key(key_kinds_, key, key_fields_, key_texts_);
  return key_fields_;
}

void RuleRunner::see(nfa::RunStore& store, const KeyEntry& entry, const nfa::Seen& seen,
                     MatchReceiver& receiver) {
  stepper_.step(store, pool_, seen);
  if (stepper_.unexamined()) ++unexamined_;
  if (!stepper_.completed().empty()) fire(store, entry, seen, receiver);
  stepper_.commit(store, pool_);
}

void RuleRunner::fire(nfa::RunStore& store, const KeyEntry& entry, const nfa::Seen& seen,
                      MatchReceiver& receiver) {
  const KeyRef key{entry.key(), key_values(entry.key())};
  const Completion completion{seen.ts_ms, seen.row};
  if (!rebuilder_) {
    moment_.resolve(store, pool_, stepper_.layout(), stepper_.completed(), key.values);
    return report(store, key, completion, receiver);
  }
  if (any_end_will_do_ || !fire_rebuilt(store, key, completion, seen.keep_raw, receiver)) {
    moment_.resolve(store, pool_, stepper_.layout(), stepper_.completed(), key.values);
    report(store, key, completion, receiver);
  }
  stepper_.forget_all(store);
}

// False: the exact plan sees no match, as it may where an image's automaton contradicts itself. The
// alert then has the completing event alone, and is counted.
bool RuleRunner::fire_rebuilt(nfa::RunStore& store, const KeyRef& key, const Completion& completion,
                              bool keep_raw, MatchReceiver& receiver) {
  const nfa::EvalCounters counters = context_.counters();  // all was counted when it was seen
  const auto ends = rebuilder_->rebuild(store, pool_, keep_raw);
  context_.counters() = counters;
  if (ends.empty()) {
    ++unexamined_;
    return false;
  }
  nfa::RunStore& found = rebuilder_->store();
  found.cooldown_until_ms = store.cooldown_until_ms;
  moment_.resolve(found, pool_, stepper_.layout(), ends, key.values);
  report(found, key, completion, receiver);
  store.cooldown_until_ms = found.cooldown_until_ms;
  rebuilder_->release(pool_);
  return true;
}

void RuleRunner::see_stateless(const nfa::Seen& seen, std::string_view key,
                               MatchReceiver& receiver) {
  if ((seen.symbols & rule_.automaton.start_interest[seen.local_type]) == 0) return;
  if (!stepper_.accepts_first(single_, seen)) return;
  const KeyRef ref{key, key_values(key)};
  single_.forget_events();
  const std::uint32_t event = single_.keep(stepper_.layout(), rule_.automaton, pool_, *seen.row,
                                           seen.ts_ms, seen.local_type, seen.keep_raw);
  const nfa::TakenEvent taken{event, 0};
  moment_.report_only({&taken, 1}, single_, stepper_.layout(), ref.values);
  report(single_, ref, Completion{seen.ts_ms, seen.row}, receiver);
}

void RuleRunner::report(nfa::RunStore& store, const KeyRef& key, const Completion& completion,
                        MatchReceiver& receiver) {
  if (moment_.unexamined()) ++unexamined_;
  if (!is_active(completion.ts_ms)) return;
  for (std::size_t i = 0; i < moment_.size(); ++i) {
    Alert alert;
    report_one(store, key, moment_.reported(i), completion, rule_.outcomes, alert);
    alert.id = alert_id(key.bytes, {});
    alert.truncated = moment_.truncated() && i + 1 == moment_.size();
    bool withheld = false;
    if (rule_.cooldown_ms > 0) {
      withheld = completion.ts_ms < store.cooldown_until_ms;
      if (!withheld || nfa::mutant(nfa::Mutant::kCooldownProlonged)) {
        store.cooldown_until_ms = completion.ts_ms + rule_.cooldown_ms;
      }
    }
    receiver.on_match(alert, withheld, i == 0);
  }
}

// FROZEN: the share of a canary is of the range of XXH3-64 of the key's bytes.
bool RuleRunner::is_live(std::string_view key) const {
  if (rule_.mode != nfa::RuleMode::kCanary) return rule_.mode == nfa::RuleMode::kLive;
  if (options_.all_active) return true;
  constexpr unsigned __int128 kMillion = 1'000'000;
  const auto place = static_cast<std::uint64_t>(base::hash64(key) * kMillion >> 64);
  return place < rule_.canary_ppm;
}

void RuleRunner::report_one(nfa::RunStore& store, const KeyRef& key,
                            std::span<const nfa::TakenEvent> match, const Completion& completion,
                            const nfa::Outcomes& outcomes, Alert& alert) {
  fill_key(key);
  // Nothing completed what timed out: all of it is listed (R113).
  const bool last_only = rule_.pick_any && &outcomes == &rule_.outcomes;
  fill_match(store, last_only ? match.last(1) : match);
  reason_.clear();
  for (const auto& segment : outcomes.reason) {
    reason_ += segment.text;
    if (segment.value < 0) continue;
    const auto& expr = outcomes.reason_values[static_cast<std::size_t>(segment.value)];
    event::Value value;
    if (value_of(store, key, match, expr, &value)) {
      nfa::append_value(expr.type, value, nfa::Quoting::kPlain, reason_);
    } else {
      reason_ += "missing";
    }
  }
  emits_.clear();
  emit_texts_.clear();
  for (const auto& emit : outcomes.emits) {
    ReportedValue value;
    value.name = emit.name;
    value.type = &emit.value.type;
    value.present = value_of(store, key, match, emit.value, &value.value);
    // The next value_of() may take the bytes away.
    if (value.present && value.type->kind == event::TypeKind::kString) {
      const std::string& text = emit_texts_.emplace_back(value.value.string.view());
      value.value = event::Value::of_string(text);
    }
    emits_.push_back(value);
  }
  fill_changes(store, key, match, outcomes, completion.ts_ms);
  alert.rule = index_;
  alert.live = is_live(key.bytes);
  alert.key_bytes = key.bytes;
  alert.key = key_values_;
  alert.ts_ms = completion.ts_ms;
  alert.has_seq = completion.row != nullptr;
  if (completion.row != nullptr) {
    alert.seq = completion.row->seq;
    if (alert.seq == event::Row::kNoPosition) alert.completed_by = completion.row->identity;
  }
  alert.decision = outcomes.decision;
  if (!outcomes.score.empty()) {
    alert.has_score = value_of(store, key, match, outcomes.score.front(), &alert.score);
  }
  alert.reason = reason_;
  alert.emits = emits_;
  alert.match = parts();
  alert.changes = changes_;
}

// L5.3: a shadow rule changes nothing.
void RuleRunner::fill_changes(nfa::RunStore& store, const KeyRef& key,
                              std::span<const nfa::TakenEvent> match, const nfa::Outcomes& outcomes,
                              std::int64_t ts_ms) {
  changes_.clear();
  if (!is_live(key.bytes) && !nfa::mutant(nfa::Mutant::kShadowChangesLists)) return;
  for (const nfa::Outcomes::ListChange& outcome : outcomes.list_changes) {
    ListChange change;
    if (!value_of(store, key, match, outcome.value, &change.value)) continue;
    change.add = outcome.add;
    change.list = outcome.list;
    change.type = &outcome.value.type;
    change.last_ms = last_moment(ts_ms, outcome.ttl_ms);
    if (change.type->kind == event::TypeKind::kString) {
      const std::string& text = emit_texts_.emplace_back(change.value.string.view());
      change.value = event::Value::of_string(text);
    }
    changes_.push_back(change);
  }
}

bool RuleRunner::value_of(const nfa::RunStore& store, const KeyRef& key,
                          std::span<const nfa::TakenEvent> match, const nfa::ValueExpr& expr,
                          event::Value* out) {
  auto& registers = moment_.registers();
  registers.load(store, stepper_.layout(), match, key.values, expr.registers, context_.counters());
  const auto& program = loaded_.conditions.programs[expr.program.index()];
  return nfa::evaluate(program, context_.input(nullptr, registers.values(), registers.present()),
                       context_.scratch(), out);
}

void RuleRunner::fill_key(const KeyRef& key) {
  key_values_.clear();
  if (!rule_.keyed) return;
  const auto& expr = rule_.keys[rule_.shown_key];
  for (std::size_t type = 0; type < expr.slots.size(); ++type) {
    if (expr.slots[type].empty()) continue;
    for (std::size_t i = 0; i < expr.fields.size() && i < key.values.size(); ++i) {
      ReportedValue value;
      value.name = expr.fields[i];
      value.type = &loaded_.image->schema.types[type].fields[expr.slots[type][i]].type;
      value.present = true;
      value.value = key.values[i];
      key_values_.push_back(value);
    }
    return;
  }
}

void RuleRunner::fill_match(const nfa::RunStore& store, std::span<const nfa::TakenEvent> match) {
  const auto& automaton = rule_.automaton;
  parts_used_ = 0;
  for (const nfa::TakenEvent& taken : match) {
    const nfa::KeptEvent& kept = store.event(stepper_.layout(), taken.event);
    const auto part = automaton.positions[taken.position].part;
    const std::uint16_t label = automaton.part_label[part.index()];
    const std::string_view name =
        label != 0xFFFF
            ? std::string_view(automaton.names[label])
            : loaded_.image->schema.types[automaton.types[kept.local_type].index()].name;
    const auto used = parts();
    auto place =
        static_cast<std::size_t>(std::ranges::find(used, name, &MatchedPart::name) - used.begin());
    if (place == parts_used_) {
      if (++parts_used_ > parts_.size()) parts_.emplace_back();
      parts_[place].name = name;
      parts_[place].events.clear();
    }
    parts_[place].events.push_back({kept.seq, kept.own_ts_ms,
                                    store.text(kept.identity, kept.identity_size),
                                    store.text(kept.raw, kept.raw_size)});
  }
}

// FROZEN: XXH3-128 of rule version, key, and per part its name and the identities of its events
// (an event without `id`: '#' and its place in the input), each ended by a 00 or 01.
base::Hash128 RuleRunner::alert_id(std::string_view key, std::string_view timeout) {
  std::string& bytes = id_bytes_;
  bytes = rule_.version;
  const auto end = [&](char with) { bytes += with; };
  end('\0');
  bytes += timeout;
  end('\0');
  bytes += key;
  end('\0');
  for (const MatchedPart& part : parts()) {
    bytes += part.name;
    end('\0');
    for (const MatchedEvent& event : part.events) {
      if (event.identity.empty()) {
        char digits[24];
        const auto written = std::to_chars(digits, digits + sizeof digits, event.seq);
        bytes += '#';
        bytes.append(digits, written.ptr);
      } else {
        bytes += event.identity;
      }
      end('\1');
    }
  }
  return base::hash128(bytes);
}

// ---- deadlines ---------------------------------------------------------------------------------

void RuleRunner::fall_due(nfa::RunStore& store, const KeyEntry& entry, std::int64_t deadline_ms,
                          MatchReceiver& receiver) {
  stepper_.expire(store, deadline_ms);
  const bool timeouts = !rule_.timeout.empty();
  if (stepper_.completed().empty() && !timeouts) return;
  const KeyRef key{entry.key(), key_values(entry.key())};
  if (!stepper_.completed().empty()) {
    moment_.resolve(store, pool_, stepper_.layout(), stepper_.completed(), key.values);
    report(store, key, Completion{deadline_ms, nullptr}, receiver);
  }
  if (timeouts) report_timeouts(store, key, deadline_ms, receiver);
}

void RuleRunner::report_timeouts(nfa::RunStore& store, const KeyRef& key, std::int64_t deadline_ms,
                                 MatchReceiver& receiver) {
  std::uint32_t over = 0;
  std::vector<nfa::TakenEvent> best;
  while (over < store.starts.size()) {
    const auto start = store.starts[over];
    const std::int64_t limit =
        store.event(stepper_.layout(), start.event).ts_ms + rule_.automaton.within_ms;
    if (limit > deadline_ms) break;
    ++over;
    if (start.matched != 0 || start.event < store.skip_floor || !is_active(limit)) continue;
    const auto& first = store.event(stepper_.layout(), start.event);
    if (store.retained - first.retained >= rule_.automaton.limit) continue;  // forgotten
    if (!best_open(store, key, start.event, best)) continue;
    Alert alert;
    report_one(store, key, best, Completion{limit, nullptr}, rule_.timeout.front().outcomes, alert);
    alert.is_timeout = true;
    alert.id = alert_id(key.bytes, rule_.timeout.front().name);
    receiver.on_match(alert, false, false);
  }
  for (std::uint32_t i = over; i < store.starts.size(); ++i)
    store.starts[i - over] = store.starts[i];
  store.starts.resize_down(store.starts.size() - over);
}

// Of the partial matches that began at `start` and are still open, the one with the most parts
// done, then the preferred one (L3.12); false: none is, or one of them waits only for a trailing
// absence (R18).
bool RuleRunner::best_open(nfa::RunStore& store, const KeyRef& key, std::uint32_t start,
                           std::vector<nfa::TakenEvent>& best) {
  constexpr int kMostLooked = 10'000;
  best.clear();
  std::size_t best_done = 0;
  const auto preferred = [&](std::span<const nfa::TakenEvent> match) {
    if (match.size() != best.size()) return match.size() > best.size();
    for (std::size_t i = 0; i < match.size(); ++i) {
      if (match[i].event != best[i].event) return match[i].event < best[i].event;
      const auto part = rule_.automaton.positions[match[i].position].part;
      const auto other = rule_.automaton.positions[best[i].position].part;
      if (part != other) return part < other;
    }
    return false;
  };
  const auto& layout = stepper_.layout();
  if (store.cohorts_live() == 0) return false;
  for (std::uint32_t list = 0; list <= layout.edges; ++list) {
    for (std::uint32_t id = store.head(list); id != nfa::kNoCohort;) {
      const nfa::Cohort& cohort = store.cohort(layout, id);
      id = cohort.next;
      if (cohort.start != start) continue;
      const nfa::Root root{cohort.set, 0};
      // Every one: of two that are one match (L3.5) one may have more parts done.
      open_runs_.begin(store, layout, rule_.automaton, {&root, 1}, true);
      if (list == layout.edges) {
        if (may_match(store, key)) return false;
        continue;
      }
      for (int i = 0; i < kMostLooked && open_runs_.next(0); ++i) {
        const std::size_t done = parts_done(open_runs_.match());
        if (done < best_done || (done == best_done && !preferred(open_runs_.match()))) continue;
        best.assign(open_runs_.match().begin(), open_runs_.match().end());
        best_done = done;
      }
    }
  }
  return !best.empty();
}

// Whether some assignment that only a trailing absence holds up would pass `having`.
bool RuleRunner::may_match(const nfa::RunStore& store, const KeyRef& key) {
  for (std::uint32_t i = 0; i < nfa::kMaxExamined && open_runs_.next(0); ++i) {
    if (moment_.passes_having(store, stepper_.layout(), open_runs_.match(), key.values))
      return true;
  }
  return false;
}

std::size_t RuleRunner::parts_done(std::span<const nfa::TakenEvent> match) const {
  const auto& automaton = rule_.automaton;
  std::size_t done = 0;
  for (std::size_t part = 0; part < automaton.parts.size(); ++part) {
    const auto count =
        static_cast<std::uint32_t>(std::ranges::count_if(match, [&](const auto& taken) {
          return automaton.positions[taken.position].part.index() == part;
        }));
    if (count > 0 && count >= automaton.parts[part].min_count) ++done;
  }
  return done;
}

}  // namespace weir::runtime
