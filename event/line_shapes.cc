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

bool matches(const LineShape::Step& step, const char* p) {
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
unsigned digits_at(const char* p) {
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
std::uint64_t read_8_digits(const char* p, unsigned count) {
  std::uint64_t bytes = load8(p) << (64 - 8 * count);
  bytes = ((bytes & 0x0f0f0f0f0f0f0f0f) * 2561) >> 8;
  bytes = ((bytes & 0x00ff00ff00ff00ff) * 6553601) >> 16;
  return ((bytes & 0x0000ffff0000ffff) * 42949672960001) >> 32;
}

// 1 to 15 digits.
std::int64_t read_digits(const char* p, unsigned count) {
  if (count <= 8) return static_cast<std::int64_t>(read_8_digits(p, count));
  const std::uint64_t high = read_8_digits(p, count - 8);
  return static_cast<std::int64_t>(high * 100'000'000 + read_8_digits(p + count - 8, 8));
}

// `count` digits at p, 1 to 4, in ten thousandths.
std::int64_t read_fraction(const char* p, unsigned count) {
  std::uint32_t bytes = load4(p) & (~std::uint32_t{0} >> (32 - 8 * count)) & 0x0f0f0f0f;
  bytes = (bytes * 10 + (bytes >> 8)) & 0x00ff00ff;
  return (bytes & 0xff) * 100 + (bytes >> 16);
}

// A whole number without a sign at p, of at most 15 digits: how many, or 0.
unsigned whole_number_at(const char* p) {
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
Number number_at(const char* p) {
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
unsigned bool_size_at(const char* p) {
  const std::uint32_t word = load4(p);
  const unsigned yes = word == kTrue ? 4 : 0;
  const unsigned no = (word == kFals) & (p[4] == 'e') ? 5 : 0;
  return yes | no;
}

// What Value::string is for `size` bytes at p (value.h, invariant 4), without a copy of a length
// that is not known beforehand.
void put_string(Value& slot, const char* p, std::size_t size) {
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

#endif

}  // namespace

const char* LineShapes::read(const Line& line, const RecordOrigin& origin, Batch& batch) {
#if defined(__SSE2__)
  if (pause_ != 0) {
    --pause_;
    return nullptr;
  }
  int runs = 0;
  for (std::size_t i = 0; i < shapes_.size() && runs < kMostRuns; ++i) {
    if (!matches(*shapes_[i].steps(), line.object)) continue;
    const char* next = try_shape(shapes_[i], line, origin, batch);
    if (next != nullptr) [[likely]] {
      // One place forward a hit: so the order follows how often a shape comes, and stays.
      if (i > 0) std::swap(shapes_[i - 1], shapes_[i]);
      if (misses_ > 8) misses_ -= 8;
      return next;
    }
    ++runs;
  }
  count_miss();
#else
  (void)line, (void)origin, (void)batch;
#endif
  return nullptr;
}

void LineShapes::count_miss() {
  if (++misses_ < kMostMisses) return;
  misses_ = kMostMisses / 2;
  pause_ = kPause;
}

#if defined(__SSE2__)

const char* LineShapes::try_shape(const LineShape& shape, const Line& line,
                                  const RecordOrigin& origin, Batch& batch) {
  const Arena::Mark mark = batch.arena().mark();
  const OddCounts odd = batch.odd();
  const std::size_t slot_bytes = shape.slots() * sizeof(Value);
  const std::size_t words = shape.present().size();
  Record record{&batch, {}, nullptr, nullptr, {}};
  if (shape.type().valid()) {
    char* memory = batch.arena().allocate(slot_bytes + words * sizeof(std::uint64_t));
    std::memset(memory, 0, slot_bytes);
    record.slots = reinterpret_cast<Value*>(memory);
    record.present = reinterpret_cast<std::uint64_t*>(memory + slot_bytes);
    for (std::size_t i = 0; i < words; ++i) record.present[i] = shape.present()[i];
  }
  const char* const behind = run(shape, line.object, record);
  if (behind != nullptr) [[likely]] {
    const char* const stop = skip_space(behind);
    const bool ends = *stop == '\n' || stop == line.end;
    if (ends && static_cast<std::size_t>(stop - line.begin) <= line.most_bytes) [[likely]] {
      if (shape.type().valid()) {
        record.row.type = shape.type();
        record.row.seq = origin.seq;
        record.row.slots = record.slots;
        record.row.present = record.present;
        record.row.raw = {line.object, static_cast<std::size_t>(behind - line.object)};
        batch.add_row(record.row, origin);
      } else {
        batch.add_unknown(origin, record.unknown);
      }
      return stop == line.end ? stop : stop + 1;
    }
  }
  batch.arena().rewind(mark);
  batch.odd() = odd;
  return nullptr;
}

const char* LineShapes::run(const LineShape& shape, const char* p, Record& record) {
  Value* const slots = record.slots;
  for (const LineShape::Step* step = shape.steps();; ++step) {
    if (!matches(*step, p)) [[unlikely]]
      return nullptr;
    p += step->size;
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
      case ValueOp::kSkipNumber: {
        const Number number = number_at(p);
        if (number.whole == 0) [[unlikely]]
          break;
        p += number.size;
        continue;
      }
      case ValueOp::kSkipBool: {
        const unsigned size = bool_size_at(p);
        if (size == 0) [[unlikely]]
          break;
        p += size;
        continue;
      }
      case ValueOp::kString: {
        const char* const stop = find_string_stop(p);
        put_string(slots[step->slot], p, static_cast<std::size_t>(stop - p));
        p = stop;
        continue;
      }
      case ValueOp::kEnum: {
        const char* const stop = find_string_stop(p);
        const Token token{p, static_cast<std::uint32_t>(stop - p), TokenKind::kString, false,
                          false};
        if (!take_token(shape.hole(*step), token, record)) return nullptr;
        p = stop;
        continue;
      }
      case ValueOp::kBool: {
        const unsigned size = bool_size_at(p);
        if (size == 0) [[unlikely]]
          break;
        slots[step->slot].integer = size == 4 ? 1 : 0;
        p += size;
        continue;
      }
      case ValueOp::kInt: {
        const unsigned count = whole_number_at(p);
        if (count == 0) [[unlikely]]
          break;
        slots[step->slot].integer = read_digits(p, count);
        p += count;
        continue;
      }
      case ValueOp::kDecimal: {
        const Number number = number_at(p);
        if (number.whole - 1 > 7 || number.fraction > 4) [[unlikely]]
          break;
        std::int64_t scaled = static_cast<std::int64_t>(read_8_digits(p, number.whole)) * 10'000;
        if (number.fraction != 0) scaled += read_fraction(p + number.whole + 1, number.fraction);
        slots[step->slot].decimal = scaled;
        p += number.size;
        continue;
      }
      case ValueOp::kTimeMs: {
        const unsigned count = whole_number_at(p);
        if (count == 0) [[unlikely]]
          break;
        record.row.ts_ms = read_digits(p, count);
        if (!is_time_in_range(record.row.ts_ms)) return nullptr;
        p += count;
        continue;
      }
      case ValueOp::kTimeText: {
        const char* const stop = find_string_stop(p);
        const auto ms = parse_rfc3339({p, static_cast<std::size_t>(stop - p)});
        if (!ms) return nullptr;
        record.row.ts_ms = *ms;
        p = stop;
        continue;
      }
      case ValueOp::kId: {
        const char* const stop = find_string_stop(p);
        record.row.identity = {p, static_cast<std::size_t>(stop - p)};
        p = stop;
        continue;
      }
    }
    p = take_any(shape.hole(*step), p, record);
    if (p == nullptr) return nullptr;
  }
}

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
        result = convert_time(token, arena, record.row.ts_ms);
        break;
      case ValueTarget::Kind::kId:
        if (!null) result = convert_id(token, arena, record.row.identity);
        break;
      case ValueTarget::Kind::kUnknownType:
        record.unknown = token.text();
        break;
      case ValueTarget::Kind::kField: {
        const FieldPlan& field = *target.field;
        if (null && !field.field->optional) return false;
        result = null ? Conversion::kOdd
                      : convert(token, field.field->type, field.constants,
                                {arena, record.batch->odd()}, record.slots[field.slot]);
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
  // The last place is that of what came least often, or is new as well.
  if (shapes_.size() == kMostShapes) shapes_.pop_back();
  shapes_.push_back(std::move(*shape));
}

}  // namespace weir::event
