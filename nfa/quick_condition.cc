#include "nfa/quick_condition.h"

namespace weir::nfa {
namespace {

struct Form {
  QuickCondition::Class value_class = QuickCondition::Class::kNone;
  QuickCondition::Op op = QuickCondition::Op::kEq;
};

Form form_of(Opcode opcode) {
  using Class = QuickCondition::Class;
  using Op = QuickCondition::Op;
  switch (opcode) {
    case Opcode::kEqI:
      return {Class::kInteger, Op::kEq};
    case Opcode::kNeI:
      return {Class::kInteger, Op::kNe};
    case Opcode::kLtI:
      return {Class::kInteger, Op::kLt};
    case Opcode::kLeI:
      return {Class::kInteger, Op::kLe};
    case Opcode::kEqD:
      return {Class::kDecimal, Op::kEq};
    case Opcode::kNeD:
      return {Class::kDecimal, Op::kNe};
    case Opcode::kLtD:
      return {Class::kDecimal, Op::kLt};
    case Opcode::kLeD:
      return {Class::kDecimal, Op::kLe};
    case Opcode::kEqS:
      return {Class::kString, Op::kEq};
    case Opcode::kNeS:
      return {Class::kString, Op::kNe};
    default:
      return {};
  }
}

}  // namespace

QuickCondition quick_condition(const Automaton& automaton, const LoadedProgram& program) {
  const auto& code = program.code;
  if (code.size() != 3 || code[1].op != Opcode::kAccept || code[2].op != Opcode::kReject) return {};
  const Form form = form_of(code[0].op);
  if (form.value_class == QuickCondition::Class::kNone || code[0].flags != Instruction::kSense ||
      code[0].x != 2) {
    return {};
  }
  Operand slot{code[0].a};
  Operand remembered{code[0].b};
  QuickCondition test;
  test.remembered_first = slot.space() == Space::kRegister;
  if (test.remembered_first) std::swap(slot, remembered);
  if (slot.space() != Space::kSlot || remembered.space() != Space::kRegister) return {};
  const RegisterSource& source = automaton.sources[remembered.index()];
  if (source.from != RegisterSource::From::kEvent) return {};
  test.value_class = form.value_class;
  test.op = form.op;
  test.slot = slot.index();
  test.event = source.index;
  test.kept_slot = source.kept.data();
  return test;
}

}  // namespace weir::nfa
