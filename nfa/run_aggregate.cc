#include "nfa/run_aggregate.h"

#include <cmath>

#include "nfa/aggregate.h"
#include "nfa/arithmetic.h"
#include "nfa/mutants.h"
#include "nfa/program.h"

namespace weir::nfa {
namespace {

using event::TypeKind;

bool kept_field(const RunStore& store, const RunStore::Layout& layout, const Automaton& automaton,
                const RunAggregate& aggregate, std::uint32_t event, event::Value* out) {
  const std::int16_t kept = aggregate.kept[store.event(layout, event).local_type];
  return kept >= 0 &&
         store.kept_value(layout, automaton, event, static_cast<std::size_t>(kept), out);
}

bool less(TypeKind kind, const event::Value& a, const event::Value& b) {
  switch (value_class(kind)) {
    case ValueClass::kDecimal:
      return a.decimal < b.decimal;
    case ValueClass::kFloat:
      return a.real < b.real;
    case ValueClass::kString:
      return a.string.view() < b.string.view();
    default:
      return a.integer < b.integer;
  }
}

double as_float(TypeKind kind, const event::Value& value) {
  if (kind == TypeKind::kFloat) return value.real;
  return kind == TypeKind::kDecimal ? decimal_to_float(value.decimal)
                                    : static_cast<double>(value.integer);
}

}  // namespace

void add_event(const RunStore& store, const RunStore::Layout& layout, const Automaton& automaton,
               const RunAggregate& aggregate, AggregateState& state, std::uint32_t event) {
  if (aggregate.kind == RegisterKind::kCount) {
    ++state.count;
    return;
  }
  event::Value value;
  if (!kept_field(store, layout, automaton, aggregate, event, &value)) return;
  ++state.count;
  switch (aggregate.kind) {
    case RegisterKind::kSum:
    case RegisterKind::kAvg:
      if (mutant(Mutant::kSumForgets) && state.count == 1) return;
      if (aggregate.type == TypeKind::kFloat) {
        state.float_sum += value.real;
      } else {
        // 2^127 over the largest field value is more events than `limit` ever retains.
        state.exact_sum +=
            aggregate.type == TypeKind::kDecimal ? value.decimal : event::Int128{value.integer};
      }
      return;
    case RegisterKind::kStddev: {
      const double x = as_float(aggregate.type, value);
      const double delta = x - state.mean;
      state.mean += delta / static_cast<double>(state.count);
      state.squares += delta * (x - state.mean);
      return;
    }
    case RegisterKind::kMin:
    case RegisterKind::kMax: {
      event::Value held;
      const bool first = state.extreme == kNoEvent ||
                         !kept_field(store, layout, automaton, aggregate, state.extreme, &held);
      if (first || (aggregate.kind == RegisterKind::kMin ? less(aggregate.type, value, held)
                                                         : less(aggregate.type, held, value))) {
        state.extreme = event;
      }
      return;
    }
    default:
      return;
  }
}

bool aggregate_result(const RunAggregate& aggregate, const RegisterDesc& desc,
                      const AggregateState& state, EvalCounters& counters, event::Value* out) {
  const auto give_float = [&](double value) {
    if (!std::isfinite(value)) {
      ++counters.overflow;
      return false;
    }
    *out = event::Value::of_float(value);
    return true;
  };
  const auto give_exact = [&](event::Int128 value) {
    if (desc.type.kind == TypeKind::kDecimal) {
      *out = event::Value::of_decimal(value);
      return true;
    }
    if (value > INT64_MAX || value < INT64_MIN) {
      ++counters.overflow;
      return false;
    }
    *out = event::Value::of_int(static_cast<std::int64_t>(value));
    return true;
  };
  const auto count = static_cast<double>(state.count);
  switch (aggregate.kind) {
    case RegisterKind::kCount:
      *out = event::Value::of_int(static_cast<std::int64_t>(state.count));
      return true;
    case RegisterKind::kSum:
      return aggregate.type == TypeKind::kFloat ? give_float(state.float_sum)
                                                : give_exact(state.exact_sum);
    case RegisterKind::kAvg: {
      if (state.count == 0) return false;
      if (aggregate.type == TypeKind::kFloat) return give_float(state.float_sum / count);
      event::Int128 sum = state.exact_sum;
      event::Int128 average;
      if (aggregate.type == TypeKind::kInt) sum *= event::kDecimalScale;
      if (!divide_half_even(sum, static_cast<event::Int128>(state.count), &average)) return false;
      return give_exact(average);
    }
    case RegisterKind::kStddev:
      return state.count >= 2 && give_float(std::sqrt(state.squares / (count - 1)));
    default:
      return false;
  }
}

bool distinct_along(const RunStore& store, const RunStore::Layout& layout,
                    const Automaton& automaton, const RunAggregate& aggregate, std::uint32_t set,
                    event::Value* out) {
  event::Type type;
  type.kind = aggregate.type;
  Accumulator distinct(RegisterKind::kDistinct, type);
  // Runs with a live distinct are never merged, so the history is one path.
  for (std::uint32_t id = set; id != kNoNode; id = store.node(id).left) {
    const Node& node = store.node(id);
    if (node.is_union()) continue;
    const auto part = automaton.positions[node.position].part;
    if (automaton.part_name[part.index()] != aggregate.name) continue;
    event::Value value;
    if (kept_field(store, layout, automaton, aggregate, node.event, &value)) distinct.add(value);
  }
  return distinct.result(out, nullptr);
}

}  // namespace weir::nfa
