// Image bytes may be anyone's, and the evaluator checks nothing while it runs; so every program is
// walked once before, instruction by instruction, and what passes cannot read outside its tables,
// take 16 bytes for what they are not, or run on for ever.
#include <algorithm>
#include <string>

#include "nfa/builtins.h"
#include "nfa/opcode_info.h"
#include "nfa/program.h"

namespace weir::nfa {
namespace {

using Checked = base::Result<void>;

Checked broken(std::size_t at, const std::string& what) {
  return base::fail(base::ErrorCode::kCorrupt,
                    "a compiled condition is damaged at " + std::to_string(at) + ": " + what);
}

class Verifier {
 public:
  Verifier(const Program& program, const VerifyContext& context)
      : program_(program), context_(context) {}

  Checked run() {
    if (Checked ok = check_tables(); !ok) return ok;
    if (program_.code.empty() || program_.code.size() > 0xFFFF) return broken(0, "no code");
    for (at_ = 0; at_ < program_.code.size(); ++at_) {
      if (Checked ok = check_instruction(program_.code[at_]); !ok) return ok;
    }
    const Opcode last = program_.code.back().op;
    if (last != Opcode::kAccept && last != Opcode::kReject && last != Opcode::kReturn) {
      return broken(at_, "it runs off its end");
    }
    return {};
  }

 private:
  Checked check_tables() {
    const event::EventTypeId type = program_.event_type;
    if (type.valid() &&
        (context_.schema == nullptr || type.index() >= context_.schema->types.size())) {
      return broken(0, "an event type that is not there");
    }
    for (const ConstantSet& set : program_.sets) {
      const bool ip = set.value_class == ValueClass::kIp;
      if (set.prefix_bits.size() != (ip ? set.entries.size() : 0)) return broken(0, "a set");
      for (const std::uint8_t bits : set.prefix_bits) {
        if (bits > 128) return broken(0, "a prefix of more than 128 bits");
      }
    }
    for (const TableColumn& column : program_.columns) {
      if (column.table >= context_.tables.size() ||
          column.column >= context_.tables[column.table].columns.size()) {
        return broken(0, "a table column that is not there");
      }
    }
    return {};
  }

  // The class of an operand, if it exists.
  std::optional<ValueClass> class_of(std::uint16_t bits) const {
    const Operand operand{bits};
    const std::size_t index = operand.index();
    switch (operand.space()) {
      case Space::kSlot: {
        if (!program_.event_type.valid()) return std::nullopt;
        const auto& fields = context_.schema->types[program_.event_type.index()].fields;
        if (index >= fields.size()) return std::nullopt;
        return value_class(fields[index].type);
      }
      case Space::kRegister:
        if (index >= context_.registers.size()) return std::nullopt;
        return value_class(context_.registers[index].type);
      case Space::kConstant:
        if (index >= program_.constants.size()) return std::nullopt;
        return program_.constants[index].value_class;
      case Space::kTemp:
        if (index >= program_.temps.size()) return std::nullopt;
        return program_.temps[index];
    }
    return std::nullopt;
  }

  Checked check_operand(char letter, std::uint16_t bits) const {
    const auto index = static_cast<std::size_t>(bits);
    switch (letter) {
      case '_':
        return {};
      case 'R':
        return index < program_.regexes.size() ? Checked() : broken(at_, "regex");
      case 'K':
        return index < program_.sets.size() ? Checked() : broken(at_, "set");
      case 'N':
        return index < context_.lists.size() ? Checked() : broken(at_, "list");
      case 'C':
        return index < program_.columns.size() ? Checked() : broken(at_, "column");
      default:
        break;
    }
    const std::optional<ValueClass> c = class_of(bits);
    if (!c) return broken(at_, "an operand that is not there");
    const bool fits =
        letter == 'V' || (letter == 'L' ? is_list(*c) : *c == class_of_operand_letter(letter));
    return fits ? Checked() : broken(at_, "an operand of the wrong class");
  }

  Checked check_target(std::uint16_t target) const {
    return target > at_ && target < program_.code.size() ? Checked() : broken(at_, "a jump");
  }

  Checked check_temp(std::uint16_t temp, ValueClass wanted) const {
    return temp < program_.temps.size() && program_.temps[temp] == wanted
               ? Checked()
               : broken(at_, "a temporary of the wrong class");
  }

