#include "event/line_cutter.h"

#include <algorithm>
#include <cstring>

#include "event/reader.h"

namespace weir::event {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

}  // namespace

void LineCutter::start_source() {
  at_start_ = true;
  skipping_ = false;
}

LineCutter::Cut LineCutter::cut(std::string_view text, bool last) {
  std::size_t begin = 0;
  if (skipping_) {
    const std::size_t newline = text.find('\n');
    if (newline == text.npos) return {text.size(), text.size()};
    begin = newline + 1;
    skipping_ = false;
  }
  if (at_start_) {
    const std::size_t size = std::min(text.size(), kByteOrderMark.size());
    const bool begins_so = text.starts_with(kByteOrderMark.substr(0, size));
    if (begins_so && size < kByteOrderMark.size() && !last) return {};  // it may yet become one
    if (begins_so && size == kByteOrderMark.size()) begin = size;
    at_start_ = false;
  }
  if (last) return {begin, text.size()};
  const char* const from = text.data() + begin;
  const void* const newline = memrchr(from, '\n', text.size() - begin);
  std::size_t end = begin;
  if (newline != nullptr)
    end += static_cast<std::size_t>(static_cast<const char*>(newline) - from) + 1;
  if (is_longer_than(text.substr(end), max_record_bytes_)) {
    skipping_ = true;
    end = text.size();
  }
  return {begin, end};
}

}  // namespace weir::event
