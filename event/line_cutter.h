// Where a stream of JSON lines may be cut into blocks that readers can decode apart from each
// other: behind line ends. Used by whoever hands blocks to several JsonReaders. Not thread-safe.
//
// It sees to what a reader would remember from one text to the next: the byte order mark at the
// beginning of a source, and the rest of a line that was too long; neither comes to stand in a
// block. Of a line that is too long the beginning ends a block, and is longer than a record may be,
// so that its reader says of it what it would of the line.
#pragma once

#include <cstddef>
#include <string_view>

namespace weir::event {

class LineCutter {
 public:
  explicit LineCutter(std::size_t max_record_bytes) : max_record_bytes_(max_record_bytes) {}

  // The next text is the beginning of another source.
  void start_source();

  // A block is [begin, end) of the text, nothing if they are equal. What stands before `end` is
  // done with; the rest is to be brought again, with more behind it.
  struct Cut {
    std::size_t begin = 0;
    std::size_t end = 0;
  };
  // `last`: the source ends with the text. Leaves at most max_record_bytes + 1 bytes.
  [[nodiscard]] Cut cut(std::string_view text, bool last);

 private:
  std::size_t max_record_bytes_;
  bool at_start_ = true;   // of the source
  bool skipping_ = false;  // inside a line that was too long
};

}  // namespace weir::event
