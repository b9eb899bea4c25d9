#include "event/batch.h"

#include <array>
#include <cstring>

#include "base/check.h"

namespace weir::event {

std::string_view bad_reason_name(BadReason reason) {
  static constexpr std::array<std::string_view, kBadReasons> kNames = {
      "not_utf8", "syntax",     "too_long",     "too_deep",  "no_type",
      "missing",  "wrong_type", "out_of_range", "duplicate", "column_count"};
  return kNames[static_cast<std::size_t>(reason)];
}

void PaddedBuffer::reserve(std::size_t bytes) {
  if (bytes <= capacity_ && bytes_) return;
  bytes_.reset(new char[bytes + kReadPadding]);
  capacity_ = bytes;
  set_size(0);
}

void PaddedBuffer::assign(std::string_view bytes) {
  reserve(bytes.size());
  if (!bytes.empty()) std::memcpy(bytes_.get(), bytes.data(), bytes.size());
  set_size(bytes.size());
}

void PaddedBuffer::append(std::string_view bytes) {
  WEIR_CHECK(bytes.size() <= capacity_ - size_);
  if (!bytes.empty()) std::memcpy(bytes_.get() + size_, bytes.data(), bytes.size());
  set_size(size_ + bytes.size());
}

void PaddedBuffer::set_size(std::size_t size) {
  WEIR_CHECK(size <= capacity_);
  size_ = size;
  std::memset(bytes_.get() + size, 0, kReadPadding);
}

void Batch::clear() {
  arena_.reset();
  rows_.clear();
  origins_.clear();
  bad_.clear();
  unknown_.clear();
  odd_ = {};
}

void Batch::add_bad(const RecordOrigin& origin, BadReason reason, std::string_view message,
                    std::string_view raw) {
  bad_.push_back({origin, reason, arena_.copy(message), raw.substr(0, BadRecord::kRawBytes)});
}

void Batch::move_origins(const RecordOrigin& by) {
  const auto move = [&by](RecordOrigin& origin) {
    origin.seq += by.seq;
    origin.position += by.position;
    origin.line += by.line;
  };
  for (Row& row : rows_) row.seq += by.seq;
  for (RecordOrigin& origin : origins_) move(origin);
  for (BadRecord& bad : bad_) move(bad.origin);
  for (UnknownRecord& unknown : unknown_) move(unknown.origin);
}

}  // namespace weir::event
