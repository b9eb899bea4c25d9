// A condition or an expression, compiled: a short straight run of typed instructions over
// numbered operands, and the constants it needs.
//
// Made by the compiler (one for each conjunct and each outcome expression), carried in the image
// as bytes, loaded once (nfa/loaded_program.h) and run by nfa/vm.h for every event. Plain data,
// immutable once made; safe to share between threads.
//
// An operand is 16 bits:  space (2 high bits) | index (14 bits)
//   s  slot       a field of the event at hand
//   r  register   what the earlier parts of the match hold (nfa/register.h)
//   c  constant   of this program
//   t  temporary  written by this program
//
// An instruction is 10 bytes:  op u8 | extra u8 | x u16 | a u16 | b u16 | flags u16
//   tests:     x = where to go on when the outcome is not `sense`
//   computes:  x = index of the temporary written
//
// Invariants, held by verify() for programs that come from bytes
// 1. Jumps go forward only and the last instruction ends the program, so every run ends after at
//    most code.size() steps.
// 2. Every operand exists and has the class that the opcode wants; a temporary has one class in
//    the whole program. What was not written in this run reads as absent.
// 3. A condition ends in Accept or Reject, a value program in Return.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "event/schema.h"
#include "event/value.h"
#include "nfa/register.h"

namespace weir::nfa {

enum class Opcode : std::uint8_t {
#define WEIR_TEST(name, text, a, b, meaning) k##name,
#include "nfa/opcodes.def"
#undef WEIR_TEST
#define WEIR_COMPUTE(name, text, dst, a, b, meaning) k##name,
#include "nfa/opcodes.def"
#undef WEIR_COMPUTE
  kSet,
  kCall,
  kLookup,
  kJump,
  kAccept,
  kReject,
  kReturn,
};
inline constexpr std::size_t kOpcodes = static_cast<std::size_t>(Opcode::kReturn) + 1;

[[nodiscard]] constexpr bool is_test(Opcode op) { return op <= Opcode::kMatches; }
// Of the table's computes, which read at most two operands.
[[nodiscard]] constexpr bool is_compute(Opcode op) {
  return op > Opcode::kMatches && op < Opcode::kSet;
}

enum class Space : std::uint8_t { kSlot = 0, kRegister = 1, kConstant = 2, kTemp = 3 };

struct Operand {
  static constexpr std::uint16_t kMaxIndex = 0x3FFF;
  std::uint16_t bits = 0;

  static constexpr Operand of(Space space, std::size_t index) {
    return Operand{
        static_cast<std::uint16_t>((static_cast<unsigned>(space) << 14) | (index & kMaxIndex))};
  }
  [[nodiscard]] constexpr Space space() const { return static_cast<Space>(bits >> 14); }
  [[nodiscard]] constexpr std::uint16_t index() const {
    return static_cast<std::uint16_t>(bits & kMaxIndex);
  }
  friend constexpr bool operator==(Operand, Operand) = default;
};

struct Instruction {
  static constexpr std::uint16_t kSense = 1;   // go on when the test is true, else jump
  static constexpr std::uint16_t kNegate = 2;  // turn the outcome over present operands round

  Opcode op = Opcode::kReject;
  std::uint8_t extra = 0;
  std::uint16_t x = 0;
  std::uint16_t a = 0;  // an operand's bits, or an index (see opcodes.def)
  std::uint16_t b = 0;
  std::uint16_t flags = 0;  // the high byte: of ListHas, the ValueClass of the elements

  [[nodiscard]] bool sense() const { return (flags & kSense) != 0; }
  [[nodiscard]] bool negate() const { return (flags & kNegate) != 0; }
  friend bool operator==(const Instruction&, const Instruction&) = default;
};
static_assert(sizeof(Instruction) == 10 && std::is_trivially_copyable_v<Instruction>,
              "code is walked as an array and written field by field");

// What an operand's 16 bytes hold. Several types share a class: bool, int, enum, time and
// duration are all integers to the evaluator.
enum class ValueClass : std::uint8_t {
  kInteger,
  kDecimal,
  kFloat,
  kString,
  kIp,
  kGeo,
  kIntegerList,
  kDecimalList,
  kFloatList,
  kStringList,
  kIpList,
  kGeoList,
};
[[nodiscard]] ValueClass value_class(const event::Type& type);
[[nodiscard]] ValueClass value_class(event::TypeKind kind);  // not for kList
[[nodiscard]] constexpr bool is_list(ValueClass c) { return c >= ValueClass::kIntegerList; }
[[nodiscard]] constexpr ValueClass element_class(ValueClass list) {
  return static_cast<ValueClass>(static_cast<int>(list) - 6);
}
[[nodiscard]] std::string_view value_class_name(ValueClass c);

// A constant with its own bytes: `text` holds a string's, `value` anything else.
struct Constant {
  ValueClass value_class = ValueClass::kInteger;
  event::Value value;
  std::string text;

