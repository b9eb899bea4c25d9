// The hot loop is run(): compare a text, branch on the kind of value, scan it, type it. It knows
// the simple spellings only (whole numbers of at most 15 digits, decimals of at most eight and
// four, strings without escapes); any other value is scanned and converted as the truth does it, by
// scan_value() and convert(), or ends the attempt because the next text does not match.
#include "event/line_shapes.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "event/json_scan.h"
#include "event/simple_values.h"
#include "event/time.h"
#include "event/value_decode.h"

namespace weir::event {

#if defined(__SSE2__)

namespace {

WEIR_HOT bool matches(const LineShape::Step& step, const char* p) {
  const auto equal = [&](std::size_t at) {
    const __m128i text = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p + at));
    const __m128i known = _mm_load_si128(reinterpret_cast<const __m128i*>(step.text + at));
    return static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(text, known))) << at;
  };
  std::uint32_t same = step.ignored | equal(0);
  if (step.size > 16) same |= equal(16);
  return same == ~std::uint32_t{0};
}

// `next`, which is behind the value at p. Where the value is as long as it always is, that is said
// from memory and not from what was just found: then what comes behind need not wait for it, and
// the processor looks into several values at a time. (The read is volatile because to the compiler
// both are the same.)
WEIR_HOT const char* foretold(const char* p, const char* next, const LineShape::Step& step) {
  if (static_cast<std::size_t>(next - p) != step.usual) return next;
  return p + *static_cast<const volatile std::uint32_t*>(&step.usual);
}

}  // namespace

// A string without escapes, as far as it goes: where it does not end, the next text does not match.
const char* LineShapes::take_text(const ValueHole& hole, const char* p, Record& record) {
  const char* const stop = find_string_stop(p);
  const Token token{p, static_cast<std::uint32_t>(stop - p), TokenKind::kString, false, false};
  return take_token(hole, token, record) ? stop : nullptr;
}

// From behind the text of the shape's first step. Where another text stands than the shape has, one
// goes on that has been the same so far.
WEIR_HOT const char* LineShapes::run(const char* p, const simple::Patterns& patterns,
                                     Record& record) {
  Value* const slots = record.slots;
  std::int64_t ignored;
  for (const LineShape::Step* step = record.known->shape.steps();;) {
    const char* next = nullptr;
    switch (step->op) {
      case ValueOp::kEnd:
        return p;
      case ValueOp::kMore:
        next = p;
        break;
      case ValueOp::kGiven:
        if (!take_given(record.known->shape.hole(*step), p, record)) return nullptr;
        next = p;
        break;
      case ValueOp::kAny:
        break;
      case ValueOp::kSkipString:
        next = find_string_stop(p, patterns);
        break;
      case ValueOp::kSkipNumber:
        next = simple::skip_number(p, patterns);
        break;
      case ValueOp::kSkipBool:
        next = simple::take_bool(p, ignored);
        break;
      case ValueOp::kString:
        next = simple::take_string(p, patterns, slots[step->slot]);
        break;
      case ValueOp::kBool:
        next = simple::take_bool(p, slots[step->slot].integer);
        break;
      case ValueOp::kInt:
        next = simple::take_int(p, patterns, slots[step->slot].integer);
        break;
      case ValueOp::kDecimal:
        next = simple::take_decimal(p, patterns, slots[step->slot]);
        break;
      case ValueOp::kTimeMs:
        next = simple::take_int(p, patterns, record.ts_ms);
        if (!is_time_in_range(record.ts_ms)) return nullptr;
        break;
      case ValueOp::kEnum:
      case ValueOp::kTimeText:
      case ValueOp::kId:
        next = take_text(record.known->shape.hole(*step), p, record);
        if (next == nullptr) return nullptr;
        break;
      default:
        __builtin_unreachable();
    }
    if (next == nullptr) [[unlikely]] {
      next = take_any(record.known->shape.hole(*step), p, record);
      if (next == nullptr) return nullptr;
    }
    p = foretold(p, next, *step);
    ++step;
    if (!matches(*step, p)) [[unlikely]] {
      step = go_on_as(*step, p, record);
      if (step == nullptr) return nullptr;
    }
    p += step->size;
  }
}

