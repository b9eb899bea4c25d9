#include "runtime/feature_shard.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstring>

#include "base/mutants.h"
#include "runtime/feature_cells.h"

namespace weir::runtime {
namespace {

using event::TypeKind;

constexpr std::size_t kNear = 4096;  // keys of a table that a cache holds

}  // namespace

FeatureShard::FeatureShard(const LoadedImage& loaded, const EngineOptions& options, bool shared)
    : loaded_(loaded),
      out_of_order_(options.order == Order::kArrival || options.late == LatePolicy::kProcess),
      shared_(shared),
      expiries_(pool_) {
  std::size_t columns = 0, aggregates = 0;
  for (const FeatureGroup& group : loaded.features.groups) {
    groups_.push_back(std::make_unique<state::WindowGroup>(
        group.layout, pool_, state::WindowGroup::Options{.few = options.few_events}));
    columns = std::max(columns, group.columns.size());
    aggregates = std::max(aggregates, group.layout->aggregates.size());
  }
  cells_.resize(columns);
  readings_.resize(aggregates);
  for (std::uint32_t d = 0; d < loaded.features.dimensions; ++d) {
    tables_.push_back(std::make_unique<WindowTable>(pool_));
    queue_.push_back(expiries_.queue_for(d));
  }
}

FeatureShard::~FeatureShard() {
  for (const auto& table : tables_) {
    table->for_each([this](WindowEntry& entry) {
      for (HeldWindows& held : entry.held) groups_[held.group]->release(held.windows);
    });
  }
}

void FeatureShard::apply(std::span<const Turn> turns, std::size_t level, std::size_t shard,
                         FeatureChunk& chunk) {
  const auto& by_type = loaded_.features.levels[level];
  chunk_ = &chunk;
  const std::span<const FeatureOp> ops = chunk.of_shard[shard];
  // Each level goes over the same turns: what a later one still needs of them must not expire in an
  // earlier one.
  const bool last_level = level + 1 == loaded_.features.levels.size() ||
                          base::mutant(base::Mutant::kFeatureExpiresEarly);
  const bool far = std::ranges::any_of(tables_, [](const auto& t) { return t->size() > kNear; });
  for (std::size_t i = 0; i < ops.size();) {
    const Turn& turn = turns[ops[i].turn];
    clock_ms_ = turn.clock_ms;
    if (last_level) advance(turn.clock_ms);
    const auto& accesses = by_type[turn.row->type.index()];
    to_ = &chunk.rows[ops[i].turn - chunk.begin];
    const std::uint32_t at = ops[i].turn;
    const bool altered = base::mutant(base::Mutant::kExcludingIgnored) ||
                         base::mutant(base::Mutant::kReadBeforeCount);
    if (!altered && (i + 1 == ops.size() || ops[i + 1].turn != at)) {
      if (far) prefetch(ops, i);
      apply_alone({&ops[i], &accesses[ops[i].access], nullptr}, *turn.row);
      ++i;
      continue;
    }
    open_.clear();
    for (; i < ops.size() && ops[i].turn == at; ++i) {
      if (far) prefetch(ops, i);
      open_.push_back({&ops[i], &accesses[ops[i].access], nullptr});
    }
    apply_event(*turn.row);
  }
}

// As Shard::prefetch: the slot, the entry, its windows.
void FeatureShard::prefetch(std::span<const FeatureOp> ops, std::size_t at) const {
  constexpr std::size_t kSlot = 12;
  constexpr std::size_t kEntry = 8;
  constexpr std::size_t kWindows = 4;
  const auto table_of = [this](const FeatureOp& op) -> const WindowTable& {
    return *tables_[op.dimension];
  };
  if (at + kSlot < ops.size()) table_of(ops[at + kSlot]).prefetch_slot(ops[at + kSlot].hash);
  if (at + kEntry < ops.size()) {
    const FeatureOp& op = ops[at + kEntry];
    if (const WindowEntry* entry = table_of(op).peek(op.hash)) {
      __builtin_prefetch(entry);
      __builtin_prefetch(&entry->first_held);
    }
  }
  if (at + kWindows < ops.size()) {
    const FeatureOp& op = ops[at + kWindows];
    if (const WindowEntry* entry = table_of(op).peek(op.hash)) entry->first_held.windows.prefetch();
  }
}

// As apply_event(), for the only access of an event.
inline void FeatureShard::apply_alone(Open open, const event::Row& row) {
  look_up(open);
  if (!open.access->before.empty()) read(open, open.access->before, row);
  if (open.op->counts != 0) count_in(open, row);
  read(open, open.access->after, row);
}

void FeatureShard::apply_event(const event::Row& row) {
  for (Open& open : open_) {
    look_up(open);
    if (!base::mutant(base::Mutant::kExcludingIgnored)) read(open, open.access->before, row);
    if (base::mutant(base::Mutant::kReadBeforeCount)) read(open, open.access->after, row);
  }
  for (Open& open : open_) {
    if (open.entry == nullptr) look_up(open);  // another access may have brought it in
    if (open.op->counts != 0) count_in(open, row);
  }
  for (Open& open : open_) {
    if (open.entry == nullptr) look_up(open);
    if (base::mutant(base::Mutant::kExcludingIgnored)) read(open, open.access->before, row);
    if (!base::mutant(base::Mutant::kReadBeforeCount)) read(open, open.access->after, row);
  }
}

inline void FeatureShard::look_up(Open& open) {
  open.entry = tables_[open.op->dimension]->find(chunk_->bytes(*open.op), open.op->hash);
}

void FeatureShard::count_in(Open& open, const event::Row& row) {
  WindowTable& table = *tables_[open.op->dimension];
  const bool fresh = open.entry == nullptr;
  std::int64_t expiry = INT64_MIN;  // of a fresh entry
  if (fresh) open.entry = table.insert(chunk_->bytes(*open.op), open.op->hash);
  for (std::uint64_t left = open.op->counts; left != 0; left &= left - 1) {
    const std::uint32_t g = open.access->updates[static_cast<std::size_t>(std::countr_zero(left))];
    HeldWindows* held = held_of(open, g);
    if (held == nullptr) held = &table.add_group(*open.entry, g);
    const auto& columns = loaded_.features.groups[g].columns;
    std::uint64_t present = 0;
    for (std::size_t c = 0; c < columns.size(); ++c) {
      if (!row.has(columns[c].slot)) continue;
      cells_[c] = cell_of(columns[c], row.slots[columns[c].slot]);
      present |= std::uint64_t{1} << c;
    }
    groups_[g]->add(held->windows, row.ts_ms, cells_.data(), present);
    if (out_of_order_) {
      const std::int64_t lag_ms = std::clamp<std::int64_t>(clock_ms_ - row.ts_ms, 0, UINT32_MAX);
      held->lag_ms = std::max(held->lag_ms, static_cast<std::uint32_t>(lag_ms));
    }
    if (fresh) expiry = std::max(expiry, expiry_of(*held));
  }
  if (!fresh || expiry == INT64_MAX) return;
  expiries_.push(queue_[open.op->dimension], {expiry, open.entry->ref(), open.op->dimension});
}

void FeatureShard::read(Open& open, std::span<const FeatureReads> reads, const event::Row& row) {
  for (const FeatureReads& of_group : reads) {
    state::KeyWindows nothing;
    HeldWindows* held = open.entry != nullptr ? held_of(open, of_group.group) : nullptr;
    state::KeyWindows& windows = held != nullptr ? held->windows : nothing;
    state::WindowGroup& group = *groups_[of_group.group];
    if (of_group.all) {  // what they share is found once
      group.read_all(windows, row.ts_ms, readings_.data());
      for (const FeatureValue& value : of_group.values) put(value, readings_[value.aggregate]);
      continue;
    }
    for (const FeatureValue& value : of_group.values) {
      put(value, group.read(windows, row.ts_ms, value.aggregate));
    }
  }
}

inline void FeatureShard::put(const FeatureValue& value, const state::Reading& reading) {
  event::Value& slot = to_->slots[value.slot];
  if (value.kind == TypeKind::kDecimal && reading.kind == state::Reading::Kind::kExact) {
    slot.decimal = reading.exact;
  } else if (value.kind == TypeKind::kInt && reading.kind == state::Reading::Kind::kExact &&
             static_cast<std::int64_t>(reading.exact) == reading.exact) {
    slot.integer = static_cast<std::int64_t>(reading.exact);
  } else if (!take(value.kind, reading, slot)) {
    return;
  }
  const std::uint64_t bit = std::uint64_t{1} << (value.slot % 64);
  if (shared_) {
    std::atomic_ref(to_->present[value.slot / 64]).fetch_or(bit, std::memory_order_relaxed);
  } else {
    to_->present[value.slot / 64] |= bit;
  }
}

// False: absent.
bool FeatureShard::take(event::TypeKind kind, const state::Reading& reading, event::Value& out) {
  switch (reading.kind) {
    case state::Reading::Kind::kAbsent:
      return false;
    case state::Reading::Kind::kOverflow:
      ++overflow_;
      return false;
    case state::Reading::Kind::kFloat:
      out = event::Value::of_float(reading.real);
      return true;
    case state::Reading::Kind::kText:
      out = event::Value::of_string(texts_.copy(reading.text()));
      return true;
    case state::Reading::Kind::kExact:
      break;
  }
  if (exact_value(kind, reading.exact, &out)) return true;
  ++overflow_;
  return false;
}

std::optional<event::Value> FeatureShard::value(std::uint32_t feature, std::string_view key_bytes,
                                                std::int64_t time_ms) {
  const FeaturePlace& place = loaded_.features.places[feature];
  const FeatureGroup& group = loaded_.features.groups[place.group];
  Open open;
  open.entry = tables_[group.dimension]->find(key_bytes, hash_key(key_bytes));
  state::KeyWindows nothing;
  HeldWindows* held = open.entry != nullptr ? held_of(open, place.group) : nullptr;
  state::KeyWindows& windows = held != nullptr ? held->windows : nothing;
  const auto reading = groups_[place.group]->read(windows, time_ms, place.aggregate);
  event::Value out;
  const event::TypeKind kind = loaded_.image->features[feature].result.kind;
  return take(kind, reading, out) ? std::optional(out) : std::nullopt;
}

// ---- time --------------------------------------------------------------------------------------

// What the group holds for the key. Where events may come late it is forgotten here if it is over
// by the clock, so that it does not matter when its memory is given back (as Shard::is_over).
inline HeldWindows* FeatureShard::held_of(const Open& open, std::uint32_t group) {
  HeldWindows* held = WindowTable::find_group(*open.entry, group);
  if (held != nullptr && out_of_order_ && is_over(*held)) {
    groups_[group]->release(held->windows);
    held->lag_ms = 0;
  }
  return held;
}

bool FeatureShard::is_over(const HeldWindows& held) const {
  const std::int64_t expiry = groups_[held.group]->expiry(held.windows);
  return expiry != INT64_MAX && expiry + held.lag_ms < clock_ms_;
}

// INT64_MAX: never.
inline std::int64_t FeatureShard::expiry_of(const HeldWindows& held) const {
  const std::int64_t expiry = groups_[held.group]->expiry(held.windows);
  return expiry == INT64_MIN || expiry == INT64_MAX ? expiry : expiry + held.lag_ms;
}

inline std::int64_t FeatureShard::expiry_of(const WindowEntry& entry) const {
  std::int64_t last = INT64_MIN;
  for (const HeldWindows& held : entry.held) last = std::max(last, expiry_of(held));
  return last;
}

void FeatureShard::advance(std::int64_t now_ms) {
  clock_ms_ = now_ms;
  const auto prefetch = [this](const WindowExpiry& item, bool far) {
    const WindowEntry* place = tables_[item.dimension]->place_of(item.key);
    if (place == nullptr) return;
    if (far) {
      __builtin_prefetch(place);
    } else {
      place->first_held.windows.prefetch();
    }
  };
  for (WindowExpiry expiry; expiries_.take(now_ms, expiry, prefetch);) expire(expiry);
}

inline void FeatureShard::expire(const WindowExpiry& expiry) {
  WindowEntry* entry = tables_[expiry.dimension]->find(expiry.key);
  if (entry == nullptr) return;
  const std::int64_t later = expiry_of(*entry);
  if (later == INT64_MAX) return;
  if (later > expiry.time_ms) {
    expiries_.push(queue_[expiry.dimension], {later, expiry.key, expiry.dimension});
    return;
  }
  for (HeldWindows& held : entry->held) groups_[held.group]->release(held.windows);
  tables_[expiry.dimension]->erase(entry);
}

void FeatureShard::add_stats(EngineStats& stats) const {
  stats.overflow += overflow_;
  stats.state_bytes += pool_.bytes_in_use();
  for (const auto& table : tables_) stats.state_bytes += table->bytes();
}

}  // namespace weir::runtime
