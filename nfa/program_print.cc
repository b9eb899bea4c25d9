#include <algorithm>
#include <cctype>

#include "nfa/builtins.h"
#include "nfa/opcode_info.h"
#include "nfa/program.h"
#include "nfa/value_text.h"

namespace weir::nfa {
namespace {

std::string constant_text(const Constant& constant) {
  event::Type type;
  static constexpr std::array<event::TypeKind, 6> kKinds = {
      event::TypeKind::kInt,    event::TypeKind::kDecimal, event::TypeKind::kFloat,
      event::TypeKind::kString, event::TypeKind::kIp,      event::TypeKind::kGeo};
  type.kind = kKinds[static_cast<std::size_t>(constant.value_class)];
  event::Value value = constant.value;
  if (constant.value_class == ValueClass::kString) value = event::Value::of_string(constant.text);
  return value_text(type, value, Quoting::kQuoted);
}

class Printer {
 public:
  Printer(const Program& program, const event::Schema* schema,
          std::span<const RegisterDesc> registers)
      : program_(program), schema_(schema), registers_(registers) {}

  std::string run() {
    for (std::size_t at = 0; at < program_.code.size(); ++at) {
      out_ += std::to_string(at) + "  ";
      instruction(program_.code[at]);
      out_ += '\n';
    }
    return std::move(out_);
  }

 private:
  std::string operand(std::uint16_t bits) const {
    const Operand o{bits};
    const std::string number = std::to_string(o.index());
    switch (o.space()) {
      case Space::kSlot: {
        const bool known = schema_ != nullptr &&
                           program_.event_type.index() < schema_->types.size() &&
                           o.index() < schema_->types[program_.event_type.index()].fields.size();
        return known ? schema_->types[program_.event_type.index()].fields[o.index()].name
                     : "s" + number;
      }
      case Space::kRegister:
        return o.index() < registers_.size() ? registers_[o.index()].text() : "r" + number;
      case Space::kConstant:
        return o.index() < program_.constants.size() ? constant_text(program_.constants[o.index()])
                                                     : "c" + number;
      case Space::kTemp:
        break;
    }
    return "t" + number;
  }

  std::string argument(char letter, std::uint16_t bits) const {
    switch (letter) {
      case 'R':
        return bits < program_.regexes.size() ? "/" + program_.regexes[bits] + "/" : "?";
      case 'N':
        return "list " + std::to_string(bits);
      case 'C': {
        if (bits >= program_.columns.size()) return "?";
        const TableColumn c = program_.columns[bits];
        return "table " + std::to_string(c.table) + " column " + std::to_string(c.column);
      }
      case 'K':
        break;
      default:
        return operand(bits);
    }
    if (bits >= program_.sets.size()) return "?";
    std::string text = "{";
    const ConstantSet& set = program_.sets[bits];
    for (std::size_t i = 0; i < set.entries.size(); ++i) {
      if (i > 0) text += ", ";
      text += constant_text(set.entries[i]);
      if (i < set.prefix_bits.size() && set.prefix_bits[i] != 128) {
        text += '/' + std::to_string(set.prefix_bits[i]);
      }
    }
    return text + "}";
  }

  void test(Opcode op, const Instruction& i) {
    const OpcodeInfo& info = opcode_info(op);
    if (i.negate()) out_ += "not ";
    out_ += info.text;
    out_ += ' ' + argument(info.a, i.a);
    if (info.b != '_') out_ += ", " + argument(info.b, i.b);
  }

  void instruction(const Instruction& i) {
    if (is_test(i.op)) {
      test(i.op, i);
      out_ += (i.sense() ? " else " : " then ") + std::to_string(i.x);
      return;
    }
    const OpcodeInfo& info = opcode_info(i.op);
    if (info.dst != '_') out_ += "t" + std::to_string(i.x) + " := ";
    if (i.op == Opcode::kSet) {
      if (is_test(static_cast<Opcode>(i.extra))) test(static_cast<Opcode>(i.extra), i);
      return;
    }
    if (i.op == Opcode::kCall) {
      // Unverified programs are printed too, to see what is wrong with them.
      out_ += i.extra < builtins().size() ? builtins()[i.extra].name : "?";
      for (std::size_t n = 0; n < i.b && i.a + n < program_.operands.size(); ++n) {
        out_ += (n == 0 ? " " : ", ") + operand(program_.operands[i.a + n]);
      }
      return;
    }
    out_ += info.text;
    if (info.a != '_') out_ += ' ' + argument(info.a, i.a);
    if (info.b != '_') out_ += ", " + argument(info.b, i.b);
    if (i.op == Opcode::kJump) out_ += ' ' + std::to_string(i.x);
  }

  const Program& program_;
  const event::Schema* schema_;
  std::span<const RegisterDesc> registers_;
  std::string out_;
};

}  // namespace

std::string print(const Program& program, const event::Schema* schema,
                  std::span<const RegisterDesc> registers) {
  return Printer(program, schema, registers).run();
}

}  // namespace weir::nfa
