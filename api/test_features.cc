#include "api/test_features.h"

#include <algorithm>
#include <cmath>

#include "api/list_replay.h"
#include "event/json_reader.h"
#include "nfa/value_text.h"
#include "runtime/key_codec.h"
#include "weir/testing.h"

namespace weir::api {
namespace {

constexpr double kTolerance = 1e-9;  // of floats, relative (R95)

// Values of a feature's type.
bool same_value(event::TypeKind kind, const event::Value& a, const event::Value& b) {
  if (kind == event::TypeKind::kFloat) {
    return std::fabs(a.real - b.real) <=
           kTolerance * std::max(std::fabs(a.real), std::fabs(b.real));
  }
  std::string bytes_a, bytes_b;
  runtime::append_key_value(kind, a, bytes_a);
  runtime::append_key_value(kind, b, bytes_b);
  return bytes_a == bytes_b;
}

std::string field_name(std::size_t i) { return "f" + std::to_string(i); }

}  // namespace

TestFeatures::TestFeatures(const runtime::LoadedImage& loaded, const dsl::SourceSet& sources,
                           const compiler::TestRef& test)
    : loaded_(loaded), sources_(sources), tree_(*test.ast), stage_(loaded, options_, 1) {
  for (const dsl::TestItem& item : test.decl->items) {
    const auto* expect = std::get_if<dsl::TestExpect>(&item);
    if (expect != nullptr && expect->kind == dsl::TestExpect::Kind::kFeature) take(*expect);
  }
  read_expectations();
  std::ranges::stable_sort(expected_, {}, [](const Expected& each) { return *each.expect->at_ms; });
}

void TestFeatures::take(const dsl::TestExpect& expect) {
  const auto& features = loaded_.image->features;
  const auto feature = std::ranges::find_if(features, [&](const nfa::FeatureImage& each) {
    return std::ranges::find(each.names, expect.name.text) != each.names.end();
  });
  if (feature == features.end()) {
    problems_.push_back({"there is no feature " + expect.name.text, expect.span});
    return;
  }
  Expected& made = expected_.emplace_back();
  made.expect = &expect;
  made.feature = static_cast<std::uint32_t>(feature - features.begin());
  write_expectation(made);
}

// A record of a type of its own: the key, then the value.
void TestFeatures::write_expectation(const Expected& expected) {
  const nfa::FeatureImage& feature = loaded_.image->features[expected.feature];
  const auto& source = loaded_.image->schema.types[feature.source.index()];
  event::EventType type;
  type.name = type.type_value = std::to_string(schema_.types.size());
  lines_ += "{\"type\":\"" + type.name + "\",\"ts\":0";
  const auto write = [&](const event::Type& of, dsl::ExprId value) {
    event::Field field;
    field.name = field_name(type.fields.size());
    field.type = of;
    field.optional = field.read = true;
    field.path = {field.name};
    if (value.valid()) {
      lines_ += ",\"" + field.name + "\":";
      append_test_value(lines_, tree_, value);
    }
    type.fields.push_back(std::move(field));
  };
  for (std::size_t i = 0; i < feature.key.size(); ++i) {
    write(source.fields[feature.key[i]].type, expected.expect->keys[i]);
  }
  write(feature.result, expected.expect->value);
  lines_ += "}\n";
  schema_.types.push_back(std::move(type));
}

void TestFeatures::read_expectations() {
  if (expected_.empty()) return;
  event::ReaderOptions options;
  options.max_record_bytes = event::kMostRecordBytes;
  auto reader = event::JsonReader::create(schema_, options);
  if (!reader) {
    problems_.push_back({reader.error().message, expected_.front().expect->span});
    expected_.clear();
    return;
  }
  (*reader)->start_source(0, 0);
  batch_.buffer().reserve(lines_.size());
  batch_.buffer().assign(lines_);
  (void)(*reader)->read(batch_.buffer().view(), true, batch_);
  for (const event::Row& row : batch_.rows()) expected_[row.seq].row = &row;
  for (const event::BadRecord& bad : batch_.bad()) {
    problems_.push_back({"this is no key or no value of the feature: " + std::string(bad.message),
                         expected_[bad.origin.seq].expect->span});
  }
}

std::vector<TestJudge::Finding> TestFeatures::run(std::vector<event::Row>& rows) {
  std::vector<TestJudge::Finding> out;
  for (const event::Row& row : rows) turns_.push_back({&row, row.ts_ms, false});
  std::size_t done = 0;
  ListReplay lists(loaded_);
  const auto no_deadlines = [](std::int64_t) {};
  const auto run_to = [&](std::size_t end) {
    for (; lists.any() && done < end; ++done) {
      lists.step(rows[done], no_deadlines);
      stage_.run(turns_, done, done + 1);
    }
    stage_.run(turns_, done, end);
    done = end;
  };
  stage_.begin();
  for (const Expected& expected : expected_) {
    const std::int64_t until_ms = kTestOriginMs + *expected.expect->at_ms;
    std::size_t end = done;
    while (end < rows.size() && rows[end].ts_ms <= until_ms) ++end;
    run_to(end);
    hold(expected, out);
  }
  run_to(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = *turns_[i].row;
  return out;
}

void TestFeatures::hold(const Expected& expected, std::vector<TestJudge::Finding>& out) {
  const event::Row& row = *expected.row;
  const auto& fields = schema_.types[row.type.index()].fields;
  const std::size_t value = fields.size() - 1;
  std::string key;
  bool has_key = true;
  for (std::size_t i = 0; i < value; ++i) {
    has_key = has_key && row.has(i);
    if (has_key) runtime::append_key_value(fields[i].type.kind, row.slots[i], key);
  }
  const event::Type& type = fields[value].type;
  std::optional<event::Value> found;
  if (has_key) {
    found = stage_.value(expected.feature, key, kTestOriginMs + *expected.expect->at_ms);
  }
  const bool same = found && row.has(value) ? same_value(type.kind, *found, row.slots[value])
                                            : !found && !row.has(value);
  if (same) return;
  out.push_back({true,
                 "expected " + expectation_text(*expected.expect, sources_) + ", and it is " +
                     (found ? nfa::value_text(type, *found, nfa::Quoting::kQuoted) : "absent"),
                 expected.expect});
}

}  // namespace weir::api
