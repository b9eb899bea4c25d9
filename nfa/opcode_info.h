// opcodes.def as data: the text and operand letters of every opcode, for printing, verifying and
// walking programs.
#pragma once

#include <array>
#include <string_view>

#include "nfa/program.h"

namespace weir::nfa {

struct OpcodeInfo {
  std::string_view text;
  char dst;  // '_' for tests
  char a;
  char b;
};

inline constexpr std::array<OpcodeInfo, kOpcodes> kOpcodeInfo = {{
#define WEIR_TEST(name, text, a, b, meaning) {text, '_', #a[0], #b[0]},
#include "nfa/opcodes.def"
#undef WEIR_TEST
#define WEIR_COMPUTE(name, text, dst, a, b, meaning) {text, #dst[0], #a[0], #b[0]},
#include "nfa/opcodes.def"
#undef WEIR_COMPUTE
    {"set", 'I', '_', '_'},   // operands are those of the test
    {"call", 'V', '_', '_'},  // operands stand in Program::operands
    {"lookup", 'V', 'V', 'C'},
    {"jump", '_', '_', '_'},
    {"accept", '_', '_', '_'},
    {"reject", '_', '_', '_'},
    {"return", '_', 'V', '_'},
}};

[[nodiscard]] constexpr const OpcodeInfo& opcode_info(Opcode op) {
  return kOpcodeInfo[static_cast<std::size_t>(op)];
}
// Whether the letter stands for an operand in one of the value spaces.
[[nodiscard]] constexpr bool is_value_letter(char letter) {
  return std::string_view("IDFSPGLV").contains(letter);
}
// Of I D F S P G.
[[nodiscard]] constexpr ValueClass class_of_operand_letter(char letter) {
  return static_cast<ValueClass>(std::string_view("IDFSPG").find(letter));
}

}  // namespace weir::nfa
