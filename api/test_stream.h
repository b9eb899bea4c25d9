// What a `test` block feeds to the engine: its events as typed rows, in the order of the text, with
// the watermarks between them. Used by run_tests. Not thread-safe; the schema and the tree must
// outlive it.
//
// The events are written as JSON and read by the codec that reads every input, so that a value in a
// test means what it would mean in a stream. In the copy of the schema that is used for it every
// field stands under its own name and may be left out: `weir run` would call such a record bad, a
// test is warned of it (warnings()), since a rule's test need not spell out what only other rules
// read.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "dsl/ast.h"
#include "event/batch.h"
#include "event/schema.h"

namespace weir::api {

struct TestProblem {
  std::string message;
  dsl::Span span;
};

// Appends a literal of a test as JSON.
void append_test_value(std::string& out, const dsl::Ast& tree, dsl::ExprId value);

class TestStream {
 public:
  struct Step {
    const event::Row* row = nullptr;  // null: event time reaches ts_ms
    std::int64_t ts_ms = 0;
  };

  // `trees`: all of the ruleset, for the names of identities.
  TestStream(const event::Schema& schema, std::span<const dsl::Ast> trees, const dsl::Ast& tree,
             const dsl::TestDecl& test);

  [[nodiscard]] std::span<const Step> steps() const { return steps_; }
  [[nodiscard]] std::int64_t lateness_ms() const { return lateness_ms_; }
  // Events that no reader would take; then the test cannot be run.
  [[nodiscard]] const std::vector<TestProblem>& problems() const { return problems_; }
  [[nodiscard]] const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  struct Given {
    std::string type;
    std::vector<dsl::TestField> fields;
  };

  void make_schema(const event::Schema& schema, std::span<const dsl::Ast> trees);
  void write_event(const dsl::TestEvent& event);
  void set_fields(std::vector<dsl::TestField>& fields, const std::vector<dsl::TestField>& more);
  void warn_of_missing(const dsl::TestEvent& event, const std::vector<dsl::TestField>& fields);
  void read_events(std::span<const dsl::TestEvent* const> events);

  const event::Schema& original_;
  const dsl::Ast& tree_;
  event::Schema schema_;
  std::vector<Given> given_;
  std::string lines_;
  event::Batch batch_;
  std::vector<Step> steps_;
  std::int64_t lateness_ms_ = 0;
  std::vector<TestProblem> problems_;
  std::vector<std::string> warnings_;
};

}  // namespace weir::api
