#include "tests/reference/ref_value.h"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>

namespace weir::reference {
namespace {

using UInt128 = unsigned __int128;
constexpr Int128 kMax128 = static_cast<Int128>(~UInt128{0} >> 1);

UInt128 magnitude(Int128 v) {
  return v < 0 ? ~static_cast<UInt128>(v) + 1 : static_cast<UInt128>(v);
}

// An unsigned number of 256 bits, least significant 32-bit limb first: room enough to be exact
// inside an operation (L2.5) before the result is rounded.
using Wide = std::array<std::uint32_t, 8>;

Wide multiply(UInt128 a, UInt128 b) {
  Wide out{};
  for (int i = 0; i < 4; ++i) {
    std::uint64_t carry = 0;
    const auto ai = static_cast<std::uint32_t>(a >> (32 * i));
    for (int j = 0; j < 4; ++j) {
      const auto bj = static_cast<std::uint32_t>(b >> (32 * j));
      auto& limb = out[static_cast<std::size_t>(i + j)];
      const std::uint64_t sum = std::uint64_t{ai} * bj + limb + carry;
      limb = static_cast<std::uint32_t>(sum);
      carry = sum >> 32;
    }
    out[static_cast<std::size_t>(i + 4)] = static_cast<std::uint32_t>(carry);
  }
  return out;
}

// numerator / denominator, the quotient rounded half to even; nullopt if it has over 127 bits.
std::optional<UInt128> divide_half_even(const Wide& numerator, UInt128 denominator) {
  UInt128 remainder = 0;
  UInt128 quotient = 0;
  for (int bit = 255; bit >= 0; --bit) {  // schoolbook, bit by bit
    const bool carried = (remainder >> 127) != 0;
    const auto limb = numerator[static_cast<std::size_t>(bit / 32)];
    remainder = (remainder << 1) | ((limb >> (bit % 32)) & 1u);
    if ((quotient >> 126) != 0) return std::nullopt;
    quotient <<= 1;
    if (carried || remainder >= denominator) {
      remainder -= denominator;
      quotient |= 1;
    }
  }
  const UInt128 rest = denominator - remainder;  // half when equal to the remainder
  if (remainder > rest || (remainder == rest && (quotient & 1) != 0)) ++quotient;
  return quotient;
}

RefValue signed_decimal(std::optional<UInt128> size, bool negative) {
  if (!size || *size > static_cast<UInt128>(kMax128)) return {};
  const auto v = static_cast<Int128>(*size);
  return RefDecimal{negative ? -v : v};
}

RefValue decimal_arithmetic(Arithmetic op, Int128 a, Int128 b) {
  Int128 out = 0;
  const bool negative = (a < 0) != (b < 0);
  switch (op) {
    case Arithmetic::kAdd:
      return __builtin_add_overflow(a, b, &out) ? RefValue{} : RefDecimal{out};
    case Arithmetic::kSub:
      return __builtin_sub_overflow(a, b, &out) ? RefValue{} : RefDecimal{out};
    case Arithmetic::kMul:
      return signed_decimal(
          divide_half_even(multiply(magnitude(a), magnitude(b)), event::kDecimalScale), negative);
    case Arithmetic::kDiv:
      if (b == 0) return {};
      return signed_decimal(
          divide_half_even(multiply(magnitude(a), event::kDecimalScale), magnitude(b)), negative);
    case Arithmetic::kMod:
      if (b == 0) return {};
      if (b == -1) return RefDecimal{0};
      return RefDecimal{a % b};  // the sign of the dividend, as in C++
  }
  return {};
}

RefValue int_arithmetic(Arithmetic op, std::int64_t a, std::int64_t b) {
  std::int64_t out = 0;
  switch (op) {
    case Arithmetic::kAdd:
      return __builtin_add_overflow(a, b, &out) ? RefValue{} : RefValue{out};
    case Arithmetic::kSub:
      return __builtin_sub_overflow(a, b, &out) ? RefValue{} : RefValue{out};
    case Arithmetic::kMul:
      return __builtin_mul_overflow(a, b, &out) ? RefValue{} : RefValue{out};
    case Arithmetic::kDiv:  // int / int is a decimal (L2.5)
      return decimal_arithmetic(op, to_decimal(a).scaled, to_decimal(b).scaled);
    case Arithmetic::kMod:
      if (b == 0) return {};
      return b == -1 ? RefValue{std::int64_t{0}} : RefValue{a % b};
  }
  return {};
}

RefValue float_arithmetic(Arithmetic op, double a, double b) {
  double out = 0;
  switch (op) {
    case Arithmetic::kAdd:
      out = a + b;
      break;
    case Arithmetic::kSub:
      out = a - b;
      break;
    case Arithmetic::kMul:
      out = a * b;
      break;
    case Arithmetic::kDiv:
      if (b == 0) return {};
      out = a / b;
      break;
    case Arithmetic::kMod:
      if (b == 0) return {};
      out = std::fmod(a, b);
      break;
  }
  return std::isfinite(out) ? RefValue{out} : RefValue{};
}

std::optional<double> as_double(const RefValue& v) {
  if (const auto* i = std::get_if<std::int64_t>(&v)) return static_cast<double>(*i);
  if (const auto* d = std::get_if<RefDecimal>(&v)) return to_double(*d);
  if (const auto* f = std::get_if<double>(&v)) return *f;
  return std::nullopt;
}

std::optional<Int128> as_scaled(const RefValue& v) {
  if (const auto* i = std::get_if<std::int64_t>(&v)) return to_decimal(*i).scaled;
  if (const auto* d = std::get_if<RefDecimal>(&v)) return d->scaled;
  return std::nullopt;
}

// L2.1: a difference of times is a duration. A time moves by a duration; durations add.
RefValue time_arithmetic(Arithmetic op, const RefValue& a, const RefValue& b) {
  const auto* ta = std::get_if<RefTime>(&a);
  const auto* tb = std::get_if<RefTime>(&b);
  const auto* da = std::get_if<RefDuration>(&a);
  const auto* db = std::get_if<RefDuration>(&b);
  std::int64_t out = 0;
  const bool sub = op == Arithmetic::kSub;
  if (!sub && op != Arithmetic::kAdd) return {};
  if ((!ta && !da) || (!tb && !db) || (ta && tb && !sub) || (da && tb && sub)) return {};
  const std::int64_t x = ta ? ta->ms : da->ms;
  const std::int64_t y = tb ? tb->ms : db->ms;
  if (sub ? __builtin_sub_overflow(x, y, &out) : __builtin_add_overflow(x, y, &out)) return {};
  if ((ta != nullptr) != (tb != nullptr)) return RefTime{out};
  return RefDuration{out};
}

bool is_temporal(const RefValue& v) {
  return std::holds_alternative<RefTime>(v) || std::holds_alternative<RefDuration>(v);
}

}  // namespace

RefDecimal to_decimal(std::int64_t v) { return RefDecimal{Int128{v} * event::kDecimalScale}; }

double to_double(RefDecimal v) {
  return static_cast<double>(v.scaled) / static_cast<double>(event::kDecimalScale);
}

RefValue arithmetic(Arithmetic op, const RefValue& a, const RefValue& b) {
  if (is_absent(a) || is_absent(b)) return {};
  if (is_temporal(a) || is_temporal(b)) return time_arithmetic(op, a, b);
  const auto* ia = std::get_if<std::int64_t>(&a);
  const auto* ib = std::get_if<std::int64_t>(&b);
  if (ia && ib) return int_arithmetic(op, *ia, *ib);
  if (std::holds_alternative<double>(a) || std::holds_alternative<double>(b)) {
    const auto x = as_double(a);
    const auto y = as_double(b);
    return x && y ? float_arithmetic(op, *x, *y) : RefValue{};
  }
  const auto x = as_scaled(a);
  const auto y = as_scaled(b);
  return x && y ? decimal_arithmetic(op, *x, *y) : RefValue{};
}

RefValue negate(const RefValue& a) {
  if (const auto* d = std::get_if<RefDuration>(&a)) {
    return arithmetic(Arithmetic::kSub, RefDuration{0}, *d);
  }
  if (const auto* f = std::get_if<double>(&a)) return -*f;
  return arithmetic(Arithmetic::kSub, std::int64_t{0}, a);
}

std::optional<std::partial_ordering> compare(const RefValue& a, const RefValue& b) {
  if (is_absent(a) || is_absent(b)) return std::nullopt;
  const auto x = as_double(a);
  const auto y = as_double(b);
  if (x && y) {
    const auto sx = as_scaled(a);
    const auto sy = as_scaled(b);
    if (sx && sy) return *sx <=> *sy;
    return *x <=> *y;
  }
  if (a.index() != b.index()) return std::nullopt;
  return std::visit(
      [&b]<typename T>(const T& left) -> std::optional<std::partial_ordering> {
        return left <=> std::get<T>(b);
      },
      a);
}

std::optional<RefDecimal> parse_decimal(std::string_view text) {
  bool negative = false;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
    negative = text[0] == '-';
    text.remove_prefix(1);
  }
  if (text.empty()) return std::nullopt;
  Int128 value = 0;   // scaled
  int fraction = -1;  // digits after the point; -1: none yet
  int half = -1;      // what stands past the 4th digit against one half: -1 below, 0 equal, 1 above
  for (const char c : text) {
    if (c == '.' && fraction < 0) {
      fraction = 0;
      continue;
    }
    if (c < '0' || c > '9') return std::nullopt;
    const int digit = c - '0';
    if (fraction < 4) {
      if (__builtin_mul_overflow(value, Int128{10}, &value) ||
          __builtin_add_overflow(value, Int128{digit}, &value)) {
        return std::nullopt;
      }
    } else if (fraction == 4) {
      half = digit < 5 ? -1 : digit == 5 ? 0 : 1;
    } else if (half == 0 && digit > 0) {
      half = 1;
    }
    if (fraction >= 0) ++fraction;
  }
  for (int i = fraction < 0 ? 0 : fraction; i < 4; ++i) {
    if (__builtin_mul_overflow(value, Int128{10}, &value)) return std::nullopt;
  }
  if (half > 0 || (half == 0 && value % 2 != 0)) ++value;
  return RefDecimal{negative ? -value : value};
}

