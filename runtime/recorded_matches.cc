#include "runtime/recorded_matches.h"

#include <algorithm>
#include <tuple>

namespace weir::runtime {

void RecordedMatches::clear() {
  matches_.clear();
  parts_.clear();
  arena_.reset();
}

void RecordedMatches::on_match(const Alert& alert, bool withheld, bool first) {
  Match& match = matches_.emplace_back(Match{place(), alert, withheld, first});
  Alert& copied = match.alert;
  copied.key_bytes = arena_.copy(alert.key_bytes);
  copied.key = copy(alert.key);
  copied.emits = copy(alert.emits);
  copied.reason = arena_.copy(alert.reason);
  copied.completed_by = arena_.copy(alert.completed_by);
  copied.changes = copy(alert.changes);
  auto& parts = parts_.emplace_back(alert.match.begin(), alert.match.end());
  for (MatchedPart& part : parts) {
    for (MatchedEvent& event : part.events) {
      event.identity = arena_.copy(event.identity);
      event.raw = arena_.copy(event.raw);
    }
  }
  copied.match = parts;
}

std::span<const ReportedValue> RecordedMatches::copy(std::span<const ReportedValue> values) {
  auto* copied = arena_.allocate_array<ReportedValue>(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    copied[i] = values[i];
    if (values[i].present) copied[i].value = copy(*values[i].type, values[i].value);
  }
  return {copied, values.size()};
}

std::span<const ListChange> RecordedMatches::copy(std::span<const ListChange> changes) {
  auto* copied = arena_.allocate_array<ListChange>(changes.size());
  for (std::size_t i = 0; i < changes.size(); ++i) {
    copied[i] = changes[i];
    copied[i].value = copy(*changes[i].type, changes[i].value);
  }
  return {copied, changes.size()};
}

event::Value RecordedMatches::copy(const event::Type& type, event::Value value) {
  if (type.kind == event::TypeKind::kString) {
    return event::Value::of_string(arena_.copy(value.string.view()));
  }
  if (!type.is_list()) return value;
  auto* items = arena_.allocate_array<event::Value>(value.list.size);
  event::Type element;
  element.kind = type.element;
  for (std::size_t i = 0; i < value.list.size; ++i) items[i] = copy(element, value.list.items[i]);
  return event::Value::of_list({items, value.list.size});
}

void MatchMerger::merge(std::span<const RecordedMatches* const> shards, MatchReceiver& out) {
  order_.clear();
  for (const RecordedMatches* shard : shards) {
    for (const RecordedMatches::Match& match : shard->matches()) order_.push_back(&match);
  }
  const auto rank = [](const RecordedMatches::Match* match) {
    return std::tie(match->place.turn, match->place.deadline_ms, match->alert.rule,
                    match->alert.key_bytes);
  };
  // Stable: a key is in one shard, so what it completed stays in its order.
  std::ranges::stable_sort(order_, [&](const auto* a, const auto* b) { return rank(a) < rank(b); });
  for (const RecordedMatches::Match* match : order_) {
    out.stand_at(match->place);
    out.on_match(match->alert, match->withheld, match->first);
  }
}

}  // namespace weir::runtime
