#include "nfa/program.h"

#include <algorithm>
#include <cstring>

#include "nfa/builtins.h"
#include "nfa/dataset.h"
#include "nfa/opcode_info.h"

namespace weir::nfa {
namespace {

void append_constant(const Constant& constant, base::ByteWriter& out) {
  out.u8(static_cast<std::uint8_t>(constant.value_class));
  if (constant.value_class == ValueClass::kString) {
    out.string(constant.text);
  } else {
    out.raw(&constant.value, sizeof constant.value);
  }
}

Constant read_constant(base::ByteReader& in) {
  Constant constant;
  const std::uint8_t c = in.u8();
  if (c > static_cast<std::uint8_t>(ValueClass::kGeo)) in.fail();
  if (!in.ok()) return constant;
  constant.value_class = static_cast<ValueClass>(c);
  if (constant.value_class == ValueClass::kString) {
    constant.text = in.string();
    return constant;
  }
  const std::string_view bytes = in.raw(sizeof constant.value);
  if (in.ok()) std::memcpy(static_cast<void*>(&constant.value), bytes.data(), bytes.size());
  return constant;
}

void append_strings(const std::vector<std::string>& strings, base::ByteWriter& out) {
  out.u32(static_cast<std::uint32_t>(strings.size()));
  for (const std::string& text : strings) out.string(text);
}

void read_strings(base::ByteReader& in, std::vector<std::string>* strings) {
  const std::size_t count = in.read_count(4);
  for (std::size_t i = 0; i < count; ++i) strings->emplace_back(in.string());
}

void append_set(const ConstantSet& set, base::ByteWriter& out) {
  out.u8(static_cast<std::uint8_t>(set.value_class));
  out.u32(static_cast<std::uint32_t>(set.entries.size()));
  for (std::size_t i = 0; i < set.entries.size(); ++i) {
    append_constant(set.entries[i], out);
    if (set.value_class == ValueClass::kIp) out.u8(set.prefix_bits[i]);
  }
}

ConstantSet read_set(base::ByteReader& in) {
  ConstantSet set;
  const std::uint8_t c = in.u8();
  if (c > static_cast<std::uint8_t>(ValueClass::kGeo)) in.fail();
  set.value_class = static_cast<ValueClass>(in.ok() ? c : 0);
  const std::size_t count = in.read_count(5);
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    set.entries.push_back(read_constant(in));
    if (set.value_class == ValueClass::kIp) set.prefix_bits.push_back(in.u8());
    if (set.entries.back().value_class != set.value_class) in.fail();
  }
  return set;
}

void append_instruction(const Instruction& i, base::ByteWriter& out) {
  out.u8(static_cast<std::uint8_t>(i.op));
  out.u8(i.extra);
  out.u16(i.x);
  out.u16(i.a);
  out.u16(i.b);
  out.u16(i.flags);
}

Instruction read_instruction(base::ByteReader& in) {
  Instruction i;
  const std::uint8_t op = in.u8();
  if (op >= kOpcodes) in.fail();
  i.op = static_cast<Opcode>(in.ok() ? op : 0);
  i.extra = in.u8();
  i.x = in.u16();
  i.a = in.u16();
  i.b = in.u16();
  i.flags = in.u16();
  return i;
}

// Calls f(Operand) for each operand that an instruction reads.
template <typename F>
void for_each_operand(const Program& program, const Instruction& i, F f) {
  if (i.op == Opcode::kCall) {
    for (std::size_t n = 0; n < i.b && i.a + n < program.operands.size(); ++n) {
      f(Operand{program.operands[i.a + n]});
    }
    return;
  }
  const bool set = i.op == Opcode::kSet && is_test(static_cast<Opcode>(i.extra));
  const OpcodeInfo& info = opcode_info(set ? static_cast<Opcode>(i.extra) : i.op);
  if (is_value_letter(info.a)) f(Operand{i.a});
  if (is_value_letter(info.b)) f(Operand{i.b});
}

std::vector<std::uint16_t> indices_read(const Program& program, Space space) {
  std::vector<std::uint16_t> found;
  for (const Instruction& i : program.code) {
    for_each_operand(program, i, [&](Operand operand) {
      if (operand.space() == space) found.push_back(operand.index());
    });
  }
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

bool tests_list(const Instruction& i) {
  return i.op == Opcode::kInList ||
         (i.op == Opcode::kSet && static_cast<Opcode>(i.extra) == Opcode::kInList);
}

}  // namespace

ValueClass value_class(event::TypeKind kind) {
  switch (kind) {
    case event::TypeKind::kDecimal:
      return ValueClass::kDecimal;
    case event::TypeKind::kFloat:
      return ValueClass::kFloat;
    case event::TypeKind::kString:
      return ValueClass::kString;
    case event::TypeKind::kIp:
      return ValueClass::kIp;
    case event::TypeKind::kGeo:
      return ValueClass::kGeo;
    default:
      return ValueClass::kInteger;
  }
}

ValueClass value_class(const event::Type& type) {
  if (!type.is_list()) return value_class(type.kind);
  return static_cast<ValueClass>(static_cast<int>(value_class(type.element)) + 6);
}

std::string_view value_class_name(ValueClass c) {
  static constexpr std::array<std::string_view, 12> kNames = {
      "integer",    "decimal",         "float",           "string",        "ip",
      "geo",        "list of integer", "list of decimal", "list of float", "list of string",
      "list of ip", "list of geo"};
  return kNames[static_cast<std::size_t>(c)];
}

Constant Constant::of(event::TypeKind kind, const event::Value& value) {
  Constant constant;
  constant.value_class = nfa::value_class(kind);
  if (constant.value_class == ValueClass::kString) {
    constant.text = value.string.view();
  } else {
    constant.value = value;
  }
  return constant;
}

bool operator==(const Constant& a, const Constant& b) {
  if (a.value_class != b.value_class || a.text != b.text) return false;
  return a.value_class == ValueClass::kString || equal_values(a.value_class, a.value, b.value);
}

std::vector<std::uint16_t> Program::registers_read() const {
  return indices_read(*this, Space::kRegister);
}
std::vector<std::uint16_t> Program::slots_read() const { return indices_read(*this, Space::kSlot); }

std::vector<std::uint16_t> Program::lists_read() const {
  std::vector<std::uint16_t> found;
  for (const Instruction& i : code) {
    if (tests_list(i)) found.push_back(i.b);
  }
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}
bool Program::reads_tables() const {
  return std::any_of(code.begin(), code.end(),
                     [](const Instruction& i) { return i.op == Opcode::kLookup; });
}

void Program::append_bytes(base::ByteWriter& out) const {
  out.u8(kProgramVersion);
  out.u32(event_type.value);
  out.boolean(condition);
  append_type(result, out);
  out.u32(static_cast<std::uint32_t>(code.size()));
  for (const Instruction& i : code) append_instruction(i, out);
  out.u32(static_cast<std::uint32_t>(constants.size()));
  for (const Constant& constant : constants) append_constant(constant, out);
  out.u32(static_cast<std::uint32_t>(sets.size()));
  for (const ConstantSet& set : sets) append_set(set, out);
  append_strings(regexes, out);
  append_strings(zones, out);
  out.u32(static_cast<std::uint32_t>(columns.size()));
  for (const TableColumn& column : columns) {
    out.u16(column.table);
    out.u16(column.column);
  }
  out.u32(static_cast<std::uint32_t>(operands.size()));
  for (const std::uint16_t operand : operands) out.u16(operand);
  out.u32(static_cast<std::uint32_t>(temps.size()));
  for (const ValueClass c : temps) out.u8(static_cast<std::uint8_t>(c));
}

base::Result<Program> Program::read(base::ByteReader& in) {
  Program program;
  if (in.u8() != kProgramVersion) {
    return base::fail(base::ErrorCode::kVersion, "a compiled condition of another version");
  }
  program.event_type = event::EventTypeId(in.u32());
  program.condition = in.boolean();
  program.result = read_type(in);
  const std::size_t instructions = in.read_count(sizeof(Instruction));
  for (std::size_t i = 0; i < instructions; ++i) program.code.push_back(read_instruction(in));
  const std::size_t constants = in.read_count(5);
  for (std::size_t i = 0; i < constants; ++i) program.constants.push_back(read_constant(in));
  const std::size_t sets = in.read_count(5);
  for (std::size_t i = 0; i < sets; ++i) program.sets.push_back(read_set(in));
  read_strings(in, &program.regexes);
  read_strings(in, &program.zones);
  const std::size_t columns = in.read_count(4);
  for (std::size_t i = 0; i < columns; ++i) {
    const std::uint16_t table = in.u16();
    program.columns.push_back(TableColumn{table, in.u16()});
  }
  const std::size_t operands = in.read_count(2);
  for (std::size_t i = 0; i < operands; ++i) program.operands.push_back(in.u16());
  const std::size_t temps = in.read_count(1);
  for (std::size_t i = 0; i < temps; ++i) {
    const std::uint8_t c = in.u8();
    if (c > static_cast<std::uint8_t>(ValueClass::kGeoList)) in.fail();
    program.temps.push_back(static_cast<ValueClass>(in.ok() ? c : 0));
  }
  if (!in.ok()) return base::fail(base::ErrorCode::kCorrupt, "a compiled condition is damaged");
  return program;
}

std::optional<SimpleTest> as_simple_test(const Program& program) {
  if (!program.condition || program.code.size() < 2) return std::nullopt;
  const Instruction& test = program.code[0];
  if (!is_test(test.op) || !test.sense() || program.code[1].op != Opcode::kAccept)
    return std::nullopt;
  if (test.x >= program.code.size() || program.code[test.x].op != Opcode::kReject)
    return std::nullopt;
  SimpleTest simple{test.op, test.negate(), false, 0, ValueClass::kInteger, nullptr, nullptr};
  const OpcodeInfo& info = opcode_info(test.op);
  Operand a{test.a}, b{test.b};
  if (test.op == Opcode::kInSet) {
    simple.set = &program.sets[test.b];
    simple.value_class = simple.set->value_class;
  } else if (test.op == Opcode::kTrue) {
    simple.value_class = ValueClass::kInteger;
  } else if (test.op <= Opcode::kNeP) {
    simple.value_class = class_of_operand_letter(info.a);
    simple.swapped = a.space() == Space::kConstant;
    if (simple.swapped) std::swap(a, b);
    if (b.space() != Space::kConstant) return std::nullopt;
    simple.constant = &program.constants[b.index()];
  } else {
    return std::nullopt;
  }
  if (a.space() != Space::kSlot) return std::nullopt;
  simple.slot = a.index();
  return simple;
}

}  // namespace weir::nfa
