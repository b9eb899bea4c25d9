#include "nfa/program.h"

#include <gtest/gtest.h>

#include <array>
#include <random>

#include "nfa/arithmetic.h"
#include "nfa/builtins.h"
#include "nfa/dataset.h"
#include "nfa/vm.h"

namespace weir::nfa {
namespace {

using event::TypeKind;
using event::Value;

event::Schema two_fields() {
  event::Schema schema;
  event::EventType auth;
  auth.name = "auth";
  event::Field amount, country;
  amount.name = "amount";
  amount.type.kind = TypeKind::kDecimal;
  country.name = "country";
  country.type.kind = TypeKind::kString;
  auth.fields = {amount, country};
  schema.types.push_back(auth);
  return schema;
}

// amount > 5.0 and country in {"GB", a long one} and lower(country) == "gb"
Program sample() {
  Program p;
  p.event_type = event::EventTypeId(0u);
  p.constants = {Constant::of(TypeKind::kDecimal, Value::of_decimal(5'0000)),
                 Constant::of(TypeKind::kString, Value::of_string("gb"))};
  ConstantSet set;
  set.value_class = ValueClass::kString;
  set.entries = {Constant::of(TypeKind::kString, Value::of_string("GB")),
                 Constant::of(TypeKind::kString, Value::of_string("more than twelve bytes"))};
  p.sets = {set};
  p.temps = {ValueClass::kString};
  const auto slot = [](std::size_t i) { return Operand::of(Space::kSlot, i).bits; };
  const auto constant = [](std::size_t i) { return Operand::of(Space::kConstant, i).bits; };
  const std::uint16_t temp = Operand::of(Space::kTemp, 0).bits;
  p.operands = {slot(1)};
  p.code = {{Opcode::kLtD, 0, 5, constant(0), slot(0), Instruction::kSense},
            {Opcode::kInSet, 0, 5, slot(1), 0, Instruction::kSense},
            {Opcode::kCall, static_cast<std::uint8_t>(Builtin::kLower), 0, 0, 1},
            {Opcode::kEqS, 0, 5, temp, constant(1), Instruction::kSense},
            {Opcode::kAccept},
            {Opcode::kReject}};
  return p;
}

std::string bytes_of(const Program& program) {
  base::ByteWriter out;
  program.append_bytes(out);
  return out.take();
}

struct Fixture {
  event::Schema schema = two_fields();
  VerifyContext context{&schema, {}, {}, {}};
  ProgramLoader loader{context};
  Scratch scratch;
  EvalCounters counters;
  std::array<Value, 2> slots;
  std::uint64_t present = 3;
  event::Row row;

  EvalInput input() {
    row.type = event::EventTypeId(0u);
    row.slots = slots.data();
    row.present = &present;
    EvalInput in;
    in.row = &row;
    in.counters = &counters;
    return in;
  }
};

TEST(Program, RunsAndPrints) {
  Fixture f;
  EXPECT_EQ(print(sample(), &f.schema),
            "0  lt.d 5, amount else 5\n"
            "1  in.set country, {\"GB\", \"more than twelve bytes\"} else 5\n"
            "2  t0 := lower country\n"
            "3  eq.s t0, \"gb\" else 5\n"
            "4  accept\n5  reject\n");
  const auto program = f.loader.load(sample());
  ASSERT_TRUE(program.has_value()) << program.error().message;
  f.slots = {Value::of_decimal(6'0000), Value::of_string("GB")};
  EXPECT_TRUE(holds(*program, f.input(), f.scratch));
  f.slots[1] = Value::of_string("more than twelve bytes");
  EXPECT_FALSE(holds(*program, f.input(), f.scratch));
  f.slots[1] = Value::of_string("GB");
  f.present = 2;
  EXPECT_FALSE(holds(*program, f.input(), f.scratch));
}

TEST(Program, BytesComeBack) {
  const std::string bytes = bytes_of(sample());
  base::ByteReader in(bytes);
  const auto read = Program::read(in);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(*read, sample());
  for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
    base::ByteReader part(std::string_view(bytes).substr(0, cut));
    EXPECT_FALSE(Program::read(part).has_value()) << cut;
  }
}

// Whatever passes verify() runs to its end and touches nothing outside (as the sanitizers see).
TEST(Program, HostileBytesAreRefusedOrHarmless) {
  Fixture f;
  f.slots = {Value::of_decimal(6'0000), Value::of_string("a country with a long name")};
  const std::string good = bytes_of(sample());
  std::mt19937 random(7);
  int accepted = 0;
  for (int round = 0; round < 60'000; ++round) {
    std::string bytes = good;
    const int changes = 1 + static_cast<int>(random() % 3);
    for (int i = 0; i < changes; ++i) {
      bytes[random() % bytes.size()] =
          static_cast<char>(random() % 4 == 0 ? random() : random() % 8);
    }
    base::ByteReader in(bytes);
    const auto program = Program::read(in);
    if (!program) continue;
    (void)print(*program, &f.schema);
    ProgramLoader loader(f.context);
    const auto loaded = loader.load(*program);
    if (!loaded) continue;
    ++accepted;
    Value value;
    f.scratch.reset();
    if (program->condition) {
      (void)holds(*loaded, f.input(), f.scratch);
    } else {
      (void)evaluate(*loaded, f.input(), f.scratch, &value);
    }
  }
  EXPECT_GT(accepted, 100);
}

TEST(Program, BackwardJumpsAndWrongClassesAreRefused) {
  Fixture f;
  Program p = sample();
  p.code[1].x = 0;
  EXPECT_FALSE(verify(p, f.context).has_value());
  p = sample();
  p.code[0].b = Operand::of(Space::kSlot, 1).bits;
  EXPECT_FALSE(verify(p, f.context).has_value());
  p = sample();
  p.code.pop_back();
  EXPECT_FALSE(verify(p, f.context).has_value());
  p = sample();
  p.temps[0] = ValueClass::kDecimal;
  EXPECT_FALSE(verify(p, f.context).has_value());
  p = sample();
  p.event_type = event::EventTypeId();
  EXPECT_FALSE(verify(p, f.context).has_value());
}

TEST(Arithmetic, RoundsHalfToEven) {
  Int128 v = 0;
  const auto divided = [&](Int128 n, Int128 d) {
    EXPECT_TRUE(divide_half_even(n, d, &v));
    return static_cast<std::int64_t>(v);
  };
  EXPECT_EQ(divided(5, 2), 2);
  EXPECT_EQ(divided(7, 2), 4);
  EXPECT_EQ(divided(-5, 2), -2);
  EXPECT_EQ(divided(-7, 2), -4);
  EXPECT_EQ(divided(8, 3), 3);
  ASSERT_TRUE(multiply_decimal(1'0001, 5000, &v));  // 0.50005 is a tie
  EXPECT_EQ(static_cast<std::int64_t>(v), 5000);
  ASSERT_TRUE(multiply_decimal(1'0003, 5000, &v));  // 0.50015
  EXPECT_EQ(static_cast<std::int64_t>(v), 5002);
}

TEST(Arithmetic, TheWidePathsAgreeWithTheNarrowOnes) {
  std::mt19937_64 random(3);
  const Int128 big = Int128{1} << 80;
  for (int i = 0; i < 2000; ++i) {
    const auto a = static_cast<std::int64_t>(random()) >> 20,
               b = (static_cast<std::int64_t>(random()) >> 40) | 1;
    Int128 product = 0, back = 0;
    ASSERT_TRUE(multiply_decimal(big * a, Int128{b} * kDecimalScale, &product) ||
                magnitude(big) * magnitude(a) / magnitude(1) > (UInt128{1} << 127) / magnitude(b));
    if (!multiply_decimal(big * a, Int128{b} * kDecimalScale, &product)) continue;
    EXPECT_TRUE(product == big * a * b);
    ASSERT_TRUE(divide_decimal(product, Int128{b} * kDecimalScale, &back));
    EXPECT_TRUE(back == big * a);
  }
  Int128 v = 0;
  EXPECT_FALSE(multiply_decimal(Int128{1} << 126, Int128{1} << 126, &v));
  EXPECT_FALSE(divide_decimal(Int128{1} << 126, 1, &v));
}

}  // namespace
}  // namespace weir::nfa
