#include <array>

#include "dsl/dump_impl.h"
#include "dsl/literal_text.h"

namespace weir::dsl {

// ---- rules -------------------------------------------------------------------------------------

void Dumper::outcome(const Outcome& outcome, int indent) {
  line(indent);
  if (const auto* decide = std::get_if<DecideClause>(&outcome)) {
    put("decide ");
    name(decide->decision);
    put(decide->final ? " final" : "");
  } else if (const auto* score = std::get_if<ScoreClause>(&outcome)) {
    optional_expr("score ", score->value);
  } else if (const auto* tag = std::get_if<TagClause>(&outcome)) {
    put("tag " + quote(tag->tag));
  } else if (const auto* reason = std::get_if<ReasonClause>(&outcome)) {
    put("reason");
    for (const Interpolation::Segment& segment : reason->text.segments) {
      put(" ");
      if (segment.expr.valid()) {
        expr(segment.expr);
      } else {
        put(quote(segment.text));
      }
    }
  } else if (const auto* emit = std::get_if<EmitClause>(&outcome)) {
    put("emit");
    for (const EmitClause::Item& item : emit->items) {
      put(" ");
      name(item.name);
      optional_expr(" = ", item.value);
    }
  } else if (const auto* send = std::get_if<SendClause>(&outcome)) {
    put("send " + quote(send->sink));
  } else if (const auto* change = std::get_if<ListChangeClause>(&outcome)) {
    optional_expr(change->add ? "add " : "remove ", change->value);
    put(" : ");
    name(change->list);
    optional_duration(" for ", change->duration);
  }
}

void Dumper::body(const RuleBody& body) {
  if (body.by_all) {
    line(1);
    put("by all");
  } else if (body.by) {
    line(1);
    keys("by ", body.by);
  }
  if (body.pattern.valid()) {
    line(1);
    put("when ");
    pattern(body.pattern, 2);
  }
  bounds(body);
  for (const Outcome& o : body.outcomes) outcome(o, 1);
  if (body.timeout) {
    line(1);
    put("timeout as ");
    name(body.timeout->name);
    for (const Outcome& o : body.timeout->outcomes) outcome(o, 2);
  }
  about(body);
}

void Dumper::bounds(const RuleBody& body) {
  const auto duration_clause = [this](std::string_view word, const std::optional<DurationArg>& d) {
    if (!d) return;
    line(1);
    optional_duration(word, d);
  };
  const auto number_clause = [this](std::string_view word, const std::optional<NumberArg>& n) {
    if (!n) return;
    line(1);
    put(word);
    number(*n);
  };
  const auto flag = [this](std::string_view word, bool set) {
    if (!set) return;
    line(1);
    put(word);
  };
  duration_clause("within ", body.within);
  if (body.having.valid()) {
    line(1);
    optional_expr("having ", body.having);
  }
  if (body.skip) {
    constexpr std::array<std::string_view, 5> kSkips = {"past last", "none", "to next", "to first",
                                                        "to last"};
    line(1);
    put("skip ");
    put(kSkips[static_cast<std::size_t>(body.skip->kind)]);
    optional_name(" ", body.skip->name);
  }
  number_clause("report ", body.report);
  flag("pick any", body.pick_any);
  number_clause("limit ", body.limit);
  flag("unbounded", body.unbounded);
  flag("even when warming", body.even_when_warming);
  duration_clause("cooldown ", body.cooldown);
}

void Dumper::about(const RuleBody& body) {
  if (body.mode) {
    constexpr std::array<std::string_view, 4> kModes = {"live", "shadow", "off", "canary "};
    line(1);
    put("mode ");
    put(kModes[static_cast<std::size_t>(body.mode->kind)]);
    put(body.mode->percent);
  }
  if (body.active) {
    line(1);
    put("active");
    optional_text(" from ", body.active->from);
    optional_text(" until ", body.active->until);
  }
  const auto text_clause = [this](std::string_view word, const std::optional<std::string>& text) {
    if (!text) return;
    line(1);
    optional_text(word, text);
  };
  text_clause("owner ", body.owner);
  text_clause("severity ", body.severity);
  for (const MetaEntry& entry : body.meta) {
    line(1);
    put("meta ");
    name(entry.name);
    optional_expr(": ", entry.value);
  }
}

void Dumper::print(const RuleDecl& d) {
  put("rule ");
  name(d.name);
  put(" " + quote(d.description));
  body(d.body);
}

void Dumper::print(const TemplateDecl& d) {
  put("template ");
  name(d.name);
  for (const TemplateArg& arg : d.args) {
    put(" ");
    name(arg.name);
    optional_expr(" = ", arg.value);
  }
  put(" " + quote(d.description));
  body(d.body);
}

void Dumper::print(const RuleInstanceDecl& d) {
  put(d.name ? "rule " : "rules");
  optional_name("", d.name);
  if (!d.description.empty()) put(" " + quote(d.description));
  put(" = ");
  name(d.template_name);
  for (const InstanceArg& arg : d.args) {
    optional_name(" ", arg.name);
    optional_expr(arg.name ? " = " : " ", arg.value);
  }
  optional_text(" from ", d.path);
  optional_name(" from ", d.table);
}

// ---- other declarations ------------------------------------------------------------------------

void Dumper::type(const TypeRef& type) {
  put(type.list ? " list of " : " ");
  put(type.base.text);
  for (const std::string& constant : type.enum_constants) put(" " + quote(constant));
  put(type.optional ? "?" : "");
}

void Dumper::fields(const std::vector<FieldDecl>& list) {
  for (const FieldDecl& field : list) {
    line(1);
    optional_name("role ", field.role);
    put(field.role ? " " : "");
    name(field.name);
    if (field.type) type(*field.type);
    put(field.key ? " key" : "");
    optional_text(" from ", field.path);
  }
}

void Dumper::print(const RulesetDecl& d) {
  put("ruleset");
  optional_name(" ", d.name);
  line(1);
  put("decisions ");
  names(d.decisions);
  for (const ScoreThreshold& threshold : d.thresholds) {
    line(1);
    put("decide ");
    name(threshold.decision);
    optional_expr(" when ", threshold.condition);
  }
}

void Dumper::print(const EventDecl& d) {
  put("event ");
  name(d.name);
  optional_text(" from ", d.from_field);
  if (d.from_field) put(" = " + quote(d.from_value));
  fields(d.fields);
}

void Dumper::print(const ListDecl& d) {
  put("list ");
  name(d.name);
  type(d.type);
  optional_text(" from ", d.path);
}

void Dumper::print(const TableDecl& d) {
  put("table ");
  name(d.name);
  put(" from " + quote(d.path));
  fields(d.columns);
}

void Dumper::print(const ParamDecl& d) {
  put("param ");
  name(d.name);
  optional_expr(" = ", d.value);
}

void Dumper::print(const DefineDecl& d) {
  put("define ");
  name(d.name);
  names(d.args);
  optional_expr(" = ", d.body);
}

void Dumper::print(const FeatureDecl& d) {
  put("feature ");
  name(d.name);
  put(" = ");
  if (d.aggregate.valid()) aggregate(ast_.aggregate(d.aggregate));
}

void Dumper::print(const StreamDecl& d) {
  put("stream ");
  name(d.name);
  keys(" by ", d.by);
  put(" each ");
  duration(d.each);
  for (const StreamDecl::Column& column : d.columns) {
    line(1);
    name(column.name);
    optional_expr(" = ", column.value);
  }
}

void Dumper::test_fields(const std::vector<TestField>& list) {
  for (const TestField& field : list) {
    put(" ");
    name(field.name);
    put(": ");
    expr(field.value);
  }
}

void Dumper::expectation(const TestExpect& expect) {
  put("expect ");
  if (expect.kind == TestExpect::Kind::kNothing) return put("nothing");
  if (expect.kind == TestExpect::Kind::kFeature) put("feature ");
  name(expect.name);
  optional_name(".", expect.timeout);
  for (const ExprId key : expect.keys) optional_expr(" [", key);
  if (expect.kind == TestExpect::Kind::kFeature) {
    put(" == ");
    expr(expect.value);
  }
  if (expect.at_ms) put(" at " + std::to_string(*expect.at_ms) + "ms");
  for (const TestExpect::Count& count : expect.counts) {
    put(" ");
    name(count.part);
    put(": " + std::to_string(count.count));
  }
}

void Dumper::print(const TestDecl& d) {
  put("test");
  optional_name(" ", d.rule);
  put(" " + quote(d.title));
  for (const TestItem& item : d.items) {
    line(1);
    if (const auto* given = std::get_if<TestGiven>(&item)) {
      put("given ");
      name(given->type);
      test_fields(given->fields);
    } else if (const auto* event = std::get_if<TestEvent>(&item)) {
      put(std::to_string(event->at_ms) + "ms ");
      name(event->type);
      test_fields(event->fields);
    } else if (const auto* watermark = std::get_if<TestWatermark>(&item)) {
      put("watermark " + std::to_string(watermark->at_ms) + "ms");
    } else if (const auto* lateness = std::get_if<TestLateness>(&item)) {
      put("lateness " + std::to_string(lateness->ms) + "ms");
    } else if (const auto* expect = std::get_if<TestExpect>(&item)) {
      expectation(*expect);
    } else {
      put("ignore others");
    }
  }
}

}  // namespace weir::dsl
