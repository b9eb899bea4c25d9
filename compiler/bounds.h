// The counts and durations of a rule: literals, or params by name. Used by the rule compiler. Not
// thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "compiler/declarations.h"
#include "compiler/pattern_graph.h"

namespace weir::compiler {

class BoundReader {
 public:
  using Arguments = std::map<std::string, ParamValue, std::less<>>;

  // `arguments`: names that stand for constants here only, looked up before the params; may be
  // null.
  BoundReader(const Declared& declared, dsl::Diagnostics& diagnostics,
              const Arguments* arguments = nullptr)
      : declared_(declared), diagnostics_(diagnostics), arguments_(arguments) {}

  // Nothing, and nothing said, if it has no value that can be known.
  [[nodiscard]] std::optional<std::int64_t> number(const dsl::NumberArg& arg) const;
  [[nodiscard]] std::optional<std::int64_t> duration_ms(const dsl::DurationArg& arg) const;

  // Likewise, but says why there is no value, or why it cannot be: below `least`, above `most`.
  [[nodiscard]] std::optional<std::int64_t> checked_number(const dsl::NumberArg& arg,
                                                           std::int64_t least, std::int64_t most);
  [[nodiscard]] std::optional<std::int64_t> checked_duration_ms(const dsl::DurationArg& arg);

  // Reports every count and duration of a pattern that has no value. False if there was one.
  [[nodiscard]] bool check_pattern(const dsl::Ast& ast, dsl::PatternId pattern);

  [[nodiscard]] PatternConstants constants() const;

  // Whether what declares the name could not be understood.
  [[nodiscard]] bool is_poisoned(std::string_view name) const {
    return declared_.poisoned.contains(name);
  }

 private:
  [[nodiscard]] const ParamValue* find(const dsl::Name& name) const;
  // A param of the kind that is wanted; reports otherwise. `what` as in "a duration".
  bool check_name(const dsl::Name& name, event::TypeKind kind, std::string_view what);

  const Declared& declared_;
  dsl::Diagnostics& diagnostics_;
  const Arguments* arguments_;
};

}  // namespace weir::compiler
