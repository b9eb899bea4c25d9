#include "nfa/front_plan.h"

#include <algorithm>
#include <map>

#include "nfa/automaton_facts.h"
#include "nfa/mutants.h"

namespace weir::nfa {
namespace {

// How the outcome of a condition follows a register: holds more often the lower or the higher it
// is, or in no such order.
enum class Order : std::uint8_t { kLower, kHigher, kNone };

Order turned(Order order) {
  if (order == Order::kNone) return order;
  return order == Order::kLower ? Order::kHigher : Order::kLower;
}

// Registers that an operand follows, and which way: kHigher, it rises with the register.
using Follows = std::map<std::uint16_t, Order>;

void add_all(Follows& to, const Follows& from, bool turn) {
  for (const auto& [reg, order] : from) {
    const Order here = turn ? turned(order) : order;
    const auto [place, added] = to.emplace(reg, here);
    if (!added && place->second != here) place->second = Order::kNone;
  }
}

// Reads one straight program: computes that rise or fall with their operands, then one comparison.
class OrderReader {
 public:
  explicit OrderReader(const Program& program) : program_(program), temps_(program.temps.size()) {}

  // By register read; kNone where no order is seen.
  [[nodiscard]] Follows read() {
    const auto& code = program_.code;
    for (const std::uint16_t reg : program_.registers_read()) result_[reg] = Order::kNone;
    if (code.size() < 3 || code[code.size() - 2].op != Opcode::kAccept ||
        code.back().op != Opcode::kReject) {
      return result_;
    }
    for (std::size_t i = 0; i + 3 < code.size(); ++i) {
      if (!compute(code[i])) return result_;
    }
    compare(code[code.size() - 3]);
    return result_;
  }

 private:
  [[nodiscard]] Follows follows(std::uint16_t bits) const {
    const Operand operand{bits};
    if (operand.space() == Space::kRegister) return {{operand.index(), Order::kHigher}};
    return operand.space() == Space::kTemp ? temps_[operand.index()] : Follows{};
  }

  // Of a constant decimal: is it more than 0, and small enough that a sum of 64-bit values times
  // it stays far within 128 bits.
  [[nodiscard]] bool is_scale(std::uint16_t bits) const {
    const Operand operand{bits};
    if (operand.space() != Space::kConstant) return false;
    const Constant& constant = program_.constants[operand.index()];
    constexpr event::Int128 kLargest = event::Int128{1'000'000'000} * event::kDecimalScale;
    return constant.value_class == ValueClass::kDecimal && constant.value.decimal > 0 &&
           constant.value.decimal <= kLargest;
  }

  // Only operations that are exact or round the same way everywhere. An absent result would break
  // the order, so none may overflow: few of them, and one scale.
  [[nodiscard]] bool compute(const Instruction& at) {
    constexpr int kMostComputes = 8;
    if (++computes_ > kMostComputes) return false;
    Follows made;
    switch (at.op) {
      case Opcode::kAddD:
      case Opcode::kSubD:
        add_all(made, follows(at.a), false);
        add_all(made, follows(at.b), at.op == Opcode::kSubD);
        break;
      case Opcode::kMulD:
        if (!is_scale(at.a) && !is_scale(at.b)) return false;
        if (scaled_) return false;
        scaled_ = true;
        add_all(made, follows(is_scale(at.a) ? at.b : at.a), false);
        break;
      case Opcode::kDivD:
        if (!is_scale(at.b) || scaled_) return false;
        scaled_ = true;
        add_all(made, follows(at.a), false);
        break;
      case Opcode::kNegD:
        add_all(made, follows(at.a), true);
        break;
      case Opcode::kIntToDecimal:
        add_all(made, follows(at.a), false);
        break;
      default:
        // Whatever else it is, it is the same for all runs if it reads none of them.
        if (!is_compute(at.op)) return false;
        if (!follows(at.a).empty() || !follows(at.b).empty()) return false;
    }
    temps_[at.x] = std::move(made);
    return true;
  }

  void compare(const Instruction& test) {
    switch (test.op) {
      case Opcode::kLtI:
      case Opcode::kLeI:
      case Opcode::kLtD:
      case Opcode::kLeD:
      case Opcode::kLtF:
      case Opcode::kLeF:
        break;
      default:
        return;
    }
    if (test.flags != Instruction::kSense || test.x != program_.code.size() - 1) return;
    Follows left_right;  // a < b: the lower a and the higher b, the more often it holds
    add_all(left_right, follows(test.a), true);
    add_all(left_right, follows(test.b), false);
    for (const auto& [reg, order] : left_right) result_[reg] = order;
  }

  const Program& program_;
  std::vector<Follows> temps_;
  int computes_ = 0;
  bool scaled_ = false;
  Follows result_;
};

class Planner {
 public:
  Planner(const RuleImage& rule, std::span<const Program> programs)
      : rule_(rule), a_(rule.automaton), programs_(programs) {
    for (const DynamicCondition& condition : a_.conditions) {
      orders_.push_back(OrderReader(programs[condition.program.index()]).read());
    }
  }

