// The built-in functions of the language (L2.6): a table of signatures that the compiler reads and
// the evaluator calls by index. Immutable, re-entrant; no locale, no clock.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "event/value.h"
#include "nfa/program.h"

namespace weir::nfa {

struct EvalCounters;
class Scratch;
struct Zone;

enum class Builtin : std::uint8_t {
#define WEIR_BUILTIN(id, name, params, result, meaning) k##id,
#include "nfa/builtins.def"
#undef WEIR_BUILTIN
};

struct BuiltinInfo {
  Builtin id;
  std::string_view name;
  std::string_view params;  // letters as in builtins.def
  char result;
  std::string_view meaning;

  [[nodiscard]] bool variadic() const { return params.ends_with('+'); }
  [[nodiscard]] bool takes(std::size_t arguments) const {
    return variadic() ? arguments >= 2 : arguments == params.size();
  }
  [[nodiscard]] char param(std::size_t argument) const {
    return variadic() ? params[params.size() - 2] : params[argument];
  }
};
inline constexpr std::size_t kMaxArguments = 16;

[[nodiscard]] std::span<const BuiltinInfo> builtins();
// The class that a letter's value has; kInteger for z, which is an index into Program::zones.
// Not for L.
[[nodiscard]] ValueClass class_of_letter(char letter);

struct CallContext {
  EvalCounters* counters = nullptr;
  Scratch* scratch = nullptr;
  std::span<const Zone* const> zones;
};
// All arguments are there; false: the result is absent.
[[nodiscard]] bool call_builtin(Builtin builtin, const CallContext& context,
                                std::span<const event::Value* const> arguments, event::Value* out);

// Whether the system's zone database has this IANA zone.
[[nodiscard]] bool zone_exists(const std::string& name);

}  // namespace weir::nfa
