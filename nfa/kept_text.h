// How an event is kept (KeptEvent, nfa/run_store.h): its long strings stand in the texts of who
// keeps it, and a value has the offset of the bytes there where a StringRef has a pointer, so that
// what is kept can be moved and copied as bytes.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

#include "event/row.h"
#include "event/value.h"
#include "nfa/automaton.h"
#include "nfa/run_store.h"

namespace weir::nfa {

inline constexpr std::size_t kTextOffsetAt = 8;  // of the 16 bytes of a long StringRef

inline void set_text_offset(event::Value& value, std::uint64_t offset) {
  std::memcpy(reinterpret_cast<char*>(&value) + kTextOffsetAt, &offset, sizeof offset);
}

[[nodiscard]] inline std::uint64_t text_offset(const event::Value& value) {
  std::uint64_t offset;
  std::memcpy(&offset, reinterpret_cast<const char*>(&value) + kTextOffsetAt, sizeof offset);
  return offset;
}

// Fills `kept`, which has room for its values behind it; add_text(std::string_view) keeps bytes
// and returns their offset.
template <typename AddText>
void keep_event(const Automaton& automaton, const event::Row& row, std::int64_t match_ms,
                std::uint16_t local_type, bool keep_raw, KeptEvent& kept, AddText add_text) {
  kept.ts_ms = match_ms;
  kept.own_ts_ms = row.ts_ms;
  kept.seq = row.seq;
  kept.local_type = local_type;
  kept.identity = add_text(row.identity);
  kept.identity_size = static_cast<std::uint32_t>(row.identity.size());
  if (keep_raw) {
    kept.raw = add_text(row.raw);
    kept.raw_size = static_cast<std::uint32_t>(row.raw.size());
  }
  const auto& slots = automaton.kept_slots[local_type];
  const auto& is_string = automaton.kept_is_text[local_type];
  for (std::size_t i = 0; i < slots.size(); ++i) {
    if (!row.has(slots[i])) continue;
    kept.present |= std::uint64_t{1} << i;
    event::Value value = row.slots[slots[i]];
    if (is_string[i] && !value.string.is_inline()) {
      set_text_offset(value, add_text(value.string.view()));
    }
    kept.values()[i] = value;
  }
}

// How many bytes of text that adds.
[[nodiscard]] inline std::size_t kept_text_bytes(const Automaton& automaton, const event::Row& row,
                                                 std::uint16_t local_type, bool keep_raw) {
  std::size_t bytes = row.identity.size() + (keep_raw ? row.raw.size() : 0);
  const auto& slots = automaton.kept_slots[local_type];
  const auto& is_string = automaton.kept_is_text[local_type];
  for (std::size_t i = 0; i < slots.size(); ++i) {
    if (is_string[i] == 0 || !row.has(slots[i])) continue;
    const event::StringRef& text = row.slots[slots[i]].string;
    if (!text.is_inline()) bytes += text.size();
  }
  return bytes;
}

}  // namespace weir::nfa
