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
// 1. Equal features are one FeatureImage, however many rules write them, named or not.
// 2. A feature whose conditions read another one's slot stands behind it, and its level is greater.
// 3. A derived slot is written by exactly one FeatureRead, and its type is the feature's result.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "event/schema.h"
#include "nfa/automaton.h"
#include "nfa/program.h"

namespace weir::nfa {

enum class AggregateKind : std::uint8_t {
  kCount,
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
  kRate,
};

enum class WindowKind : std::uint8_t {
  kSliding,    // over D: [e.ts - D, e]
  kHopping,    // over D every S: the windows end at multiples of S; see docs/readings.md
  kTumbling,   // each D: [start, start + D), aligned to the epoch in UTC
  kCalendar,   // each day in a zone, and the like
  kSession,    // session D: ends after a gap longer than D
  kLastEvents  // over last N
};

enum class CalendarUnit : std::uint8_t { kHour, kDay, kWeek, kMonth, kYear };

struct WindowSpec {
  WindowKind kind = WindowKind::kSliding;
  std::int64_t length_ms = 0;  // D
  std::int64_t every_ms = 0;   // S of hopping windows
  std::uint32_t events = 0;    // N of the last events
  CalendarUnit unit = CalendarUnit::kDay;
  std::string zone;  // of calendar windows: an IANA name

  friend bool operator==(const WindowSpec&, const WindowSpec&) = default;
};

struct FeatureImage {
  static constexpr std::uint16_t kNoSlot = 0xFFFF;

  std::string name;  // as declared; of an unnamed one its text
  event::EventTypeId source;
  std::vector<PredicateId> where;  // over an event of the source; it counts if all hold
  AggregateKind aggregate = AggregateKind::kCount;
  std::uint16_t slot = kNoSlot;    // of the source: what is aggregated; none for count and rate
  std::uint16_t quantile = 0;      // p in ten-thousandths
  std::vector<std::uint16_t> key;  // slots of the source, in order
  std::vector<std::string> key_fields;
  WindowSpec window;
  bool excluding_current = false;
  event::Type result;
  std::uint32_t level = 0;     // 0: reads no other feature
  std::string state_identity;  // hex: everything above but the names
};

// One part of the key of a read: a field of the event, or an expression over it.
struct ReadKey {
  std::uint16_t slot = FeatureImage::kNoSlot;
  ProgramId program;  // if there is no slot
};

// Events of `type` carry the feature's value for the key in `slot`. The value is as of the event,
// the event itself included if it is of the feature's source, satisfies its conditions and has the
// key, and the feature does not exclude it. Absent if a part of the key is.
struct FeatureRead {
  event::EventTypeId type;
  std::uint32_t feature = 0;  // of Image::features
  std::vector<ReadKey> key;
  std::uint16_t slot = 0;
};

}  // namespace weir::nfa
