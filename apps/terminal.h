// What the command line knows of the terminal, and how it speaks: data to standard output, messages
// to standard error. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdio>
#include <string_view>

namespace weir::apps {

// Exit statuses (docs/cli.md).
inline constexpr int kGood = 0;
inline constexpr int kFallsShort = 1;  // the rules or tests do
inline constexpr int kBadUsage = 2;    // or input that could not be opened, output not written

[[nodiscard]] bool is_terminal(std::FILE* stream);
// On a terminal, unless NO_COLOR is set or TERM is dumb.
[[nodiscard]] bool use_colour(std::FILE* stream);
// Columns of the terminal on standard error; 80 if it does not say.
[[nodiscard]] std::size_t terminal_columns();

// `weir: TEXT` on standard error.
void complain(std::string_view text);
// On standard error as it is.
void say(std::string_view text);
// On standard output, flushed. False, having complained, if it could not be written.
[[nodiscard]] bool print_data(std::string_view text);

}  // namespace weir::apps
