#include "nfa/match_registers.h"

namespace weir::nfa {

MatchRegisters::MatchRegisters(const Automaton& automaton)
    : automaton_(automaton),
      values_(automaton.registers.size()),
      present_(event::presence_words(automaton.registers.size()) + 1, 0) {}

void MatchRegisters::load(const RunStore& store, const RunStore::Layout& layout,
                          std::span<const TakenEvent> match, std::span<const event::Value> key,
                          std::span<const std::uint16_t> registers, EvalCounters& counters) {
  held_.clear();
  held_.reserve(registers.size());
  for (const std::uint16_t id : registers) {
    event::set_absent(present_.data(), id);
    if (load_one(store, layout, match, key, id, counters)) event::set_present(present_.data(), id);
  }
}

bool MatchRegisters::names(const TakenEvent& taken, std::uint16_t name) const {
  if (name == RegisterDesc::kCompleting) return true;  // the last one taken
  return automaton_.part_name[automaton_.positions[taken.position].part.index()] == name;
}

bool MatchRegisters::load_one(const RunStore& store, const RunStore::Layout& layout,
                              std::span<const TakenEvent> match, std::span<const event::Value> key,
                              std::uint16_t id, EvalCounters& counters) {
  const RegisterDesc& desc = automaton_.registers[id];
  const RegisterSource& source = automaton_.sources[id];
  event::Value& out = values_[id];
  const auto field = [&](std::uint32_t event, event::Value* value) {
    const std::int16_t kept = source.kept[store.event(layout, event).local_type];
    return kept >= 0 &&
           store.kept_value(layout, automaton_, event, static_cast<std::size_t>(kept), value);
  };
  if (desc.kind == RegisterKind::kKeyField) {
    if (desc.part >= key.size()) return false;
    out = key[desc.part];
    return true;
  }
  if (desc.kind == RegisterKind::kField || desc.kind == RegisterKind::kTime) {
    const TakenEvent* found = nullptr;
    for (const TakenEvent& taken : match) {
      if (!names(taken, desc.part)) continue;
      found = &taken;
      if (desc.which == RegisterWhich::kFirst) break;
    }
    if (found == nullptr) return false;
    if (desc.kind == RegisterKind::kField) return field(found->event, &out);
    out = event::Value::of_int(store.event(layout, found->event).own_ts_ms);
    return true;
  }
  if (desc.kind == RegisterKind::kCount) {
    std::int64_t count = 0;
    for (const TakenEvent& taken : match) count += names(taken, desc.part) ? 1 : 0;
    out = event::Value::of_int(count);
    return true;
  }
  held_.emplace_back(desc.kind, desc.field_type);
  for (const TakenEvent& taken : match) {
    event::Value value;
    if (names(taken, desc.part) && field(taken.event, &value)) held_.back().add(value);
  }
  return held_.back().result(&out, &counters);
}

}  // namespace weir::nfa
