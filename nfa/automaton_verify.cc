// What the stepper, the enumerator and the shard take for granted, held against bytes that nobody
// vouches for. Each check names what is wrong; the first one counts.
#include "nfa/automaton_verify.h"

#include <algorithm>
#include <string>

#include "event/time.h"
#include "nfa/aggregate.h"

namespace weir::nfa {

namespace {

constexpr std::uint16_t kNoName = 0xFFFF;
constexpr std::size_t kMaxShadows = 32;   // bits of Cohort::shadows
constexpr std::size_t kMaxTrailing = 32;  // bits of Cohort::next_guards_open
constexpr std::size_t kMaxKeyExprs = 32;  // bits of Seen::key_mask
constexpr std::size_t kMaxIndex = 0xFFFE;

class AutomatonVerifier {
 public:
  AutomatonVerifier(const Image& image, std::uint32_t rule)
      : image_(image), rule_index_(rule), rule_(image.rules[rule]), a_(rule_.automaton) {}

  base::Result<void> run() {
    check_types();
    if (sound()) check_parts();
    if (sound()) check_kept();
    if (sound()) check_registers();
    if (sound()) check_symbols();
    if (sound()) check_acceptors();
    if (sound()) check_positions();
    if (sound()) check_edges();
    if (sound()) check_absences();
    if (!sound()) {
      return base::fail(base::ErrorCode::kCorrupt,
                        "the compiled rule " + rule_.name + " is damaged: " + wrong_);
    }
    return {};
  }

 private:
  [[nodiscard]] bool sound() const { return wrong_.empty(); }
  void need(bool holds, const char* what) {
    if (!holds && wrong_.empty()) wrong_ = what;
  }
  template <typename T, typename V>
  bool inside(const Range<T>& range, const std::vector<V>& table, const char* what) {
    const bool holds = range.begin <= range.end && range.end <= table.size();
    need(holds, what);
    return holds;
  }
  template <typename Tag, typename Int, typename V>
  bool inside(base::Id<Tag, Int> id, const std::vector<V>& table, const char* what) {
    const bool holds = id.valid() && id.index() < table.size();
    need(holds, what);
    return holds;
  }
  static bool is_duration(std::int64_t ms) { return ms >= 0 && ms <= event::kMaxDurationMs; }
  static bool is_limit(std::int64_t ms) { return ms == kNoLimit || is_duration(ms); }

  // ---- types, parts, fields ---------------------------------------------------------------------

  void check_types() {
    const auto& schema = image_.schema;
    need(a_.local_type.size() == schema.types.size(), "local types");
    for (std::size_t i = 0; sound() && i < a_.types.size(); ++i) {
      if (!inside(a_.types[i], schema.types, "an event type")) return;
      need(a_.local_type[a_.types[i].index()] == static_cast<std::int16_t>(i), "local types");
    }
    if (!sound()) return;
    const auto known = std::ranges::count_if(a_.local_type, [](std::int16_t l) { return l >= 0; });
    need(a_.types.size() <= static_cast<std::size_t>(kMaxTypes), "too many event types");
    need(static_cast<std::size_t>(known) == a_.types.size(), "local types");
    for (const auto* masks :
         {&a_.start_interest, &a_.leading_interest, &a_.other_interest, &a_.part_interest}) {
      need(masks->size() == a_.types.size(), "symbols by local type");
    }
    need(is_limit(a_.within_ms), "its time limit");
    need(a_.limit >= 1, "its limit of events");
  }

  void check_name(std::uint16_t name) { need(name == kNoName || name < a_.names.size(), "a name"); }

  void check_parts() {
    need(a_.parts.size() <= kMaxIndex && a_.names.size() <= kMaxRegisters, "too many parts");
    need(a_.part_name.size() == a_.parts.size(), "names of parts");
    need(a_.part_label.size() == a_.parts.size(), "names of parts");
    for (const auto name : a_.part_name) check_name(name);
    for (const auto name : a_.part_label) check_name(name);
  }

  [[nodiscard]] const std::vector<event::Field>& fields(std::size_t local) const {
    return image_.schema.types[a_.types[local].index()].fields;
  }

  void check_kept() {
    need(a_.kept_slots.size() == a_.types.size(), "kept fields");
    need(a_.kept_is_text.size() == a_.types.size(), "kept fields");
    for (std::size_t local = 0; sound() && local < a_.types.size(); ++local) {
      const auto& slots = a_.kept_slots[local];
      need(slots.size() <= kMaxKept && slots.size() == a_.kept_is_text[local].size(),
           "kept fields");
      for (std::size_t i = 0; sound() && i < slots.size(); ++i) {
        need(slots[i] < fields(local).size(), "a kept field");
        if (!sound()) return;
        const auto& type = fields(local)[slots[i]].type;
        need(!type.is_list(), "a kept list");
        const bool text = type.kind == event::TypeKind::kString;
        need(a_.kept_is_text[local][i] == (text ? 1 : 0), "a kept text");
      }
    }
  }

