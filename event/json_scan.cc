#include "event/json_scan.h"

#include <bitset>
#include <cstring>

namespace weir::event {
namespace {

const char* fail_at(const char* p, const char* message, ScanFault& fault) {
  fault = {BadReason::kSyntax, message, p};
  return nullptr;
}

bool is_digit(char c) { return static_cast<unsigned char>(c - '0') < 10; }

// Four hex digits, or -1.
int read_hex4(const char* p) {
  int value = 0;
  for (int i = 0; i < 4; ++i) {
    const char c = p[i];
    const auto lower = static_cast<unsigned char>(c | 0x20);
    int digit;
    if (is_digit(c)) {
      digit = c - '0';
    } else if (lower >= 'a' && lower <= 'f') {
      digit = lower - 'a' + 10;
    } else {
      return -1;
    }
    value = value * 16 + digit;
  }
  return value;
}

bool is_high_surrogate(int unit) { return unit >= 0xd800 && unit < 0xdc00; }
bool is_low_surrogate(int unit) { return unit >= 0xdc00 && unit < 0xe000; }

// p is at a backslash; behind the escape (both halves of a surrogate pair), or null.
const char* scan_escape(const char* p, ScanFault& fault) {
  switch (p[1]) {
    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't':
      return p + 2;
    case 'u':
      break;
    default:
      return fail_at(p, "an escape that JSON does not have", fault);
  }
  const int unit = read_hex4(p + 2);
  if (unit < 0) return fail_at(p, "\\u without four hex digits", fault);
  if (is_low_surrogate(unit)) return fail_at(p, "half a surrogate pair", fault);
  if (!is_high_surrogate(unit)) return p + 6;
  const bool paired = p[6] == '\\' && p[7] == 'u' && is_low_surrogate(read_hex4(p + 8));
  return paired ? p + 12 : fail_at(p, "half a surrogate pair", fault);
}

std::size_t put_utf8(unsigned code, char* out) {
  const auto put = [&](std::size_t i, unsigned byte) { out[i] = static_cast<char>(byte); };
  if (code < 0x80) {
    put(0, code);
    return 1;
  }
  if (code < 0x800) {
    put(0, 0xc0 | (code >> 6));
    put(1, 0x80 | (code & 0x3f));
    return 2;
  }
  if (code < 0x10000) {
    put(0, 0xe0 | (code >> 12));
    put(1, 0x80 | ((code >> 6) & 0x3f));
    put(2, 0x80 | (code & 0x3f));
    return 3;
  }
  put(0, 0xf0 | (code >> 18));
  put(1, 0x80 | ((code >> 12) & 0x3f));
  put(2, 0x80 | ((code >> 6) & 0x3f));
  put(3, 0x80 | (code & 0x3f));
  return 4;
}

const char* scan_word(const char* p, std::string_view word, TokenKind kind, Token& token,
                      ScanFault& fault) {
  if (std::memcmp(p, word.data(), word.size()) != 0) {
    return fail_at(p, "a word that is not true, false or null", fault);
  }
  token = {p, static_cast<std::uint32_t>(word.size()), kind, false, false};
  return p + word.size();
}

// A key and its colon; returns the start of the value.
const char* scan_key(const char* p, ScanFault& fault) {
  if (*p != '"') return fail_at(p, "expected a key in quotes", fault);
  bool escaped;
  p = scan_string(p + 1, escaped, fault);
  if (p == nullptr) return nullptr;
  p = skip_space(p + 1);
  if (*p != ':') return fail_at(p, "expected a colon after a key", fault);
  return skip_space(p + 1);
}

}  // namespace

const char* scan_string_rest(const char* stop, bool& escaped, ScanFault& fault) {
  while (*stop != '"') {
    if (*stop != '\\') {
      const bool nul = *stop == '\0';
      return fail_at(stop, nul ? "a NUL byte" : "a control character in a string", fault);
    }
    escaped = true;
    stop = scan_escape(stop, fault);
    if (stop == nullptr) return nullptr;
    stop = find_string_stop(stop);
  }
  return stop;
}

const char* scan_number(const char* p, ScanFault& fault) {
  const char* const start = p;
  if (*p == '-') ++p;
  if (*p == '0') {
    ++p;
    if (is_digit(*p)) return fail_at(start, "a number with a leading zero", fault);
  } else {
    if (!is_digit(*p)) return fail_at(start, "a minus without digits", fault);
    while (is_digit(*p)) ++p;
  }
  if (*p == '.') {
    ++p;
    if (!is_digit(*p)) return fail_at(start, "a number without digits after the point", fault);
    while (is_digit(*p)) ++p;
  }
  if ((*p | 0x20) == 'e') {
    ++p;
    if (*p == '+' || *p == '-') ++p;
    if (!is_digit(*p)) return fail_at(start, "a number without digits in its exponent", fault);
    while (is_digit(*p)) ++p;
  }
  return p;
}

const char* scan_scalar(const char* p, Token& token, ScanFault& fault) {
  switch (*p) {
    case '"': {
      bool escaped;
      const char* end = scan_string(p + 1, escaped, fault);
      if (end == nullptr) return nullptr;
      token = {p + 1, static_cast<std::uint32_t>(end - p - 1), TokenKind::kString, escaped, false};
      return end + 1;
    }
    case '-':
    case '0':
    case '1':
    case '2':
    case '3':
    case '4':
    case '5':
    case '6':
    case '7':
    case '8':
    case '9': {
      const char* end = scan_number(p, fault);
      if (end == nullptr) return nullptr;
      token = {p, static_cast<std::uint32_t>(end - p), TokenKind::kNumber, false, false};
      return end;
    }
    case 't':
      return scan_word(p, "true", TokenKind::kTrue, token, fault);
    case 'f':
      return scan_word(p, "false", TokenKind::kFalse, token, fault);
    case 'n':
      return scan_word(p, "null", TokenKind::kNull, token, fault);
    default:
      return fail_at(p, "expected a value", fault);
  }
}

const char* skip_container(const char* p, ScanFault& fault) {
  std::bitset<kMaxNesting> objects;  // by depth: an object, not an array
  unsigned depth = 0;
  while (true) {
    // p is at a value.
    if (*p == '{' || *p == '[') {
      if (depth == kMaxNesting) {
        fault = {BadReason::kTooDeep, "nested too deeply", p};
        return nullptr;
      }
      const bool object = *p == '{';
      objects[depth++] = object;
      p = skip_space(p + 1);
      if (*p != (object ? '}' : ']')) {
        if (object) p = scan_key(p, fault);
        if (p == nullptr) return nullptr;
        continue;
      }
    } else {
      Token ignored;
      p = scan_scalar(p, ignored, fault);
      if (p == nullptr) return nullptr;
      p = skip_space(p);
    }
    // p is behind a value, or at the end of an empty container.
    while (*p == (objects[depth - 1] ? '}' : ']')) {
      ++p;
      if (--depth == 0) return p;
      p = skip_space(p);
    }
    if (*p != ',') return fail_at(p, "expected a comma or the end of an object or array", fault);
    p = skip_space(p + 1);
    if (objects[depth - 1]) p = scan_key(p, fault);
    if (p == nullptr) return nullptr;
  }
}

const char* scan_value(const char* p, Token& token, ScanFault& fault) {
  if (*p != '{' && *p != '[') return scan_scalar(p, token, fault);
  const char* end = skip_container(p, fault);
  if (end == nullptr) return nullptr;
  const TokenKind kind = *p == '{' ? TokenKind::kObject : TokenKind::kArray;
  token = {p, static_cast<std::uint32_t>(end - p), kind, false, false};
  return end;
}

std::size_t unescape(std::string_view raw, char* out) {
  std::size_t size = 0;
  for (std::size_t i = 0; i < raw.size();) {
    if (raw[i] != '\\') {
      out[size++] = raw[i++];
      continue;
    }
    const char kind = raw[i + 1];
    i += 2;
    if (kind != 'u') {
      static constexpr std::string_view kFrom = "bfnrt";
      static constexpr std::string_view kTo = "\b\f\n\r\t";
      const std::size_t found = kFrom.find(kind);
      out[size++] = found == kFrom.npos ? kind : kTo[found];
      continue;
    }
    auto code = static_cast<unsigned>(read_hex4(raw.data() + i));
    i += 4;
    if (is_high_surrogate(static_cast<int>(code))) {
      const auto low = static_cast<unsigned>(read_hex4(raw.data() + i + 2));
      code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
      i += 6;
    }
    size += put_utf8(code, out + size);
  }
  return size;
}

}  // namespace weir::event
