#include "nfa/builtins.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <numbers>

#include "event/ip.h"
#include "nfa/arithmetic.h"
#include "nfa/dataset.h"
#include "nfa/similarity.h"
#include "nfa/vm.h"
#include "nfa/zone.h"

namespace weir::nfa {
namespace {

using event::Value;
using Arguments = std::span<const Value* const>;

constexpr std::array kBuiltins = {
#define WEIR_BUILTIN(id, name, params, result, meaning) \
  BuiltinInfo{Builtin::k##id, name, params, result, meaning},
#include "nfa/builtins.def"
#undef WEIR_BUILTIN
};

constexpr double kEarthRadiusKm = 6371.0088;  // mean radius, IUGG

bool give(std::int64_t v, Value* out) {
  *out = Value::of_int(v);
  return true;
}
bool give_decimal(Int128 v, Value* out) {
  *out = Value::of_decimal(v);
  return true;
}
bool give_float(double v, const CallContext& context, Value* out) {
  if (!std::isfinite(v)) {
    ++context.counters->overflow;
    return false;
  }
  *out = Value::of_float(v);
  return true;
}
bool overflow(const CallContext& context) {
  ++context.counters->overflow;
  return false;
}

template <typename Less>
bool best(Arguments arguments, Value* out, Less less) {
  const Value* found = arguments[0];
  for (const Value* v : arguments.subspan(1)) {
    if (less(*v, *found)) found = v;
  }
  *out = *found;
  return true;
}
bool int_less(const Value& a, const Value& b) { return a.integer < b.integer; }
bool int_more(const Value& a, const Value& b) { return a.integer > b.integer; }
bool decimal_less(const Value& a, const Value& b) { return a.decimal < b.decimal; }
bool decimal_more(const Value& a, const Value& b) { return a.decimal > b.decimal; }
bool float_less(const Value& a, const Value& b) { return a.real < b.real; }
bool float_more(const Value& a, const Value& b) { return a.real > b.real; }

#define WEIR_BODY(id)                                                                         \
  bool run_##id([[maybe_unused]] const CallContext& context, [[maybe_unused]] Arguments args, \
                [[maybe_unused]] Value* out)

WEIR_BODY(AbsI) {
  const std::int64_t v = args[0]->integer;
  return v == std::numeric_limits<std::int64_t>::min() ? overflow(context)
                                                       : give(v < 0 ? -v : v, out);
}
WEIR_BODY(AbsU) { return run_AbsI(context, args, out); }
WEIR_BODY(AbsD) {
  const UInt128 size = magnitude(args[0]->decimal);
  return size >> 127 != 0 ? overflow(context) : give_decimal(static_cast<Int128>(size), out);
}
WEIR_BODY(AbsF) { return give_float(std::fabs(args[0]->real), context, out); }
WEIR_BODY(MinI) { return best(args, out, int_less); }
WEIR_BODY(MinD) { return best(args, out, decimal_less); }
WEIR_BODY(MinF) { return best(args, out, float_less); }
WEIR_BODY(MinT) { return best(args, out, int_less); }
WEIR_BODY(MinU) { return best(args, out, int_less); }
WEIR_BODY(MaxI) { return best(args, out, int_more); }
WEIR_BODY(MaxD) { return best(args, out, decimal_more); }
WEIR_BODY(MaxF) { return best(args, out, float_more); }
WEIR_BODY(MaxT) { return best(args, out, int_more); }
WEIR_BODY(MaxU) { return best(args, out, int_more); }

// v rounded to a multiple of unit.
bool round_to(Int128 v, Int128 unit, const CallContext& context, Value* out) {
  Int128 whole;
  if (!divide_half_even(v, unit, &whole) || __builtin_mul_overflow(whole, unit, &whole)) {
    return overflow(context);
  }
  return give_decimal(whole, out);
}
WEIR_BODY(RoundI) { return give(args[0]->integer, out); }
WEIR_BODY(RoundD) { return round_to(args[0]->decimal, kDecimalScale, context, out); }
WEIR_BODY(RoundF) { return give_float(std::nearbyint(args[0]->real), context, out); }
WEIR_BODY(RoundDI) {
  const std::int64_t digits = args[1]->integer;
  if (digits >= 4) return give_decimal(args[0]->decimal, out);
  if (digits < -30) return give_decimal(0, out);
  Int128 unit = 1;
  for (std::int64_t i = digits; i < 4; ++i) unit *= 10;
  return round_to(args[0]->decimal, unit, context, out);
}
WEIR_BODY(RoundFI) {
  const auto digits = static_cast<int>(std::clamp<std::int64_t>(args[1]->integer, -300, 300));
  const double unit = std::pow(10.0, digits);
  const double scaled = args[0]->real * unit;
  if (!std::isfinite(scaled) || unit == 0) return give_float(args[0]->real, context, out);
  return give_float(std::nearbyint(scaled) / unit, context, out);
}
WEIR_BODY(FloorI) { return give(args[0]->integer, out); }
WEIR_BODY(FloorD) {
  const Int128 v = args[0]->decimal;
  Int128 rest = v % kDecimalScale;
  if (rest < 0) rest += kDecimalScale;
  Int128 floor;
  return subtract_decimal(v, rest, &floor) ? give_decimal(floor, out) : overflow(context);
}
WEIR_BODY(FloorF) { return give_float(std::floor(args[0]->real), context, out); }
WEIR_BODY(Log) {
  if (args[0]->real > 0) return give_float(std::log(args[0]->real), context, out);
  ++context.counters->domain;
  return false;
}
WEIR_BODY(Sqrt) {
  if (args[0]->real >= 0) return give_float(std::sqrt(args[0]->real), context, out);
  ++context.counters->domain;
  return false;
}

bool map_ascii(const CallContext& context, const Value& in, char first, char last, Value* out) {
  const std::string_view text = in.string.view();
  char inline_bytes[event::StringRef::kInlineBytes];
  char* bytes = in.string.is_inline() ? inline_bytes : context.scratch->allocate(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    bytes[i] = c >= first && c <= last ? static_cast<char>(c ^ 0x20) : c;
  }
  *out = Value::of_string({bytes, text.size()});
  return true;
}
WEIR_BODY(Lower) { return map_ascii(context, *args[0], 'A', 'Z', out); }
WEIR_BODY(Upper) { return map_ascii(context, *args[0], 'a', 'z', out); }
WEIR_BODY(LengthS) {
  const std::string_view text = args[0]->string.view();
  return give(std::count_if(text.begin(), text.end(),
                            [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }),
              out);
}
WEIR_BODY(LengthL) { return give(static_cast<std::int64_t>(args[0]->list.size), out); }

cctz::civil_second civil_time(const CallContext& context, Arguments args) {
  // Whole seconds towards the past; zones shift by whole seconds.
  const std::int64_t ms = args[0]->integer;
  const std::int64_t seconds = ms / 1000 - (ms % 1000 < 0 ? 1 : 0);
  const cctz::time_point<cctz::seconds> at{cctz::seconds(seconds)};
  return cctz::convert(at, context.zones[static_cast<std::size_t>(args[1]->integer)]->zone);
}
WEIR_BODY(Hour) { return give(civil_time(context, args).hour(), out); }
WEIR_BODY(Weekday) {
  const cctz::weekday day = cctz::get_weekday(cctz::civil_day(civil_time(context, args)));
  return give(static_cast<int>(day) + 1, out);  // cctz counts from Monday, 0
}
WEIR_BODY(Date) {
  const cctz::civil_day day(civil_time(context, args));
  if (day.year() < 0 || day.year() > 9999) return overflow(context);
  const auto year = static_cast<int>(day.year());
  char text[10];
  const auto put = [&text](std::size_t at, int value) {
    text[at] = static_cast<char>('0' + value / 10 % 10);
    text[at + 1] = static_cast<char>('0' + value % 10);
  };
  put(0, year / 100);
  put(2, year);
  put(5, day.month());
  put(8, day.day());
  text[4] = text[7] = '-';
  *out = Value::of_string({text, sizeof text});
  return true;
}

double radians(double degrees) { return degrees * std::numbers::pi / 180.0; }
double haversine_km(const event::Geo& a, const event::Geo& b) {
  const double dlat = std::sin(radians(b.lat - a.lat) / 2);
  const double dlon = std::sin(radians(b.lon - a.lon) / 2);
  const double h = dlat * dlat + std::cos(radians(a.lat)) * std::cos(radians(b.lat)) * dlon * dlon;
  return 2 * kEarthRadiusKm * std::asin(std::sqrt(std::min(1.0, h)));
}
WEIR_BODY(DistanceKm) { return give_float(haversine_km(args[0]->geo, args[1]->geo), context, out); }
WEIR_BODY(SpeedKmh) {
  const double hours =
      std::fabs(static_cast<double>(args[3]->integer) - static_cast<double>(args[1]->integer)) /
      3'600'000.0;
  if (hours == 0) {
    ++context.counters->division_by_zero;
    return false;
  }
  return give_float(haversine_km(args[0]->geo, args[2]->geo) / hours, context, out);
}
WEIR_BODY(Similarity) {
  return give_float(jaro_winkler(args[0]->string.view(), args[1]->string.view()), context, out);
}

bool give_hash(ValueClass c, const Value& v, Value* out) {
  return give(static_cast<std::int64_t>(hash_value(c, v) >> 1), out);
}
WEIR_BODY(HashB) { return give_hash(ValueClass::kInteger, *args[0], out); }
WEIR_BODY(HashI) { return give_hash(ValueClass::kInteger, *args[0], out); }
WEIR_BODY(HashD) { return give_hash(ValueClass::kDecimal, *args[0], out); }
WEIR_BODY(HashF) { return give_hash(ValueClass::kFloat, *args[0], out); }
WEIR_BODY(HashS) { return give_hash(ValueClass::kString, *args[0], out); }
WEIR_BODY(HashP) { return give_hash(ValueClass::kIp, *args[0], out); }
WEIR_BODY(HashT) { return give_hash(ValueClass::kInteger, *args[0], out); }

WEIR_BODY(Network) {
  const event::IpAddress address = event::ip_of(*args[0]);
  const std::int64_t bits = args[1]->integer;
  if (bits < 0 || bits > (address.is_v4() ? 32 : 128)) {
    ++context.counters->domain;
    return false;
  }
  std::string& text = context.scratch->text();
  text.clear();
  event::append_network(text, event::network_of(address, static_cast<unsigned>(bits)));
  *out = Value::of_string(context.scratch->keep(text));
  return true;
}
// x, and sum, count and deviation of what it is compared with: no odd data where these say nothing.
WEIR_BODY(Zscore) {
  const double count = args[2]->real, deviation = args[3]->real;
  if (count <= 0 || deviation == 0) return false;
  return give_float((args[0]->real - args[1]->real / count) / deviation, context, out);
}
#undef WEIR_BODY

using Body = bool (*)(const CallContext&, Arguments, Value*);
constexpr std::array<Body, kBuiltins.size()> kBodies = {
#define WEIR_BUILTIN(id, name, params, result, meaning) run_##id,
#include "nfa/builtins.def"
#undef WEIR_BUILTIN
};

}  // namespace

std::span<const BuiltinInfo> builtins() { return kBuiltins; }

ValueClass class_of_letter(char letter) {
  switch (letter) {
    case 'd':
      return ValueClass::kDecimal;
    case 'f':
      return ValueClass::kFloat;
    case 's':
      return ValueClass::kString;
    case 'p':
      return ValueClass::kIp;
    case 'g':
      return ValueClass::kGeo;
    default:
      return ValueClass::kInteger;
  }
}

bool call_builtin(Builtin builtin, const CallContext& context, Arguments arguments, Value* out) {
  return kBodies[static_cast<std::size_t>(builtin)](context, arguments, out);
}

bool zone_exists(const std::string& name) {
  cctz::time_zone zone;
  // cctz takes "localtime", paths and "fixed/..." too; rules must not depend on the machine.
  if (name.empty() || name == "localtime" || name.front() == '/' || name.contains(".."))
    return false;
  return cctz::load_time_zone(name, &zone);
}

}  // namespace weir::nfa
