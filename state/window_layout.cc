#include "state/window_layout.h"

#include <algorithm>
#include <string>

#include "state/large_windows.h"

namespace weir::state {

unsigned words_of(FieldOp op) {
  switch (op) {
    case FieldOp::kSumInt:
      return 2;
    case FieldOp::kSumWide:
    case FieldOp::kSquaresInt:
    case FieldOp::kSquaresWide:
      return 3;
    case FieldOp::kSumFloat:
      return 4;
    case FieldOp::kSquaresFloat:
      return 8;
    default:
      return 1;
  }
}

namespace {

bool is_number(ColumnKind kind) {
  return kind == ColumnKind::kInt64 || kind == ColumnKind::kInt128 || kind == ColumnKind::kFloat;
}
bool is_wide(ColumnKind kind) {
  return kind == ColumnKind::kInt128 || kind == ColumnKind::kHash128 || kind == ColumnKind::kText;
}
template <typename T>
constexpr std::uint32_t words() {
  static_assert(sizeof(T) % 8 == 0);
  return sizeof(T) / 8;
}

}  // namespace

// Steps: each window learns how it is kept, each aggregate claims what it is computed from, and
// then everything that was claimed gets its place.
class LayoutBuilder {
 public:
  explicit LayoutBuilder(WindowGroupSpec spec) : spec_(std::move(spec)) {}

  base::Result<std::shared_ptr<const WindowLayout>> build() {
    if (std::string wrong = check(); !wrong.empty()) {
      return base::fail(base::ErrorCode::kInvalidArgument, "windows: " + wrong);
    }
    prepare();
    for (AggregatePlan& plan : layout_->aggregates) claim(plan);
    for (WindowPlan& window : layout_->windows) place_window(window);
    for (FieldPlan& field : layout_->fields) field.total = take(field.words);
    for (StructurePlan& plan : layout_->queues) {
      constexpr std::uint32_t kWords = words<ExtremeQueue<Int128>>();
      place(plan, kWords, (static_cast<std::uint32_t>(plan.windows.size()) + 1) / 2);
    }
    constexpr std::uint32_t kCursorWords = words<RecencyCursor>();
    for (StructurePlan& plan : layout_->sets) {
      place(plan, words<RecencySet<UInt128>>(),
            kCursorWords * static_cast<std::uint32_t>(plan.windows.size()));
    }
    for (StructurePlan& plan : layout_->sketches) place(plan, words<SketchState>(), kCursorWords);
    for (RankPlan& plan : layout_->ranks) plan.state = take(words<RankIndex>());
    for (ColumnPlan& column : layout_->columns) {
      if (column.has_last) column.last = take(kLastWords);
    }
    finish();
    find_quick_ways();
    return layout_;
  }

 private:
  static constexpr std::uint32_t kLastWords = 5;  // time, number, cell, present
  static constexpr std::uint32_t kPaneQueueWords = 3;

  [[nodiscard]] std::string check() const;
  [[nodiscard]] std::string check_window(const WindowSpec& window) const;
  [[nodiscard]] std::string check_aggregate(const AggregateSpec& aggregate) const;
  void prepare();
  void claim(AggregatePlan& plan);
  void claim_sums(AggregatePlan& plan);
  void finish();
  void find_quick_ways();
  void place_window(WindowPlan& window);

  std::uint32_t take(std::uint32_t words) {
    const std::uint32_t at = layout_->state_words;
    layout_->state_words += words;
    return at;
  }
  void place(StructurePlan& plan, std::uint32_t words, std::uint32_t cursor_words) {
    plan.state = take(words);
    plan.cursors = take(cursor_words);
  }

  // The window's own copy of a total; the total too if it is new. An index into its bases.
  std::uint16_t claim_field(std::uint16_t window, FieldOp op, std::uint16_t column);
  std::uint16_t claim_first(std::uint16_t window, std::uint16_t column);
  std::uint16_t claim_rank(std::uint16_t window, std::uint16_t column);
  void claim_structure(std::vector<StructurePlan>& all, AggregatePlan& plan, bool greatest,
                       bool shared);

