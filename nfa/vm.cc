// The evaluator. An operand is found without a branch: its two high bits choose one of four
// arrays of values (slots, registers, constants, temporaries) and of presence bits, the rest is
// the index. Each opcode is a few lines below, by overload on its tag; the loop is made of the rows
// of opcodes.def. verify() has made sure of every index, so nothing is checked here.
#include "nfa/vm.h"

#include <re2/re2.h>

#include <array>
#include <cmath>
#include <cstring>

#include "nfa/arithmetic.h"
#include "nfa/builtins.h"
#include "nfa/live_list.h"
#include "nfa/opcode_info.h"

namespace weir::nfa {
namespace {

using event::Value;

struct Frame {
  const Value* values[4];
  const std::uint64_t* present[4];
  Value* temps;
  std::uint64_t* temp_present;
  const LoadedProgram& program;
  const EvalInput& input;
  Scratch& scratch;

  Frame(const LoadedProgram& p, const EvalInput& in, Scratch& s)
      : program(p), input(in), scratch(s) {
    if (p.temps > 0) s.prepare_temps(p.temps);
    temps = s.temps();
    temp_present = s.temp_present();
    values[0] = in.row == nullptr ? nullptr : in.row->slots;
    present[0] = in.row == nullptr ? nullptr : in.row->present;
    values[1] = in.registers;
    present[1] = in.register_present;
    values[2] = p.constants.data();
    present[2] = p.constant_present.data();
    values[3] = temps;
    present[3] = temp_present;
  }
  [[nodiscard]] const Value& value(std::uint16_t bits) const {
    return values[bits >> 14][bits & Operand::kMaxIndex];
  }
  [[nodiscard]] bool has(std::uint16_t bits) const {
    return event::is_present(present[bits >> 14], bits & Operand::kMaxIndex);
  }
  void write(std::uint16_t temp, bool there, const Value& v) {
    if (there) {
      temps[temp] = v;
      event::set_present(temp_present, temp);
    } else {
      event::set_absent(temp_present, temp);
    }
  }
};

template <Opcode kOp>
struct Tag {};

#define WEIR_RUN_TEST(name, expression)                                          \
  inline bool test(Tag<Opcode::k##name>, const Frame& f, const Instruction& i) { \
    const Value& a = f.value(i.a);                                               \
    return expression;                                                           \
  }
#define WEIR_B f.value(i.b)
WEIR_RUN_TEST(EqI, a.integer == WEIR_B.integer)
WEIR_RUN_TEST(NeI, a.integer != WEIR_B.integer)
WEIR_RUN_TEST(LtI, a.integer < WEIR_B.integer)
WEIR_RUN_TEST(LeI, a.integer <= WEIR_B.integer)
WEIR_RUN_TEST(EqD, a.decimal == WEIR_B.decimal)
WEIR_RUN_TEST(NeD, a.decimal != WEIR_B.decimal)
WEIR_RUN_TEST(LtD, a.decimal < WEIR_B.decimal)
WEIR_RUN_TEST(LeD, a.decimal <= WEIR_B.decimal)
WEIR_RUN_TEST(EqF, a.real == WEIR_B.real)
WEIR_RUN_TEST(NeF, a.real != WEIR_B.real)
WEIR_RUN_TEST(LtF, a.real < WEIR_B.real)
WEIR_RUN_TEST(LeF, a.real <= WEIR_B.real)
WEIR_RUN_TEST(EqS, a.string == WEIR_B.string)
WEIR_RUN_TEST(NeS, !(a.string == WEIR_B.string))
WEIR_RUN_TEST(LtS, a.string.view() < WEIR_B.string.view())
WEIR_RUN_TEST(LeS, a.string.view() <= WEIR_B.string.view())
WEIR_RUN_TEST(EqP, std::memcmp(a.ip, WEIR_B.ip, sizeof a.ip) == 0)
WEIR_RUN_TEST(NeP, std::memcmp(a.ip, WEIR_B.ip, sizeof a.ip) != 0)
WEIR_RUN_TEST(EqG, equal_values(ValueClass::kGeo, a, WEIR_B))
WEIR_RUN_TEST(NeG, !equal_values(ValueClass::kGeo, a, WEIR_B))
WEIR_RUN_TEST(True, a.integer != 0)
WEIR_RUN_TEST(InSet, f.program.sets[i.b]->contains(a, f.input.now_ms))
WEIR_RUN_TEST(InList, f.input.lists[i.b]->contains(a, f.input.now_ms))
WEIR_RUN_TEST(StartsWith, a.string.view().starts_with(WEIR_B.string.view()))
WEIR_RUN_TEST(EndsWith, a.string.view().ends_with(WEIR_B.string.view()))
WEIR_RUN_TEST(Contains, a.string.view().find(WEIR_B.string.view()) != std::string_view::npos)
WEIR_RUN_TEST(Matches,
              re2::RE2::PartialMatch({a.string.data(), a.string.size()}, *f.program.regexes[i.b]))
#undef WEIR_B
#undef WEIR_RUN_TEST

inline bool test(Tag<Opcode::kListHas>, const Frame& f, const Instruction& i) {
  const event::ListRef list = f.value(i.a).list;
  const Value& element = f.value(i.b);
  const auto c = static_cast<ValueClass>(i.flags >> 8);
  for (std::uint64_t n = 0; n < list.size; ++n) {
    if (equal_values(c, list.items[n], element)) return true;
  }
  return false;
}

// The outcome, unknown told apart from false.
template <Opcode kOp>
inline Tri outcome(const Frame& f, const Instruction& i) {
  constexpr OpcodeInfo kInfo = opcode_info(kOp);
  if constexpr (kOp == Opcode::kPresent) {
    return f.has(i.a) != i.negate() ? Tri::kTrue : Tri::kFalse;
  } else {
    if (!f.has(i.a)) return Tri::kUnknown;
    if constexpr (is_value_letter(kInfo.b)) {
      if (!f.has(i.b)) return Tri::kUnknown;
    }
    return test(Tag<kOp>(), f, i) != i.negate() ? Tri::kTrue : Tri::kFalse;
  }
}

bool set(Frame& f, const Instruction& i, Value* out) {
  Tri tri = Tri::kUnknown;
  switch (static_cast<Opcode>(i.extra)) {
#define WEIR_TEST(name, text, a, b, meaning) \
  case Opcode::k##name:                      \
    tri = outcome<Opcode::k##name>(f, i);    \
    break;
#include "nfa/opcodes.def"
#undef WEIR_TEST
    default:
      break;
  }
  *out = Value::of_bool(tri == Tri::kTrue);
  return tri != Tri::kUnknown;
}

// ---- computes: false makes the result absent ---------------------------------------------------

bool counted(std::uint64_t& counter) {
  ++counter;
  return false;
}
bool overflowed(const Frame& f) { return counted(f.input.counters->overflow); }
bool divided_by_zero(const Frame& f) { return counted(f.input.counters->division_by_zero); }

bool finite(const Frame& f, double v, Value* out) {
  if (!std::isfinite(v)) return overflowed(f);
  *out = Value::of_float(v);
  return true;
}
bool whole(const Frame& f, bool overflow, std::int64_t v, Value* out) {
  if (overflow) return overflowed(f);
  *out = Value::of_int(v);
  return true;
}
bool exact(const Frame& f, bool fits, Int128 v, Value* out) {
  if (!fits) return overflowed(f);
  *out = Value::of_decimal(v);
  return true;
}

#define WEIR_RUN(name)                                                                  \
  inline bool compute(Tag<Opcode::k##name>, [[maybe_unused]] Frame& f,                  \
                      [[maybe_unused]] const Value& a, [[maybe_unused]] const Value& b, \
                      [[maybe_unused]] Value* out)
WEIR_RUN(AddI) {
  std::int64_t v = 0;
  const bool over = __builtin_add_overflow(a.integer, b.integer, &v);
  return whole(f, over, v, out);
}
WEIR_RUN(SubI) {
  std::int64_t v = 0;
  const bool over = __builtin_sub_overflow(a.integer, b.integer, &v);
  return whole(f, over, v, out);
}
WEIR_RUN(MulI) {
  std::int64_t v = 0;
  const bool over = __builtin_mul_overflow(a.integer, b.integer, &v);
  return whole(f, over, v, out);
}
WEIR_RUN(ModI) {
  if (b.integer == 0) return divided_by_zero(f);
  return whole(f, false, b.integer == -1 ? 0 : a.integer % b.integer, out);
}
WEIR_RUN(NegI) {
  std::int64_t v = 0;
  const bool over = __builtin_sub_overflow(std::int64_t{0}, a.integer, &v);
  return whole(f, over, v, out);
}
WEIR_RUN(DivI) {
  if (b.integer == 0) return divided_by_zero(f);
  Int128 v = 0;
  const bool fits = divide_half_even(int_to_decimal(a.integer), b.integer, &v);
  return exact(f, fits, v, out);
}
WEIR_RUN(AddD) {
  Int128 v = 0;
  const bool fits = add_decimal(a.decimal, b.decimal, &v);
  return exact(f, fits, v, out);
}
WEIR_RUN(SubD) {
  Int128 v = 0;
  const bool fits = subtract_decimal(a.decimal, b.decimal, &v);
  return exact(f, fits, v, out);
}
WEIR_RUN(MulD) {
  Int128 v = 0;
  const bool fits = multiply_decimal(a.decimal, b.decimal, &v);
  return exact(f, fits, v, out);
}
WEIR_RUN(DivD) {
  if (b.decimal == 0) return divided_by_zero(f);
  Int128 v = 0;
  const bool fits = divide_decimal(a.decimal, b.decimal, &v);
  return exact(f, fits, v, out);
}
WEIR_RUN(ModD) {
  if (b.decimal == 0) return divided_by_zero(f);
  return exact(f, true, b.decimal == -1 ? 0 : a.decimal % b.decimal, out);
}
WEIR_RUN(NegD) {
  Int128 v = 0;
  const bool fits = subtract_decimal(0, a.decimal, &v);
  return exact(f, fits, v, out);
}
WEIR_RUN(AddF) { return finite(f, a.real + b.real, out); }
WEIR_RUN(SubF) { return finite(f, a.real - b.real, out); }
WEIR_RUN(MulF) { return finite(f, a.real * b.real, out); }
WEIR_RUN(DivF) { return b.real == 0 ? divided_by_zero(f) : finite(f, a.real / b.real, out); }
WEIR_RUN(ModF) {
  return b.real == 0 ? divided_by_zero(f) : finite(f, std::fmod(a.real, b.real), out);
}
WEIR_RUN(NegF) { return finite(f, -a.real, out); }
WEIR_RUN(IntToDecimal) { return exact(f, true, int_to_decimal(a.integer), out); }
WEIR_RUN(IntToFloat) { return finite(f, static_cast<double>(a.integer), out); }
WEIR_RUN(DecimalToFloat) { return finite(f, decimal_to_float(a.decimal), out); }
WEIR_RUN(FloatToDecimal) {
  // The product and the limit are exact where they matter: beyond 2^53 a double has no fraction.
  constexpr double kLimit = 9223372036854775808.0;  // 2^63, one more than event::kDecimalMax
  const double scaled = std::nearbyint(a.real * static_cast<double>(event::kDecimalScale));
  const bool fits = scaled > -kLimit && scaled < kLimit;
  return exact(f, fits, fits ? static_cast<std::int64_t>(scaled) : 0, out);
}
WEIR_RUN(DecimalToInt) {
  std::int64_t v = 0;
  const bool fits = decimal_to_int(a.decimal, &v);
  return whole(f, !fits, v, out);
}
WEIR_RUN(Not) { return whole(f, false, a.integer == 0 ? 1 : 0, out); }
WEIR_RUN(Copy) {
  *out = a;
  return true;
}
#undef WEIR_RUN

// And, Or and Otherwise look at absence themselves.
Tri tri(const Frame& f, std::uint16_t bits) {
  if (!f.has(bits)) return Tri::kUnknown;
  return f.value(bits).integer != 0 ? Tri::kTrue : Tri::kFalse;
}
void write_tri(Frame& f, std::uint16_t temp, Tri value) {
  f.write(temp, value != Tri::kUnknown, Value::of_bool(value == Tri::kTrue));
}

template <Opcode kOp>
inline void run_compute(Frame& f, const Instruction& i) {
  constexpr OpcodeInfo kInfo = opcode_info(kOp);
  if constexpr (kOp == Opcode::kAnd) {
    write_tri(f, i.x, std::min(tri(f, i.a), tri(f, i.b)));
  } else if constexpr (kOp == Opcode::kOr) {
    write_tri(f, i.x, std::max(tri(f, i.a), tri(f, i.b)));
  } else if constexpr (kOp == Opcode::kOtherwise) {
    const std::uint16_t chosen = f.has(i.a) ? i.a : i.b;
    f.write(i.x, f.has(chosen), f.value(chosen));
  } else if constexpr (kOp == Opcode::kTime) {
    f.write(i.x, true, Value::of_int(f.input.row->ts_ms));
  } else {
    const bool operands = f.has(i.a) && (!is_value_letter(kInfo.b) || f.has(i.b));
    Value result;
    const Value& b = is_value_letter(kInfo.b) ? f.value(i.b) : f.value(i.a);
    const bool there = operands && compute(Tag<kOp>(), f, f.value(i.a), b, &result);
    f.write(i.x, there, result);
  }
}

void call(Frame& f, const Instruction& i) {
  std::array<const Value*, kMaxArguments> arguments;
  bool there = true;
  for (std::size_t n = 0; n < i.b; ++n) {
    const std::uint16_t bits = f.program.operands[i.a + n];
    there = there && f.has(bits);
    arguments[n] = &f.value(bits);
  }
  Value result;
  const CallContext context{f.input.counters, &f.scratch, f.program.zones};
  there = there &&
          call_builtin(static_cast<Builtin>(i.extra), context, {arguments.data(), i.b}, &result);
  f.write(i.x, there, result);
}

void look_up(Frame& f, const Instruction& i) {
  const TableColumn column = f.program.columns[i.b];
  const Value* found =
      f.has(i.a) ? f.input.tables[column.table]->find(f.value(i.a), column.column) : nullptr;
  f.write(i.x, found != nullptr, found != nullptr ? *found : Value());
}

// Runs to the end and gives the instruction that ended it.
inline const Instruction& run(Frame& f) {
  const Instruction* code = f.program.code.data();
  const Instruction* i = code;
  for (;;) {
    switch (i->op) {
#define WEIR_TEST(name, text, a, b, meaning)                                                 \
  case Opcode::k##name:                                                                      \
    i = (outcome<Opcode::k##name>(f, *i) == Tri::kTrue) == i->sense() ? i + 1 : code + i->x; \
    continue;
#include "nfa/opcodes.def"
#undef WEIR_TEST
#define WEIR_COMPUTE(name, text, dst, a, b, meaning) \
  case Opcode::k##name:                              \
    run_compute<Opcode::k##name>(f, *i);             \
    break;
#include "nfa/opcodes.def"
#undef WEIR_COMPUTE
      case Opcode::kSet: {
        Value result;
        const bool there = set(f, *i, &result);
        f.write(i->x, there, result);
        break;
      }
      case Opcode::kCall:
        call(f, *i);
        break;
      case Opcode::kLookup:
        look_up(f, *i);
        break;
      case Opcode::kJump:
        i = code + i->x;
        continue;
      case Opcode::kAccept:
      case Opcode::kReject:
      case Opcode::kReturn:
        return *i;
    }
    ++i;
  }
}

}  // namespace

bool holds(const LoadedProgram& program, const EvalInput& input, Scratch& scratch) {
  Frame frame(program, input, scratch);
  return run(frame).op == Opcode::kAccept;
}

bool evaluate(const LoadedProgram& program, const EvalInput& input, Scratch& scratch, Value* out) {
  Frame frame(program, input, scratch);
  const Instruction& end = run(frame);
  if (end.op != Opcode::kReturn || !frame.has(end.a)) return false;
  *out = frame.value(end.a);
  return true;
}

}  // namespace weir::nfa