RefDecimal round_decimal(RefDecimal v, int digits) {
  Int128 unit = 1;
  for (int i = digits; i < 4; ++i) unit *= 10;
  Int128 quotient = v.scaled / unit;
  const Int128 twice = 2 * (v.scaled % unit);
  const Int128 away = v.scaled < 0 ? -1 : 1;
  const Int128 size = twice < 0 ? -twice : twice;
  if (size > unit || (size == unit && quotient % 2 != 0)) quotient += away;
  return RefDecimal{quotient * unit};
}

RefDecimal floor_decimal(RefDecimal v) {
  Int128 quotient = v.scaled / event::kDecimalScale;
  if (v.scaled % event::kDecimalScale < 0) --quotient;
  return RefDecimal{quotient * event::kDecimalScale};
}

namespace {

std::string decimal_text(RefDecimal v) {
  UInt128 rest = magnitude(v.scaled);
  std::string digits;
  for (int i = 0; i < 5 || rest != 0; ++i) {
    digits.insert(digits.begin(), static_cast<char>('0' + static_cast<int>(rest % 10)));
    rest /= 10;
  }
  std::string whole = digits.substr(0, digits.size() - 4);
  std::string fraction = digits.substr(digits.size() - 4);
  while (!fraction.empty() && fraction.back() == '0') fraction.pop_back();
  return (v.scaled < 0 ? "-" : "") + whole + (fraction.empty() ? "" : "." + fraction);
}

}  // namespace

std::string to_text(const RefValue& v) {
  struct Printer {
    std::string operator()(std::monostate) const { return "absent"; }
    std::string operator()(bool b) const { return b ? "true" : "false"; }
    std::string operator()(std::int64_t i) const { return std::to_string(i); }
    std::string operator()(RefDecimal d) const { return decimal_text(d); }
    std::string operator()(double f) const {
      std::array<char, 64> buffer{};
      const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), f);
      return {buffer.data(), end.ptr};
    }
    std::string operator()(const std::string& s) const { return '"' + s + '"'; }
    std::string operator()(RefTime t) const { return "@" + std::to_string(t.ms); }
    std::string operator()(RefDuration d) const { return std::to_string(d.ms) + "ms"; }
  };
  return std::visit(Printer{}, v);
}

}  // namespace weir::reference