  static Constant of(event::TypeKind kind, const event::Value& value);
  friend bool operator==(const Constant& a, const Constant& b);
};

// The list literal of an `in`, all of one class, without doubles. For ips each entry has a prefix
// length over the 128 bits (a single address: 128).
struct ConstantSet {
  ValueClass value_class = ValueClass::kInteger;
  std::vector<Constant> entries;
  std::vector<std::uint8_t> prefix_bits;  // of ips only, one an entry

  friend bool operator==(const ConstantSet&, const ConstantSet&) = default;
};

struct TableColumn {
  std::uint16_t table = 0;   // in the image's tables
  std::uint16_t column = 0;  // in the table's columns
  friend bool operator==(const TableColumn&, const TableColumn&) = default;
};

struct Program {
  // The type of the event at hand; none if there is none (`having`, outcomes).
  event::EventTypeId event_type;
  bool condition = true;  // else it gives a value
  event::Type result;     // of a value program
  std::vector<Instruction> code;
  std::vector<Constant> constants;
  std::vector<ConstantSet> sets;
  std::vector<std::string> regexes;
  std::vector<std::string> zones;  // IANA names
  std::vector<TableColumn> columns;
  std::vector<std::uint16_t> operands;  // of calls, by Instruction::a and b
  std::vector<ValueClass> temps;        // the class of each temporary

  friend bool operator==(const Program&, const Program&) = default;

  // Indices of the registers that the code reads, ascending, each once.
  [[nodiscard]] std::vector<std::uint16_t> registers_read() const;
  [[nodiscard]] std::vector<std::uint16_t> slots_read() const;
  [[nodiscard]] bool reads_lists() const { return !lists_read().empty(); }
  [[nodiscard]] std::vector<std::uint16_t> lists_read() const;  // of the image, ascending
  [[nodiscard]] bool reads_tables() const;

  // Frozen layout, version kProgramVersion; part of the image.
  void append_bytes(base::ByteWriter& out) const;
  // Reads the layout only: verify() before it is run.
  [[nodiscard]] static base::Result<Program> read(base::ByteReader& in);
};
inline constexpr std::uint8_t kProgramVersion = 1;

// What a program may refer to.
struct VerifyContext {
  const event::Schema* schema = nullptr;
  std::span<const RegisterDesc> registers;
  std::span<const ValueClass> lists;  // class of the entries of each list of the image
  struct Table {
    ValueClass key = ValueClass::kInteger;
    std::vector<ValueClass> columns;
  };
  std::span<const Table> tables;
};
// Holds the invariants above against bytes that nobody vouches for.
[[nodiscard]] base::Result<void> verify(const Program& program, const VerifyContext& context);

// One instruction a line, as `0  lt.d  s2, c0  else 3` with the constants below; slots by name if
// the schema is given. For `weir explain --stage program` and tests.
[[nodiscard]] std::string print(const Program& program, const event::Schema* schema = nullptr,
                                std::span<const RegisterDesc> registers = {});

// A condition of the form `field op constant` or `field in constants`: what the index over many
// rules' conditions is built of (nfa/predicate_index.h). The op is one of kEq.. kLe of a class,
// kTrue, kInSet; `swapped` says that the constant stands on the left (constant < field). The
// program has to be a verified one.
struct SimpleTest {
  Opcode op = Opcode::kEqI;
  bool negate = false;
  bool swapped = false;
  std::uint16_t slot = 0;
  ValueClass value_class = ValueClass::kInteger;
  const Constant* constant = nullptr;  // of the program; null for kInSet and kTrue
  const ConstantSet* set = nullptr;    // kInSet
};
[[nodiscard]] std::optional<SimpleTest> as_simple_test(const Program& program);

}  // namespace weir::nfa
