// One event, typed: what a codec makes of a line and what the engine steps on. A view: the slots
// and bytes belong to the batch (or to the caller of the library) and live until the batch ends.
#pragma once

#include <cstdint>
#include <string_view>

#include "event/schema.h"
#include "event/value.h"

namespace weir::event {

struct Row {
  static constexpr std::uint64_t kNoPosition = UINT64_MAX;

  EventTypeId type;
  std::int64_t ts_ms = 0;        // event time, milliseconds since the epoch, UTC
  std::uint64_t seq = 0;         // 0-based position in the input, over all sources in order
                                 // kNoPosition: it is none of the input, and has an identity
  const Value* slots = nullptr;  // one a field of the type, in the order of the schema
  const std::uint64_t* present = nullptr;  // presence_words(fields) words
  std::string_view identity;               // from `id`; empty if the event has none
  std::string_view raw;  // the record's own bytes, for `--match events`; may be empty

  [[nodiscard]] bool has(std::size_t slot) const { return is_present(present, slot); }
};

}  // namespace weir::event
