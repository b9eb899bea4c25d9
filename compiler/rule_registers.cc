// The second half of lowering a rule: what its runs remember, how long they must, and which symbols
// can matter to a run on each edge.
#include <algorithm>

#include "compiler/rule_lowering.h"

namespace weir::compiler {

using dsl::DiagnosticCode;
using nfa::AcceptorId;
using nfa::Range;
using nfa::RegisterKind;
using nfa::RegisterSource;
using nfa::SymbolMask;

void RuleLowering::lay_out_registers() {
  const auto locals = automaton_.types.size();
  automaton_.registers.assign(registers_.list().begin(), registers_.list().end());
  automaton_.kept_slots.assign(locals, {});
  automaton_.kept_is_text.assign(locals, {});
  const auto kept_by_type = [&](const nfa::RegisterDesc& desc) {
    std::vector<std::int16_t> kept(locals, -1);
    for (std::size_t local = 0; local < locals; ++local) {
      const int slot = desc.slot_of(automaton_.types[local]);
      if (slot >= 0) kept[local] = keep_slot(local, static_cast<std::uint16_t>(slot));
    }
    return kept;
  };
  for (const auto& desc : automaton_.registers) {
    RegisterSource source;
    if (desc.kind == RegisterKind::kKeyField) {
      source.from = RegisterSource::From::kKey;
      source.index = desc.part;
    } else if (desc.part == nfa::RegisterDesc::kCompleting) {
      source.from = RegisterSource::From::kCompleting;
      source.kept = kept_by_type(desc);
    } else if (desc.kind == RegisterKind::kField || desc.kind == RegisterKind::kTime) {
      source.from = desc.kind == RegisterKind::kField ? RegisterSource::From::kEvent
                                                      : RegisterSource::From::kTime;
      source.kept = kept_by_type(desc);
      const bool first = desc.which == nfa::RegisterWhich::kFirst;
      auto& all = automaton_.event_registers;
      const auto place = std::ranges::find_if(all, [&](const nfa::EventRegister& other) {
        return other.name == desc.part && other.first == first;
      });
      source.index = static_cast<std::uint16_t>(place - all.begin());
      if (place == all.end()) all.push_back({desc.part, first});
    } else {
      source.from = RegisterSource::From::kAggregate;
      source.index = static_cast<std::uint16_t>(automaton_.aggregates.size());
      source.kept = kept_by_type(desc);
      automaton_.aggregates.push_back({desc.kind, desc.part, desc.field_type.kind, source.kept});
    }
    automaton_.sources.push_back(std::move(source));
  }
  if (automaton_.event_registers.size() > nfa::kMaxRegisters ||
      automaton_.aggregates.size() > nfa::kMaxRegisters || names_.size() > nfa::kMaxRegisters) {
    diagnostics_
        .add(DiagnosticCode::kTooManyConditions, input_.graph->parts.front().span,
             "the rule has more than " + std::to_string(nfa::kMaxRegisters) +
                 " names, or looks at as many aggregates")
        .help = "split it into several rules";
    failed_ = true;
  }
  keep_for_leading();
}

// The place of a field among those kept of an event of a local type, added if it is new.
std::int16_t RuleLowering::keep_slot(std::size_t local, std::uint16_t slot) {
  auto& slots = automaton_.kept_slots[local];
  const auto place = std::ranges::find(slots, slot);
  const auto index = static_cast<std::int16_t>(place - slots.begin());
  if (place == slots.end()) {
    slots.push_back(slot);
    const auto& field = input_.schema->types[automaton_.types[local].index()].fields[slot];
    automaton_.kept_is_text[local].push_back(field.type.kind == event::TypeKind::kString);
    if (slots.size() > nfa::kMaxKept || field.type.is_list()) {
      auto& issue = diagnostics_.add(
          DiagnosticCode::kTooManyConditions, input_.graph->parts.front().span,
          field.type.is_list()
              ? "the list `" + field.name + "` of an earlier event cannot be looked at"
              : "the rule looks at too many fields of earlier events");
      issue.help = field.type.is_list()
                       ? "compare it in the `where` of its own part"
                       : "at most " + std::to_string(nfa::kMaxKept) + " of one type";
      failed_ = true;
    }
  }
  return index;
}

void RuleLowering::keep_for_leading() {
  const auto locals = automaton_.types.size();
  // Conditions of leading absences run over the kept event: keep all that they may read.
  for (auto& absence : automaton_.leading) {
    const auto& acceptor = automaton_.acceptors[absence.acceptor.index()];
    for (std::size_t local = 0; local < locals; ++local) {
      const auto& test = automaton_.type_acceptors[acceptor.by_type.begin + local];
      if (test.symbol == nfa::kNeverAccepts || test.conditions.size() == 0) continue;
      absence.reads_first = true;
      const auto type = automaton_.types[local];
      for (std::size_t slot = 0; slot < input_.schema->types[type.index()].fields.size(); ++slot) {
        const auto s = static_cast<std::uint16_t>(slot);
        if (input_.reads->contains({type, s})) (void)keep_slot(local, s);
      }
    }
  }
}

// ---- liveness ----------------------------------------------------------------------------------

// What the conditions of an acceptor read, as bits of event registers and of aggregates.
void RuleLowering::read_by(AcceptorId id, std::uint64_t* events, std::uint64_t* aggregates) const {
  const auto& acceptor = automaton_.acceptors[id.index()];
  for (std::uint32_t t = acceptor.by_type.begin; t < acceptor.by_type.end; ++t) {
    const auto& conditions = automaton_.type_acceptors[t].conditions;
    for (std::uint32_t c = conditions.begin; c < conditions.end; ++c) {
      const auto list = automaton_.conditions[c].registers;
      for (std::uint32_t r = list.begin; r < list.end; ++r) {
        const auto& source = automaton_.sources[automaton_.register_lists[r]];
        if (source.from == RegisterSource::From::kAggregate) {
          *aggregates |= std::uint64_t{1} << source.index;
        } else if (source.from != RegisterSource::From::kKey) {
          *events |= std::uint64_t{1} << source.index;
        }
      }
    }
  }
}

void RuleLowering::compute_liveness() {
  // What one edge reads itself, its shadows included.
  const auto add_edge = [&](const nfa::Edge& edge, std::uint64_t* events,
                            std::uint64_t* aggregates) {
    read_by(automaton_.positions[edge.to.index()].acceptor, events, aggregates);
    for (const auto list : {edge.guards, edge.next_guards, edge.stops, edge.kills}) {
      for (std::uint32_t i = list.begin; i < list.end; ++i) {
        read_by(automaton_.acceptor_lists[i], events, aggregates);
      }
    }
  };
  for (auto& edge : automaton_.edges) {
    add_edge(edge, &edge.live_events, &edge.live_aggregates);
    for (std::uint32_t i = edge.shadows.begin; i < edge.shadows.end; ++i) {
      add_edge(automaton_.edges[automaton_.shadows[i].index()], &edge.live_events,
               &edge.live_aggregates);
    }
  }
  for (auto& ending : automaton_.endings) {
    for (std::uint32_t i = ending.trailing.begin; i < ending.trailing.end; ++i) {
      read_by(automaton_.trailing[i].acceptor, &ending.live_events, &ending.live_aggregates);
    }
  }
  // What is read further on is live here, but for a last event that the next part overwrites. An
  // aggregate goes on from what it was, so it stays live.
  bool changed = true;
  while (changed) {
    changed = false;
    for (auto& edge : automaton_.edges) {
      const auto& to = automaton_.positions[edge.to.index()];
      std::uint64_t events = 0;
      std::uint64_t aggregates = 0;
      for (std::uint32_t e = to.edges.begin; e < to.edges.end; ++e) {
        events |= automaton_.edges[e].live_events;
        aggregates |= automaton_.edges[e].live_aggregates;
      }
      for (std::uint32_t e = to.endings.begin; e < to.endings.end; ++e) {
        events |= automaton_.endings[e].live_events;
        aggregates |= automaton_.endings[e].live_aggregates;
      }
      const auto name = automaton_.part_name[to.part.index()];
      for (std::size_t r = 0; r < automaton_.event_registers.size(); ++r) {
        const auto& reg = automaton_.event_registers[r];
        if (!reg.first && reg.name == name) events &= ~(std::uint64_t{1} << r);
      }
      changed =
          changed || (events & ~edge.live_events) != 0 || (aggregates & ~edge.live_aggregates) != 0;
      edge.live_events |= events;
      edge.live_aggregates |= aggregates;
    }
  }
}

// ---- interest ----------------------------------------------------------------------------------

SymbolMask RuleLowering::symbol_of(AcceptorId id, std::size_t local) const {
  const auto& acceptor = automaton_.acceptors[id.index()];
  const auto symbol = automaton_.type_acceptors[acceptor.by_type.begin + local].symbol;
  return symbol == nfa::kNeverAccepts ? 0 : SymbolMask{1} << symbol;
}

SymbolMask RuleLowering::symbols_of(Range<AcceptorId> list, std::size_t local) const {
  SymbolMask mask = 0;
  for (std::uint32_t i = list.begin; i < list.end; ++i) {
    mask |= symbol_of(automaton_.acceptor_lists[i], local);
  }
  return mask;
}

void RuleLowering::compute_interest() {
  const auto locals = automaton_.types.size();
  automaton_.start_interest.assign(locals, 0);
  automaton_.leading_interest.assign(locals, 0);
  automaton_.other_interest.assign(locals, 0);
  const auto of_edge = [&](const nfa::Edge& edge, std::size_t local) {
    SymbolMask mask = symbol_of(automaton_.positions[edge.to.index()].acceptor, local);
    for (const auto list : {edge.guards, edge.next_guards, edge.stops, edge.kills}) {
      mask |= symbols_of(list, local);
    }
    return mask;
  };
  for (auto& edge : automaton_.edges) {
    edge.interest.begin = static_cast<std::uint32_t>(automaton_.interests.size());
    for (std::size_t local = 0; local < locals; ++local) {
      SymbolMask mask = of_edge(edge, local);
      for (std::uint32_t i = edge.shadows.begin; i < edge.shadows.end; ++i) {
        mask |= of_edge(automaton_.edges[automaton_.shadows[i].index()], local);
      }
      automaton_.interests.push_back(mask);
      automaton_.other_interest[local] |= edge.from.valid() ? mask : 0;
    }
    edge.interest.end = static_cast<std::uint32_t>(automaton_.interests.size());
  }
  for (std::size_t local = 0; local < locals; ++local) {
    for (std::uint32_t e = automaton_.start_edges.begin; e < automaton_.start_edges.end; ++e) {
      const auto& to = automaton_.positions[automaton_.edges[e].to.index()];
      automaton_.start_interest[local] |= symbol_of(to.acceptor, local);
    }
    for (const auto& absence : automaton_.leading) {
      automaton_.leading_interest[local] |= symbol_of(absence.acceptor, local);
    }
    for (const auto& absence : automaton_.trailing) {
      automaton_.other_interest[local] |= symbol_of(absence.acceptor, local);
    }
  }
}

}  // namespace weir::compiler
