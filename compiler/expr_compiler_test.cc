// Expressions from their text to their result: each case parses a rule, compiles its `where` and
// runs it over one event.
#include "compiler/expr_compiler.h"

#include <gtest/gtest.h>

#include <memory>

#include "compiler/expr_codegen.h"
#include "dsl/parser.h"
#include "event/ip.h"
#include "nfa/dataset.h"
#include "nfa/live_list.h"
#include "nfa/vm.h"

namespace weir::compiler {
namespace {

using event::TypeKind;
using event::Value;

event::Type type(TypeKind kind, std::vector<std::string> constants = {}) {
  event::Type t;
  t.kind = kind;
  t.constants = std::move(constants);
  return t;
}

event::Type list_of(TypeKind element) {
  event::Type t = type(TypeKind::kList);
  t.element = element;
  return t;
}

// One event type with a field of each type, and a part `probe` of it before.
class Bench {
 public:
  Bench() {
    event::EventType auth;
    auth.name = "auth";
    const auto field = [&](const char* name, event::Type t, bool optional = false) {
      event::Field f;
      f.name = name;
      f.type = std::move(t);
      f.optional = optional;
      auth.fields.push_back(f);
      values_.emplace_back();
    };
    field("amount", type(TypeKind::kDecimal));
    field("n", type(TypeKind::kInt));
    field("ratio", type(TypeKind::kFloat));
    field("country", type(TypeKind::kString));
    field("device", type(TypeKind::kString), true);
    field("channel", type(TypeKind::kEnum, {"web", "pos", "atm"}));
    field("approved", type(TypeKind::kBool));
    field("address", type(TypeKind::kIp));
    field("place", type(TypeKind::kGeo));
    field("opened", type(TypeKind::kTime));
    field("age", type(TypeKind::kDuration));
    field("tags", list_of(TypeKind::kString));
    field("fraud", type(TypeKind::kBool));
    auth.fields.back().role = event::FieldRole::kLabel;
    schema_.types.push_back(auth);
    present_.assign(1, 0);
    scope.schema = &schema_;
    scope.declarations = &declarations_;
    scope.registers = &registers_;
    scope.reads = &reads;
    scope.at_hand = event::EventTypeId(0u);
    scope.at_hand_types = {scope.at_hand};
    PartView probe;
    probe.name = "probe";
    probe.types = {scope.at_hand};
    probe.repeated = true;
    probe.count = {1, CountRange::kNoMax};
    scope.parts = {probe};
    declarations_.lists["hot"] = {0, type(TypeKind::kString)};
    declarations_.tables["merchants"] = {
        0, {{"id", type(TypeKind::kString), false}, {"tier", type(TypeKind::kInt), false}}, 0};
    hot_.insert(Value::of_string("KP"));
    table_.add_row(std::vector{Value::of_string("GB"), Value::of_int(3)}, std::array{true, true});
    set("amount", Value::of_decimal(250'0000));
    set("n", Value::of_int(7));
    set("ratio", Value::of_float(0.5));
    set("country", Value::of_string("GB"));
    set("channel", Value::of_int(1));
    set("approved", Value::of_bool(true));
    set("address", event::ip_value(*event::parse_ip("10.1.2.3")));
    set("place", Value::of_geo({51.5, -0.12}));
    set("opened", Value::of_int(1'767'225'600'000));  // 2026-01-01T00:00:00Z, a Thursday
    set("age", Value::of_int(5'400'000));
    set("tags", Value::of_list({tags_.data(), tags_.size()}));
  }

  void set(const std::string& name, const Value& value) {
    const std::size_t slot = *schema_.types[0].find_field(name);
    values_[slot] = value;
    event::set_present(present_.data(), slot);
  }

  ExprRef parse(const std::string& text, const std::string& declarations = "") {
    const dsl::SourceId source =
        sources_.add("t.weir", declarations + " rule r { when auth where " + text + " }");
    asts_.push_back(std::make_unique<dsl::Ast>(dsl::parse(sources_, source, diagnostics)));
    const dsl::Ast& ast = *asts_.back();
    ExprRef found;
    for (const dsl::Declaration& declaration : ast.declarations) {
      if (const auto* param = std::get_if<dsl::ParamDecl>(&declaration)) {
        declarations_.params[param->name.text] = {{&ast, param->value}, param->span};
      } else if (const auto* define = std::get_if<dsl::DefineDecl>(&declaration)) {
        declarations_.defines[define->name.text] = {&ast, define};
      } else if (const auto* rule = std::get_if<dsl::RuleDecl>(&declaration)) {
        const auto& item = ast.pattern(rule->body.pattern).items.at(0);
        found = {&ast, std::get<dsl::Part>(item.body).where};
      }
    }
    return found;
  }

  CompiledCondition compile(const std::string& text, const std::string& declarations = "") {
    diagnostics = dsl::Diagnostics();
    const ExprRef expr = parse(text, declarations);
    if (!expr.id.valid()) return {};
    return compile_condition(expr, scope, diagnostics);
  }

  nfa::EvalInput input() {
    row_.type = scope.at_hand;
    row_.ts_ms = 1'767'225'600'000;
    row_.slots = values_.data();
    row_.present = present_.data();
    nfa::EvalInput in;
    in.row = &row_;
    in.registers = register_values.data();
    in.register_present = register_present.data();
    live_.emplace(hot_);
    lists_[0] = &*live_;
    tables_[0] = &table_;
    in.lists = lists_.data();
    in.tables = tables_.data();
    in.now_ms = row_.ts_ms;
    in.counters = &counters;
    return in;
  }

  nfa::LoadedProgram load(const nfa::Program& program) {
    // By way of its bytes, as an image would.
    base::ByteWriter bytes;
    program.append_bytes(bytes);
    base::ByteReader reader(bytes.bytes());
    const auto read = nfa::Program::read(reader);
    EXPECT_TRUE(read.has_value() && *read == program && reader.at_end());
    loader_.set_registers(registers_.list());
    auto loaded = loader_.load(program);
    EXPECT_TRUE(loaded.has_value()) << loaded.error().message << '\n' << nfa::print(program);
    return loaded ? std::move(*loaded) : nfa::LoadedProgram();
  }

  // "true", "false", "unknown" or the diagnostics' codes. Both forms have to agree.
  std::string judge(const std::string& text, const std::string& declarations = "") {
    const CompiledCondition condition = compile(text, declarations);
    if (!condition.ok) return codes();
    if (condition.verdict == CompiledCondition::Verdict::kAlwaysTrue) return "always";
    if (condition.verdict == CompiledCondition::Verdict::kNeverTrue) return "never";
    nfa::Tri all = nfa::Tri::kTrue;
    for (const Conjunct& conjunct : condition.conjuncts) {
      const bool held = nfa::holds(load(conjunct.condition), input(), scratch_);
      const nfa::Tri tri = nfa::evaluate_condition(load(conjunct.value), input(), scratch_);
      EXPECT_EQ(held, tri == nfa::Tri::kTrue) << text << '\n'
                                              << nfa::print(conjunct.condition, &schema_);
      all = std::min(all, tri);
    }
    return all == nfa::Tri::kTrue ? "true" : all == nfa::Tri::kFalse ? "false" : "unknown";
  }

  std::string codes() const {
    std::string text;
    for (const dsl::Diagnostic& d : diagnostics.list()) {
      text += (text.empty() ? "" : " ") + std::string(dsl::code_text(d.code));
    }
    return text;
  }

  std::string value(const std::string& text) {
    diagnostics = dsl::Diagnostics();
    const ExprRef expr = parse(text);
    if (!expr.id.valid()) return codes();
    const CompiledValue compiled = compile_value(expr, scope, std::nullopt, diagnostics);
    if (!compiled.ok) return codes();
    nfa::ExplainTemplate whole;
    whole.segments.push_back({"", true, compiled.program});
    loader_.set_registers(registers_.list());
    const auto loaded = nfa::load(whole, loader_);
    EXPECT_TRUE(loaded.has_value());
    return nfa::explain_text(*loaded, input(), scratch_);
  }

  std::string explain(const Conjunct& conjunct) {
    loader_.set_registers(registers_.list());
    return nfa::explain_text(*nfa::load(conjunct.explain, loader_), input(), scratch_);
  }

  ExprScope scope;
  FieldReads reads;
  dsl::Diagnostics diagnostics;
  nfa::EvalCounters counters;
  std::vector<Value> register_values = std::vector<Value>(16);
  std::vector<std::uint64_t> register_present = {0};
  nfa::RegisterTable registers_;
  event::Schema schema_;
  Declarations declarations_;

 private:
  dsl::SourceSet sources_;
  std::vector<std::unique_ptr<dsl::Ast>> asts_;
  std::vector<Value> values_;
  std::vector<std::uint64_t> present_;
  std::vector<Value> tags_ = {Value::of_string("vip"), Value::of_string("a tag that is long")};
  event::Row row_;
  nfa::DataSet hot_{nfa::ValueClass::kString};
  std::optional<nfa::LiveList> live_;
  nfa::DataTable table_{
      {{"id", type(TypeKind::kString), false}, {"tier", type(TypeKind::kInt), false}}, 0};
  std::array<const nfa::LiveList*, 1> lists_{};
  std::array<const nfa::DataTable*, 1> tables_{};
  std::array<nfa::ValueClass, 1> list_classes_ = {nfa::ValueClass::kString};
  std::array<nfa::VerifyContext::Table, 1> shapes_ = {table_.shape()};
  nfa::ProgramLoader loader_{{&schema_, {}, list_classes_, shapes_}};
  nfa::Scratch scratch_;
};

TEST(Expr, Comparisons) {
  Bench b;
  EXPECT_EQ(b.judge("amount > 249.99"), "true");
  EXPECT_EQ(b.judge("amount < 250"), "false");
  EXPECT_EQ(b.judge("250 <= amount"), "true");
  EXPECT_EQ(b.judge("n == 7 and n != 8"), "true");
  EXPECT_EQ(b.judge("n < 7.5"), "true");
  EXPECT_EQ(b.judge("ratio >= 0.5"), "true");
  EXPECT_EQ(b.judge("country == \"GB\""), "true");
  EXPECT_EQ(b.judge("country < \"GC\""), "true");
  EXPECT_EQ(b.judge("channel == \"pos\""), "true");
  EXPECT_EQ(b.judge("address == \"10.1.2.3\""), "true");
  EXPECT_EQ(b.judge("opened >= \"2026-01-01T00:00:00Z\""), "true");
  EXPECT_EQ(b.judge("age > 1h and age between 1h30m and 2h"), "true");
  EXPECT_EQ(b.judge("ts - opened < 1s"), "true");
  EXPECT_EQ(b.judge("approved"), "true");
  EXPECT_EQ(b.judge("not approved"), "false");
  EXPECT_EQ(b.judge("approved == false or n between 1 and 3"), "false");
}

TEST(Expr, ThreeValuedLogic) {
  Bench b;  // device is absent
  EXPECT_EQ(b.judge("device == \"x\""), "unknown");
  EXPECT_EQ(b.judge("not (device == \"x\")"), "unknown");
  EXPECT_EQ(b.judge("device == \"x\" or n == 7"), "true");
  EXPECT_EQ(b.judge("device == \"x\" or n == 8"), "unknown");
  EXPECT_EQ(b.judge("not (device == \"x\" or n == 7)"), "false");
  EXPECT_EQ(b.judge("not (device == \"x\" and n == 8)"), "true");
  EXPECT_EQ(b.judge("device is missing"), "true");
  EXPECT_EQ(b.judge("device is present"), "false");
  EXPECT_EQ(b.judge("not (device is present)"), "true");
  EXPECT_EQ(b.judge("(device otherwise \"none\") == \"none\""), "true");
  EXPECT_EQ(b.judge("((device == \"x\") otherwise true)"), "true");
  EXPECT_EQ(b.judge("not ((device == \"x\") otherwise false)"), "true");
  EXPECT_EQ(b.judge("device not in [\"a\", \"b\"]"), "unknown");
  EXPECT_EQ(b.judge("(device matches /x/) is missing"), "true");
}

TEST(Expr, Arithmetic) {
  Bench b;
  EXPECT_EQ(b.value("n / 2"), "3.5");
  EXPECT_EQ(b.value("n / 3"), "2.3333");
  EXPECT_EQ(b.value("2 / 3"), "0.6667");
  EXPECT_EQ(b.value("amount * 0.001"), "0.25");
  EXPECT_EQ(b.value("-n % 4"), "-3");
  EXPECT_EQ(b.value("n * ratio"), "3.5");
  EXPECT_EQ(b.value("age * 2"), "3h");
  EXPECT_EQ(b.value("age / 2"), "45m");
  EXPECT_EQ(b.value("1h / age"), "0.6667");
  EXPECT_EQ(b.value("opened + 1h"), "2026-01-01T01:00:00Z");
  EXPECT_EQ(b.value("n / (n - 7)"), "missing");
  EXPECT_EQ(b.counters.division_by_zero, 1u);
  EXPECT_EQ(b.value("n * 9223372036854775807"), "missing");
  EXPECT_EQ(b.counters.overflow, 1u);
  EXPECT_EQ(b.value("(n / (n - 7)) otherwise 1"), "1");
}

TEST(Expr, MembershipAndStrings) {
  Bench b;
  EXPECT_EQ(b.judge("country in [\"FR\", \"GB\"]"), "true");
  EXPECT_EQ(b.judge("country not in [\"FR\", \"GB\"]"), "false");
  EXPECT_EQ(b.judge("n in [1, 7.0, 9]"), "true");
  EXPECT_EQ(b.judge("channel in [\"web\", \"atm\"]"), "false");
  EXPECT_EQ(b.judge("address in \"10.0.0.0/8\""), "true");
  EXPECT_EQ(b.judge("address in [\"192.168.0.0/16\", \"10.1.2.3\"]"), "true");
  EXPECT_EQ(b.judge("address not in \"10.1.3.0/24\""), "true");
  EXPECT_EQ(b.judge("country in hot"), "false");
  EXPECT_EQ(b.judge("\"KP\" in hot"), "true");
  EXPECT_EQ(b.judge("tags contains \"vip\" and \"a tag that is long\" in tags"), "true");
  EXPECT_EQ(b.judge("country in [device, \"GB\"]"), "true");
  EXPECT_EQ(b.judge("country matches /^G.$/"), "true");
  EXPECT_EQ(b.judge("country starts_with \"G\" and country ends_with \"B\""), "true");
  EXPECT_EQ(b.judge("country contains \"X\""), "false");
  EXPECT_EQ(b.judge("merchants[country].tier == 3"), "true");
  EXPECT_EQ(b.judge("merchants[\"x\"].tier == 3"), "unknown");
  EXPECT_EQ(b.judge("country in eu", "param eu = [\"FR\", \"GB\"]"), "true");
}

TEST(Expr, Functions) {
  Bench b;
  EXPECT_EQ(b.value("abs(-n)"), "7");
  EXPECT_EQ(b.value("max(n, amount, 3)"), "250");
  EXPECT_EQ(b.value("round(amount / 3, 1)"), "83.3");
  EXPECT_EQ(b.value("floor(-amount / 3)"), "-84");
  EXPECT_EQ(b.value("sqrt(n + 2)"), "3");
  EXPECT_EQ(b.value("log(ratio - 1)"), "missing");
  EXPECT_EQ(b.value("lower(country)"), "\"gb\"");
  EXPECT_EQ(b.value("length(\"h\u00e9\")"), "2");
  EXPECT_EQ(b.value("length(tags)"), "2");
  EXPECT_EQ(b.value("hour(opened, \"Asia/Tokyo\")"), "9");
  EXPECT_EQ(b.value("weekday(opened, \"UTC\")"), "4");
  EXPECT_EQ(b.value("date(opened, \"America/New_York\")"), "\"2025-12-31\"");
  EXPECT_EQ(b.value("round(distance_km(place, place))"), "0");
  EXPECT_EQ(b.value("network(address, 24)"), "\"10.1.2.0/24\"");
  EXPECT_EQ(b.value("round(similarity(\"MARTHA\", \"MARHTA\"), 4)"), "0.9611");
  EXPECT_EQ(b.value("hash(country) == hash(\"GB\")"), "true");
}

TEST(Expr, ParamsAndDefines) {
  Bench b;
  EXPECT_EQ(b.judge("amount > floor_", "param floor_ = 3"), "true");
  EXPECT_EQ(b.judge("big(amount)", "define big(x) = x > 100"), "true");
  EXPECT_EQ(b.judge("first_big(probe)", "define first_big(p) = first(p).amount > 100"), "unknown");
  EXPECT_EQ(b.judge("f(n)", "define f(x) = g(x) define g(x) = f(x)"), "W1022");
  EXPECT_EQ(b.judge("f(n, n)", "define f(x) = x > 1"), "W1011");
  EXPECT_EQ(b.judge("n > a", "param a = b param b = a"), "W1022");
  EXPECT_EQ(b.judge("3 > limit and n > 0", "param limit = 5"), "never");
  EXPECT_EQ(b.codes(), "W1021");
}

TEST(Expr, DefinesThatDoubleStopAtALimit) {
  Bench b;
  std::string text = "define f0(x) = x + x ";
  for (int i = 1; i < 40; ++i) {
    const std::string below = "f" + std::to_string(i - 1);
    text += "define f" + std::to_string(i) + "(x) = " + below + "(x) * " + below + "(x + 1) ";
  }
  EXPECT_EQ(b.judge("f39(n) > 0", text), "W1024");
}

TEST(Expr, LooksAtEarlierParts) {
  Bench b;
  const CompiledCondition c = b.compile("amount > 20 * avg(probe.amount) and n > 0");
  ASSERT_TRUE(c.ok) << b.codes();
  ASSERT_EQ(c.conjuncts.size(), 2u);
  EXPECT_FALSE(c.conjuncts[0].single_event);
  EXPECT_TRUE(c.conjuncts[1].single_event);
  EXPECT_EQ(c.conjuncts[0].text, "amount > 20 * avg(probe.amount)");
  EXPECT_EQ(c.conjuncts[0].canonical, "auth: (gt amount (mul 20:decimal avg(probe.amount)))");
  ASSERT_EQ(b.registers_.size(), 1u);
  EXPECT_EQ(b.registers_[0].kind, nfa::RegisterKind::kAvg);
  b.register_values[0] = Value::of_decimal(1'0333);
  b.register_present[0] = 1;
  EXPECT_EQ(b.explain(c.conjuncts[0]), "250 > 20 * 1.0333");
  EXPECT_EQ(b.judge("amount > 20 * avg(probe.amount)"), "true");
  EXPECT_EQ(b.judge("prev(probe).amount > 1"), "W1018");
  EXPECT_EQ(b.judge("probe > 1"), "W1006");
  b.scope.own_part = 0;
  EXPECT_EQ(b.judge("prev(probe).amount > 1"), "unknown");
  EXPECT_EQ(b.judge("probe is present"), "always");
}

TEST(Expr, KnownCountsFold) {
  Bench b;
  b.scope.own_part = 0;
  b.scope.parts[0].count = {0, 0};
  EXPECT_EQ(b.judge("count(probe) == 0 or amount > prev(probe).amount"), "always");
  EXPECT_EQ(b.judge("amount > prev(probe).amount"), "never");
  EXPECT_EQ(b.judge("amount > (prev(probe).amount otherwise 1)"), "true");
  EXPECT_EQ(b.judge("sum(probe.amount) + n > 3"), "true");
  b.scope.parts[0].count = {1, CountRange::kNoMax};
  EXPECT_EQ(b.compile("count(probe) == 0 or amount > prev(probe).amount").conjuncts.at(0).text,
            "amount > probe.amount");
  EXPECT_EQ(b.judge("count(probe) >= 1 and n == 7"), "true");
  EXPECT_TRUE(b.diagnostics.list().empty());
}

TEST(Expr, OneInstructionForAFieldAgainstAConstant) {
  Bench b;
  const CompiledCondition c = b.compile("amount > 500 and (country == \"GB\" or not approved)");
  ASSERT_TRUE(c.ok);
  EXPECT_EQ(nfa::print(c.conjuncts[0].condition, &b.schema_),
            "0  lt.d 500, amount else 2\n1  accept\n2  reject\n");
  EXPECT_EQ(nfa::print(c.conjuncts[1].condition, &b.schema_),
            "0  eq.s country, \"GB\" then 2\n1  not true approved else 3\n2  accept\n3  reject\n");
  const auto simple = nfa::as_simple_test(c.conjuncts[0].condition);
  ASSERT_TRUE(simple.has_value());
  EXPECT_TRUE(simple->swapped && simple->op == nfa::Opcode::kLtD && simple->slot == 0);
  EXPECT_FALSE(nfa::as_simple_test(c.conjuncts[1].condition).has_value());
}

TEST(Expr, Diagnostics) {
  Bench b;
  EXPECT_EQ(b.judge("amuont > 5"), "W1001");
  EXPECT_EQ(b.diagnostics.list().at(0).suggestions.at(0).replacement, "amount");
  EXPECT_EQ(b.judge("channel == \"wbe\""), "W1010");
  EXPECT_EQ(b.diagnostics.list().at(0).suggestions.at(0).replacement, "\"web\"");
  EXPECT_EQ(b.judge("channel == pos"), "W1001");
  EXPECT_EQ(b.judge("country > 5"), "W1009");
  EXPECT_EQ(b.judge("age > 5"), "W1009");
  EXPECT_EQ(b.judge("amount"), "W1009");
  EXPECT_EQ(b.judge("fraud"), "W1008");
  EXPECT_EQ(b.judge("amount > 5 and amount < 3"), "W1019");
  EXPECT_EQ(b.judge("country == \"GB\" and country == \"FR\""), "W1019");
  EXPECT_EQ(b.judge("amount between 5 and 3"), "W1019");
  EXPECT_EQ(b.judge("1 > 2"), "W1019");
  EXPECT_EQ(b.judge("1 < 2"), "always");
  EXPECT_EQ(b.codes(), "W1020");
  EXPECT_EQ(b.judge("true"), "always");
  EXPECT_EQ(b.codes(), "");
  EXPECT_EQ(b.judge("n / 0 > 1"), "W1016");
  EXPECT_EQ(b.judge("country matches /(/"), "W1015");
  EXPECT_EQ(b.judge("hour(ts) > 3"), "W1012");
  EXPECT_EQ(b.judge("hour(ts, \"Mars/Base\") > 3"), "W1013");
  EXPECT_EQ(b.judge("sqrt(country) > 1"), "W1011");
  EXPECT_EQ(b.judge("sqrtt(n) > 1"), "W1003");
  EXPECT_EQ(b.judge("probe.amuont > 1"), "W1002");
  EXPECT_EQ(b.judge("country in 5"), "W1009");
  EXPECT_EQ(b.judge("country in [1, 2]"), "W1009 W1009");
  EXPECT_EQ(b.judge("address in \"10.0.0.0/99\""), "W1014");
  EXPECT_EQ(b.judge("hot == \"x\""), "W1006");
  EXPECT_EQ(b.judge("count(auth by card over 10m) > 5"), "W1006") << "no features in this scope";
  EXPECT_EQ(b.judge("later.amount > 5"), "W1001");
  b.scope.later_parts = {"later"};
  EXPECT_EQ(b.judge("later.amount > 5"), "W1004");
}

TEST(Expr, AbsenceLint) {
  Bench b;
  b.judge("device != \"x\"");
  EXPECT_EQ(b.codes(), "W1025");
  b.judge("device is missing or device != \"x\"");
  EXPECT_EQ(b.codes(), "");
  b.judge("device == \"x\"");
  EXPECT_EQ(b.codes(), "");
}

TEST(Expr, OutcomesSeeTheKey) {
  Bench b;
  b.scope.place = ExprPlace::kOutcome;
  b.scope.at_hand = event::EventTypeId();
  b.scope.at_hand_types.clear();
  b.scope.key_fields = {{"card", type(TypeKind::kString)}};
  b.register_values[0] = Value::of_string("c1");
  b.register_present[0] = 1;
  EXPECT_EQ(b.value("card"), "\"c1\"");
  EXPECT_EQ(b.value("amount"), "W1007");
  EXPECT_EQ(b.diagnostics.list().at(0).suggestions.at(0).replacement, "probe.amount");
}

TEST(Expr, EqualConditionsHaveEqualHashes) {
  Bench b;
  const auto one = b.compile("country in [\"FR\", \"GB\"]");
  const auto two = b.compile("country in [\"GB\", \"FR\", \"GB\"]");
  EXPECT_EQ(one.conjuncts.at(0).hash, two.conjuncts.at(0).hash);
  EXPECT_NE(one.conjuncts.at(0).hash, b.compile("country in [\"GB\"]").conjuncts.at(0).hash);
}

}  // namespace
}  // namespace weir::compiler
