#include "api/test_stream.h"

#include <algorithm>

#include "event/json_reader.h"
#include "event/json_writer.h"
#include "event/time.h"
#include "weir/testing.h"

namespace weir::api {
namespace {

// Keys that no field can have.
constexpr const char* kTypeKey = " type";
constexpr const char* kTimeKey = " ts";

// The name under which an event's identity is declared; `id` where none is.
std::string identity_name(std::span<const dsl::Ast> trees, const std::string& type) {
  for (const dsl::Ast& tree : trees) {
    for (const dsl::Declaration& declaration : tree.declarations) {
      const auto* event = std::get_if<dsl::EventDecl>(&declaration);
      if (event == nullptr || event->name.text != type) continue;
      for (const dsl::FieldDecl& field : event->fields) {
        if (field.role && field.role->text == "id") return field.name.text;
      }
    }
  }
  return "id";
}

std::string at_text(std::int64_t ms) {
  std::string out;
  event::append_duration(out, ms);
  return out;
}

}  // namespace

TestStream::TestStream(const event::Schema& schema, std::span<const dsl::Ast> trees,
                       const dsl::Ast& tree, const dsl::TestDecl& test)
    : original_(schema), tree_(tree) {
  make_schema(schema, trees);
  std::vector<const dsl::TestEvent*> events;
  for (const dsl::TestItem& item : test.items) {
    if (const auto* given = std::get_if<dsl::TestGiven>(&item)) {
      const auto known = std::find_if(given_.begin(), given_.end(), [&](const Given& each) {
        return each.type == given->type.text;
      });
      if (known == given_.end()) {
        given_.push_back({given->type.text, given->fields});
      } else {
        set_fields(known->fields, given->fields);
      }
    } else if (const auto* event = std::get_if<dsl::TestEvent>(&item)) {
      events.push_back(event);
      write_event(*event);
      steps_.push_back({nullptr, kTestOriginMs + event->at_ms});
    } else if (const auto* mark = std::get_if<dsl::TestWatermark>(&item)) {
      events.push_back(nullptr);
      steps_.push_back({nullptr, kTestOriginMs + mark->at_ms});
    } else if (const auto* late = std::get_if<dsl::TestLateness>(&item)) {
      lateness_ms_ = late->ms;
    }
  }
  read_events(events);
}

void TestStream::make_schema(const event::Schema& schema, std::span<const dsl::Ast> trees) {
  schema_ = schema;
  for (event::EventType& type : schema_.types) {
    if (!type.is_input()) continue;
    type.type_path = {kTypeKey};
    type.type_value = type.name;
    type.time_path = {kTimeKey};
    type.id_path = {identity_name(trees, type.name)};
    for (event::Field& field : type.fields) {
      field.path = {field.role == event::FieldRole::kTime ? kTimeKey : field.name};
      field.optional = true;
    }
  }
}

// A later value takes the place of an earlier one.
void TestStream::set_fields(std::vector<dsl::TestField>& fields,
                            const std::vector<dsl::TestField>& more) {
  for (const dsl::TestField& each : more) {
    std::erase_if(fields,
                  [&](const dsl::TestField& old) { return old.name.text == each.name.text; });
    fields.push_back(each);
  }
}

void TestStream::write_event(const dsl::TestEvent& event) {
  std::vector<dsl::TestField> fields;
  for (const Given& given : given_) {
    if (given.type == event.type.text) fields = given.fields;
  }
  set_fields(fields, event.fields);
  warn_of_missing(event, fields);
  lines_ += "{\"";
  lines_ += kTypeKey;
  lines_ += "\":";
  event::append_json_string(lines_, event.type.text);
  lines_ += ",\"";
  lines_ += kTimeKey;
  lines_ += "\":";
  event::append_int(lines_, kTestOriginMs + event.at_ms);
  for (const dsl::TestField& field : fields) {
    if (!field.value.valid()) continue;  // null: absent
    lines_ += ',';
    event::append_json_string(lines_, field.name.text);
    lines_ += ':';
    append_test_value(lines_, tree_, field.value);
  }
  lines_ += "}\n";
}

void append_test_value(std::string& out, const dsl::Ast& tree, dsl::ExprId value) {
  const dsl::Expr& expr = tree.expr(value);
  const auto append_scalar = [&](const dsl::Expr& scalar) {
    switch (scalar.kind) {
      case dsl::ExprKind::kBool:
        out += scalar.integer != 0 ? "true" : "false";
        break;
      case dsl::ExprKind::kInt:
      case dsl::ExprKind::kDuration:
        event::append_int(out, scalar.integer);
        break;
      case dsl::ExprKind::kDecimal:
      case dsl::ExprKind::kFloat:
        out += scalar.text;
        break;
      default:
        event::append_json_string(out, scalar.text);
        break;
    }
  };
  if (expr.kind != dsl::ExprKind::kList) {
    append_scalar(expr);
    return;
  }
  const bool is_geo = expr.text == "geo" && expr.args.size() == 2;
  const char* const names[] = {"\"lat\":", "\"lon\":"};
  out += is_geo ? '{' : '[';
  for (std::size_t i = 0; i < expr.args.size(); ++i) {
    if (i > 0) out += ',';
    if (is_geo) out += names[i];
    append_scalar(tree.expr(expr.args[i]));  // lists of lists are no type
  }
  out += is_geo ? '}' : ']';
}

void TestStream::warn_of_missing(const dsl::TestEvent& event,
                                 const std::vector<dsl::TestField>& fields) {
  const event::EventTypeId type = original_.find(event.type.text);
  if (!type.valid()) return;
  std::string missing;
  for (const event::Field& field : original_.types[type.index()].fields) {
    if (!field.read || field.optional || field.role == event::FieldRole::kTime) continue;
    const bool is_given = std::any_of(fields.begin(), fields.end(), [&](const auto& each) {
      return each.name.text == field.name && each.value.valid();
    });
    if (!is_given) missing += (missing.empty() ? "`" : ", `") + field.name + "`";
  }
  if (missing.empty()) return;
  warnings_.push_back(event.type.text + " at " + at_text(event.at_ms) + " has no " + missing +
                      ": in a stream it would be a bad record");
}

void TestStream::read_events(std::span<const dsl::TestEvent* const> events) {
  std::vector<std::size_t> step_of_line;
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (events[i] != nullptr) step_of_line.push_back(i);
  }
  event::ReaderOptions options;
  options.max_record_bytes = event::kMostRecordBytes;
  auto reader = event::JsonReader::create(schema_, options);
  if (!reader) {
    problems_.push_back({reader.error().message, {}});
    return;
  }
  (*reader)->start_source(0, 0);
  batch_.buffer().reserve(lines_.size());
  batch_.buffer().assign(lines_);
  (void)(*reader)->read(batch_.buffer().view(), true, batch_);
  for (const event::Row& row : batch_.rows()) steps_[step_of_line[row.seq]].row = &row;
  for (const event::BadRecord& bad : batch_.bad()) {
    const dsl::TestEvent& event = *events[step_of_line[bad.origin.seq]];
    problems_.push_back({event.type.text + " at " + at_text(event.at_ms) +
                             " is a bad record: " + std::string(bad.message),
                         event.span});
  }
  for (const event::UnknownRecord& unknown : batch_.unknown()) {
    const dsl::TestEvent& event = *events[step_of_line[unknown.origin.seq]];
    problems_.push_back({"there is no event " + event.type.text, event.span});
  }
}

}  // namespace weir::api
