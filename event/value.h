// A value in 16 bytes: what a field of an event, a constant, or a register of a run holds.
//
// Used by the codecs (which fill slots), the condition evaluator (which reads them) and the match
// store (which keeps them). Trivially copyable. The type is not in the value: it is known from
// the schema or the program that reads it. Neither is absence: who holds values holds a presence
// bit beside each (see PresenceBits).
//
// Invariants
// 1. `decimal` is scaled by 10^4 (kDecimalScale) and kept in 128 bit, so sums never drift.
// 2. `time` is milliseconds since the epoch, UTC; `duration` is milliseconds; both in `integer`.
// 3. `enum` is the index of the constant in its declaration; `bool` is 0 or 1; both in `integer`.
// 4. A string of at most kInlineBytes is stored in the value and the rest zeroed, so that equal
//    short strings are equal bytes. A longer one holds its first 4 bytes and a pointer which the
//    holder of the value does not own: whoever retains it copies the bytes.
// 5. `ip` is the 16 bytes of an IPv6 address in network order, IPv4 as ::ffff:a.b.c.d.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>

namespace weir::event {

using Int128 = __int128;
inline constexpr std::int64_t kDecimalScale = 10'000;

struct Geo {
  double lat = 0;  // degrees, -90..90
  double lon = 0;  // degrees, -180..180
};

struct Value;

// A list of values of one element type; the elements are all present. Not owned.
struct ListRef {
  const Value* items = nullptr;
  std::uint64_t size = 0;
};

class StringRef {
 public:
  static constexpr std::uint32_t kInlineBytes = 12;
  static constexpr std::uint32_t kPrefixBytes = 4;

  StringRef() = default;
  explicit StringRef(std::string_view text) : size_(static_cast<std::uint32_t>(text.size())) {
    std::memset(bytes_, 0, sizeof bytes_);
    if (text.size() <= kInlineBytes) {
      if (!text.empty()) std::memcpy(bytes_, text.data(), text.size());
    } else {
      std::memcpy(bytes_, text.data(), kPrefixBytes);
      const char* data = text.data();
      std::memcpy(bytes_ + kPrefixBytes, &data, sizeof data);
    }
  }

  [[nodiscard]] std::uint32_t size() const { return size_; }
  [[nodiscard]] bool is_inline() const { return size_ <= kInlineBytes; }
  // Points into *this when inline: valid only while this value stays where it is.
  [[nodiscard]] const char* data() const {
    if (is_inline()) return bytes_;
    const char* pointer;
    std::memcpy(&pointer, bytes_ + kPrefixBytes, sizeof pointer);
    return pointer;
  }
  [[nodiscard]] std::string_view view() const { return {data(), size_}; }

  friend bool operator==(const StringRef& a, const StringRef& b) {
    if (a.size_ != b.size_) return false;
    if (a.is_inline()) return std::memcmp(a.bytes_, b.bytes_, kInlineBytes) == 0;
    return std::memcmp(a.bytes_, b.bytes_, kPrefixBytes) == 0 &&
           std::memcmp(a.data(), b.data(), a.size_) == 0;
  }

 private:
  std::uint32_t size_;
  char bytes_[kInlineBytes];
};

struct alignas(16) Value {
  union {
    Int128 decimal;
    std::int64_t integer;  // bool, int, enum, time, duration
    double real;           // float
    StringRef string;
    Geo geo;
    ListRef list;
    std::uint8_t ip[16];
  };

  Value() : decimal(0) {}
  static Value of_int(std::int64_t v) {
    Value x;
    x.integer = v;
    return x;
  }
  static Value of_bool(bool v) { return of_int(v ? 1 : 0); }
  static Value of_decimal(Int128 scaled) {
    Value x;
    x.decimal = scaled;
    return x;
  }
  static Value of_float(double v) {
    Value x;
    x.real = v;
    return x;
  }
  static Value of_string(std::string_view v) {
    Value x;
    x.string = StringRef(v);
    return x;
  }
  static Value of_geo(Geo v) {
    Value x;
    x.geo = v;
    return x;
  }
  static Value of_list(ListRef v) {
    Value x;
    x.list = v;
    return x;
  }
};
static_assert(sizeof(Value) == 16 && std::is_trivially_copyable_v<Value>,
              "rows and registers are copied as bytes");

// Presence of up to n values: bit i of word i/64.
[[nodiscard]] constexpr std::size_t presence_words(std::size_t values) {
  return (values + 63) / 64;
}
[[nodiscard]] inline bool is_present(const std::uint64_t* bits, std::size_t i) {
  return (bits[i >> 6] >> (i & 63)) & 1u;
}
inline void set_present(std::uint64_t* bits, std::size_t i) {
  bits[i >> 6] |= std::uint64_t{1} << (i & 63);
}
inline void set_absent(std::uint64_t* bits, std::size_t i) {
  bits[i >> 6] &= ~(std::uint64_t{1} << (i & 63));
}

}  // namespace weir::event