  // The operands of a test, also as part of Set.
  Checked check_test(Opcode op, const Instruction& i) const {
    const OpcodeInfo& info = opcode_info(op);
    if (Checked ok = check_operand(info.a, i.a); !ok) return ok;
    if (Checked ok = check_operand(info.b, i.b); !ok) return ok;
    const auto a = class_of(i.a);
    if (op == Opcode::kInSet && *a != program_.sets[i.b].value_class) return broken(at_, "set");
    if (op == Opcode::kInList && *a != context_.lists[i.b]) return broken(at_, "list");
    if (op != Opcode::kListHas) return {};
    const ValueClass element = element_class(*a);
    if (element != *class_of(i.b) || (i.flags >> 8) != static_cast<int>(element)) {
      return broken(at_, "element");
    }
    return {};
  }

  Checked check_call(const Instruction& i) const {
    if (i.extra >= builtins().size()) return broken(at_, "a function that is not there");
    const BuiltinInfo& info = builtins()[i.extra];
    if (!info.takes(i.b) || i.b > kMaxArguments ||
        std::size_t{i.a} + i.b > program_.operands.size()) {
      return broken(at_, "arguments");
    }
    for (std::size_t n = 0; n < i.b; ++n) {
      const std::uint16_t bits = program_.operands[i.a + n];
      const auto c = class_of(bits);
      const char letter = info.param(n);
      if (!c || (letter == 'L' ? !is_list(*c) : *c != class_of_letter(letter))) {
        return broken(at_, "an argument of the wrong class");
      }
      if (letter != 'z') continue;
      const Operand operand{bits};
      if (operand.space() != Space::kConstant) return broken(at_, "zone");
      const std::int64_t zone = program_.constants[operand.index()].value.integer;
      if (zone < 0 || static_cast<std::size_t>(zone) >= program_.zones.size())
        return broken(at_, "zone");
    }
    return check_temp(i.x, class_of_letter(info.result));
  }

  Checked check_lookup(const Instruction& i) const {
    if (Checked ok = check_operand('V', i.a); !ok) return ok;
    if (Checked ok = check_operand('C', i.b); !ok) return ok;
    const TableColumn column = program_.columns[i.b];
    const VerifyContext::Table& table = context_.tables[column.table];
    if (*class_of(i.a) != table.key) return broken(at_, "key");
    return check_temp(i.x, table.columns[column.column]);
  }

  Checked check_compute(const Instruction& i) const {
    const OpcodeInfo& info = opcode_info(i.op);
    if (i.op == Opcode::kTime && !program_.event_type.valid()) return broken(at_, "no event");
    if (Checked ok = check_operand(info.a, i.a); !ok) return ok;
    if (Checked ok = check_operand(info.b, i.b); !ok) return ok;
    if (info.dst != 'V') return check_temp(i.x, class_of_operand_letter(info.dst));
    if (info.b == 'V' && *class_of(i.a) != *class_of(i.b)) return broken(at_, "classes differ");
    return check_temp(i.x, *class_of(i.a));
  }

  Checked check_instruction(const Instruction& i) const {
    switch (i.op) {
      case Opcode::kSet: {
        if (!is_test(static_cast<Opcode>(i.extra))) return broken(at_, "no test");
        if (Checked ok = check_test(static_cast<Opcode>(i.extra), i); !ok) return ok;
        return check_temp(i.x, ValueClass::kInteger);
      }
      case Opcode::kCall:
        return check_call(i);
      case Opcode::kLookup:
        return check_lookup(i);
      case Opcode::kJump:
        return check_target(i.x);
      case Opcode::kAccept:
      case Opcode::kReject:
        return program_.condition ? Checked() : broken(at_, "a value is wanted");
      case Opcode::kReturn: {
        if (program_.condition) return broken(at_, "a condition is wanted");
        const auto c = class_of(i.a);
        return c && *c == value_class(program_.result) ? Checked() : broken(at_, "result");
      }
      default:
        break;
    }
    if (!is_test(i.op)) return check_compute(i);
    if (Checked ok = check_test(i.op, i); !ok) return ok;
    return check_target(i.x);
  }

  const Program& program_;
  const VerifyContext& context_;
  std::size_t at_ = 0;
};

}  // namespace

base::Result<void> verify(const Program& program, const VerifyContext& context) {
  return Verifier(program, context).run();
}

}  // namespace weir::nfa
