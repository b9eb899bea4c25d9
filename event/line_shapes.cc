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

// From behind the text of the shape's first step.
WEIR_HOT const char* LineShapes::run(const LineShape& shape, const char* p,
                                     const simple::Patterns& patterns, Record& record) {
  Value* const slots = record.slots;
  std::int64_t ignored;
  for (const LineShape::Step* step = shape.steps();;) {
    const char* next = nullptr;
    switch (step->op) {
      case ValueOp::kEnd:
        return p;
      case ValueOp::kMore:
        next = p;
        break;
      case ValueOp::kGiven:
        if (!take_given(shape.hole(*step), p, record)) return nullptr;
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
        next = take_text(shape.hole(*step), p, record);
        if (next == nullptr) return nullptr;
        break;
      default:
        __builtin_unreachable();
    }
    if (next == nullptr) [[unlikely]] {
      next = take_any(shape.hole(*step), p, record);
      if (next == nullptr) return nullptr;
    }
    p = foretold(p, next, *step);
    ++step;
    if (!matches(*step, p)) [[unlikely]]
      return nullptr;
    p += step->size;
  }
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
  auto* const present = reinterpret_cast<std::uint64_t*>(slots + count);
  const std::vector<std::uint64_t>& words = shape.present();
  if (words.size() == 1) [[likely]] {
    present[0] = words[0];
  } else if (!words.empty()) {
    std::memcpy(present, words.data(), words.size() * sizeof words[0]);
  }
  record.slots = slots;
  record.present = present;
}

WEIR_HOT const char* LineShapes::read_as(const LineShape& shape, const char* line, const char* end,
                                         const simple::Patterns& patterns, RecordOrigin& next,
                                         Record& record) {
  Batch& batch = *record.batch;
  const Arena::Mark mark = batch.arena().mark();
  begin_record(shape, record);
  const char* const behind = run(shape, line + shape.steps()->size, patterns, record);
  const char* const stop = behind == nullptr || *behind == '\n' ? behind : skip_space(behind);
  if (stop == nullptr || (*stop != '\n' && stop != end) ||
      static_cast<std::size_t>(stop - line) > most_bytes_) [[unlikely]] {
    batch.arena().rewind(mark);
    return nullptr;
  }
  ++next.line;
  if (shape.type().valid()) {
    const std::string_view raw(line, static_cast<std::size_t>(behind - line));
    batch.add_row(
        {shape.type(), record.ts_ms, next.seq, record.slots, record.present, record.identity, raw},
        next);
  } else {
    batch.add_unknown(next, record.unknown);
  }
  if (record.is_odd) batch.odd() += record.odd;
  ++next.seq;
  ++next.position;
  return stop == end ? stop : stop + 1;
}

WEIR_HOT const char* LineShapes::read_lines(const char* p, const char* end, RecordOrigin& next,
                                            Batch& batch) {
  const simple::Patterns patterns;
  Record record{&batch};
  while (p < end) {
    const char* behind = nullptr;
    int runs = 0;
    for (std::size_t i = 0; i < order_.size() && runs < kMostRuns; ++i) {
      const LineShape& shape = *order_[i].shape;
      if (!matches(*shape.steps(), p)) continue;
      behind = read_as(shape, p, end, patterns, next, record);
      if (behind != nullptr) [[likely]] {
        count_hit(i, p);
        break;
      }
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

[[gnu::target("avx2,bmi,bmi2")]] const char* LineShapes::read_with_avx2(const char* p,
                                                                        const char* end,
                                                                        RecordOrigin& next,
                                                                        Batch& batch) {
  return read_lines(p, end, next, batch);
}

const char* LineShapes::read(const char* p, const char* end, RecordOrigin& next, Batch& batch) {
  static const bool has_avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
                               __builtin_cpu_supports("bmi2");
  if (pause_ != 0) {
    --pause_;
    return p;
  }
  return has_avx2 ? read_with_avx2(p, end, next, batch) : read_lines(p, end, next, batch);
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
                      : convert(token, field.field->type, field.constants, {arena, record.odd},
                                record.slots[field.slot]);
        record.is_odd = true;
        if (result != Conversion::kOdd) break;
        set_absent(record.present, field.slot);
        result = Conversion::kOk;
        break;
      }
    }
    if (result != Conversion::kOk) return false;
  }
  return true;
}

// One place forward where that is due, so that the order follows how often a shape comes.
void LineShapes::count_hit(std::size_t place, const char* line) {
  if (misses_ > 8) misses_ -= 8;
  const std::uint32_t hits = ++order_[place].hits;
  if (hits % kMeasureEvery == 0) order_[place].shape->measure(line);
  if (hits == kMostHits) {
    for (Place& each : order_) each.hits /= 2;
  }
  if (place != 0 && hits > order_[place - 1].hits) std::swap(order_[place - 1], order_[place]);
}

void LineShapes::count_miss() {
  if (++misses_ < kMostMisses) return;
  misses_ = kMostMisses / 2;
  pause_ = kPause;
}

void LineShapes::learn(EventTypeId type, std::string_view object, std::string_view unknown) {
  credit_ = std::min(credit_ + 1, kMostCredit);
  if (credit_ < kLearnEvery) return;
  credit_ -= kLearnEvery;
  auto shape = make_line_shape(*plan_, type, object, unknown);
  if (!shape) return;
  for (LineShape& known : shapes_) {
    if (!known.has_text_of(*shape)) continue;
    known.widen(*shape);
    return;
  }
  if (shapes_.size() < kMostShapes) {
    shapes_.push_back(std::move(*shape));
    order_.push_back({&shapes_.back(), 0});
    return;
  }
  // In the last place is what came least often.
  *order_.back().shape = std::move(*shape);
  order_.back().hits = 0;
}

}  // namespace weir::event
