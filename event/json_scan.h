// Scanning JSON text without building anything: where a value ends and whether it is well formed
// (RFC 8259). Used by the JSON reader, and by the decoder for values with a shape of their own.
//
// The text must be UTF-8 that was checked before (scanners look at bytes below 0x80 only), must be
// followed by kReadPadding readable bytes, and the byte behind it must be a control character:
// line feed or zero. No such byte is taken for white space or stands in a string, so no scanner
// runs past it, and none compares with an end on the way.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "event/batch.h"
#include "event/token.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace weir::event {

// What is wrong with a text, and where.
struct ScanFault {
  BadReason reason = BadReason::kSyntax;
  const char* message = "";  // static
  const char* at = nullptr;
};

// Containers within containers; RFC 8259 lets a parser set such a limit.
inline constexpr unsigned kMaxNesting = 256;

inline bool is_json_space(char c) { return c == ' ' || c == '\t' || c == '\r'; }
inline const char* skip_space(const char* p) {
  while (is_json_space(*p)) ++p;
  return p;
}

#if defined(__SSE2__)
// What ends the plain part of a string, 16 times each. A loop keeps them in registers: `opaque`
// hides from the compiler that they are constants, which it would rather make anew each time.
struct StringStops {
  __m128i quote = opaque(_mm_set1_epi8('"'));
  __m128i backslash = opaque(_mm_set1_epi8('\\'));
  __m128i control = opaque(_mm_set1_epi8(0x1f));

  static __m128i opaque(__m128i bytes) {
    asm("" : "+x"(bytes));  // NOLINT: no instruction
    return bytes;
  }
};

// The first quote, backslash or control character from p on.
[[gnu::always_inline]] inline const char* find_string_stop(const char* p, const StringStops& of) {
  while (true) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    const __m128i stops = _mm_or_si128(
        _mm_or_si128(_mm_cmpeq_epi8(bytes, of.quote), _mm_cmpeq_epi8(bytes, of.backslash)),
        _mm_cmpeq_epi8(_mm_min_epu8(bytes, of.control), bytes));
    const auto mask = static_cast<unsigned>(_mm_movemask_epi8(stops));
    if (mask != 0) [[likely]]
      return p + static_cast<unsigned>(__builtin_ctz(mask));
    p += 16;
  }
}
#endif

// The same on its own.
inline const char* find_string_stop(const char* p) {
#if defined(__SSE2__)
  return find_string_stop(p, StringStops());
#else
  while (*p != '"' && *p != '\\' && static_cast<unsigned char>(*p) >= 0x20) ++p;
  return p;
#endif
}

// The slow half of scan_string: from the first byte that is not plain.
[[nodiscard]] const char* scan_string_rest(const char* stop, bool& escaped, ScanFault& fault);

// From behind the opening quote to the closing one; null and a fault if the string is broken
// (lone surrogates included).
[[nodiscard]] inline const char* scan_string(const char* p, bool& escaped, ScanFault& fault) {
  const char* stop = find_string_stop(p);
  escaped = false;
  if (*stop == '"') [[likely]]
    return stop;
  return scan_string_rest(stop, escaped, fault);
}

// Behind the number that starts at p, or null.
[[nodiscard]] const char* scan_number(const char* p, ScanFault& fault);

// Any value but an object or array: fills kind, begin, size and escaped; returns what is behind.
[[nodiscard]] const char* scan_scalar(const char* p, Token& token, ScanFault& fault);

// Behind the object or array that starts at p, or null. Uses no recursion.
[[nodiscard]] const char* skip_container(const char* p, ScanFault& fault);

// Any value at p, containers as their text.
[[nodiscard]] const char* scan_value(const char* p, Token& token, ScanFault& fault);

// Undoes the escapes of a string that scan_string found good; `out` has room for raw.size() bytes,
// which is always enough. Returns how many it took.
[[nodiscard]] std::size_t unescape(std::string_view raw, char* out);

}  // namespace weir::event
