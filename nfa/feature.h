// Features as the image carries them (language L4.1, L4.2): aggregates over windows of events, kept
// per key, and where their values are read.
//
// A feature's value reaches a condition as a field of the event at hand: each distinct read (an
// event type, a feature, and what makes the key there) has a slot of its own behind the fields that
// the type declares (Field::derived). The runtime fills it before any rule looks at the event; from
// then on a feature is a field like any other: it is indexed, kept with the partial matches that
// need it (`part.F`), and printed.
//
// Invariants
// 1. Equal features are one FeatureImage, however many rules write them, named or not. One that
//    nothing reads, no rule, no test and no other feature, is not in the image.
// 2. A feature whose conditions read another one's slot stands behind it, and its level is greater.
// 3. A derived slot is written by exactly one FeatureRead, and its type is the feature's result.
// 4. The key of a read is made of declared fields and constants, never of another derived slot: all
//    reads at one event may be made in any order, once the features are up to date.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "event/schema.h"
#include "nfa/automaton.h"

namespace weir::nfa {

enum class AggregateKind : std::uint8_t {
  kCount,  // the events; with a field, those that have it
  kSum,
  kAvg,
  kMin,
  kMax,
  kStddev,
  kDistinct,
  kApproxDistinct,
  kQuantile,
  kFirst,
  kLast,
  kRate,  // count per second of the window's D
};
// As in the language: `approx_distinct`.
[[nodiscard]] std::string_view aggregate_kind_name(AggregateKind kind);
[[nodiscard]] std::optional<AggregateKind> aggregate_kind_of(std::string_view name);
// count and rate may do without.
[[nodiscard]] bool needs_field(AggregateKind kind);
// The type of the result over a field of this type, null where there is no field; empty: the field
// cannot be aggregated so (sum of strings).
[[nodiscard]] std::optional<event::Type> feature_type(AggregateKind kind, const event::Type* field);
// Events are told apart by such a field: no list, no float, no place.
[[nodiscard]] bool can_be_key(const event::Type& type);

enum class WindowKind : std::uint8_t {
  kSliding,    // over D: [e.ts - D, e]
  kHopping,    // over D every S: the window that ends at the next multiple of S (R72)
  kTumbling,   // each D: [start, start + D), aligned to the epoch in UTC
  kCalendar,   // each day in a zone, and the like
  kSession,    // session D: ends after a gap longer than D
  kLastEvents  // over last N
};

enum class CalendarUnit : std::uint8_t { kDay, kWeek, kMonth };  // weeks begin on Monday

inline constexpr std::uint32_t kMaxWindowEvents = 1'000'000;  // N of `over last N`
inline constexpr std::int64_t kMaxWindowSteps = 10'000;       // D / S of hopping windows
inline constexpr std::uint16_t kWholeQuantile = 10'000;       // of FeatureImage::quantile

struct WindowSpec {
  WindowKind kind = WindowKind::kSliding;
  std::int64_t length_ms = 0;  // D
  std::int64_t every_ms = 0;   // S of hopping windows
  std::uint32_t events = 0;    // N of the last events
  CalendarUnit unit = CalendarUnit::kDay;
  std::string zone;  // of calendar windows: an IANA name

  // As in the language: `over 1h every 5m`.
  [[nodiscard]] std::string text() const;
  friend bool operator==(const WindowSpec&, const WindowSpec&) = default;
};

struct FeatureImage {
  static constexpr std::uint16_t kNoSlot = 0xFFFF;

  std::vector<std::string> names;  // as declared, in order; none of one that stands in a condition
  event::EventTypeId source;
  std::vector<PredicateId> where;        // over an event of the source; it counts if all hold
  std::vector<std::string> where_texts;  // of each, as in the language
  AggregateKind aggregate = AggregateKind::kCount;
  std::uint16_t slot = kNoSlot;    // of the source: what is aggregated; none: the events
  std::uint16_t quantile = 0;      // p in ten-thousandths, of kQuantile only
  std::vector<std::uint16_t> key;  // slots of the source, in order
  std::vector<std::string> key_fields;
  WindowSpec window;
  bool excluding_current = false;
  event::Type result;
  std::uint32_t level = 0;     // 0: reads no other feature
  std::uint32_t stage = 0;     // as of a rule that sees its source (nfa/image.h)
  std::string state_identity;  // hex: everything above but the names

  // As in the language, with params put in: `count(auth where amount > 5 by card over 10m)`.
  [[nodiscard]] std::string text(const event::Schema& schema) const;
};

// One part of the key of a read: a field of the event, or an expression over it.
struct ReadKey {
  std::uint16_t slot = FeatureImage::kNoSlot;
  ProgramId program;  // if there is no slot; its value is of the type of the key's field

  friend bool operator==(const ReadKey&, const ReadKey&) = default;
};

// Events of `type` carry the feature's value for the key in `slot`. The value is as of the event,
// the event itself included if it is of the feature's source, satisfies its conditions and has the
// key, and the feature does not exclude it. Absent if a part of the key is.
struct FeatureRead {
  event::EventTypeId type;
  std::uint32_t feature = 0;  // of Image::features
  std::vector<ReadKey> key;   // one for each field of the feature's key
  std::uint16_t slot = 0;
};

}  // namespace weir::nfa
