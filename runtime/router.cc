#include "runtime/router.h"

#include <algorithm>

#include "runtime/key_codec.h"
#include "runtime/key_table.h"

namespace weir::runtime {

Router::Router(const LoadedImage& loaded, std::size_t stage)
    : stage_(loaded.stages[stage]), context_(loaded.conditions), keys_(loaded.dimensions) {
  candidates_.resize(loaded.image->rules.size());
}

void Router::route(std::span<const Turn> turns, std::size_t begin, std::size_t end,
                   RoutedChunk& out) {
  out_ = &out;
  out.clear();
  for (std::size_t i = begin; i < end; ++i) {
    prefetch(turns, i, end);
    const event::Row& row = *turns[i].row;
    if (stage_.by_type[row.type.index()].empty()) continue;
    turn_ = static_cast<std::uint32_t>(i);
    ++event_;
    context_.begin(row, turn_, turns[i].clock_ms);
    route_event(row);
  }
}

// Rows that are not of a batch just read may lie in memory that nobody has looked at for long.
void Router::prefetch(std::span<const Turn> turns, std::size_t at, std::size_t end) {
  constexpr std::size_t kRow = 8;
  constexpr std::size_t kSlots = 4;
  constexpr std::size_t kLines = 4;
  if (at + kRow < end) __builtin_prefetch(turns[at + kRow].row);
  if (at + kSlots >= end) return;
  const event::Row& row = *turns[at + kSlots].row;
  __builtin_prefetch(row.present);
  for (std::size_t line = 0; line < kLines; ++line) {
    __builtin_prefetch(reinterpret_cast<const char*>(row.slots) + 64 * line);
  }
}

void Router::route_event(const event::Row& row) {
  const auto& rules = stage_.by_type[row.type.index()];
  const TypeDispatch& dispatch = stage_.dispatch[row.type.index()];
  if (!dispatch.indexed) {
    for (std::uint32_t i = 0; i < rules.size(); ++i) route_rule(rules[i], i, row);
    return;
  }
  for (const RuleOfType& of_type : dispatch.keyed) {
    const KeyPlace& where = key_of(of_type, row);
    if (where.to == nullptr) continue;
    RoutedKey& key = where.routed();
    key.stateful = key.ask_held = true;
  }
  dispatch.index.collect(row, candidates_);
  for (const std::uint32_t rule : dispatch.always) candidates_.add(rule);
  candidates_.drain([&](std::uint32_t rule) {
    const auto place = static_cast<std::uint32_t>(dispatch.place[rule]);
    route_rule(rules[place], place, row);
  });
}

void Router::route_rule(const RuleOfType& of_type, std::uint32_t place, const event::Row& row) {
  const nfa::SymbolMask symbols = context_.symbols(*of_type.automaton, of_type.local_type);
  if (symbols == 0 && !of_type.strict) return;
  if (of_type.by_part) return route_by_part(of_type, place, row, symbols);
  const KeyPlace& where = key_of(of_type, row);
  if (where.to == nullptr) return;
  add_rule(where, RoutedRule{symbols, place, where.key}, !of_type.stateless);
}

// L3.13: for each key that some part's `by` gives, the event is seen once, by those parts.
void Router::route_by_part(const RuleOfType& of_type, std::uint32_t place, const event::Row& row,
                           nfa::SymbolMask symbols) {
  ways_.clear();
  for (const PartKey& part : of_type.part_keys) {
    Way way{{}, part.mask};
    if (!append_key(part.key, row, way.bytes)) continue;
    const auto same = std::ranges::find(ways_, way.bytes, &Way::bytes);
    if (same != ways_.end())
      same->mask |= way.mask;
    else
      ways_.push_back(std::move(way));
  }
  std::ranges::sort(ways_, {}, &Way::bytes);
  for (const Way& way : ways_) {
    const std::size_t at = out_->key_bytes.size();
    out_->key_bytes += way.bytes;
    const KeyPlace where = add_key(of_type.dimension, at);
    add_rule(where, RoutedRule{symbols, place, where.key, way.mask}, true);
  }
}

inline const Router::KeyPlace& Router::key_of(const RuleOfType& of_type, const event::Row& row) {
  KeyPlace& where = keys_[of_type.dimension];
  if (where.event == event_) return where;
  const std::size_t at = out_->key_bytes.size();
  where = append_key(of_type.key, row, out_->key_bytes) ? add_key(of_type.dimension, at)
                                                        : KeyPlace{event_, nullptr, 0};
  return where;
}

// The key whose bytes begin at `bytes_at` and end where all do, to the shard that owns it.
Router::KeyPlace Router::add_key(std::uint32_t dimension, std::size_t bytes_at) {
  const std::string_view bytes = std::string_view(out_->key_bytes).substr(bytes_at);
  const std::uint64_t hash = hash_key(bytes);
  RoutedEvents& to = out_->of_shard[shard_of(hash, out_->of_shard.size())];
  if (to.events.empty() || to.events.back().turn != turn_) {
    to.events.push_back({turn_, static_cast<std::uint32_t>(to.keys.size()),
                         static_cast<std::uint32_t>(to.rules.size()), 0, 0});
  }
  RoutedEvent& event = to.events.back();
  KeyPlace where{event_, &to, 0};
  for (; where.key < event.keys; ++where.key) {
    const RoutedKey& other = where.routed();
    if (other.hash == hash && other.dimension == dimension && out_->bytes(other) == bytes) {
      return where;
    }
  }
  ++event.keys;
  to.keys.push_back({hash, dimension, static_cast<std::uint32_t>(bytes_at),
                     static_cast<std::uint32_t>(bytes.size())});
  return where;
}

inline void Router::add_rule(const KeyPlace& where, const RoutedRule& rule, bool stateful) {
  where.to->rules.push_back(rule);
  ++where.to->events.back().rules;
  if (stateful) where.routed().stateful = true;
}

}  // namespace weir::runtime
