// What literals are worth, how they are written, and what a malformed one was meant to be. Used by
// the lexer, the parser and the formatter. Pure functions; thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "dsl/diagnostic.h"

namespace weir::dsl {

// Milliseconds of `1h30m`, or -1 if it is none (unknown unit, wrong order, out of range).
[[nodiscard]] std::int64_t duration_ms(std::string_view text);

// The text that a string stands for, its escapes resolved (those of JSON). `body` is what stands
// between the quotes, `at` its place; a bad escape is reported and kept as it is.
[[nodiscard]] std::string unescape(std::string_view body, Span at, Diagnostics& diagnostics);

// The string as rules write it, with its quotes.
[[nodiscard]] std::string quote(std::string_view text);
// The same without the quotes.
[[nodiscard]] std::string escape(std::string_view text);

// What `10min`, `1.5h`, `10.0.0.1`, `5000_000` was likely meant to be.
struct NumberGuess {
  enum class Kind { kNumber, kDuration, kText } kind = Kind::kNumber;
  std::string message;
  std::string replacement;  // empty: no idea
};
[[nodiscard]] NumberGuess guess_number(std::string_view text);

// `5m` for 300000: the largest units that give it exactly.
[[nodiscard]] std::string duration_text(std::int64_t ms);

// The unit that people mean by `min`, `sec`, `hours`, `w`...: its milliseconds, or 0.
[[nodiscard]] std::int64_t unit_ms(std::string_view word);

}  // namespace weir::dsl
