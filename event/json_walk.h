// Walks one JSON object of the input and keeps the tokens that a DecodePlan asks for. The way to
// read lines that look like none before (line_shapes.h has the others), and the truth about all of
// them.
//
// It expects keys in the order in which they came the last times: each known key remembers which
// two followed it most recently, and a key in the text is first compared with those. Only a
// surprise costs a hash look-up, so lines of a few alternating shapes run at full speed. Nothing
// depends on a guess being right, and every byte of the object is checked, also where no field
// is wanted.
//
// Not thread-safe; refers to a plan that must outlive it. Memory is bounded: kMaxKnownKeys keys are
// remembered, whatever the input brings.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "event/decode_plan.h"
#include "event/json_scan.h"
#include "event/token.h"

namespace weir::event {

class JsonWalker {
 public:
  explicit JsonWalker(const DecodePlan* plan);

  // The object at p (on its brace): its tokens go into table(), which starts anew. Returns what is
  // behind the object, or null and fault().
  [[nodiscard]] const char* walk(const char* p);

  [[nodiscard]] const TokenTable& table() const { return table_; }
  [[nodiscard]] const ScanFault& fault() const { return fault_; }

 private:
  static constexpr std::size_t kMaxKnownKeys = 1024;
  static constexpr std::size_t kKeyBytes = 32;  // longest known key, with its closing quote
  static constexpr std::uint32_t kNoNode = 0xffffffff;

  struct KnownKey {
    alignas(16) char bytes[kKeyBytes] = {};  // the key and its closing quote, zeros behind
    std::uint64_t ignored = 0;               // bit i: byte i is not part of it
    std::uint32_t size = 0;                  // with the quote
    std::uint32_t parent = kNoNode;          // the node in whose object it stands
    std::uint32_t child = kNoNode;           // the node it leads to; none if nobody asks for it
    std::uint32_t next[2] = {0, 0};          // what followed it, the latest first; 0: nothing
  };
  struct Frame {
    std::uint32_t node;
    const char* begin;  // of the object
  };
  struct Key {
    std::uint32_t known;  // index into known_, or 0
    std::uint32_t child;
  };

  [[nodiscard]] static bool matches(const KnownKey& key, const char* p);
  [[nodiscard]] const char* read_key(const char* p, std::uint32_t node, Key& key);
  [[nodiscard]] const char* read_value(const char* p, std::uint32_t child, bool& entered);
  [[nodiscard]] const char* close_objects(const char* p);
  Key look_up(std::uint32_t node, std::string_view raw, bool escaped);
  void follow(std::uint32_t known);
  void enter(std::uint32_t node, const char* p);
  void block_below(const PathNode& node, TokenKind kind);
  const char* fail_at(const char* p, const char* message);

  const DecodePlan* plan_;
  TokenTable table_;
  ScanFault fault_;
  std::vector<Frame> frames_;
  std::vector<KnownKey> known_;                          // 0 is the beginning of a record
  std::vector<StringMap<std::uint32_t>> known_by_name_;  // by node
  std::vector<std::uint64_t> entered_;  // by node: the last record in which it was an object
  std::uint64_t record_ = 0;
  std::uint32_t last_ = 0;  // the known key read last
  std::string scratch_;     // a key without its escapes
};

}  // namespace weir::event