  WindowGroupSpec spec_;
  std::shared_ptr<WindowLayout> layout_ = std::make_shared<WindowLayout>();
};

std::string LayoutBuilder::check_window(const WindowSpec& window) const {
  const auto fits = [](std::int64_t ms) { return ms >= 1 && ms <= WindowLayout::kMaxLength; };
  switch (window.kind) {
    case WindowKind::kCalendar:
      return window.calendar == nullptr ? "a calendar window without a calendar" : "";
    case WindowKind::kLastEvents:
      return window.events < 1 ? "the last 0 events" : "";
    case WindowKind::kHopping:
      if (!fits(window.every_ms) || window.every_ms > window.length_ms) {
        return "a hopping window's step is above its length, or not positive";
      }
      [[fallthrough]];
    default:
      return fits(window.length_ms) ? "" : "a length that is not positive, or too long";
  }
}

std::string LayoutBuilder::check_aggregate(const AggregateSpec& aggregate) const {
  if (aggregate.window >= spec_.windows.size()) return "an aggregate without a window";
  const bool counts = aggregate.kind == Aggregate::kCount || aggregate.kind == Aggregate::kRate;
  if (aggregate.column == AggregateSpec::kNoColumn) return counts ? "" : "no column to aggregate";
  if (aggregate.column >= spec_.columns.size()) return "a column that is not there";
  const ColumnKind kind = spec_.columns[aggregate.column].kind;
  const bool text = kind == ColumnKind::kText;
  const bool hash = kind == ColumnKind::kHash64 || kind == ColumnKind::kHash128;
  switch (aggregate.kind) {
    case Aggregate::kCount:
    case Aggregate::kRate:
      return "";
    case Aggregate::kDistinct:
    case Aggregate::kApproxDistinct:
      return text ? "distinct texts: give their hashes" : "";
    case Aggregate::kMin:
    case Aggregate::kMax:
    case Aggregate::kFirst:
    case Aggregate::kLast:
      return hash ? "a hash is no value" : "";
    case Aggregate::kQuantile:
      if (aggregate.quantile > 10'000) return "a quantile above 1";
      [[fallthrough]];
    default:
      return is_number(kind) ? "" : "no number to calculate with";
  }
}

std::string LayoutBuilder::check() const {
  if (spec_.columns.size() > kMaxColumns) return "more than 64 columns";
  if (spec_.windows.size() > INT16_MAX || spec_.aggregates.size() > INT16_MAX) return "too many";
  for (const WindowSpec& window : spec_.windows) {
    if (std::string wrong = check_window(window); !wrong.empty()) return wrong;
  }
  for (const AggregateSpec& aggregate : spec_.aggregates) {
    if (std::string wrong = check_aggregate(aggregate); !wrong.empty()) return wrong;
  }
  return "";
}

void LayoutBuilder::prepare() {
  for (const ColumnSpec& spec : spec_.columns) layout_->columns.push_back({.spec = spec});
  for (std::size_t i = 0; i < spec_.columns.size(); ++i) {
    // A float that is not finite is absent, so any float column may be.
    const bool optional = spec_.columns[i].optional || spec_.columns[i].kind == ColumnKind::kFloat;
    layout_->columns[i].spec.optional = optional;
    if (!optional) continue;
    layout_->optional |= std::uint64_t{1} << i;
    layout_->mask_bytes = static_cast<std::uint8_t>(i / 8 + 1);
  }
  for (const WindowSpec& spec : spec_.windows) {
    WindowPlan window;
    window.spec = spec;
    if (spec.kind == WindowKind::kSession) window.session = take(1);
    layout_->windows.push_back(std::move(window));
  }
  for (const AggregateSpec& spec : spec_.aggregates) {
    layout_->aggregates.push_back({.spec = spec});
    WindowPlan& window = layout_->windows[spec.window];
    if (spec.kind == Aggregate::kQuantile) window.keeping = Keeping::kCursor;
  }
  for (const AggregateSpec& spec : spec_.aggregates) {
    WindowPlan& window = layout_->windows[spec.window];
    const bool apart = spec.kind == Aggregate::kMin || spec.kind == Aggregate::kMax ||
                       spec.kind == Aggregate::kLast || spec.kind == Aggregate::kDistinct ||
                       spec.kind == Aggregate::kApproxDistinct;
    if (apart || window.keeping != Keeping::kNone) continue;
    const WindowKind kind = window.spec.kind;
    const bool ring = kind == WindowKind::kSliding || kind == WindowKind::kLastEvents;
    window.keeping = ring                           ? Keeping::kCursor
                     : kind == WindowKind::kHopping ? Keeping::kPanes
                                                    : Keeping::kOnePane;
  }
}

std::uint16_t LayoutBuilder::claim_field(std::uint16_t window, FieldOp op, std::uint16_t column) {
  std::vector<FieldPlan>& fields = layout_->fields;
  const auto field = static_cast<std::uint16_t>(
      std::find_if(fields.begin(), fields.end(),
                   [&](const FieldPlan& f) { return f.op == op && f.column == column; }) -
      fields.begin());
  if (field == fields.size()) {
    fields.push_back({.op = op, .column = column});
    fields.back().words = static_cast<std::uint16_t>(words_of(op));
  }
  WindowPlan& plan = layout_->windows[window];
  for (std::size_t i = 0; i < plan.bases.size(); ++i) {
    if (plan.bases[i].field == field) return static_cast<std::uint16_t>(i);
  }
  plan.bases.push_back({.field = field, .at = plan.record_words});
  plan.record_words = static_cast<std::uint16_t>(plan.record_words + words_of(op));
  if (plan.keeping == Keeping::kCursor && op != FieldOp::kPresent) {
    layout_->columns[column].in_ring = true;
  }
  return static_cast<std::uint16_t>(plan.bases.size() - 1);
}

std::uint16_t LayoutBuilder::claim_first(std::uint16_t window, std::uint16_t column) {
  WindowPlan& plan = layout_->windows[window];
  for (std::size_t i = 0; i < plan.firsts.size(); ++i) {
    if (plan.firsts[i].column == column) return static_cast<std::uint16_t>(i);
  }
  plan.firsts.push_back({.column = column, .at = plan.record_words});
  const bool cursor = plan.keeping == Keeping::kCursor;
  plan.record_words = static_cast<std::uint16_t>(plan.record_words + (cursor ? 1 : 3));
  if (cursor) layout_->columns[column].in_ring = true;
  return static_cast<std::uint16_t>(plan.firsts.size() - 1);
}

std::uint16_t LayoutBuilder::claim_rank(std::uint16_t window, std::uint16_t column) {
  std::vector<RankPlan>& ranks = layout_->ranks;
  for (std::size_t i = 0; i < ranks.size(); ++i) {
    if (ranks[i].window == window && ranks[i].column == column) {
      return static_cast<std::uint16_t>(i);
    }
  }
  ranks.push_back({.column = column, .window = window});
  layout_->columns[column].in_ring = true;
  const auto index = static_cast<std::uint16_t>(ranks.size() - 1);
  layout_->windows[window].ranks.push_back(index);
  return index;
}

void LayoutBuilder::claim_structure(std::vector<StructurePlan>& all, AggregatePlan& plan,
                                    bool greatest, bool shared) {
  const auto is_sliding = [&](std::uint16_t window) {
    return layout_->windows[window].spec.kind == WindowKind::kSliding;
  };
  const std::uint16_t window = plan.spec.window;
  const auto found = std::find_if(all.begin(), all.end(), [&](const StructurePlan& s) {
    return s.column == plan.spec.column && s.greatest == greatest &&
           (s.window == window || (shared && is_sliding(s.window) && is_sliding(window)));
  });
  plan.structure = static_cast<std::uint16_t>(found - all.begin());
  if (found == all.end()) {
    all.push_back({.column = plan.spec.column,
                   .greatest = greatest,
                   .wide = is_wide(spec_.columns[plan.spec.column].kind),
                   .window = window});
  }
  StructurePlan& structure = all[plan.structure];
  if (layout_->windows[window].spec.length_ms > layout_->windows[structure.window].spec.length_ms) {
    structure.window = window;
  }
  const auto at = std::find(structure.windows.begin(), structure.windows.end(), window);
  plan.cursor = static_cast<std::uint16_t>(at - structure.windows.begin());
  if (at == structure.windows.end()) structure.windows.push_back(window);
}

void LayoutBuilder::claim_sums(AggregatePlan& plan) {
  const AggregateSpec& spec = plan.spec;
  const ColumnKind kind = spec_.columns[spec.column].kind;
  const bool is_float = kind == ColumnKind::kFloat, wide = kind == ColumnKind::kInt128;
  plan.sum = claim_field(spec.window,
                         is_float ? FieldOp::kSumFloat
                         : wide   ? FieldOp::kSumWide
                                  : FieldOp::kSumInt,
                         spec.column);
  if (is_float) plan.beyond = claim_field(spec.window, FieldOp::kBeyondFloat, spec.column);
  if (spec.kind != Aggregate::kStddev) return;
  plan.squares = claim_field(spec.window,
                             is_float ? FieldOp::kSquaresFloat
                             : wide   ? FieldOp::kSquaresWide
                                      : FieldOp::kSquaresInt,
                             spec.column);
  if (wide) plan.beyond = claim_field(spec.window, FieldOp::kBeyondSquares, spec.column);
}

void LayoutBuilder::claim(AggregatePlan& plan) {
  const AggregateSpec& spec = plan.spec;
  const bool optional =
      spec.column != AggregateSpec::kNoColumn && layout_->columns[spec.column].spec.optional;
  switch (spec.kind) {
    case Aggregate::kCount:
    case Aggregate::kRate:
      if (optional) plan.present = claim_field(spec.window, FieldOp::kPresent, spec.column);
      return;
    case Aggregate::kSum:
    case Aggregate::kAvg:
    case Aggregate::kStddev:
      if (optional) plan.present = claim_field(spec.window, FieldOp::kPresent, spec.column);
      claim_sums(plan);
      return;
    case Aggregate::kMin:
    case Aggregate::kMax:
      claim_structure(layout_->queues, plan, spec.kind == Aggregate::kMax, true);
      return;
    case Aggregate::kDistinct:
      claim_structure(layout_->sets, plan, false, true);
      return;
    case Aggregate::kApproxDistinct:
      claim_structure(layout_->sketches, plan, false, false);
      return;
    case Aggregate::kQuantile:
      plan.structure = claim_rank(spec.window, spec.column);
      return;
    case Aggregate::kFirst:
      plan.structure = claim_first(spec.window, spec.column);
      return;
    case Aggregate::kLast:
      layout_->columns[spec.column].has_last = true;
      return;
  }
}

void LayoutBuilder::place_window(WindowPlan& window) {
  const auto index = static_cast<std::uint16_t>(&window - layout_->windows.data());
  if (window.spec.kind == WindowKind::kSession) layout_->session_windows.push_back(index);
  switch (window.keeping) {
    case Keeping::kNone:
      return;
    case Keeping::kCursor:
      layout_->cursor_windows.push_back(index);
      if (window.spec.kind != WindowKind::kLastEvents) layout_->ring_times = true;
      window.state = take(window.record_words);
      return;
    case Keeping::kOnePane:
    case Keeping::kPanes:
      layout_->pane_windows.push_back(index);
      window.state =
          take(window.keeping == Keeping::kPanes ? kPaneQueueWords : window.record_words);
      return;
  }
}

void LayoutBuilder::finish() {
  // Twice the longest window: times then seldom need another base, and seldom a wider field.
  std::int64_t longest = 1;
  bool rings = true;
  for (const WindowPlan& window : layout_->windows) {
    longest = std::max(longest, window.spec.length_ms);
    if (window.spec.kind == WindowKind::kLastEvents) layout_->for_ever = true;
    rings = rings && window.keeping == Keeping::kCursor;
  }
  layout_->small_time_bytes = unsigned_bytes_of(static_cast<std::uint64_t>(longest) * 2);
  for (const ColumnPlan& column : layout_->columns) {
    if (column.spec.kind == ColumnKind::kText) layout_->has_text = true;
    rings = rings && column.in_ring;
  }
  layout_->ring_is_all = rings;
  for (std::uint16_t c = 0; c < layout_->columns.size(); ++c) {
    if (layout_->columns[c].in_ring) layout_->ring_columns.push_back(c);
    if (layout_->columns[c].has_last) layout_->last_columns.push_back(c);
  }
  layout_->has_parts = !layout_->queues.empty() || !layout_->sets.empty() ||
                       !layout_->sketches.empty() || !layout_->last_columns.empty();
  const std::size_t fields =
      (RecordFormat::kColumns + layout_->columns.size()) * sizeof(RecordFormat::Field);
  layout_->ring_at = static_cast<std::uint32_t>(sizeof(LargeHeader) + (fields + 7) / 8 * 8 +
                                                layout_->state_words * sizeof(std::uint64_t));
}

void LayoutBuilder::find_quick_ways() {
  using Leave = SlidingPlan::Leave;
  for (const WindowPlan& window : layout_->windows) {
    SlidingPlan& plan = layout_->sliding.emplace_back();
    plan.state = window.state;
    plan.length_ms = window.spec.length_ms;
    if (window.spec.kind != WindowKind::kSliding || window.keeping != Keeping::kCursor) continue;
    if (layout_->mask_bytes != 0 || !window.ranks.empty() || window.bases.size() > 1) continue;
    if (window.bases.empty()) {
      plan.leave = Leave::kNothing;
      continue;
    }
    const FieldPlan& field = layout_->fields[window.bases[0].field];
    if (field.op != FieldOp::kSumInt) continue;
    plan.leave = Leave::kSumInt;
    plan.column = field.column;
    plan.base = window.state + window.bases[0].at;
  }
  const auto quick = [](const SlidingPlan& plan) { return plan.leave != Leave::kOther; };
  const auto whole = [](const ColumnPlan& c) { return c.spec.kind == ColumnKind::kInt64; };
  const auto sums = [](const FieldPlan& field) { return field.op == FieldOp::kSumInt; };
  layout_->plain = !layout_->has_parts && !layout_->windows.empty() &&
                   std::ranges::all_of(layout_->sliding, quick) &&
                   std::ranges::all_of(layout_->columns, whole) &&
                   std::ranges::all_of(layout_->fields, sums);
  for (AggregatePlan& plan : layout_->aggregates) {
    using Quick = AggregatePlan::Quick;
    const WindowPlan& window = layout_->windows[plan.spec.window];
    if (layout_->sliding[plan.spec.window].leave == Leave::kOther) continue;
    if (plan.spec.kind == Aggregate::kCount) plan.quick = Quick::kCount;
    if (plan.spec.kind == Aggregate::kSum) plan.quick = Quick::kSumInt;
    if (plan.spec.kind == Aggregate::kAvg) plan.quick = Quick::kAvgInt;
    if (plan.sum == AggregatePlan::kNone) continue;
    plan.total = layout_->fields[window.bases[plan.sum].field].total;
  }
  layout_->quick =
      layout_->plain && std::ranges::none_of(layout_->aggregates, [](const AggregatePlan& plan) {
        return plan.quick == AggregatePlan::Quick::kNone;
      });
  layout_->lone = layout_->quick && layout_->columns.size() <= 1;
}

base::Result<std::shared_ptr<const WindowLayout>> WindowLayout::make(WindowGroupSpec spec) {
  return LayoutBuilder(std::move(spec)).build();
}

}  // namespace weir::state
