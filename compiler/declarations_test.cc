#include "compiler/declarations.h"

#include <gtest/gtest.h>

#include "compiler/test_rules.h"

namespace weir::compiler {
namespace {

using event::FieldRole;
using event::TypeKind;
using testing::compile_text;
using testing::compile_texts;
using testing::with_events;

TEST(Declarations, AnEventBecomesASchema) {
  const auto compiled = compile_text(R"(
event result from "kind.of" = "RESP" {
  time at from "responded.at"
  id string from "txn"
  id number int
  pii email
  label fraud
  amount decimal? from "entry.amount"
  tags list of string
}
rule r { when result where amount > 5 })");
  ASSERT_TRUE(compiled->result.image) << compiled->text();
  const auto& type = compiled->result.image->schema.types.at(0);
  EXPECT_EQ(type.type_path, (std::vector<std::string>{"kind", "of"}));
  EXPECT_EQ(type.type_value, "RESP");
  EXPECT_EQ(type.time_path, (std::vector<std::string>{"responded", "at"}));
  EXPECT_EQ(type.id_path, (std::vector<std::string>{"number"}));
  EXPECT_FALSE(type.find_field("at")) << "the time is no field without a type";
  const auto& id = type.fields.at(*type.find_field("id"));
  EXPECT_EQ(id.type.kind, TypeKind::kString) << "a line of two words is a name and a type";
  EXPECT_EQ(id.role, FieldRole::kNone);
  EXPECT_EQ(type.fields.at(*type.find_field("email")).role, FieldRole::kPii);
  EXPECT_EQ(type.fields.at(*type.find_field("fraud")).role, FieldRole::kLabel);
  const auto& amount = type.fields.at(*type.find_field("amount"));
  EXPECT_TRUE(amount.optional && amount.read);
  EXPECT_EQ(amount.path, (std::vector<std::string>{"entry", "amount"}));
  EXPECT_FALSE(type.fields.at(*type.find_field("tags")).read) << "nobody reads it";
}

TEST(Declarations, FieldsOfKeysAndOfPartsAreRead) {
  const auto compiled = compile_text(with_events(
      "rule r { by card when login as l then auth as a within 1h reason \"{a.merchant}\" }"));
  ASSERT_TRUE(compiled->result.image) << compiled->text();
  const auto& types = compiled->result.image->schema.types;
  const auto read = [&](std::size_t type, const char* field) {
    return types[type].fields[*types[type].find_field(field)].read;
  };
  EXPECT_TRUE(read(0, "card"));
  EXPECT_TRUE(read(0, "merchant"));
  EXPECT_FALSE(read(0, "amount"));
  EXPECT_TRUE(read(2, "card"));
  EXPECT_FALSE(read(2, "ok"));
}

TEST(Declarations, DecisionsAndThresholds) {
  const auto none = compile_text(with_events("rule r { when auth decide challenge }"));
  ASSERT_TRUE(none->result.image) << none->text();
  EXPECT_EQ(none->result.image->decisions,
            (std::vector<std::string>{"decline", "challenge", "review", "allow"}));
  const auto own =
      compile_text(with_events("ruleset { decisions block > pass  decide block when score > 10 and "
                               "score < 20 or score == 99 }"
                               "rule r { when auth decide block final }"));
  ASSERT_TRUE(own->result.image) << own->text();
  EXPECT_EQ(own->result.image->decisions, (std::vector<std::string>{"block", "pass"}));
  ASSERT_EQ(own->result.image->thresholds.size(), 1U);
  EXPECT_EQ(own->result.image->threshold_registers.size(), 1U);
  EXPECT_TRUE(
      own->result.image->programs[own->result.image->thresholds[0].program.index()].condition);
  EXPECT_TRUE(own->rule().outcomes.final);
}

TEST(Declarations, ListsAndTablesComeFromFiles) {
  testing::MemoryFiles files;
  files.files["l.csv"] = "value\nc1\nc2\nc1\n";
  files.files["n.jsonl"] = "\"10.0.0.0/8\"\n\"192.168.1.1\"\n";
  files.files["t.csv"] = "id,tier,extra\nm1,3,x\nm2,,y\n";
  const auto compiled = compile_text(with_events(R"(
list l string from "l.csv"
list n ip from "n.jsonl"
list grows string
table t { id string key  tier int? } from "t.csv"
rule r { when auth where card in l and ip in n and t[merchant].tier > 2 and not (card in grows) })"),
                                     {}, files);
  ASSERT_TRUE(compiled->result.image) << compiled->text();
  const auto& image = *compiled->result.image;
  EXPECT_EQ(image.lists[0].values.size(), 2U);
  EXPECT_EQ(image.lists[1].values.size(), 2U);
  EXPECT_EQ(image.lists[2].values.size(), 0U);
  EXPECT_EQ(image.tables[0].rows.rows(), 2U);
}

TEST(Declarations, ParamsAreSetFromOutside) {
  const std::string text = with_events(R"(
param few = 3
param span = 5m
param country = "GB"
param shops = ["a", "b"]
param least = 10
rule r { by card when few+ auth as a where merchant in shops and device == country and amount >= least
         within span })");
  CompileOptions options;
  options.params = {
      {"few", "2"}, {"span", "90s"}, {"country", "FR"}, {"shops", "[\"x\"]"}, {"least", "9.5"}};
  const auto compiled = compile_text(text, options);
  ASSERT_TRUE(compiled->result.image) << compiled->text();
  EXPECT_EQ(compiled->rule().automaton.within_ms, 90'000);
  EXPECT_EQ(compiled->rule().automaton.positions.size(), 2U);
  EXPECT_NE(compiled->result.rules[0].conditions_text.find("\"FR\""), std::string::npos);
  EXPECT_NE(compiled->result.rules[0].conditions_text.find("9.5"), std::string::npos);
  options.params["few"] = "2.5";
  EXPECT_TRUE(compile_text(text, options)->has("W1009"));
  options.params["few"] = "rule x { }";
  EXPECT_TRUE(compile_text(text, options)->has("W3010"));
  options.params["other"] = "1";
  EXPECT_TRUE(compile_text(text, options)->has("W3009"));
}

TEST(Declarations, FilesAreOneRuleset) {
  const auto compiled = compile_texts({"rule second { when auth }", testing::kEvents,
                                       "rule second { when auth } rule third { when login }"});
  EXPECT_TRUE(compiled->has("W3001"));
  ASSERT_EQ(compiled->result.rules.size(), 3U) << "one whose name is taken is looked at too";
  EXPECT_EQ(compiled->result.rules[2].name, "third");
}

TEST(Declarations, WarningsCanBeLeftOut) {
  CompileOptions options;
  options.warnings = false;
  const auto compiled =
      compile_text(with_events("param unused = 5 rule r { when auth where 1 < 2 }"), options);
  EXPECT_TRUE(compiled->diagnostics.list().empty()) << compiled->text();
}

// What is missing because something could not be understood is not reported again.
TEST(Declarations, OneMistakeIsOneDiagnostic) {
  for (const char* text : {
           "event e { x strnig y int } rule r { when e where x == \"a\" }",
           "event e { x int } param p = \"a rule r { when e where x > p }",
           "event e { x int } list l strin from \"none.csv\" rule r { when e where x in l }",
           "event e { x int } rule r { by x when e as a where x = 5 then e as b where x > a.x "
           "within 1h "
           "}",
           "event e { x int } define f(a) = a + rule r { when e where f(x) > 5 }",
       }) {
    const auto compiled = compile_text(text);
    EXPECT_EQ(compiled->diagnostics.error_count(), 1U) << text << "\n" << compiled->text();
  }
}

}  // namespace
}  // namespace weir::compiler
