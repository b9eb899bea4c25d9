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
#include <deque>
#include <string_view>
#include <vector>

#include "event/batch.h"
#include "event/decode_plan.h"
#include "event/line_shape.h"

namespace weir::event {

namespace simple {
struct Patterns;
}

class LineShapes {
 public:
  LineShapes(const DecodePlan* plan, std::size_t most_record_bytes)
      : plan_(plan), most_bytes_(most_record_bytes) {}

  // Reads lines from p on as long as they are as expected, and returns where it stopped: at the
  // beginning of a line, or at the end. `next` is of the record to come, but for its line, which is
  // the one before. The text must be UTF-8, and what scanners need (json_scan.h).
  [[nodiscard]] const char* read(const char* p, const char* end, RecordOrigin& next, Batch& batch);

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

  static constexpr std::uint32_t kMostHits = 1 << 20;
  static constexpr std::uint32_t kMeasureEvery = 64;

  struct Place {
    LineShape* shape;
    std::uint32_t hits;
  };
  // The record at hand.
  struct Record {
    Batch* batch;
    std::int64_t ts_ms = 0;
    Value* slots = nullptr;
    std::uint64_t* present = nullptr;
    std::string_view identity;
    std::string_view unknown;
    OddCounts odd;
    bool is_odd = false;  // there may be something in odd
  };

  const char* read_lines(const char* p, const char* end, RecordOrigin& next, Batch& batch);
  const char* read_with_avx2(const char* p, const char* end, RecordOrigin& next, Batch& batch);
  const char* read_as(const LineShape& shape, const char* line, const char* end,
                      const simple::Patterns& patterns, RecordOrigin& next, Record& record);
  static void begin_record(const LineShape& shape, Record& record);
  static const char* run(const LineShape& shape, const char* p, const simple::Patterns& patterns,
                         Record& record);
  static const char* take_text(const ValueHole& hole, const char* p, Record& record);
  static const char* take_any(const ValueHole& hole, const char* p, Record& record);
  static bool take_given(const ValueHole& hole, const char* end, Record& record);
  static bool take_token(const ValueHole& hole, const Token& token, Record& record);
  void count_hit(std::size_t place, const char* line);
  void count_miss();

  const DecodePlan* plan_;
  std::size_t most_bytes_;         // of a line
  std::deque<LineShape> shapes_;   // stay where they are
  std::vector<Place> order_;       // of shapes_, the likeliest first
  unsigned misses_ = 0;            // lately
  unsigned pause_ = 0;             // lines before the next attempt
  unsigned credit_ = kMostCredit;  // for learning
};

}  // namespace weir::event
