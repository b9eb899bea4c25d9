// `weir schema FILE`: proposes event declarations for a file of JSON lines or CSV that nobody has
// described yet, ready for `weir run`.
//
// Used by the command line. Feed the lines, then take the proposal; FormatSchema writes it in
// Weir's syntax (language reference, L2). One event is proposed for each value of the field `type`
// (else of event_type, event, kind or record_type); without any of these, one event with the name
// that the caller gives, to be run with `--type NAME`.
//
// Invariants:
//  1. The text compiles: reserved words are quoted, names that are no identifiers are mapped with
//     `from`, and what the language cannot map is left out, with a comment.
//  2. No text of the file reaches the proposal but as a checked identifier, between quotes without
//     characters that would end them, or in a comment without control characters.
// Memory: bounded by the number of fields, not of lines (see FieldStatistics).
// Thread safety: none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "apps/schema/field_statistics.h"
#include "apps/schema/record_reader.h"

namespace weir::apps {

enum class InputFormat : uint8_t { kJsonLines, kCsv };

struct SchemaOptions {
  InputFormat format = InputFormat::kJsonLines;
  std::string event_name = "record";  // if no field names the type; made an identifier
};

struct FieldProposal {
  std::string role{};  // time, id, label, pii, or empty
  std::string name{};  // an identifier, not quoted
  std::string type{};  // in Weir syntax without `?`
  bool optional = false;
  std::string path{};  // in the input; the declaration needs `from` if it is not the name
  std::string note{};  // a comment, may be empty
};

struct EventProposal {
  std::string name{};
  std::string type_field{};  // the field that names the type; empty: none, run with --type
  std::string type_value{};
  uint64_t records = 0;
  std::vector<FieldProposal> fields{};     // in the order in which the file has them
  std::vector<std::string> likely_keys{};  // names out of `fields`, best first, at most three
  std::vector<std::string> notes{};        // comments on the whole
};

struct SchemaProposal {
  uint64_t records = 0;
  uint64_t malformed = 0;  // lines that are no record
  uint64_t untyped = 0;    // records without the field that names the type
  std::vector<EventProposal> events{};
  std::vector<std::string> notes{};
};

class SchemaInference {
 public:
  // More types than this are not declared one by one.
  static constexpr size_t kMaxEvents = 64;

  explicit SchemaInference(SchemaOptions options) : options_(std::move(options)) {}

  // One line without its newline (a \r at its end does no harm); blank lines are skipped. In CSV
  // the first names the columns, and a quoted cell may go on in the next line.
  void AddLine(std::string_view line);

  // May be called at any time; the events in the order in which their types first came.
  SchemaProposal Propose() const;

 private:
  // The records of one type.
  struct Group {
    std::string type_field;
    std::string type_value;
    uint64_t records = 0;
    std::deque<FieldStatistics> fields;                 // in the order in which they first came
    std::unordered_map<std::string, size_t> positions;  // by path
  };

  void AddRecord(const Record& record);
  Group* FindGroup(const Record& record);
  std::vector<std::string> FindKeys() const;
  EventProposal ProposeEvent(const Group& group, std::string name,
                             std::span<const std::string> keys) const;

  SchemaOptions options_;
  CsvReader csv_;
  Record record_;
  uint64_t records_ = 0;
  uint64_t malformed_ = 0;
  uint64_t undeclared_ = 0;  // records of types past kMaxEvents
  std::deque<Group> groups_;
  std::map<std::pair<std::string, std::string>, size_t> groups_by_type_;
};

// The proposal as a *.weir file, which ends with a newline.
std::string FormatSchema(const SchemaProposal& proposal);

}  // namespace weir::apps
