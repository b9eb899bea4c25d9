// How the records of a block lie in memory: time, mask and columns one after another, each in as
// few bytes as the block's widest value needs, without gaps. Field 0 is the time, as a distance
// from the block's base; field 1 the mask of the columns that are there; field 2 + c column c. A
// field of 0 bytes is not stored.
#pragma once

#include <span>

#include "state/narrow_int.h"

namespace weir::state {

struct RecordFormat {
  static constexpr unsigned kTime = 0;
  static constexpr unsigned kMask = 1;
  static constexpr unsigned kColumns = 2;

  struct Field {
    std::uint16_t end;  // bytes from the record's first to one past the field's last
    std::uint8_t bytes;
    std::uint8_t unused;
  };

  // Puts the fields' ends; `bytes` are given. Returns the bytes of a record.
  static std::uint32_t lay_out(std::span<Field> fields) {
    std::uint32_t end = 0;
    for (Field& field : fields) {
      end += field.bytes;
      field.end = static_cast<std::uint16_t>(end);
    }
    return end;
  }

  [[nodiscard]] static std::uint64_t load_time(const std::byte* record, const Field* fields) {
    if (fields[kTime].bytes == 0) return 0;
    return load_unsigned(record + fields[kTime].end, fields[kTime].bytes);
  }
  // All ones where every column always is there.
  [[nodiscard]] static std::uint64_t load_mask(const std::byte* record, const Field* fields) {
    if (fields[kMask].bytes == 0) return ~std::uint64_t{0};
    const unsigned bits = 8u * fields[kMask].bytes;
    const std::uint64_t beyond = bits == 64 ? 0 : ~std::uint64_t{0} << bits;
    return load_unsigned(record + fields[kMask].end, fields[kMask].bytes) | beyond;
  }
  [[nodiscard]] static bool has(const std::byte* record, const Field* fields, unsigned column) {
    return ((load_mask(record, fields) >> column) & 1) != 0;
  }
  [[nodiscard]] static Int128 load(const std::byte* record, const Field* fields, unsigned column) {
    const Field& field = fields[kColumns + column];
    return load_any(record + field.end, field.bytes);
  }
  [[nodiscard]] static std::int64_t load_int(const std::byte* record, const Field* fields,
                                             unsigned column) {
    const Field& field = fields[kColumns + column];
    return load_narrow(record + field.end, field.bytes);
  }
};

}  // namespace weir::state