  // `kept` by local type: -1 or the place of a kept field of this class.
  void check_kept_list(const std::vector<std::int16_t>& kept, ValueClass wanted) {
    need(kept.size() == a_.types.size(), "the place of a kept field");
    for (std::size_t local = 0; sound() && local < kept.size(); ++local) {
      if (kept[local] < 0) continue;
      const auto place = static_cast<std::size_t>(kept[local]);
      need(place < a_.kept_slots[local].size(), "the place of a kept field");
      if (!sound()) return;
      const auto& type = fields(local)[a_.kept_slots[local][place]].type;
      need(value_class(type) == wanted, "the type of a kept field");
    }
  }

  // ---- registers --------------------------------------------------------------------------------

  void check_registers() {
    need(a_.registers.size() == a_.sources.size(), "sources of registers");
    need(a_.registers.size() <= RegisterTable::kMaxRegisters, "too many registers");
    need(a_.event_registers.size() <= kMaxRegisters, "too many remembered events");
    need(a_.aggregates.size() <= kMaxRegisters, "too many aggregates");
    for (const auto& reg : a_.event_registers)
      need(reg.name < a_.names.size(), "a remembered event");
    for (const auto& aggregate : a_.aggregates) check_aggregate(aggregate);
    const auto keys = key_classes(image_, rule_);
    for (std::size_t i = 0; sound() && i < a_.registers.size(); ++i) {
      check_register(a_.registers[i], a_.sources[i], keys);
    }
  }

  void check_aggregate(const RunAggregate& aggregate) {
    const bool counts = aggregate.kind == RegisterKind::kCount;
    const bool computes =
        aggregate.kind >= RegisterKind::kSum && aggregate.kind <= RegisterKind::kDistinct;
    need(counts || computes, "the kind of an aggregate");
    need(aggregate.name < a_.names.size(), "the name of an aggregate");
    need(aggregate.type != event::TypeKind::kList, "the type of an aggregate");
    if (!sound()) return;
    event::Type field;
    field.kind = aggregate.type;
    need(counts || aggregate_type(aggregate.kind, field).has_value(), "the type of an aggregate");
    if (counts) {
      need(aggregate.kept.size() == a_.types.size(), "the field of an aggregate");
    } else {
      check_kept_list(aggregate.kept, value_class(aggregate.type));
    }
  }

  void check_register(const RegisterDesc& desc, const RegisterSource& source,
                      const std::vector<ValueClass>& keys) {
    using From = RegisterSource::From;
    switch (desc.kind) {
      case RegisterKind::kKeyField:
        need(source.from == From::kKey && desc.part < keys.size(), "a register of the key");
        if (sound()) need(value_class(desc.type) == keys[desc.part], "the type of a key");
        return;
      case RegisterKind::kField:
        if (desc.part == RegisterDesc::kCompleting) {
          need(source.from == From::kCompleting && !desc.type.is_list(),
               "a register of the event that completes");
          if (sound()) check_kept_list(source.kept, value_class(desc.type));
          return;
        }
        need(source.from == From::kEvent, "the source of a register");
        break;
      case RegisterKind::kTime:
        need(source.from == From::kTime && desc.type.kind == event::TypeKind::kTime,
             "a register of time");
        break;
      default:
        need(source.from == From::kAggregate, "the source of a register");
    }
    need(desc.part < a_.names.size(), "the name of a register");
    if (!sound()) return;
    if (source.from == From::kAggregate) return check_aggregate_register(desc, source);
    need(source.index < a_.event_registers.size(), "the event of a register");
    if (desc.kind == RegisterKind::kField) {
      need(!desc.type.is_list(), "a register of a list");
      if (sound()) check_kept_list(source.kept, value_class(desc.type));
    }
  }

  void check_aggregate_register(const RegisterDesc& desc, const RegisterSource& source) {
    need(source.index < a_.aggregates.size(), "the aggregate of a register");
    if (!sound()) return;
    const auto& aggregate = a_.aggregates[source.index];
    need(aggregate.kind == desc.kind && aggregate.name == desc.part, "the aggregate of a register");
    need(source.kept.size() == a_.types.size(), "the field of an aggregate");
    if (desc.kind == RegisterKind::kCount) {
      need(desc.type.kind == event::TypeKind::kInt, "the type of a count");
      return;
    }
    need(desc.field_type.kind == aggregate.type, "the type of an aggregate");
    const auto type = aggregate_type(desc.kind, desc.field_type);
    need(type && *type == desc.type, "the type of an aggregate");
    need(source.kept == aggregate.kept, "the field of an aggregate");
  }