// The step that reads on at p, where another than `failed` stands, of a shape with the same prefix.
const LineShape::Step* LineShapes::go_on_as(const LineShape::Step& failed, const char* p,
                                            Record& record) {
  const auto at = static_cast<std::size_t>(&failed - record.known->shape.steps());
  for (Known* known : order_) {
    if (at >= known->shape.size()) continue;
    const LineShape::Step* const step = known->shape.steps() + at;
    if (step->prefix != failed.prefix || !matches(*step, p)) continue;
    record.known = known;
    return step;
  }
  return nullptr;
}

// As RecordDecoder::read_fields lays them: slots, then presence words.
WEIR_HOT void LineShapes::begin_record(const LineShape& shape, Record& record) {
  record.ts_ms = 0;
  record.identity = {};
  if (record.is_odd) record.odd = {};
  record.is_odd = false;
  if (!shape.type().valid()) return;
  char* const memory = record.batch->arena().allocate(shape.row_bytes());
  Value* const slots = reinterpret_cast<Value*>(memory);
  const std::size_t count = shape.slots();
  for (std::size_t i = 0; i < count; ++i) slots[i] = Value();
  auto* const words = reinterpret_cast<std::uint64_t*>(slots + count);
  for (std::size_t i = 0; i < shape.present().size(); ++i) words[i] = 0;
  record.slots = slots;
  record.absent = words;
}

// The line that the shape, which has its first text, begins to read.
WEIR_HOT const char* LineShapes::read_as(Known& known, const char* line, const char* end,
                                         const simple::Patterns& patterns, RecordOrigin& next,
                                         Record& record) {
  Batch& batch = *record.batch;
  const Arena::Mark mark = batch.arena().mark();
  record.known = &known;
  begin_record(known.shape, record);
  const char* const behind = run(line + known.shape.steps()->size, patterns, record);
  const char* const stop = behind == nullptr || *behind == '\n' ? behind : skip_space(behind);
  if (stop == nullptr || (*stop != '\n' && stop != end) ||
      static_cast<std::size_t>(stop - line) > most_bytes_) [[unlikely]] {
    batch.arena().rewind(mark);
    return nullptr;
  }
  ++next.line;
  const LineShape& shape = record.known->shape;
  if (shape.type().valid()) {
    std::uint64_t* const words = record.absent;
    for (std::size_t i = 0; i < shape.present().size(); ++i) {
      words[i] = shape.present()[i] & ~words[i];
    }
    const std::string_view raw(line, static_cast<std::size_t>(behind - line));
    batch.add_row({shape.type(), record.ts_ms, next.seq, record.slots, words, record.identity, raw},
                  next);
  } else {
    batch.add_unknown(next, record.unknown);
  }
  if (record.is_odd) batch.odd() += record.odd;
  ++next.seq;
  ++next.position;
  count_hit(*record.known, line);
  return stop == end ? stop : stop + 1;
}

const char* LineShapes::read(const char* p, const char* end, RecordOrigin& next, Batch& batch) {
  if (pause_ != 0) {
    --pause_;
    return p;
  }
  const simple::Patterns patterns;
  Record record{&batch};
  while (p < end) {
    const char* behind = nullptr;
    int runs = 0;
    for (std::size_t i = 0; i < order_.size() && runs < kMostRuns; ++i) {
      if (!matches(*order_[i]->shape.steps(), p)) continue;
      behind = read_as(*order_[i], p, end, patterns, next, record);
      if (behind != nullptr) [[likely]]
        break;
      ++runs;
    }
    if (behind == nullptr) {
      count_miss();
      break;
    }
    p = behind;
  }
  return p;
}

#else

const char* LineShapes::read(const char* p, const char*, RecordOrigin&, Batch&) { return p; }

#endif

