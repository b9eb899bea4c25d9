// The hot loop is run(): compare a text, branch on the kind of value, scan it, type it. It knows
// the simple spellings only (whole numbers of at most 15 digits, decimals of at most eight and
// four, strings without escapes); any other value is scanned and converted as the truth does it, by
// scan_value() and convert(), or ends the attempt because the next text does not match.
#include "event/line_shapes.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "event/json_scan.h"
#include "event/time.h"
#include "event/value_decode.h"

namespace weir::event {
namespace {

#if defined(__SSE2__)

// Part of the loop in run(), whatever the compiler thinks of its size.
#define WEIR_HOT [[gnu::always_inline]] inline

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

// Bit i: p[i] is a digit. Of 16 bytes.
WEIR_HOT unsigned digits_at(const char* p) {
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
  const __m128i values = _mm_sub_epi8(bytes, _mm_set1_epi8('0'));
  const __m128i digits = _mm_cmpeq_epi8(_mm_min_epu8(values, _mm_set1_epi8(9)), values);
  return static_cast<unsigned>(_mm_movemask_epi8(digits));
}

// How many of the low bits are set before the first that is not.
unsigned count_ones(unsigned bits) { return static_cast<unsigned>(__builtin_ctz(~bits)); }

std::uint64_t load8(const char* p) {
  std::uint64_t bytes;
  std::memcpy(&bytes, p, sizeof bytes);
  return bytes;
}
std::uint32_t load4(const char* p) {
  std::uint32_t bytes;
  std::memcpy(&bytes, p, sizeof bytes);
  return bytes;
}

// The number that `count` digits at p say, 1 to 8: pairs are joined, then pairs of pairs, then the
// halves. Missing digits in front are zero bytes, which count as zeros.
WEIR_HOT std::uint64_t read_8_digits(const char* p, unsigned count) {
  std::uint64_t bytes = load8(p) << (64 - 8 * count);
  bytes = ((bytes & 0x0f0f0f0f0f0f0f0f) * 2561) >> 8;
  bytes = ((bytes & 0x00ff00ff00ff00ff) * 6553601) >> 16;
  return ((bytes & 0x0000ffff0000ffff) * 42949672960001) >> 32;
}

// 1 to 15 digits.
WEIR_HOT std::int64_t read_digits(const char* p, unsigned count) {
  if (count <= 8) return static_cast<std::int64_t>(read_8_digits(p, count));
  const std::uint64_t high = read_8_digits(p, count - 8);
  return static_cast<std::int64_t>(high * 100'000'000 + read_8_digits(p + count - 8, 8));
}

// `count` digits at p, 1 to 4, in ten thousandths.
WEIR_HOT std::int64_t read_fraction(const char* p, unsigned count) {
  std::uint32_t bytes = load4(p) & (~std::uint32_t{0} >> (32 - 8 * count)) & 0x0f0f0f0f;
  bytes = (bytes * 10 + (bytes >> 8)) & 0x00ff00ff;
  return (bytes & 0xff) * 100 + (bytes >> 16);
}

// A whole number without a sign at p, of at most 15 digits: how many, or 0.
WEIR_HOT unsigned whole_number_at(const char* p) {
  const unsigned count = count_ones(digits_at(p));
  if (count > 15 || (*p == '0' && count > 1)) return 0;
  return count;
}

struct Number {
  unsigned whole = 0;     // digits; 0 if it is no simple number
  unsigned fraction = 0;  // digits
  unsigned size = 0;
};

// A number without sign and exponent that ends within 16 bytes.
WEIR_HOT Number number_at(const char* p) {
  const unsigned digits = digits_at(p);
  Number number;
  number.whole = count_ones(digits);
  if (number.whole > 15 || (*p == '0' && number.whole > 1)) return {};
  number.size = number.whole;
  if (p[number.whole] != '.') return number;
  number.fraction = count_ones(digits >> (number.whole + 1));
  number.size += 1 + number.fraction;
  if (number.fraction == 0 || number.size > 15) return {};
  return number;
}

constexpr std::uint32_t kTrue = 0x65757274;  // `true`, as load4 has it
constexpr std::uint32_t kFals = 0x736c6166;

// 4 or 5 at true or false, else 0.
WEIR_HOT unsigned bool_size_at(const char* p) {
  const std::uint32_t word = load4(p);
  const unsigned yes = word == kTrue ? 4 : 0;
  const unsigned no = (word == kFals) & (p[4] == 'e') ? 5 : 0;
  return yes | no;
}

// What Value::string is for `size` bytes at p (value.h, invariant 4), without a copy of a length
// that is not known beforehand.
WEIR_HOT void put_string(Value& slot, const char* p, std::size_t size) {
  if (size > StringRef::kInlineBytes) {
    slot.string = StringRef({p, size});
    return;
  }
  alignas(16) static constexpr char kMask[32] = {-1, -1, -1, -1, -1, -1, -1, -1,
                                                 -1, -1, -1, -1, -1, -1, -1, -1};
  const __m128i mask = _mm_loadu_si128(reinterpret_cast<const __m128i*>(kMask + 16 - size));
  const __m128i text = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
  const __m128i behind_size = _mm_slli_si128(_mm_and_si128(text, mask), 4);
  const __m128i whole = _mm_or_si128(behind_size, _mm_cvtsi32_si128(static_cast<int>(size)));
  _mm_store_si128(reinterpret_cast<__m128i*>(&slot), whole);
}
static_assert(sizeof(StringRef) == 16);

// Each of these takes a simply spelled value at p and returns what is behind it; null if it is
// none.
WEIR_HOT const char* skip_number(const char* p) {
  const Number number = number_at(p);
  return number.whole == 0 ? nullptr : p + number.size;
}

WEIR_HOT const char* skip_bool(const char* p) {
  const unsigned size = bool_size_at(p);
  return size == 0 ? nullptr : p + size;
}

WEIR_HOT const char* take_bool(const char* p, Value& slot) {
  const unsigned size = bool_size_at(p);
  slot.integer = size == 4 ? 1 : 0;
  return size == 0 ? nullptr : p + size;
}

WEIR_HOT const char* take_int(const char* p, std::int64_t& integer) {
  const unsigned count = whole_number_at(p);
  if (count == 0) return nullptr;
  integer = read_digits(p, count);
  return p + count;
}

WEIR_HOT const char* take_decimal(const char* p, Value& slot) {
  const Number number = number_at(p);
  if (number.whole - 1 > 7 || number.fraction > 4) return nullptr;
  auto scaled = static_cast<std::int64_t>(read_8_digits(p, number.whole)) * kDecimalScale;
  if (number.fraction != 0) scaled += read_fraction(p + number.whole + 1, number.fraction);
  slot.decimal = scaled;
  return p + number.size;
}

WEIR_HOT const char* take_string(const char* p, Value& slot) {
  const char* const stop = find_string_stop(p);
  put_string(slot, p, static_cast<std::size_t>(stop - p));
  return stop;
}

#endif

}  // namespace

#if defined(__SSE2__)

const char* LineShapes::read(const char* p, const char* end, RecordOrigin& next, Batch& batch) {
  if (pause_ != 0) {
    --pause_;
    return p;
  }
  Record record{&batch};
  while (p < end) {
    const char* behind = nullptr;
    int runs = 0;
    for (std::size_t i = 0; i < order_.size() && runs < kMostRuns; ++i) {
      const LineShape& shape = shapes_[order_[i].shape];
      if (!matches(*shape.steps(), p)) continue;
      behind = read_as(shape, p, end, next, record);
      if (behind != nullptr) [[likely]] {
        count_hit(i);
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

const char* LineShapes::read_as(const LineShape& shape, const char* line, const char* end,
                                RecordOrigin& next, Record& record) {
  Batch& batch = *record.batch;
  const Arena::Mark mark = batch.arena().mark();
  begin_record(shape, record);
  const char* const behind = run(shape, line, record);
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

// As RecordDecoder::read_fields lays them: slots, then presence words.
void LineShapes::begin_record(const LineShape& shape, Record& record) {
  record.ts_ms = 0;
  record.identity = {};
  if (record.is_odd) record.odd = {};
  record.is_odd = false;
  if (!shape.type().valid()) return;
  const std::size_t slot_bytes = shape.slots() * sizeof(Value);
  const std::size_t words = shape.present().size();
  char* memory = record.batch->arena().allocate(slot_bytes + words * sizeof(std::uint64_t));
  std::memset(memory, 0, slot_bytes);
  record.slots = reinterpret_cast<Value*>(memory);
  record.present = reinterpret_cast<std::uint64_t*>(memory + slot_bytes);
  for (std::size_t i = 0; i < words; ++i) record.present[i] = shape.present()[i];
}

const char* LineShapes::run(const LineShape& shape, const char* p, Record& record) {
  Value* const slots = record.slots;
  for (const LineShape::Step* step = shape.steps();; ++step) {
    if (!matches(*step, p)) [[unlikely]]
      return nullptr;
    p += step->size;
    const char* next = nullptr;
    switch (step->op) {
      case ValueOp::kEnd:
        return p;
      case ValueOp::kMore:
        continue;
      case ValueOp::kGiven:
        if (!take_given(shape.hole(*step), p, record)) return nullptr;
        continue;
      case ValueOp::kAny:
        break;
      case ValueOp::kSkipString:
        p = find_string_stop(p);
        continue;
      case ValueOp::kSkipNumber:
        next = skip_number(p);
        break;
      case ValueOp::kSkipBool:
        next = skip_bool(p);
        break;
      case ValueOp::kString:
        p = take_string(p, slots[step->slot]);
        continue;
      case ValueOp::kEnum:
      case ValueOp::kTimeText:
      case ValueOp::kId:
        p = take_text(shape.hole(*step), p, record);
        if (p == nullptr) return nullptr;
        continue;
      case ValueOp::kBool:
        next = take_bool(p, slots[step->slot]);
        break;
      case ValueOp::kInt:
        next = take_int(p, slots[step->slot].integer);
        break;
      case ValueOp::kDecimal:
        next = take_decimal(p, slots[step->slot]);
        break;
      case ValueOp::kTimeMs:
        next = take_int(p, record.ts_ms);
        if (!is_time_in_range(record.ts_ms)) return nullptr;
        break;
    }
    if (next == nullptr) [[unlikely]] {
      next = take_any(shape.hole(*step), p, record);
      if (next == nullptr) return nullptr;
    }
    p = next;
  }
}

// A string without escapes, as far as it goes: where it does not end, the next text does not match.
const char* LineShapes::take_text(const ValueHole& hole, const char* p, Record& record) {
  const char* const stop = find_string_stop(p);
  const Token token{p, static_cast<std::uint32_t>(stop - p), TokenKind::kString, false, false};
  return take_token(hole, token, record) ? stop : nullptr;
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
void LineShapes::count_hit(std::size_t place) {
  if (misses_ > 8) misses_ -= 8;
  const std::uint32_t hits = ++order_[place].hits;
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
    order_.push_back({static_cast<std::uint32_t>(shapes_.size()), 0});
    shapes_.push_back(std::move(*shape));
    return;
  }
  // In the last place is what came least often.
  shapes_[order_.back().shape] = std::move(*shape);
  order_.back().hits = 0;
}

}  // namespace weir::event
