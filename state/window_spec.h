// What a group of windows is made from: its columns, its windows, and the aggregates that are read
// (language L4.1). Plain data; window_layout.h turns it into a plan, window_group.h keeps the
// state.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "state/narrow_int.h"
#include "state/text_cell.h"

namespace weir::state {

enum class ColumnKind : std::uint8_t {
  kInt64,   // ints, times, durations, enums, bools; decimals that fit, scaled
  kInt128,  // decimals beyond 64 bits, scaled
  kFloat,
  kHash64,   // for distinct only: equal hashes are taken for equal values
  kHash128,  // likewise; also addresses
  kText      // min, max, first and last of strings
};

struct ColumnSpec {
  ColumnKind kind = ColumnKind::kInt64;
  bool optional = false;  // may be absent in an event
};

// The values of an event's columns. The member follows from the column's kind.
union Cell {
  std::int64_t integer;   // kInt64
  Int128 wide;            // kInt128
  double real;            // kFloat; one that is not finite counts as absent
  std::uint64_t hash;     // kHash64
  UInt128 hash128;        // kHash128
  std::string_view text;  // kText; copied if it is kept

  Cell() : wide(0) {}
  static Cell of_int(std::int64_t v) {
    Cell c;
    c.integer = v;
    return c;
  }
  static Cell of_wide(Int128 v) {
    Cell c;
    c.wide = v;
    return c;
  }
  static Cell of_float(double v) {
    Cell c;
    c.real = v;
    return c;
  }
  static Cell of_hash(std::uint64_t v) {
    Cell c;
    c.hash = v;
    return c;
  }
  static Cell of_hash128(UInt128 v) {
    Cell c;
    c.hash128 = v;
    return c;
  }
  static Cell of_text(std::string_view v) {
    Cell c;
    c.text = v;
    return c;
  }
};

// The units of a calendar in some time zone. Both ends of a unit move with it: for t in
// [begin, end), unit_of(t) is {begin, end}. Groups of several threads may share one: it is
// thread-safe. Asked once a unit, not once an event.
struct TimeSpan {
  std::int64_t begin = 0;
  std::int64_t end = 0;  // not included
};
class Calendar {
 public:
  virtual ~Calendar() = default;
  [[nodiscard]] virtual TimeSpan unit_of(std::int64_t time_ms) const = 0;
};

enum class WindowKind : std::uint8_t {
  kSliding,    // [T - D, T]
  kHopping,    // [end - D, end) for the smallest multiple of S, `end`, above T; S <= D
  kTumbling,   // [start, start + D) around T, start a multiple of D
  kCalendar,   // the calendar's unit around T
  kSession,    // back from T until a gap longer than D
  kLastEvents  // the last N
};

struct WindowSpec {
  WindowKind kind = WindowKind::kSliding;
  std::int64_t length_ms = 0;  // D
  std::int64_t every_ms = 0;   // S
  std::uint32_t events = 0;    // N
  std::shared_ptr<const Calendar> calendar;
};

enum class Aggregate : std::uint8_t {
  kCount,  // without a column: events; with one: those that have it
  kSum,
  kAvg,
  kMin,
  kMax,
  kStddev,  // of the sample
  kDistinct,
  kApproxDistinct,
  kQuantile,  // nearest rank
  kFirst,
  kLast,
  kRate  // count per second of D; of a calendar's unit, of its length at T
};

struct AggregateSpec {
  static constexpr std::uint16_t kNoColumn = 0xFFFF;

  Aggregate kind = Aggregate::kCount;
  std::uint16_t window = 0;
  std::uint16_t column = kNoColumn;
  std::uint16_t quantile = 0;   // p in ten-thousandths
  std::int64_t multiplier = 1;  // an exact avg is sum * multiplier / count, half to even
  double unit = 1;              // stddev is given in these: 10,000 for decimals of four digits
};

struct WindowGroupSpec {
  std::vector<ColumnSpec> columns;  // at most kMaxColumns
  std::vector<WindowSpec> windows;
  std::vector<AggregateSpec> aggregates;
};
inline constexpr std::size_t kMaxColumns = 64;

// The value of an aggregate.
struct Reading {
  enum class Kind : std::uint8_t {
    kAbsent,    // of nothing
    kOverflow,  // absent, and to be counted
    kExact,     // count, distinct; sums, averages and values of exact columns
    kFloat,
    kText
  };

  Kind kind = Kind::kAbsent;
  double real = 0;
  Int128 exact = 0;

  static Reading absent() { return {}; }
  static Reading overflow() { return {.kind = Kind::kOverflow}; }
  static Reading of(Int128 v) { return {.kind = Kind::kExact, .exact = v}; }
  static Reading of_float(double v) { return {.kind = Kind::kFloat, .real = v}; }
  static Reading of_text(Int128 cell) { return {.kind = Kind::kText, .exact = cell}; }

  // Of a kText: points into *this, or into the state of the key; good until either changes.
  [[nodiscard]] std::string_view text() const { return TextCell::view(exact); }
};

}  // namespace weir::state
