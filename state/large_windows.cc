#include "state/large_windows.h"

#include <algorithm>

#include "base/mutants.h"

namespace weir::state {

void LargeWindows::create(std::int64_t time) {
  const std::size_t bytes = base::Pool::rounded(layout_.ring_at);
  block_ = static_cast<std::byte*>(context_.pool.allocate(bytes));
  std::memset(block_, 0, layout_.ring_at);
  attach();
  header().base_ms = header().last_ms = time;
  header().form = static_cast<std::uint8_t>(BlockForm::kLarge);
  header().bytes = bytes;
  header().ring_at = static_cast<std::uint32_t>(layout_.ring_at);
  for (const std::uint16_t w : layout_.pane_windows) {
    const WindowPlan& window = layout_.windows[w];
    if (window.keeping != Keeping::kOnePane) continue;
    record_state(window)[WindowPlan::kPosition] = static_cast<std::uint64_t>(INT64_MIN);
  }
  for (const StructurePlan& plan : layout_.sets) {
    for (RecencyCursor& cursor : cursors<RecencyCursor>(plan)) cursor = RecencyCursor{};
  }
  for (const StructurePlan& plan : layout_.sketches) {
    at<SketchState>(plan.state).dropped = INT64_MIN;
    for (RecencyCursor& cursor : cursors<RecencyCursor>(plan)) cursor = RecencyCursor{};
  }
}

// The first position that the window includes at `time`: a number for the last N events, a time for
// all others.
std::int64_t LargeWindows::floor(std::uint16_t window, std::int64_t time) const {
  const WindowPlan& plan = layout_.windows[window];
  switch (plan.spec.kind) {
    case WindowKind::kSliding:
      return time - plan.spec.length_ms - (base::mutant(base::Mutant::kSlidingEdgeOpen) ? 1 : 0);
    case WindowKind::kSession:
      if (base::mutant(base::Mutant::kSessionNeverOver)) return at<std::int64_t>(plan.session);
      if (time - header().last_ms > plan.spec.length_ms) return header().last_ms + 1;
      return at<std::int64_t>(plan.session);
    case WindowKind::kLastEvents:
      return static_cast<std::int64_t>(header().next_seq) - std::int64_t{plan.spec.events};
    default:
      return context_.clock.floor(window, time);
  }
}

// Where an event of now stands, in the terms of floor().
std::int64_t LargeWindows::position(std::uint16_t window, std::int64_t time) const {
  const WindowPlan& plan = layout_.windows[window];
  switch (plan.spec.kind) {
    case WindowKind::kSliding:
      return time;
    case WindowKind::kSession:
      return at<std::int64_t>(plan.session);
    case WindowKind::kLastEvents:
      return static_cast<std::int64_t>(header().next_seq);
    default:
      return context_.clock.pane(window, time);
  }
}

void LargeWindows::add(std::int64_t time, const Int128* values, std::uint64_t present) {
  const bool first = header().next_seq == 0;
  const std::int64_t gap =
      time - header().last_ms + (base::mutant(base::Mutant::kSessionEdgeLost) ? 1 : 0);
  for (const std::uint16_t w : layout_.session_windows) {
    const WindowPlan& window = layout_.windows[w];
    if (first || gap > window.spec.length_ms) {
      at<std::int64_t>(window.session) = time;
    }
  }
  header().last_ms = time;
  if (!layout_.pane_windows.empty()) {
    open_panes(time);
    set_firsts(values, present);
  }
  for (const FieldPlan& field : layout_.fields) {
    if (((present >> field.column) & 1) == 0) continue;
    add_value(field.op, words_ + field.total, values[field.column]);
  }
  if (layout_.has_parts) add_parts(time, values, present);
  if (!layout_.cursor_windows.empty()) append(time, values, present);
  ++header().next_seq;
  if (!layout_.ranks.empty()) add_ranks(present);
  if (header().next_seq % kReclaim == 0) reclaim(time);
}

LargeWindows::Record LargeWindows::pane_at(const WindowPlan& window, std::uint32_t i) const {
  const auto& queue = at<PaneQueue>(window.state);
  const std::uint32_t place = (queue.front + i) & (queue.capacity - 1);
  return queue.data + std::size_t{place} * window.record_words;
}

void LargeWindows::open_panes(std::int64_t time) {
  for (const std::uint16_t w : layout_.pane_windows) {
    const WindowPlan& window = layout_.windows[w];
    const std::int64_t here = position(w, time);
    if (window.keeping == Keeping::kPanes) {
      const auto& queue = at<PaneQueue>(window.state);
      if (queue.size > 0 && static_cast<std::int64_t>(
                                pane_at(window, queue.size - 1)[WindowPlan::kPosition]) == here) {
        continue;
      }
      drop_panes(window, floor(w, time));
      push_pane(window, here);
    } else if (Record record = record_state(window);
               static_cast<std::int64_t>(record[WindowPlan::kPosition]) != here) {
      disown_firsts(window, record);
      open_pane(window, record, here);
    }
  }
}

void LargeWindows::open_pane(const WindowPlan& window, Record record, std::int64_t position) {
  record[WindowPlan::kPosition] = static_cast<std::uint64_t>(position);
  record[WindowPlan::kStart] = header().next_seq;
  for (const BasePlan& base : window.bases) {
    const FieldPlan& field = layout_.fields[base.field];
    std::copy_n(words_ + field.total, field.words, record + base.at);
  }
  for (const FirstPlan& first : window.firsts) record[first.at + 2] = 0;
}

void LargeWindows::push_pane(const WindowPlan& window, std::int64_t position) {
  auto& queue = at<PaneQueue>(window.state);
  const std::size_t record_bytes = window.record_words * sizeof(std::uint64_t);
  if (queue.size == queue.capacity) {
    const std::uint32_t capacity = std::max(2u, queue.capacity * 2);
    auto* data = static_cast<std::uint64_t*>(context_.pool.allocate(capacity * record_bytes));
    for (std::uint32_t i = 0; i < queue.size; ++i) {
      std::copy_n(pane_at(window, i), window.record_words,
                  data + std::size_t{(queue.front + i) & (capacity - 1)} * window.record_words);
    }
    if (queue.data != nullptr) context_.pool.release(queue.data, queue.capacity * record_bytes);
    queue.data = data;
    queue.capacity = capacity;
  }
  ++queue.size;
  open_pane(window, pane_at(window, queue.size - 1), position);
}

void LargeWindows::drop_panes(const WindowPlan& window, std::int64_t floor) {
  auto& queue = at<PaneQueue>(window.state);
  while (queue.size > 0) {
    Record record = pane_at(window, 0);
    if (static_cast<std::int64_t>(record[WindowPlan::kPosition]) >= floor) return;
    disown_firsts(window, record);
    ++queue.front;
    --queue.size;
  }
}

void LargeWindows::disown_firsts(const WindowPlan& window, Record record) const {
  for (const FirstPlan& first : window.firsts) {
    if (layout_.columns[first.column].spec.kind != ColumnKind::kText) continue;
    if (record[first.at + 2] != 0) {
      TextCell::disown(context_.pool, load_cell(record + first.at));
    }
  }
}

void LargeWindows::set_firsts(const Int128* values, std::uint64_t present) {
  for (const std::uint16_t w : layout_.pane_windows) {
    const WindowPlan& window = layout_.windows[w];
    if (window.firsts.empty()) continue;
    Record record = window.keeping == Keeping::kPanes
                        ? pane_at(window, at<PaneQueue>(window.state).size - 1)
                        : record_state(window);
    for (const FirstPlan& first : window.firsts) {
      if (record[first.at + 2] != 0 || ((present >> first.column) & 1) == 0) continue;
      const bool text = layout_.columns[first.column].spec.kind == ColumnKind::kText;
      const Int128 cell =
          text ? TextCell::clone(context_.pool, values[first.column]) : values[first.column];
      std::memcpy(record + first.at, &cell, sizeof cell);
      record[first.at + 2] = 1;
    }
  }
}

LargeWindows::Record LargeWindows::begin_of(const WindowPlan& window, std::int64_t floor) {
  switch (window.keeping) {
    case Keeping::kCursor:
      advance(window, floor);
      return record_state(window);
    case Keeping::kPanes:
      drop_panes(window, floor);
      return at<PaneQueue>(window.state).size == 0 ? nullptr : pane_at(window, 0);
    default: {
      Record record = record_state(window);
      return static_cast<std::int64_t>(record[WindowPlan::kPosition]) < floor ? nullptr : record;
    }
  }
}

Reading LargeWindows::read(const AggregatePlan& plan, std::int64_t time) {
  if (plan.quick != AggregatePlan::Quick::kNone) return read_quick(plan, time);
  switch (plan.spec.kind) {
    case Aggregate::kMin:
    case Aggregate::kMax:
      return read_extreme(plan, floor(plan.spec.window, time));
    case Aggregate::kDistinct:
      return read_distinct(plan, floor(plan.spec.window, time));
    case Aggregate::kApproxDistinct:
      return read_sketch(plan, floor(plan.spec.window, time));
    case Aggregate::kQuantile:
      return read_quantile(plan, floor(plan.spec.window, time));
    case Aggregate::kFirst:
      return read_first(plan, floor(plan.spec.window, time));
    case Aggregate::kLast:
      return read_last(plan, floor(plan.spec.window, time));
    default:
      return read_totals(plan, time);
  }
}

Reading LargeWindows::read_totals(const AggregatePlan& plan, std::int64_t time) {
  const std::uint16_t w = plan.spec.window;
  const WindowPlan& window = layout_.windows[w];
  const bool is_rate = plan.spec.kind == Aggregate::kRate;
  const std::int64_t length = is_rate ? context_.clock.length(w, time) : 0;
  const bool has_column = plan.spec.column != AggregateSpec::kNoColumn;
  const ColumnKind kind =
      has_column ? layout_.columns[plan.spec.column].spec.kind : ColumnKind::kInt64;
  Totals totals;
  if (const Record begin = begin_of(window, floor(w, time)); begin != nullptr) {
    const auto difference = [&](std::uint16_t index, std::uint64_t* out) {
      if (index == AggregatePlan::kNone) return;
      const BasePlan& base = window.bases[index];
      const FieldPlan& field = layout_.fields[base.field];
      std::copy_n(words_ + field.total, field.words, out);
      subtract_words(out, begin + base.at, field.words);
    };
    totals.count = header().next_seq - begin[WindowPlan::kStart];
    difference(plan.present, &totals.count);
    difference(plan.sum, totals.sum);
    difference(plan.squares, totals.squares);
    difference(plan.beyond, &totals.beyond);
  }
  return reading_of(plan.spec, kind, totals, length);
}

Reading LargeWindows::read_first(const AggregatePlan& plan, std::int64_t floor) {
  const WindowPlan& window = layout_.windows[plan.spec.window];
  const FirstPlan& first = window.firsts[plan.structure];
  const ColumnKind kind = layout_.columns[first.column].spec.kind;
  Record begin = begin_of(window, floor);
  if (begin == nullptr) return Reading::absent();
  if (window.keeping == Keeping::kCursor) {
    std::uint64_t& found = begin[first.at];
    found = std::max(found, begin[WindowPlan::kStart]);
    for (; found != header().next_seq; ++found) {
      const std::byte* record = record_of(found);
      if (!RecordFormat::has(record, fields_, first.column)) continue;
      return value_reading(kind, RecordFormat::load(record, fields_, first.column));
    }
    return Reading::absent();
  }
  const bool panes = window.keeping == Keeping::kPanes;
  const std::uint32_t n = panes ? at<PaneQueue>(window.state).size : 1;
  for (std::uint32_t i = 0; i < n; ++i) {
    const Record record = panes ? pane_at(window, i) : begin;
    if (record[first.at + 2] == 0) continue;
    return value_reading(kind, load_cell(record + first.at));
  }
  return Reading::absent();
}

void LargeWindows::trim(std::int64_t time) {
  for (const std::uint16_t w : layout_.pane_windows) {
    const WindowPlan& window = layout_.windows[w];
    if (window.keeping == Keeping::kPanes) drop_panes(window, floor(w, time));
  }
  trim_parts(time);
  reclaim(time);
}

void LargeWindows::release() {
  for (const std::uint16_t w : layout_.pane_windows) {
    const WindowPlan& window = layout_.windows[w];
    if (window.keeping == Keeping::kOnePane) {
      disown_firsts(window, record_state(window));
      continue;
    }
    drop_panes(window, INT64_MAX);
    const auto& queue = at<PaneQueue>(window.state);
    if (queue.data != nullptr) {
      context_.pool.release(
          queue.data, queue.capacity * std::size_t{window.record_words} * sizeof(*queue.data));
    }
  }
  release_parts();
  if (header().capacity > 0) drop_head(header().next_seq);
  context_.pool.release(block_, header().bytes);
  block_ = nullptr;
}

// Of the ring and of first values; last values and queues count their own.
std::size_t LargeWindows::text_bytes() const {
  std::size_t total = 0;
  for_each_record([&](std::int64_t, const Int128* values, std::uint64_t) {
    for (std::size_t c = 0; c < layout_.columns.size(); ++c) {
      const ColumnPlan& column = layout_.columns[c];
      if (column.in_ring && column.spec.kind == ColumnKind::kText) {
        total += TextCell::bytes(values[c]);
      }
    }
  });
  for (const std::uint16_t w : layout_.pane_windows) {
    const WindowPlan& window = layout_.windows[w];
    const bool panes = window.keeping == Keeping::kPanes;
    const std::uint32_t n = panes ? at<PaneQueue>(window.state).size : 1;
    for (std::uint32_t i = 0; i < n; ++i) {
      const Record record = panes ? pane_at(window, i) : record_state(window);
      for (const FirstPlan& first : window.firsts) {
        if (record[first.at + 2] == 0) continue;
        if (layout_.columns[first.column].spec.kind == ColumnKind::kText) {
          total += TextCell::bytes(load_cell(record + first.at));
        }
      }
    }
  }
  return total;
}

std::size_t LargeWindows::bytes() const {
  std::size_t total = header().bytes + part_bytes() + (layout_.has_text ? text_bytes() : 0);
  for (const std::uint16_t w : layout_.pane_windows) {
    const WindowPlan& window = layout_.windows[w];
    if (window.keeping != Keeping::kPanes) continue;
    const auto& queue = at<PaneQueue>(window.state);
    const std::size_t used =
        queue.capacity * std::size_t{window.record_words} * sizeof(*queue.data);
    if (used > 0) total += base::Pool::rounded(used);
  }
  return total;
}

}  // namespace weir::state
