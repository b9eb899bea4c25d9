// The ring of records of a LargeWindows, and the cursors in it.
#include <algorithm>

#include "state/large_windows.h"

namespace weir::state {

// Calls act with a function from a record's number to its value in the column.
template <typename Act>
void LargeWindows::with_values(std::uint16_t column, Act act) const {
  const Header& h = header();
  const auto head = static_cast<std::uint32_t>(h.head_seq);
  const auto record = [this, &h, head](std::uint32_t number) {
    const std::uint64_t index = std::uint64_t{h.head_slot} + std::uint32_t(number - head);
    return slot(index >= h.capacity ? index - h.capacity : index);
  };
  if (layout_.columns[column].spec.kind == ColumnKind::kInt128) {
    act([&](std::uint32_t number) { return RecordFormat::load(record(number), fields_, column); });
  } else {
    act([&](std::uint32_t number) {
      return RecordFormat::load_int(record(number), fields_, column);
    });
  }
}

// `record` goes out of the window.
inline void LargeWindows::leave(const WindowPlan& window, Record state, const std::byte* record,
                                std::uint64_t seq) {
  for (const BasePlan& base : window.bases) {
    const FieldPlan& field = layout_.fields[base.field];
    if (layout_.mask_bytes != 0 && !RecordFormat::has(record, fields_, field.column)) continue;
    if (field.op == FieldOp::kSumInt) {
      add_int(state + base.at, RecordFormat::load_int(record, fields_, field.column));
    } else if (field.op == FieldOp::kPresent) {
      ++state[base.at];
    } else {
      add_value(field.op, state + base.at, RecordFormat::load(record, fields_, field.column));
    }
  }
  for (const std::uint16_t r : window.ranks) {
    const RankPlan& rank = layout_.ranks[r];
    if (!RecordFormat::has(record, fields_, rank.column)) continue;
    with_values(rank.column, [&](const auto& value_of) {
      at<RankIndex>(rank.state).remove(context_.pool, static_cast<std::uint32_t>(seq), value_of);
    });
  }
}

void LargeWindows::advance(const WindowPlan& window, std::int64_t floor) {
  const Header& h = header();
  Record state = record_state(window);
  std::uint64_t seq = state[WindowPlan::kStart];
  std::uint64_t until = h.next_seq;
  std::uint64_t distance = UINT64_MAX;  // records at this distance or more from the base stay
  if (window.spec.kind == WindowKind::kLastEvents) {
    if (floor <= static_cast<std::int64_t>(seq)) return;
    until = std::min(until, static_cast<std::uint64_t>(floor));
    if (window.bases.empty() && window.ranks.empty()) seq = until;
  } else {
    if (floor <= h.base_ms) return;
    distance = static_cast<std::uint64_t>(floor - h.base_ms);
  }
  if (seq < until) {
    const std::byte* const end = slot(h.capacity);
    const std::byte* record = record_of(seq);
    do {
      if (RecordFormat::load_time(record, fields_) >= distance) break;
      leave(window, state, record, seq);
      ++seq;
      record += h.stride;
      if (record == end) record = slot(0);
    } while (seq != until);
  }
  state[WindowPlan::kStart] = seq;
}

void LargeWindows::add_ranks(std::uint64_t present) {
  const auto number = static_cast<std::uint32_t>(header().next_seq - 1);
  for (const RankPlan& rank : layout_.ranks) {
    if (((present >> rank.column) & 1) == 0) continue;
    with_values(rank.column, [&](const auto& value_of) {
      at<RankIndex>(rank.state).add(context_.pool, number, value_of);
    });
  }
}

inline bool LargeWindows::fits(std::int64_t time, const Int128* values,
                               std::uint64_t present) const {
  const auto distance = static_cast<std::uint64_t>(time - header().base_ms);
  const unsigned time_bytes = fields_[RecordFormat::kTime].bytes;
  if (time_bytes != 0 && time_bytes < 8 && (distance >> (8 * time_bytes)) != 0) return false;
  for (const std::uint16_t c : layout_.ring_columns) {
    if (((present >> c) & 1) == 0) continue;
    const unsigned bytes = fields_[RecordFormat::kColumns + c].bytes;
    if (bytes >= kWideBytes) continue;
    const auto low = static_cast<std::int64_t>(values[c]);
    const unsigned shift = 64 - 8 * bytes;
    const auto again = static_cast<std::int64_t>(static_cast<std::uint64_t>(low) << shift) >> shift;
    if (again != values[c]) return false;
  }
  return true;
}

inline void LargeWindows::write_record(std::byte* record, std::int64_t time, const Int128* values,
                                       std::uint64_t present) {
  const RecordFormat::Field& at = fields_[RecordFormat::kTime];
  const std::int64_t distance = std::max<std::int64_t>(0, time - header().base_ms);
  if (at.bytes != 0) store_narrow(record + at.end, at.bytes, static_cast<std::uint64_t>(distance));
  const RecordFormat::Field& mask = fields_[RecordFormat::kMask];
  if (mask.bytes != 0) store_narrow(record + mask.end, mask.bytes, present);
  for (const std::uint16_t c : layout_.ring_columns) {
    const RecordFormat::Field& field = fields_[RecordFormat::kColumns + c];
    store_any(record + field.end, field.bytes, ((present >> c) & 1) != 0 ? values[c] : 0);
  }
}

void LargeWindows::append(std::int64_t time, const Int128* values, std::uint64_t present) {
  Header& h = header();
  if (h.next_seq - h.head_seq == h.capacity || !fits(time, values, present)) [[unlikely]] {
    make_room(time, values, present);
  }
  Header& now = header();
  if (now.stride == 0) return;
  std::byte* record = slot(now.tail_slot);
  if (++now.tail_slot == now.capacity) now.tail_slot = 0;
  if (layout_.has_text) return append_texts(record, time, values, present);
  write_record(record, time, values, present);
}

// The record's texts are its own.
void LargeWindows::append_texts(std::byte* record, std::int64_t time, const Int128* values,
                                std::uint64_t present) {
  Int128 owned[kMaxColumns];
  for (const std::uint16_t c : layout_.ring_columns) {
    const bool text = layout_.columns[c].spec.kind == ColumnKind::kText;
    const bool cloned = text && ((present >> c) & 1) != 0;
    owned[c] = cloned ? TextCell::clone(context_.pool, values[c]) : values[c];
  }
  write_record(record, time, owned, present);
}

// The ring is full, or the new record does not fit into its fields.
void LargeWindows::make_room(std::int64_t time, const Int128* values, std::uint64_t present) {
  move_cursors(time);
  const Header& h = header();
  const std::uint64_t size = h.next_seq - h.head_seq;
  const bool roomy = size < h.capacity - h.capacity / 8;
  if (roomy && fits(time, values, present)) return;
  const std::uint64_t wanted = roomy ? h.capacity : size + size / 4 + 8;
  rebuild_ring(time, wanted, values, present);
}

void LargeWindows::move_cursors(std::int64_t time) {
  std::uint64_t head = header().next_seq;
  for (const std::uint16_t w : layout_.cursor_windows) {
    move_cursor(w, time);
    head = std::min(head, record_state(layout_.windows[w])[WindowPlan::kStart]);
  }
  drop_head(head);
}

void LargeWindows::make_room_for(std::int64_t time, const Cell* cells) {
  Int128 values[kMaxColumns];
  for (const std::uint16_t c : layout_.ring_columns) values[c] = cells[c].integer;
  make_room(time, values, ~std::uint64_t{0});
}

void LargeWindows::reclaim(std::int64_t time) {
  if (layout_.cursor_windows.empty()) return;
  move_cursors(time);
  const Header& h = header();
  const std::uint64_t size = h.next_seq - h.head_seq;
  if (h.stride == 0 || h.capacity < 64 || size >= h.capacity / 8) return;
  Int128 none[kMaxColumns] = {};
  rebuild_ring(time, size * 2 + 8, none, 0);
}

void LargeWindows::drop_head(std::uint64_t head) {
  Header& h = header();
  if (h.stride == 0 || head == h.head_seq) {
    h.head_seq = head;
    return;
  }
  if (layout_.has_text) {
    for (std::uint64_t seq = h.head_seq; seq != head; ++seq) {
      const std::byte* record = record_of(seq);
      for (const std::uint16_t c : layout_.ring_columns) {
        if (layout_.columns[c].spec.kind != ColumnKind::kText) continue;
        TextCell::disown(context_.pool, RecordFormat::load(record, fields_, c));
      }
    }
  }
  const std::uint64_t index = h.head_slot + (head - h.head_seq);
  h.head_slot = static_cast<std::uint32_t>(index >= h.capacity ? index - h.capacity : index);
  h.head_seq = head;
}

// A block with room for `records` records, of which one is to be `values`, and fields as wide as
// these and the ones that stay need.
void LargeWindows::rebuild_ring(std::int64_t time, std::uint64_t records, const Int128* values,
                                std::uint64_t present) {
  const Header& h = header();
  const std::size_t columns = layout_.columns.size();
  RecordFormat::Field fields[RecordFormat::kColumns + kMaxColumns] = {};
  std::int64_t base = h.next_seq == h.head_seq ? time : time_of(record_of(h.head_seq));
  if (layout_.ring_times) {
    // What only the last N events keep may lose its time, but never comes back into a window.
    std::int64_t least = INT64_MAX;
    for (const std::uint16_t w : layout_.cursor_windows) {
      if (layout_.windows[w].spec.kind == WindowKind::kLastEvents) continue;
      least = std::min(least, floor(w, time));
    }
    base = std::min(time, std::max(base, least - 1));
    const unsigned span = unsigned_bytes_of(static_cast<std::uint64_t>(time - base) * 2);
    fields[0].bytes = static_cast<std::uint8_t>(std::max(span, layout_.small_time_bytes));
  }
  fields[1].bytes = layout_.mask_bytes;
  for (const std::uint16_t c : layout_.ring_columns) {
    unsigned bytes = ((present >> c) & 1) != 0 ? bytes_of(values[c]) : 1;
    for (std::uint64_t seq = h.head_seq; seq != h.next_seq; ++seq) {
      bytes = std::max(bytes, bytes_of(RecordFormat::load(record_of(seq), fields_, c)));
    }
    fields[RecordFormat::kColumns + c].bytes = static_cast<std::uint8_t>(bytes);
  }
  const std::uint32_t stride = RecordFormat::lay_out({fields, RecordFormat::kColumns + columns});

  const std::size_t fixed = layout_.ring_at;
  const std::size_t bytes = base::Pool::rounded(fixed + records * stride);
  std::byte* old_block = block_;
  LargeWindows old(context_, old_block);
  block_ = static_cast<std::byte*>(context_.pool.allocate(bytes));
  std::memcpy(block_, old_block, fixed);
  attach();
  std::copy_n(fields, RecordFormat::kColumns + columns, fields_);
  Header& now = header();
  now.base_ms = base;
  now.bytes = bytes;
  now.stride = stride;
  now.capacity = stride == 0 ? UINT32_MAX
                             : static_cast<std::uint32_t>(
                                   std::min<std::size_t>((bytes - fixed) / stride, UINT32_MAX / 2));
  now.head_slot = now.tail_slot = 0;
  old.for_each_record([&](std::int64_t at, const Int128* record, std::uint64_t mask) {
    write_record(slot(now.tail_slot++), at, record, mask);
  });
  if (now.tail_slot == now.capacity) now.tail_slot = 0;
  context_.pool.release(old_block, old.header().bytes);
}

}  // namespace weir::state
