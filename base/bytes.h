// Little-endian bytes in and out: how an image, a checkpoint or a journal record is put together
// and taken apart. Both ends are for one thread at a time.
//
// Invariants
// 1. Integers are little-endian of fixed width; a float is its IEEE 754 bits; a string is a u32
//    length and its bytes. These are frozen: formats built on them name their own version.
// 2. A reader never reads outside its bytes. The first failure sticks: from then on every read
//    gives zero or empty, so a decoder may read a whole record and ask ok() once. Before it loops
//    over a count that came from the bytes it uses read_count(), which cannot exceed what the
//    remaining bytes could hold.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace weir::base {

static_assert(std::endian::native == std::endian::little,
              "integers are copied as they lie in memory; a big-endian build needs a swap here");

class ByteWriter {
 public:
  void u8(std::uint8_t v) { bytes_.push_back(static_cast<char>(v)); }
  void u16(std::uint16_t v) { raw(&v, sizeof v); }
  void u32(std::uint32_t v) { raw(&v, sizeof v); }
  void u64(std::uint64_t v) { raw(&v, sizeof v); }
  void i64(std::int64_t v) { raw(&v, sizeof v); }
  void i128(__int128 v) { raw(&v, sizeof v); }
  void f64(double v) { raw(&v, sizeof v); }
  void boolean(bool v) { u8(v ? 1 : 0); }
  void string(std::string_view v) {
    u32(static_cast<std::uint32_t>(v.size()));
    raw(v.data(), v.size());
  }
  void raw(const void* data, std::size_t size) {
    bytes_.append(static_cast<const char*>(data), size);
  }

  [[nodiscard]] const std::string& bytes() const { return bytes_; }
  [[nodiscard]] std::string take() { return std::move(bytes_); }
  [[nodiscard]] std::size_t size() const { return bytes_.size(); }

 private:
  std::string bytes_;
};

class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : rest_(bytes) {}

  [[nodiscard]] std::uint8_t u8() { return plain<std::uint8_t>(); }
  [[nodiscard]] std::uint16_t u16() { return plain<std::uint16_t>(); }
  [[nodiscard]] std::uint32_t u32() { return plain<std::uint32_t>(); }
  [[nodiscard]] std::uint64_t u64() { return plain<std::uint64_t>(); }
  [[nodiscard]] std::int64_t i64() { return plain<std::int64_t>(); }
  [[nodiscard]] __int128 i128() { return plain<__int128>(); }
  [[nodiscard]] double f64() { return plain<double>(); }
  [[nodiscard]] bool boolean() { return u8() != 0; }
  [[nodiscard]] std::string_view string() { return raw(u32()); }
  // The bytes belong to whoever owns those that the reader was made of.
  [[nodiscard]] std::string_view raw(std::size_t size) {
    if (!ok_ || size > rest_.size()) {
      fail();
      return {};
    }
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }
  // A u32 count of items that take at least `item_bytes` (>= 1) each; fails if they cannot fit.
  [[nodiscard]] std::size_t read_count(std::size_t item_bytes) {
    const std::size_t count = u32();
    if (count > rest_.size() / item_bytes) {
      fail();
      return 0;
    }
    return count;
  }

  void fail() {
    ok_ = false;
    rest_ = {};
  }
  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] bool at_end() const { return rest_.empty(); }
  [[nodiscard]] std::size_t remaining() const { return rest_.size(); }

 private:
  template <typename T>
  T plain() {
    const std::string_view taken = raw(sizeof(T));
    T value{};
    if (taken.size() == sizeof(T)) std::memcpy(&value, taken.data(), sizeof(T));
    return value;
  }

  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace weir::base