  // ---- conditions -------------------------------------------------------------------------------

  void check_symbols() {
    need(a_.symbols.size() == a_.types.size(), "symbols by local type");
    for (std::size_t local = 0; sound() && local < a_.symbols.size(); ++local) {
      need(a_.symbols[local].size() <= static_cast<std::size_t>(kMaxSymbols), "too many symbols");
      for (const auto& symbol : a_.symbols[local]) {
        if (!inside(symbol.predicates, a_.predicates, "a symbol")) return;
        for (auto p = symbol.predicates.begin; p < symbol.predicates.end; ++p) {
          if (inside(a_.predicates[p], image_.predicates, "a condition")) {
            check_event_type(image_.predicates[a_.predicates[p].index()], local);
          }
        }
      }
    }
  }

  // A program that looks at fields may only look at those of the events it is given.
  void check_event_type(ProgramId id, std::size_t local) {
    const Program& program = image_.programs[id.index()];
    need(program.condition, "a condition that is none");
    if (program.slots_read().empty()) return;
    need(program.event_type == a_.types[local], "a condition on another event type");
  }

  void check_acceptors() {
    need(a_.acceptors.size() <= kMaxIndex, "too many conditions");
    for (const auto id : a_.acceptor_lists) inside(id, a_.acceptors, "a list of conditions");
    for (const auto reg : a_.register_lists) {
      need(reg < a_.registers.size(), "a register");
      if (!sound()) return;
      need(a_.sources[reg].from != RegisterSource::From::kCompleting,
           "a condition on the event that completes");
    }
    for (const auto& condition : a_.conditions)
      inside(condition.program, image_.programs, "a condition");
    if (!sound()) return;
    for (const auto& acceptor : a_.acceptors) {
      inside(acceptor.part, a_.parts, "the part of a condition");
      need(acceptor.key_expr < std::max<std::size_t>(rule_.keys.size(), 1), "the key of a part");
      if (!inside(acceptor.by_type, a_.type_acceptors, "conditions by type")) return;
      need(acceptor.by_type.size() == a_.types.size(), "conditions by type");
      for (std::size_t local = 0; sound() && local < a_.types.size(); ++local) {
        check_type_acceptor(a_.type_acceptors[acceptor.by_type.begin + local], local);
      }
    }
  }

  void check_type_acceptor(const TypeAcceptor& acceptor, std::size_t local) {
    if (acceptor.symbol == kNeverAccepts) {
      need(acceptor.conditions.begin == acceptor.conditions.end, "conditions of what is not taken");
      return;
    }
    need(acceptor.symbol < a_.symbols[local].size(), "the symbol of a condition");
    if (!inside(acceptor.conditions, a_.conditions, "conditions")) return;
    for (auto c = acceptor.conditions.begin; sound() && c < acceptor.conditions.end; ++c) {
      const auto& condition = a_.conditions[c];
      if (!inside(condition.program, image_.programs, "a condition")) return;
      const auto owner = image_.program_rule[condition.program.index()];
      need(owner == rule_index_ || owner == Image::kNoRule, "a condition of another rule");
      check_event_type(condition.program, local);
      if (!inside(condition.registers, a_.register_lists, "the registers of a condition")) return;
      check_reads(condition);
    }
  }

  // Only what is listed is loaded before the program runs.
  void check_reads(const DynamicCondition& condition) {
    const auto begin = a_.register_lists.begin() + condition.registers.begin;
    const auto end = a_.register_lists.begin() + condition.registers.end;
    for (const auto reg : image_.programs[condition.program.index()].registers_read()) {
      need(std::find(begin, end, reg) != end, "a register that is read and not loaded");
    }
  }

  // ---- positions and edges ----------------------------------------------------------------------

  void check_positions() {
    need(!a_.positions.empty() && a_.positions.size() <= kMaxIndex, "positions");
    need(a_.edges.size() <= kMaxIndex && a_.endings.size() <= kMaxIndex, "edges");
    for (std::size_t p = 0; sound() && p < a_.positions.size(); ++p) {
      const auto& position = a_.positions[p];
      if (inside(position.part, a_.parts, "the part of a position")) {
        need(!a_.parts[position.part.index()].absence, "an absence that is taken");
      }
      inside(position.acceptor, a_.acceptors, "the condition of a position");
      inside(position.endings, a_.endings, "the endings of a position");
      if (!inside(position.edges, a_.edges, "the edges of a position")) return;
      for (auto e = position.edges.begin; e < position.edges.end; ++e) {
        need(a_.edges[e].from == PositionId(p), "an edge of another position");
      }
    }
    if (!inside(a_.start_edges, a_.edges, "the edges of the start")) return;
    need(a_.start_edges.size() > 0, "the edges of the start");
    for (auto e = a_.start_edges.begin; e < a_.start_edges.end; ++e) {
      need(!a_.edges[e].from.valid(), "an edge of the start");
    }
  }