  [[nodiscard]] FrontPlan plan() {
    FrontPlan plan;
    plan.edges.resize(a_.edges.size());
    if (!is_free()) return plan;
    find_droppable();
    for (std::size_t e = 0; e < a_.edges.size(); ++e) {
      if (!a_.edges[e].from.valid()) continue;
      FrontEdge& edge = plan.edges[e];
      edge.only_completes = only_completes(a_.edges[e]);
      if (!in_step_[e]) continue;
      describe(e, edge);
      edge.drops = !edge.dimensions.empty();
      edge.is_line = edge.drops && is_line(a_.edges[e], edge);
      plan.used = plan.used || edge.drops;
    }
    return plan;
  }

 private:
  // Whether the moments at which the rule fires do not depend on what it reports, and its events
  // can be asked again.
  [[nodiscard]] bool is_free() const {
    if (rule_.skip != SkipKind::kPastLast || !rule_.having.empty() || rule_.keys_by_part) {
      return false;
    }
    // A list, or a table, may have changed when the events are asked again.
    const auto looks_up = [this](const DynamicCondition& condition) {
      const Program& program = programs_[condition.program.index()];
      return program.reads_lists() || program.reads_tables();
    };
    if (std::ranges::any_of(a_.conditions, looks_up)) return false;
    if (!a_.leading.empty() || !a_.trailing.empty() || a_.keeps_timeouts || a_.split_by_start ||
        !a_.shadows.empty()) {
      return false;
    }
    // `limit` bounds the events that parts may take; others would be logged without bound. So no
    // edge has a guard, a stop or a kill, and none is strict.
    if (a_.strict || std::ranges::any_of(a_.parts, &PartInfo::absence)) return false;
    // Their number has a cap, beyond which all are forgotten: under every plan alike.
    if (tells_combinations_apart(a_)) return false;
    const auto is_distinct = [](const RunAggregate& aggregate) {
      return aggregate.kind == RegisterKind::kDistinct;
    };
    if (std::ranges::any_of(a_.aggregates, is_distinct)) return false;
    for (std::size_t local = 0; local < a_.types.size(); ++local) {
      const auto& kept = a_.kept_slots[local];
      for (const std::uint16_t slot : front_slots(a_, local, programs_)) {
        if (std::ranges::find(kept, slot) == kept.end()) return false;
      }
    }
    return true;
  }

  [[nodiscard]] const Position& target(const Edge& edge) const {
    return a_.positions[edge.to.index()];
  }
  template <typename Test>
  [[nodiscard]] bool all_after(const Edge& edge, Test test) const {
    const Range<EdgeId>& next = target(edge).edges;
    for (std::uint32_t e = next.begin; e < next.end; ++e) {
      if (!test(e)) return false;
    }
    return true;
  }

  // What taking an event at `position` changes, and whether an edge behind it reads that.
  [[nodiscard]] bool reads_what_is_taken(const Edge& edge) const {
    if (mutant(Mutant::kFrontIgnoresTaken)) return false;
    const std::uint16_t name = a_.part_name[target(edge).part.index()];
    return !all_after(edge, [&](std::uint32_t e) {
      for (std::size_t i = 0; i < a_.event_registers.size(); ++i) {
        const bool live = (a_.edges[e].live_events >> i & 1) != 0;
        if (live && a_.event_registers[i].name == name) return false;
      }
      for (std::size_t i = 0; i < a_.aggregates.size(); ++i) {
        const bool live = (a_.edges[e].live_aggregates >> i & 1) != 0;
        if (live && a_.aggregates[i].name == name) return false;
      }
      return true;
    });
  }

