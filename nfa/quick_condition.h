// A condition that only compares a field of the event at hand with a field of an event that the run
// remembers (`country != here.country`, `amount > prev(step).amount`): most conditions between the
// parts of a pattern are of this kind, and are cheaper to test than to interpret.
#pragma once

#include <cstdint>
#include <vector>

#include "nfa/automaton.h"
#include "nfa/loaded_program.h"

namespace weir::nfa {

struct QuickCondition {
  enum class Class : std::uint8_t { kNone, kInteger, kDecimal, kString };
  enum class Op : std::uint8_t { kEq, kNe, kLt, kLe };

  Class value_class = Class::kNone;  // kNone: the condition is something else
  Op op = Op::kEq;
  bool remembered_first = false;            // the remembered value stands on the left
  std::uint16_t slot = 0;                   // of the event at hand
  std::uint16_t event = 0;                  // of Automaton::event_registers
  const std::int16_t* kept_slot = nullptr;  // by local type: the field's place in a kept event; -1

  [[nodiscard]] bool compare(const event::Value& at_hand, const event::Value& remembered) const {
    const event::Value& a = remembered_first ? remembered : at_hand;
    const event::Value& b = remembered_first ? at_hand : remembered;
    switch (value_class) {
      case Class::kInteger:
        return apply(a.integer, b.integer);
      case Class::kDecimal:
        return apply(a.decimal, b.decimal);
      default:
        return (op == Op::kEq) == (a.string == b.string);
    }
  }

 private:
  template <typename T>
  [[nodiscard]] bool apply(const T& a, const T& b) const {
    switch (op) {
      case Op::kEq:
        return a == b;
      case Op::kNe:
        return a != b;
      case Op::kLt:
        return a < b;
      case Op::kLe:
        return a <= b;
    }
    return false;
  }
};

// The automaton must outlive it.
[[nodiscard]] QuickCondition quick_condition(const Automaton& automaton,
                                             const LoadedProgram& program);

}  // namespace weir::nfa
