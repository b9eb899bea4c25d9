#include "runtime/shard.h"

#include <algorithm>

namespace weir::runtime {
namespace {

constexpr std::size_t kNear = 4096;  // keys of a table that a cache holds

}  // namespace

Shard::Shard(const LoadedImage& loaded, std::size_t stage, const EngineOptions& options,
             const WarmUp& warm_up)
    : loaded_(loaded),
      stage_(loaded.stages[stage]),
      options_(options),
      warm_up_(warm_up),
      context_(loaded.conditions),
      runners_(loaded.image->rules.size()),
      expiry_queue_(loaded.image->rules.size()),
      out_of_order_(options.order == Order::kArrival || options.late == LatePolicy::kProcess),
      expiries_(pool_),
      open_changes_(1) {
  for (std::uint32_t d = 0; d < loaded.dimensions; ++d) {
    tables_.push_back(std::make_unique<KeyTable>(pool_));
  }
}

Shard::~Shard() = default;

void Shard::make_runner(std::uint32_t rule) {
  runners_[rule] = std::make_unique<RuleRunner>(loaded_, rule, context_, pool_, options_);
  const std::int64_t cooldown = loaded_.image->rules[rule].cooldown_ms;
  expiry_queue_[rule] =
      expiries_.queue_for(std::max(runners_[rule]->stepper().horizon(), cooldown));
}

// ---- events ------------------------------------------------------------------------------------

void Shard::begin(std::span<const Turn> turns) {
  turns_ = turns;
  turn_ = 0;
  family_ = 0;
  open_changes_.assign(turns.size() + 1, 0);
}

void Shard::process(const RoutedChunk& chunk, std::size_t shard, MatchReceiver& receiver) {
  chunk_ = &chunk;
  routed_ = &chunk.of_shard[shard];
  const bool far = std::ranges::any_of(tables_, [](const auto& t) { return t->size() > kNear; });
  const std::size_t count = routed_->events.size();
  for (std::size_t i = 0; i < count; ++i) {
    if (far) prefetch(i);
    const RoutedEvent& event = routed_->events[i];
    const Turn& turn = turns_[event.turn];
    if (turn.family == 0 || turn.family != family_) advance(turn.clock_ms, receiver);
    family_ = turn.family;
    receiver_ = &receiver;
    turn_ = event.turn;
    row_ = turn.row;
    clamp_ = turn.clamp;
    receiver.stand_at({turn_});
    process_event(event);
    ++turn_;  // what a late event left overdue completes next
  }
}

// What an event finds under its key lies anywhere in memory. It is called for in three steps, each
// some events after the one before: the slot, the entry, what the entry holds.
void Shard::prefetch(std::size_t event) const {
  constexpr std::size_t kSlot = 12;
  constexpr std::size_t kEntry = 8;
  constexpr std::size_t kStore = 4;
  const auto key_at = [&](std::size_t ahead) -> const RoutedKey* {
    if (event + ahead >= routed_->events.size()) return nullptr;
    const RoutedKey& key = routed_->keys[routed_->events[event + ahead].first_key];
    return key.stateful ? &key : nullptr;
  };
  if (const RoutedKey* key = key_at(kSlot)) tables_[key->dimension]->prefetch_slot(key->hash);
  if (const RoutedKey* key = key_at(kEntry)) {
    if (const KeyEntry* entry = tables_[key->dimension]->peek(key->hash)) prefetch_entry(entry);
  }
  if (const RoutedKey* key = key_at(kStore)) {
    if (const KeyEntry* entry = tables_[key->dimension]->peek(key->hash))
      prefetch_first_held(entry);
  }
}

inline void Shard::process_event(const RoutedEvent& event) {
  context_.begin(*row_, event.turn, clock_ms_);
  look_up(event);
  const RoutedRule* rule = routed_->rules.data() + event.first_rule;
  const RoutedRule* const rules_end = rule + event.rules;
  for (const Asked& asked : held_) {
    for (; rule != rules_end && rule->place < asked.place; ++rule) see(event, *rule);
    see_held(event, asked);
  }
  for (; rule != rules_end; ++rule) see(event, *rule);
}

inline void Shard::look_up(const RoutedEvent& event) {
  held_.clear();
  if (entries_.size() < event.keys) entries_.resize(event.keys);
  bool asks = false;
  for (std::uint32_t k = 0; k < event.keys; ++k) {
    const RoutedKey& key = routed_->keys[event.first_key + k];
    entries_[k] =
        key.stateful ? tables_[key.dimension]->find(chunk_->bytes(key), key.hash) : nullptr;
    asks |= key.ask_held && entries_[k] != nullptr;
  }
  if (asks) find_held(event);
}

// The rules that hold something for a key of the event, but for those that were routed here.
void Shard::find_held(const RoutedEvent& event) {
  const auto& rules = stage_.by_type[row_->type.index()];
  const auto& place_of = stage_.dispatch[row_->type.index()].place;
  const auto first = routed_->rules.begin() + event.first_rule;
  const auto last = first + event.rules;
  for (std::uint32_t k = 0; k < event.keys; ++k) {
    if (entries_[k] == nullptr || !routed_->keys[event.first_key + k].ask_held) continue;
    for (const RuleStore& held : entries_[k]->held) {
      if (place_of[held.rule] < 0) continue;
      const auto place = static_cast<std::uint32_t>(place_of[held.rule]);
      if (rules[place].by_part) continue;  // routed if it sees the event
      if (out_of_order_ && is_over(held.rule, held)) continue;
      const auto routed_at = std::ranges::lower_bound(first, last, place, {}, &RoutedRule::place);
      if (routed_at == last || routed_at->place != place) held_.push_back({place, k});
    }
  }
  if (event.keys > 1) std::ranges::sort(held_, {}, &Asked::place);
}

inline void Shard::see(const RoutedEvent& event, const RoutedRule& rule) {
  const RuleOfType& of_type = stage_.by_type[row_->type.index()][rule.place];
  const SeenKey key = seen_key(event, rule.key);
  nfa::Seen seen = seen_by(of_type, rule.symbols);
  seen.key_mask = rule.key_mask;
  if (of_type.stateless) return runner(of_type.rule).see_stateless(seen, key.bytes, *receiver_);
  see_for_key(of_type, key, seen);
}

void Shard::see_held(const RoutedEvent& event, const Asked& asked) {
  const RuleOfType& of_type = stage_.by_type[row_->type.index()][asked.place];
  const nfa::SymbolMask symbols = context_.symbols(*of_type.automaton, of_type.local_type);
  if (symbols == 0 && !of_type.strict) return;
  nfa::Seen seen = seen_by(of_type, symbols);
  see_for_key(of_type, seen_key(event, asked.key), seen);
}

inline nfa::Seen Shard::seen_by(const RuleOfType& of_type, nfa::SymbolMask symbols) const {
  nfa::Seen seen;
  seen.row = row_;
  seen.ts_ms = row_->ts_ms;
  seen.local_type = of_type.local_type;
  seen.symbols = symbols;
  seen.keep_raw = options_.keep_raw;
  seen.warm = warm_up_.is_warm(of_type.rule, row_->ts_ms);
  return seen;
}

void Shard::see_for_key(const RuleOfType& of_type, const SeenKey& key, nfa::Seen& seen) {
  const std::uint32_t rule = of_type.rule;
  KeyTable& table = *tables_[of_type.dimension];
  RuleRunner& runner = this->runner(rule);
  KeyEntry*& entry = entries_[key.index];
  RuleStore* held = entry != nullptr ? KeyTable::find_rule(*entry, rule) : nullptr;
  if (out_of_order_ && held != nullptr && is_over(rule, *held)) {
    note_open(-held->open());
    if (drop(rule, entry)) entry = nullptr;
    held = nullptr;
  }
  if (held == nullptr) {
    if ((seen.symbols & of_type.begins) == 0) return;
    if (runner.stepper().seeds()) return plant(of_type, key, seen);
    if (entry == nullptr) entry = table.insert(key.bytes, key.hash);
    held = &table.add_store(*entry, rule, runner.stepper().layout());
  } else if (clamp_) {
    seen.ts_ms = match_time(*held);
  }
  if (held->store == nullptr) grow(rule, *held);
  nfa::RunStore& store = *held->store;
  store.newest_ms = std::max(store.newest_ms, seen.ts_ms);
  if (out_of_order_) held->lag_ms = std::max(held->lag_ms, clock_ms_ - seen.ts_ms);
  const std::uint32_t before = store.cohorts_live();
  runner.see(store, *entry, seen, *receiver_);
  note_open(std::int64_t{store.cohorts_live()} - before);
  settle(rule, entry, *held, seen.ts_ms);
  if (entry->held.empty()) {
    table.erase(entry);
    entry = nullptr;
  }
}

// The first event of a key, as far as the rule is concerned: what it begins is kept as a seed.
void Shard::plant(const RuleOfType& of_type, const SeenKey& key, const nfa::Seen& seen) {
  nfa::Stepper& stepper = runners_[of_type.rule]->stepper();
  nfa::RunSeed* seed = stepper.plant(seen, pool_);
  if (seed == nullptr) return;
  KeyTable& table = *tables_[of_type.dimension];
  KeyEntry*& entry = entries_[key.index];
  if (entry == nullptr) entry = table.insert(key.bytes, key.hash);
  RuleStore& held = table.add_seed(*entry, of_type.rule, seed);
  if (out_of_order_) held.lag_ms = clock_ms_ - seen.ts_ms;
  note_open(seed->runs);
  const std::int64_t expiry = stepper.seed_expiry(*seed);
  if (expiry == nfa::kNoLimit) return;
  expiries_.push(expiry_queue_[of_type.rule],
                 RuleExpiry{expiry + held.lag_ms, entry->ref(), seed->serial, of_type.rule});
}

// A second event has come: the seed becomes the store that its event would have made.
void Shard::grow(std::uint32_t rule, RuleStore& held) {
  nfa::Stepper& stepper = runners_[rule]->stepper();
  nfa::RunSeed* seed = held.seed;
  nfa::RunStore* store = tables_[loaded_.dimension[rule]]->replace_seed(held, stepper.layout());
  store->awaits_expiry = stepper.seed_expiry(*seed) != nfa::kNoLimit;
  stepper.grow(*store, pool_, *seed);
  note_open(std::int64_t{store->cohorts_live()} - seed->runs);
  nfa::RunSeed::destroy(seed, pool_);
}

// An event that is older than what its key has seen is matched at that time.
std::int64_t Shard::match_time(const RuleStore& held) {
  const std::int64_t newest_ms =
      held.store != nullptr ? held.store->newest_ms : held.seed->event.ts_ms;
  if (row_->ts_ms >= newest_ms) return row_->ts_ms;
  ++clamped_;
  return newest_ms;
}

// ---- time --------------------------------------------------------------------------------------

// A held thing's life is counted from the clock at which its events came: one that came late lives
// as long as one that came in time. So whether it is still there does not depend on the moment at
// which memory is given back, by which it would go earlier or later.
bool Shard::is_over(std::uint32_t rule, const RuleStore& held) {
  const nfa::Stepper& stepper = runners_[rule]->stepper();
  if (held.store != nullptr && waits_for_deadline(stepper, *held.store)) return false;
  const std::int64_t expiry =
      held.store != nullptr ? stepper.expiry_time(*held.store) : stepper.seed_expiry(*held.seed);
  return expiry != nfa::kNoLimit && expiry + held.lag_ms < clock_ms_;
}

bool Shard::waits_for_deadline(const nfa::Stepper& stepper, const nfa::RunStore& store) {
  return store.armed_ms != nfa::kNoLimit || !store.starts.empty() ||
         (!store.empty() && store.head(stepper.layout().edges) != nfa::kNoCohort);
}

// After a rule has moved: drops its store if it holds nothing, else sees that time finds it.
void Shard::settle(std::uint32_t rule, KeyEntry* entry, RuleStore& held, std::int64_t now_ms) {
  const nfa::RunStore& store = *held.store;
  const bool nothing = store.empty() && store.leading.empty() && store.starts.empty() &&
                       store.cooldown_until_ms <= now_ms;
  if (nothing) {
    tables_[loaded_.dimension[rule]]->drop_rule(*entry, rule);
    return;
  }
  arm(rule, *entry, held, now_ms);
}

void Shard::arm(std::uint32_t rule, KeyEntry& entry, RuleStore& held, std::int64_t now_ms) {
  const nfa::Stepper& stepper = runners_[rule]->stepper();
  nfa::RunStore& store = *held.store;
  const std::int64_t deadline = stepper.next_deadline(store);
  if (deadline < store.armed_ms) {
    store.armed_ms = deadline;
    timers_.push(Timer{deadline, entry.ref(), rule, loaded_.dimension[rule]});
  }
  if (store.awaits_expiry) return;
  // What is older than the window and still there waits for a deadline, not for its expiry.
  std::int64_t expiry = stepper.expiry_time(store);
  if (expiry == nfa::kNoLimit) return;
  expiry += held.lag_ms;
  if (expiry <= now_ms) return;
  store.awaits_expiry = true;
  expiries_.push(expiry_queue_[rule], RuleExpiry{expiry, entry.ref(), store.serial, rule});
}

// What happens at time_ms belongs to the first turn whose clock is behind it.
void Shard::move_to(std::int64_t time_ms) {
  while (turn_ < turns_.size() && turns_[turn_].clock_ms <= time_ms) ++turn_;
}

void Shard::advance(std::int64_t now_ms, MatchReceiver& receiver) {
  receiver_ = &receiver;
  clock_ms_ = now_ms;
  while (timers_.size() > 0 && timers_.take_earliest(now_ms, due_)) {
    // At one deadline time by rule, then key bytes: the order of alerts is part of the output.
    std::erase_if(due_, [this](const Timer& timer) { return entry_of(timer) == nullptr; });
    std::ranges::sort(due_, [this](const Timer& a, const Timer& b) {
      return a.rule != b.rule ? a.rule < b.rule : entry_of(a)->key() < entry_of(b)->key();
    });
    for (const Timer& timer : due_) fall_due(timer);
  }
  const auto prefetch = [this](const RuleExpiry& item, bool far) {
    const KeyEntry* place = tables_[loaded_.dimension[item.rule]]->place_of(item.key);
    if (place != nullptr) far ? prefetch_entry(place) : prefetch_first_held(place);
  };
  for (RuleExpiry expiry; expiries_.take(now_ms, expiry, prefetch);) expire(expiry);
}

KeyEntry* Shard::entry_of(const Timer& timer) const {
  return tables_[timer.dimension]->find(timer.key);
}

void Shard::expire(const RuleExpiry& expiry) {
  KeyEntry* entry = tables_[loaded_.dimension[expiry.rule]]->find(expiry.key);
  if (entry == nullptr) return;
  RuleStore* held = KeyTable::find_rule(*entry, expiry.rule);
  if (held == nullptr || held->serial() != expiry.store_serial) return;
  move_to(expiry.time_ms);
  if (held->store != nullptr) {
    nfa::RunStore* store = held->store;
    const nfa::Stepper& stepper = runners_[expiry.rule]->stepper();
    store->awaits_expiry = false;
    const std::int64_t later = stepper.expiry_time(*store);
    if (later == nfa::kNoLimit || later + held->lag_ms > expiry.time_ms) {
      return arm(expiry.rule, *entry, *held, expiry.time_ms);
    }
    if (waits_for_deadline(stepper, *store)) {
      return clean_up(expiry.rule, entry, *held, expiry.time_ms);
    }
  }
  note_open(-held->open());  // no deadline: all that it holds is over
  drop(expiry.rule, entry);
}

// Drops what is dead at a time that the input has passed, and what then holds nothing. An event
// that comes late is matched behind the newest of its key: what it might still meet has to stay.
void Shard::clean_up(std::uint32_t rule, KeyEntry* entry, RuleStore& held, std::int64_t now_ms) {
  nfa::RunStore& store = *held.store;
  const std::uint32_t before = store.cohorts_live();
  const std::int64_t dead_ms = out_of_order_ ? std::min(now_ms, store.newest_ms) : now_ms;
  const bool nothing = runners_[rule]->stepper().prune(store, dead_ms);
  note_open(std::int64_t{store.cohorts_live()} - before);
  if (!nothing) return arm(rule, *entry, held, now_ms);
  drop(rule, entry);
}

// True: the entry has gone with it.
bool Shard::drop(std::uint32_t rule, KeyEntry* entry) {
  KeyTable& table = *tables_[loaded_.dimension[rule]];
  table.drop_rule(*entry, rule);
  if (!entry->held.empty()) return false;
  table.erase(entry);
  return true;
}

void Shard::fall_due(const Timer& timer) {
  KeyEntry* entry = entry_of(timer);
  if (entry == nullptr) return;
  RuleStore* held = KeyTable::find_rule(*entry, timer.rule);
  nfa::RunStore* store = held != nullptr ? held->store : nullptr;
  if (store == nullptr || store->armed_ms != timer.time_ms) return;
  move_to(timer.time_ms);
  store->armed_ms = nfa::kNoLimit;
  RuleRunner& runner = *runners_[timer.rule];
  const std::uint32_t before = store->cohorts_live();
  if (runner.stepper().next_deadline(*store) <= timer.time_ms) {
    store->newest_ms = std::max(store->newest_ms, timer.time_ms);
    context_.begin_deadline(timer.time_ms);
    receiver_->stand_at({turn_, timer.time_ms});
    runner.fall_due(*store, *entry, timer.time_ms, *receiver_);
  }
  note_open(std::int64_t{store->cohorts_live()} - before);
  clean_up(timer.rule, entry, *held, timer.time_ms);
}

// ---- figures -----------------------------------------------------------------------------------

void Shard::add_stats(EngineStats& stats) const {
  stats.clamped += clamped_;
  stats.partial_matches += open_;
  stats.state_bytes += pool_.bytes_in_use();
  for (const auto& table : tables_) stats.state_bytes += table->bytes();
  stats.overflow += context_.counters().overflow;
  stats.division_by_zero += context_.counters().division_by_zero;
  for (const auto& runner : runners_) {
    if (runner == nullptr) continue;
    stats.unexamined += runner->unexamined();
    stats.limited += runner->stepper().limited();
  }
}

}  // namespace weir::runtime