  // Whether a run that came to the edge earlier, with values no worse, is never worse off: no gap
  // tells it from one that came later.
  [[nodiscard]] bool is_patient(const Edge& edge) const { return !edge.needs_last_time; }

  // Whether p may be dropped for p', both waiting on the edge.
  //
  // in step: both see the same events from now on. Where the edge takes any event (`every`), p'
  // takes what p takes when p does. With `then` p' may have taken an earlier event: it is
  // ahead of p from there on, and what it took must not matter to anything that follows.
  // ahead: p' came to the edge before p. The edge has to be patient.
  [[nodiscard]] bool may_drop(const Edge& edge, bool ahead) const {
    if (ahead && !is_patient(edge)) return false;
    if (target(edge).endings.size() > 0) return true;  // it completes; all others go
    if (edge.kind != EdgeKind::kThen) {
      return all_after(edge, [&](std::uint32_t e) { return static_cast<bool>(in_step_[e]); });
    }
    return !reads_what_is_taken(edge) &&
           all_after(edge, [&](std::uint32_t e) { return static_cast<bool>(ahead_[e]); });
  }

  // The greatest assignment that agrees with itself: a repetition leads back to its own edges.
  void find_droppable() {
    in_step_.assign(a_.edges.size(), 1);
    ahead_.assign(a_.edges.size(), 1);
    bool changed = true;
    while (changed) {
      changed = false;
      for (std::size_t e = 0; e < a_.edges.size(); ++e) {
        const bool was = in_step_[e] != 0 || ahead_[e] != 0;
        if (!was || !a_.edges[e].from.valid()) continue;
        const char in_step = in_step_[e] != 0 && may_drop(a_.edges[e], false) ? 1 : 0;
        const char ahead = ahead_[e] != 0 && may_drop(a_.edges[e], true) ? 1 : 0;
        changed = changed || in_step != in_step_[e] || ahead != ahead_[e];
        in_step_[e] = in_step;
        ahead_[e] = ahead;
      }
    }
  }

  // Edges that a run waiting on this one may come to, itself first.
  [[nodiscard]] std::vector<std::uint32_t> edges_from(std::uint32_t first) const {
    std::vector<std::uint32_t> found = {first};
    for (std::size_t i = 0; i < found.size(); ++i) {
      const Range<EdgeId>& next = target(a_.edges[found[i]]).edges;
      for (std::uint32_t e = next.begin; e < next.end; ++e) {
        if (std::ranges::find(found, e) == found.end()) found.push_back(e);
      }
    }
    return found;
  }

  void note_acceptor(AcceptorId id, Follows& uses) const {
    const Acceptor& acceptor = a_.acceptors[id.index()];
    for (std::uint32_t t = acceptor.by_type.begin; t < acceptor.by_type.end; ++t) {
      const auto& conditions = a_.type_acceptors[t].conditions;
      for (std::uint32_t c = conditions.begin; c < conditions.end; ++c) {
        add_all(uses, orders_[c], false);
      }
    }
  }

  // Whether the aggregate gets more values on the way.
  [[nodiscard]] bool grows(std::uint16_t aggregate, std::span<const std::uint32_t> edges) const {
    return std::ranges::any_of(edges, [&](std::uint32_t e) {
      const auto name = a_.part_name[target(a_.edges[e]).part.index()];
      return name == a_.aggregates[aggregate].name;
    });
  }

  // Whether the order of two states of the aggregate stays when both are fed the same values.
  [[nodiscard]] bool keeps_order(std::uint16_t aggregate) const {
    const RunAggregate& each = a_.aggregates[aggregate];
    switch (each.kind) {
      case RegisterKind::kCount:
      case RegisterKind::kMin:
      case RegisterKind::kMax:
        return true;
      case RegisterKind::kSum:
        return each.type == event::TypeKind::kDecimal;  // an int's may overflow and be absent
      default:
        return false;
    }
  }

