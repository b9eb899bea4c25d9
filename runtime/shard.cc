#include "runtime/shard.h"

#include <algorithm>

#include "runtime/key_codec.h"

namespace weir::runtime {

Shard::Shard(const LoadedImage& loaded, const EngineOptions& options)
    : loaded_(loaded),
      options_(options),
      context_(loaded.conditions),
      keys_(loaded.dimensions),
      first_seen_ms_(loaded.image->rules.size(), INT64_MIN),
      decider_(*loaded.image, context_),
      alerts_by_rule_(loaded.image->rules.size(), 0),
      decisions_(loaded.image->decisions.size(), 0) {
  for (std::uint32_t r = 0; r < loaded.image->rules.size(); ++r) {
    runners_.push_back(std::make_unique<RuleRunner>(loaded, r, context_, pool_, options));
    std::int64_t warm_after = 0;
    for (const auto& absence : loaded.image->rules[r].automaton.leading) {
      warm_after = std::max(warm_after, absence.duration_ms);
    }
    warm_after_ms_.push_back(warm_after);
  }
  for (std::uint32_t r = 0; r < runners_.size(); ++r) {
    const std::int64_t cooldown = loaded.image->rules[r].cooldown_ms;
    const std::int64_t horizon = std::max(runners_[r]->stepper().horizon(), cooldown);
    expiry_queue_.push_back(expiries_.queue_for(horizon));
  }
  candidates_.resize(loaded.image->rules.size());
  for (const auto& rules : loaded.by_type) {
    auto& unseen = unseen_.emplace_back();
    for (const RuleOfType& of_type : rules) {
      if (warm_after_ms_[of_type.rule] > 0) unseen.push_back(of_type.rule);
    }
  }
  for (std::uint32_t d = 0; d < loaded.dimensions; ++d) {
    tables_.push_back(std::make_unique<KeyTable>(pool_));
  }
}

Shard::~Shard() = default;

// ---- events ------------------------------------------------------------------------------------

void Shard::process(const event::Row& row, bool clamp, Sink& sink) {
  sink_ = &sink;
  on_event_ = true;
  ++event_serial_;
  context_.begin(row);
  decider_.begin();
  const auto& rules = loaded_.by_type[row.type.index()];
  if (loaded_.dispatch[row.type.index()].indexed) {
    find_candidates(row);
    const auto& place = loaded_.dispatch[row.type.index()].place;
    candidates_.drain(
        [&](std::uint32_t rule) { see(rules[static_cast<std::size_t>(place[rule])], row, clamp); });
  } else {
    for (const RuleOfType& of_type : rules) see(of_type, row, clamp);
  }
  if (decider_.any() || options_.all_decisions) {
    const Decision decision = decider_.decide(row);
    ++decisions_[static_cast<std::size_t>(decision.decision)];
    sink.on_decision(decision);
  }
}

// The rules that the event may matter to: in which it could begin something, which hold something
// for one of its keys, and which have to know when their input began.
void Shard::find_candidates(const event::Row& row) {
  const std::size_t type = row.type.index();
  const TypeDispatch& dispatch = loaded_.dispatch[type];
  dispatch.index.collect(row, candidates_);
  for (const std::uint32_t rule : dispatch.always) candidates_.add(rule);
  std::erase_if(unseen_[type], [&](std::uint32_t rule) {
    candidates_.add(rule);
    return first_seen_ms_[rule] != INT64_MIN;
  });
  for (const RuleOfType& of_type : dispatch.keyed) {
    if (tables_[of_type.dimension]->size() == 0) continue;
    KeyOfEvent& key = key_of(of_type, row);
    if (key.absent) continue;
    look_up(of_type.dimension, key);
    if (key.entry == nullptr) continue;
    for (const RuleStore& store : key.entry->rules) {
      if (dispatch.place[store.rule] >= 0) candidates_.add(store.rule);
    }
  }
}

void Shard::look_up(std::uint32_t dimension, KeyOfEvent& key) {
  if (key.looked_up) return;
  key.hash = KeyTable::hash(key.bytes);
  key.entry = tables_[dimension]->find(key.bytes, key.hash);
  key.looked_up = true;
}

void Shard::see(const RuleOfType& of_type, const event::Row& row, bool clamp) {
  const nfa::SymbolMask symbols = context_.symbols(*of_type.automaton, of_type.local_type);
  const bool warms = warm_after_ms_[of_type.rule] > 0;
  if (symbols == 0 && !of_type.strict && !warms) return;
  nfa::Seen seen;
  seen.row = &row;
  seen.ts_ms = row.ts_ms;
  seen.local_type = of_type.local_type;
  seen.symbols = symbols;
  seen.keep_raw = options_.keep_raw;
  if (of_type.by_part) return see_by_part(of_type, seen, clamp);
  KeyOfEvent& key = key_of(of_type, row);
  if (key.absent) return;
  if (warms) seen.warm = is_warm(of_type, row.ts_ms);
  if (symbols == 0 && !of_type.strict) return;
  if (of_type.stateless) return runners_[of_type.rule]->see_stateless(seen, key.bytes, *this);
  see_for_key(of_type, key, seen, clamp);
}

bool Shard::is_warm(const RuleOfType& of_type, std::int64_t ts_ms) {
  std::int64_t& first = first_seen_ms_[of_type.rule];
  if (first == INT64_MIN) first = ts_ms;
  return ts_ms - first >= warm_after_ms_[of_type.rule];
}

Shard::KeyOfEvent& Shard::key_of(const RuleOfType& of_type, const event::Row& row) {
  KeyOfEvent& key = keys_[of_type.dimension];
  if (key.event == event_serial_) return key;
  key.event = event_serial_;
  key.looked_up = false;
  key.entry = nullptr;
  key.bytes.clear();
  key.absent = !append_key(of_type.key, row, key.bytes);
  return key;
}

// L3.13: for each key that some part's `by` gives, the event is seen once, by those parts.
void Shard::see_by_part(const RuleOfType& of_type, const nfa::Seen& seen, bool clamp) {
  const nfa::RuleImage& rule = loaded_.image->rules[of_type.rule];
  const auto& type = loaded_.image->schema.types[seen.row->type.index()];
  struct Way {
    std::string bytes;
    std::uint32_t mask;
  };
  std::vector<Way> ways;
  for (std::size_t i = 0; i < rule.keys.size(); ++i) {
    if (i >= rule.key_types.size() || rule.keys[i].slots[seen.row->type.index()].empty()) continue;
    if (rule.key_types[i][of_type.local_type] == 0) continue;
    Way way{{}, std::uint32_t{1} << i};
    if (!append_key(type, rule.keys[i], *seen.row, way.bytes)) continue;
    const auto same = std::ranges::find(ways, way.bytes, &Way::bytes);
    if (same != ways.end())
      same->mask |= way.mask;
    else
      ways.push_back(std::move(way));
  }
  if (ways.empty()) return;
  std::ranges::sort(ways, {}, &Way::bytes);
  const bool warm = warm_after_ms_[of_type.rule] == 0 || is_warm(of_type, seen.row->ts_ms);
  for (Way& way : ways) {
    KeyOfEvent key;
    key.bytes = std::move(way.bytes);
    nfa::Seen once = seen;
    once.key_mask = way.mask;
    once.warm = warm;
    see_for_key(of_type, key, once, clamp);
  }
}

void Shard::see_for_key(const RuleOfType& of_type, KeyOfEvent& key, nfa::Seen& seen, bool clamp) {
  const std::uint32_t rule = of_type.rule;
  KeyTable& table = *tables_[of_type.dimension];
  RuleRunner& runner = *runners_[rule];
  look_up(of_type.dimension, key);
  RuleStore* held = key.entry != nullptr ? KeyTable::find_rule(*key.entry, rule) : nullptr;
  if (held == nullptr) {
    if ((seen.symbols & of_type.begins) == 0) return;
    if (runner.stepper().seeds()) return plant(of_type, key, seen);
  }
  seen.ts_ms = match_time(held, *seen.row, clamp);
  nfa::RunStore* store = nullptr;
  if (held != nullptr) {
    store = held->store != nullptr ? held->store : grow(rule, *held);
  } else {
    if (key.entry == nullptr) key.entry = table.insert(key.bytes, key.hash);
    store = table.add_store(*key.entry, rule, runner.stepper().layout());
  }
  store->newest_ms = std::max(store->newest_ms, seen.ts_ms);
  const std::uint32_t before = store->cohorts_live();
  runner.see(*store, *key.entry, seen, *this);
  open_ += store->cohorts_live();
  open_ -= before;
  peak_open_ = std::max(peak_open_, open_);
  settle(rule, key.entry, store, seen.ts_ms);
  if (key.entry->rules.empty()) {
    table.erase(key.entry);
    key.entry = nullptr;
  }
}

// The first event of a key, as far as the rule is concerned: what it begins is kept as a seed.
void Shard::plant(const RuleOfType& of_type, KeyOfEvent& key, const nfa::Seen& seen) {
  const nfa::Stepper& stepper = runners_[of_type.rule]->stepper();
  nfa::RunSeed* seed = runners_[of_type.rule]->stepper().plant(seen, pool_);
  if (seed == nullptr) return;
  KeyTable& table = *tables_[of_type.dimension];
  if (key.entry == nullptr) key.entry = table.insert(key.bytes, key.hash);
  table.add_seed(*key.entry, of_type.rule, seed);
  open_ += seed->runs;
  peak_open_ = std::max(peak_open_, open_);
  const std::int64_t expiry = stepper.seed_expiry(*seed);
  if (expiry == nfa::kNoLimit) return;
  expiries_.push(expiry_queue_[of_type.rule],
                 Expiry{expiry, key.entry, key.entry->serial, seed->serial, of_type.rule});
}

// A second event has come: the seed becomes the store that its event would have made.
nfa::RunStore* Shard::grow(std::uint32_t rule, RuleStore& held) {
  nfa::Stepper& stepper = runners_[rule]->stepper();
  nfa::RunSeed* seed = held.seed;
  nfa::RunStore* store = tables_[loaded_.dimension[rule]]->replace_seed(held, stepper.layout());
  store->awaits_expiry = stepper.seed_expiry(*seed) != nfa::kNoLimit;
  stepper.grow(*store, pool_, *seed);
  open_ += store->cohorts_live();
  open_ -= seed->runs;
  nfa::RunSeed::destroy(seed, pool_);
  return store;
}

std::int64_t Shard::match_time(const RuleStore* held, const event::Row& row, bool clamp) {
  if (!clamp || held == nullptr) return row.ts_ms;
  const std::int64_t newest_ms =
      held->store != nullptr ? held->store->newest_ms : held->seed->event.ts_ms;
  if (row.ts_ms >= newest_ms) return row.ts_ms;
  ++clamped_;
  return newest_ms;
}

// ---- time --------------------------------------------------------------------------------------

// After a rule has moved: drops its store if it holds nothing, else sees that time finds it.
void Shard::settle(std::uint32_t rule, KeyEntry* entry, nfa::RunStore* store, std::int64_t now_ms) {
  const bool nothing = store->empty() && store->leading.empty() && store->starts.empty() &&
                       store->cooldown_until_ms <= now_ms;
  if (nothing) {
    tables_[loaded_.dimension[rule]]->drop_rule(*entry, rule);
    return;
  }
  arm(rule, *entry, *store, now_ms);
}

void Shard::arm(std::uint32_t rule, KeyEntry& entry, nfa::RunStore& store, std::int64_t now_ms) {
  const nfa::Stepper& stepper = runners_[rule]->stepper();
  const std::int64_t deadline = stepper.next_deadline(store);
  if (deadline < store.armed_ms) {
    store.armed_ms = deadline;
    timers_.push(Timer{deadline, &entry, entry.serial, rule, loaded_.dimension[rule]});
  }
  if (store.awaits_expiry) return;
  // What is older than the window and still there waits for a deadline, not for its expiry.
  const std::int64_t expiry = stepper.expiry_time(store);
  if (expiry <= now_ms || expiry == nfa::kNoLimit) return;
  store.awaits_expiry = true;
  expiries_.push(expiry_queue_[rule], Expiry{expiry, &entry, entry.serial, store.serial, rule});
}

void Shard::advance(std::int64_t now_ms, Sink& sink) {
  sink_ = &sink;
  on_event_ = false;
  while (timers_.size() > 0 && timers_.take_earliest(now_ms, due_)) {
    // At one deadline time by rule, then key bytes: the order of alerts is part of the output.
    std::erase_if(due_, [](const Timer& timer) { return timer.entry->serial != timer.serial; });
    std::ranges::sort(due_, [](const Timer& a, const Timer& b) {
      return a.rule != b.rule ? a.rule < b.rule : a.entry->key() < b.entry->key();
    });
    for (const Timer& timer : due_) fall_due(timer);
  }
  for (Expiry expiry; expiries_.take(now_ms, expiry);) expire(expiry);
}

void Shard::expire(const Expiry& expiry) {
  KeyEntry* entry = expiry.entry;
  if (entry->serial != expiry.serial) return;
  const RuleStore* held = KeyTable::find_rule(*entry, expiry.rule);
  if (held == nullptr) return;
  if (held->seed != nullptr) {
    if (held->seed->serial != expiry.store_serial) return;
    open_ -= held->seed->runs;
    return drop(expiry.rule, entry);
  }
  nfa::RunStore* store = held->store;
  if (store->serial != expiry.store_serial) return;
  store->awaits_expiry = false;
  const std::int64_t later = runners_[expiry.rule]->stepper().expiry_time(*store);
  if (later > expiry.time_ms) return arm(expiry.rule, *entry, *store, expiry.time_ms);
  const std::uint32_t pending = runners_[expiry.rule]->stepper().layout().edges;
  const bool waits = store->armed_ms != nfa::kNoLimit || !store->starts.empty() ||
                     (!store->empty() && store->head(pending) != nfa::kNoCohort);
  if (!waits) {  // no deadline: all that it holds is over
    open_ -= store->cohorts_live();
    return drop(expiry.rule, entry);
  }
  clean_up(expiry.rule, entry, store, expiry.time_ms);
}

// Drops what is dead at a time that the input has passed, and what then holds nothing.
void Shard::clean_up(std::uint32_t rule, KeyEntry* entry, nfa::RunStore* store,
                     std::int64_t now_ms) {
  const std::uint32_t before = store->cohorts_live();
  const bool nothing = runners_[rule]->stepper().prune(*store, now_ms);
  open_ += store->cohorts_live();
  open_ -= before;
  if (!nothing) return arm(rule, *entry, *store, now_ms);
  drop(rule, entry);
}

void Shard::drop(std::uint32_t rule, KeyEntry* entry) {
  KeyTable& table = *tables_[loaded_.dimension[rule]];
  table.drop_rule(*entry, rule);
  if (entry->rules.empty()) table.erase(entry);
}

void Shard::fall_due(const Timer& timer) {
  KeyEntry* entry = timer.entry;
  if (entry->serial != timer.serial) return;
  const RuleStore* held = KeyTable::find_rule(*entry, timer.rule);
  nfa::RunStore* store = held != nullptr ? held->store : nullptr;
  if (store == nullptr || store->armed_ms != timer.time_ms) return;
  store->armed_ms = nfa::kNoLimit;
  RuleRunner& runner = *runners_[timer.rule];
  const std::uint32_t before = store->cohorts_live();
  if (runner.stepper().next_deadline(*store) <= timer.time_ms) {
    store->newest_ms = std::max(store->newest_ms, timer.time_ms);
    context_.scratch().reset();
    runner.fall_due(*store, *entry, timer.time_ms, *this);
  }
  open_ += store->cohorts_live();
  open_ -= before;
  clean_up(timer.rule, entry, store, timer.time_ms);
}

// ---- output ------------------------------------------------------------------------------------

void Shard::on_match(const Alert& alert, bool withheld, bool first) {
  if (withheld) {
    ++withheld_;
  } else {
    ++alerts_;
    ++alerts_by_rule_[alert.rule];
    sink_->on_alert(alert);
  }
  if (on_event_ && first) decider_.add(alert);
}

void Shard::add_stats(EngineStats& stats) const {
  stats.alerts += alerts_;
  stats.withheld += withheld_;
  stats.clamped += clamped_;
  stats.partial_matches += open_;
  stats.peak_partial_matches += peak_open_;
  stats.state_bytes += pool_.bytes_in_use();
  const auto& counters = const_cast<nfa::EventContext&>(context_).counters();
  stats.overflow += counters.overflow;
  stats.division_by_zero += counters.division_by_zero;
  for (const auto& runner : runners_) {
    stats.unexamined += runner->unexamined();
    stats.limited += runner->stepper().limited();
  }
  for (std::size_t i = 0; i < alerts_by_rule_.size(); ++i)
    stats.alerts_by_rule[i] += alerts_by_rule_[i];
  for (std::size_t i = 0; i < decisions_.size(); ++i) stats.decisions[i] += decisions_[i];
}

}  // namespace weir::runtime