  void check_edges() {
    for (const auto shadow : a_.shadows) inside(shadow, a_.edges, "a greedy repetition");
    const std::uint64_t events = low_bits(a_.event_registers.size());
    const std::uint64_t aggregates = low_bits(a_.aggregates.size());
    for (const auto& edge : a_.edges) {
      if (!sound()) return;
      need(!edge.from.valid() || edge.from.index() < a_.positions.size(),
           "where an edge comes from");
      inside(edge.to, a_.positions, "where an edge leads");
      need(is_duration(edge.after_ms) && is_limit(edge.within_ms), "the gap of an edge");
      for (const auto& list : {edge.guards, edge.next_guards, edge.stops, edge.kills}) {
        inside(list, a_.acceptor_lists, "what an edge looks out for");
      }
      inside(edge.shadows, a_.shadows, "the greedy repetitions of an edge");
      need(edge.shadows.size() <= kMaxShadows, "too many greedy repetitions");
      inside(edge.interest, a_.interests, "the interest of an edge");
      need(edge.interest.size() == a_.types.size(), "the interest of an edge");
      need((edge.live_events & ~events) == 0 && (edge.live_aggregates & ~aggregates) == 0,
           "what is live on an edge");
    }
    for (const auto shadow : a_.shadows) {
      if (sound())
        need(a_.edges[shadow.index()].shadows.size() == 0, "a greedy repetition of another");
    }
  }

  static std::uint64_t low_bits(std::size_t count) {
    return count >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1;
  }

  // ---- absences ---------------------------------------------------------------------------------

  void check_absences() {
    for (const auto& absence : a_.leading) {
      need(is_duration(absence.duration_ms), "the time of an absence");
      if (inside(absence.acceptor, a_.acceptors, "the condition of an absence"))
        check_leading(absence);
    }
    for (const auto& absence : a_.trailing) {
      inside(absence.acceptor, a_.acceptors, "the condition of an absence");
      need(is_limit(absence.duration_ms), "the time of an absence");
      // Its deadline is the rule's `within`, counted from a first event that is remembered; only
      // a `next` may wait for its event without any.
      const bool own = absence.duration_ms != kNoLimit;
      const bool limited = a_.within_ms != kNoLimit;
      need(own || (limited ? a_.split_by_start : absence.next), "an absence without a deadline");
    }
    for (const auto& ending : a_.endings) {
      inside(ending.trailing, a_.trailing, "the absences of an ending");
      need(ending.trailing.size() <= kMaxTrailing, "too many absences at the end");
      need((ending.live_events & ~low_bits(a_.event_registers.size())) == 0,
           "what is live at an end");
      need((ending.live_aggregates & ~low_bits(a_.aggregates.size())) == 0,
           "what is live at an end");
    }
    need(!a_.keeps_timeouts || (a_.within_ms != kNoLimit && a_.split_by_start),
         "a timeout without a limit");
    need(rule_.keys.size() <= kMaxKeyExprs, "too many keys");
  }

  // Its conditions run over the kept event, so all that they read has to be kept.
  void check_leading(const LeadingAbsence& absence) {
    const auto& acceptor = a_.acceptors[absence.acceptor.index()];
    for (std::size_t local = 0; local < a_.types.size(); ++local) {
      const auto& test = a_.type_acceptors[acceptor.by_type.begin + local];
      if (test.symbol == kNeverAccepts) continue;
      for (auto c = test.conditions.begin; c < test.conditions.end; ++c) {
        need(absence.reads_first, "an absence that looks at the first event");
        for (const auto slot : image_.programs[a_.conditions[c].program.index()].slots_read()) {
          need(std::ranges::find(a_.kept_slots[local], slot) != a_.kept_slots[local].end(),
               "a field that is looked at and not kept");
        }
      }
    }
  }

  const Image& image_;
  std::uint32_t rule_index_;
  const RuleImage& rule_;
  const Automaton& a_;
  std::string wrong_;
};

}  // namespace

std::vector<ValueClass> key_classes(const Image& image, const RuleImage& rule) {
  std::vector<ValueClass> out;
  for (const auto& key : rule.keys) {
    for (std::size_t type = 0; type < key.slots.size(); ++type) {
      if (key.slots[type].empty()) continue;
      for (const auto slot : key.slots[type]) {
        out.push_back(value_class(image.schema.types[type].fields[slot].type));
      }
      return out;
    }
  }
  return out;
}

base::Result<void> verify_automaton(const Image& image, std::uint32_t rule) {
  return AutomatonVerifier(image, rule).run();
}

}  // namespace weir::nfa