  void describe(std::size_t e, FrontEdge& edge) const {
    const auto edges = edges_from(static_cast<std::uint32_t>(e));
    Follows uses;
    for (const std::uint32_t each : edges) note_acceptor(target(a_.edges[each]).acceptor, uses);
    edge.same_events = a_.edges[e].live_events;
    edge.same_aggregates = a_.edges[e].live_aggregates;
    for (const auto& [reg, order] : uses) add_dimension(reg, order, edges, edge);
    settle(uses, edge);
  }

  void add_dimension(std::uint16_t reg, Order order, std::span<const std::uint32_t> edges,
                     FrontEdge& edge) const {
    const RegisterSource& source = a_.sources[reg];
    if (source.from == RegisterSource::From::kKey || order == Order::kNone) return;
    const bool aggregate = source.from == RegisterSource::From::kAggregate;
    const std::uint64_t live = aggregate ? edge.same_aggregates : edge.same_events;
    if ((live >> source.index & 1) == 0) return;
    if (aggregate && grows(source.index, edges) && !keeps_order(source.index)) return;
    const ValueClass value_class = nfa::value_class(a_.registers[reg].type);
    if (value_class > ValueClass::kFloat) return;
    edge.dimensions.push_back({reg, order == Order::kHigher, aggregate, value_class});
  }

  // What all reads of are dimensions need not be the same.
  void settle(const Follows& uses, FrontEdge& edge) const {
    const auto is_dimension = [&](std::uint16_t reg) {
      return std::ranges::find(edge.dimensions, reg, &FrontDimension::reg) != edge.dimensions.end();
    };
    std::uint64_t events = 0;
    std::uint64_t aggregates = 0;
    for (const auto& [reg, order] : uses) {
      const RegisterSource& source = a_.sources[reg];
      if (source.from == RegisterSource::From::kKey || is_dimension(reg)) continue;
      const std::uint64_t bit = std::uint64_t{1} << source.index;
      (source.from == RegisterSource::From::kAggregate ? aggregates : events) |= bit;
    }
    std::erase_if(edge.dimensions, [&](const FrontDimension& dimension) {
      const RegisterSource& source = a_.sources[dimension.reg];
      const bool aggregate = source.from == RegisterSource::From::kAggregate;
      return ((aggregate ? aggregates : events) >> source.index & 1) != 0;
    });
    edge.same_events &= events;
    edge.same_aggregates &= aggregates;
  }

  // Whether of two cohorts with one first event one dominates the other.
  [[nodiscard]] static bool is_line(const Edge& edge, const FrontEdge& front) {
    return front.dimensions.size() == 1 && front.same_events == 0 && front.same_aggregates == 0 &&
           !edge.needs_last_time;
  }

  // Of a run that has not completed: an event before the last was not taken here, and leaves no
  // trace unless the gap is over.
  [[nodiscard]] bool only_completes(const Edge& edge) const {
    return target(edge).edges.size() == 0 && target(edge).endings.size() > 0 && is_patient(edge);
  }

  const RuleImage& rule_;
  const Automaton& a_;
  std::span<const Program> programs_;
  std::vector<Follows> orders_;  // by condition
  std::vector<char> in_step_, ahead_;
};

}  // namespace

FrontPlan front_plan(const RuleImage& rule, std::span<const Program> programs) {
  return Planner(rule, programs).plan();
}

std::vector<std::uint16_t> front_slots(const Automaton& automaton, std::size_t local,
                                       std::span<const Program> programs) {
  std::vector<std::uint16_t> all;
  for (const Acceptor& acceptor : automaton.acceptors) {
    const auto& conditions = automaton.type_acceptors[acceptor.by_type.begin + local].conditions;
    for (std::uint32_t c = conditions.begin; c < conditions.end; ++c) {
      for (const std::uint16_t slot :
           programs[automaton.conditions[c].program.index()].slots_read()) {
        if (std::ranges::find(all, slot) == all.end()) all.push_back(slot);
      }
    }
  }
  return all;
}

}  // namespace weir::nfa