// Any value, by the scanner and the converters that everyone uses.
const char* LineShapes::take_any(const ValueHole& hole, const char* p, Record& record) {
  Token token;
  ScanFault fault;
  const char* const end = scan_value(p, token, fault);
  if (end == nullptr || hole.targets.empty()) return end;
  return take_token(hole, token, record) ? end : nullptr;
}

// A value that is the end of the text, which ends at `end`.
bool LineShapes::take_given(const ValueHole& hole, const char* end, Record& record) {
  Token token = hole.given;
  token.begin = end - token.size - (token.kind == TokenKind::kString ? 1 : 0);
  return take_token(hole, token, record);
}

// False: the line is bad, or so odd that it is read as a whole by who tells what is wrong.
bool LineShapes::take_token(const ValueHole& hole, const Token& token, Record& record) {
  Arena& arena = record.batch->arena();
  const bool null = token.kind == TokenKind::kNull;
  for (const ValueTarget& target : hole.targets) {
    Conversion result = Conversion::kOk;
    switch (target.kind) {
      case ValueTarget::Kind::kTime:
        if (null) return false;
        result = convert_time(token, arena, record.ts_ms);
        break;
      case ValueTarget::Kind::kId:
        if (!null) result = convert_id(token, arena, record.identity);
        break;
      case ValueTarget::Kind::kUnknownType:
        record.unknown = token.text();
        break;
      case ValueTarget::Kind::kField: {
        const FieldPlan& field = *target.field;
        if (null && !field.field->optional) return false;
        result = null ? Conversion::kOdd
                      : convert_field(token, field, {arena, record.odd}, record.slots[field.slot]);
        record.is_odd = true;
        if (result != Conversion::kOdd) break;
        set_present(record.absent, field.slot);
        result = Conversion::kOk;
        break;
      }
    }
    if (result != Conversion::kOk) return false;
  }
  return true;
}

// One place forward where that is due, so that the order follows how often a shape comes.
void LineShapes::count_hit(Known& known, const char* line) {
  if (misses_ > kHitWorth) misses_ -= kHitWorth;
  if (++known.hits % kMeasureEvery == 0) {
    known.shape.measure(line);
    credit_ = std::min(credit_ + kMeasureEvery, kMostCredit);
    pause_length_ = kLeastPause;
    if (known.hits == kMostHits) {
      for (Known* each : order_) each->hits /= 2;
    }
  }
  if (known.place == 0) return;
  Known*& before = order_[known.place - 1];
  if (known.hits <= before->hits) return;
  std::swap(before, order_[known.place]);
  std::swap(order_[known.place]->place, known.place);
}

void LineShapes::count_miss() {
  if (++misses_ < kMostMisses) return;
  misses_ = kMostMisses / 2;
  pause_ = pause_length_;
  pause_length_ = std::min(2 * pause_length_, kMostPause);
}

void LineShapes::learn(EventTypeId type, std::string_view object, std::string_view unknown) {
  if (credit_ < kLearnCost) {
    ++credit_;
    return;
  }
  credit_ -= kLearnCost;
  auto shape = make_line_shape(*plan_, type, object, unknown);
  if (!shape) return;
  for (Known* known : order_) {
    if (!known->shape.has_text_of(*shape)) continue;
    known->shape.widen(*shape);
    find_prefixes(*known);
    return;
  }
  if (known_.size() < kMostShapes) {
    known_.push_back({std::move(*shape), 0, static_cast<std::uint32_t>(order_.size())});
    order_.push_back(&known_.back());
  } else {
    // In the last place is what came least often.
    order_.back()->shape = std::move(*shape);
    order_.back()->hits = 0;
  }
  find_prefixes(*order_.back());
}

// From the shape that has the most in common, as far as that goes; new ones behind.
void LineShapes::find_prefixes(Known& known) {
  const LineShape* closest = nullptr;
  std::size_t common = 0;
  for (const Known* other : order_) {
    const std::size_t steps = known.shape.common_steps(other->shape);
    if (other == &known || (closest != nullptr && steps <= common)) continue;
    closest = &other->shape;
    common = steps;
  }
  known.shape.name_prefixes(closest, common, last_prefix_);
}

}  // namespace weir::event
