// Reads lines of JSON that look like earlier ones: the quick way of the JsonReader. It keeps the
// shapes (line_shape.h) of the last kinds of lines, runs them over a line one after the other, and
// types the values on the way, straight into the row. What it does not expect it leaves alone: the
// reader then takes the line from its beginning by JsonWalker and RecordDecoder, which are the
// truth, and shows it to learn().
//
// Invariants
// 1. A line is either read, with the very row (or unknown record) that the walker and the decoder
//    make of it, or not touched: the batch is as it was before. Bad records are never told here.
// 2. Memory is bounded by kMostShapes, and a line is run by at most kMostRuns shapes beyond their
//    first text. Where the input has no shapes to be learnt, attempts are made now and then only,
//    and no more than one line in kLearnEvery is learnt.
//
// Not thread-safe; refers to a plan that must outlive it. Cost: about 35 instructions a value.
// Needs SSE2; without it nothing is ever read here.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "event/batch.h"
#include "event/decode_plan.h"
#include "event/line_shape.h"

namespace weir::event {

class LineShapes {
 public:
  // A line to be read; UTF-8, and followed by what scanners need (json_scan.h).
  struct Line {
    const char* begin;   // for its length
    const char* object;  // behind the white space
    const char* end;     // of the text that it stands in
    std::size_t most_bytes;
  };

  explicit LineShapes(const DecodePlan* plan) : plan_(plan) {}

  // Where the next line starts, with the record in the batch; or null.
  [[nodiscard]] const char* read(const Line& line, const RecordOrigin& origin, Batch& batch);

  // The line of `object` was not read here, and became a record of `type`, or one whose type,
  // `unknown`, is declared nowhere.
  void learn(EventTypeId type, std::string_view object, std::string_view unknown);

 private:
  static constexpr std::size_t kMostShapes = 32;
  static constexpr int kMostRuns = 4;
  static constexpr unsigned kLearnEvery = 16;
  static constexpr unsigned kMostCredit = 64 * kLearnEvery;
  static constexpr unsigned kMostMisses = 256;
  static constexpr unsigned kPause = 1024;  // lines

  // The record at hand.
  struct Record {
    Batch* batch;
    Row row;
    Value* slots;
    std::uint64_t* present;
    std::string_view unknown;
  };

  const char* try_shape(const LineShape& shape, const Line& line, const RecordOrigin& origin,
                        Batch& batch);
  static const char* run(const LineShape& shape, const char* p, Record& record);
  static const char* take_any(const ValueHole& hole, const char* p, Record& record);
  static bool take_given(const ValueHole& hole, const char* end, Record& record);
  static bool take_token(const ValueHole& hole, const Token& token, Record& record);
  void count_miss();

  const DecodePlan* plan_;
  std::vector<LineShape> shapes_;  // the likeliest first
  unsigned misses_ = 0;            // lately
  unsigned pause_ = 0;             // lines before the next attempt
  unsigned credit_ = kMostCredit;  // for learning
};

}  // namespace weir::event
