#include "compiler/rule_hash.h"

#include <algorithm>
#include <utility>

#include "compiler/bounds.h"
#include "compiler/expr_hash.h"
#include "compiler/pattern_walk.h"
#include "compiler/rule_mode.h"
#include "event/time.h"

namespace weir::compiler {

using base::ByteWriter;

namespace {

struct PartNumbers {
  std::map<std::string, std::uint32_t> by_name;  // what a condition can call a part
  std::map<const dsl::PatternItem*, std::uint32_t> of_item;
};

std::string types_text(const dsl::TypeSet& types) {
  std::string out;
  for (const auto& type : types.types) out += type.text + "|";
  return out;
}

PartNumbers number_parts(const dsl::Ast& ast, dsl::PatternId pattern) {
  PartNumbers numbers;
  std::map<std::string, std::uint32_t> unnamed;
  std::uint32_t next = 0;
  visit_items(ast, pattern, [&](const dsl::PatternItem& item) {
    const auto* part = std::get_if<dsl::Part>(&item.body);
    if (part == nullptr) return;
    const std::uint32_t number = next++;
    auto& known = part->name ? numbers.by_name : unnamed;
    const auto key = part->name ? part->name->text : types_text(part->types);
    numbers.of_item[&item] = known.try_emplace(key, number).first->second;
  });
  // An unnamed part is called by its type, where nothing else is called that.
  visit_items(ast, pattern, [&](const dsl::PatternItem& item) {
    const auto* part = std::get_if<dsl::Part>(&item.body);
    if (part == nullptr || part->name || part->types.types.size() != 1) return;
    numbers.by_name.try_emplace(part->types.types.front().text, numbers.of_item.at(&item));
  });
  return numbers;
}

// Types in the order of their first mention.
std::vector<event::EventTypeId> types_in_order(const dsl::Ast& ast, dsl::PatternId pattern,
                                               const event::Schema& schema) {
  std::vector<event::EventTypeId> out;
  const auto add = [&](const dsl::Name& name) {
    const auto id = schema.find(name.text);
    if (id.valid() && std::ranges::find(out, id) == out.end()) out.push_back(id);
  };
  visit_items(ast, pattern, [&](const dsl::PatternItem& item) {
    if (const auto* types = types_of(item)) {
      for (const auto& name : types->types) add(name);
      for (const auto& name : types->among) add(name);
    }
    if (item.until && item.until->type) add(*item.until->type);
  });
  return out;
}

std::set<std::string> field_names(const std::vector<event::EventTypeId>& types,
                                  const event::Schema& schema) {
  std::set<std::string> out;
  for (const auto id : types) {
    for (const auto& field : schema.types[id.index()].fields) {
      if (!field.derived) out.insert(field.name);
    }
  }
  return out;
}

class RuleHasher {
 public:
  explicit RuleHasher(const HashInput& input)
      : input_(input),
        ast_(*input.rule.ast),
        body_(input.rule.decl->body),
        numbers_(number_parts(ast_, body_.pattern)),
        types_(types_in_order(ast_, body_.pattern, *input.schema)),
        exprs_(*input.declared, input.features, numbers_.by_name,
               field_names(types_, *input.schema)),
        bounds_(*input.declared, unused_) {}

  RuleHashes hashes() {
    ByteWriter state = write_state();
    ByteWriter version;
    version.string("version");
    version.string(state.bytes());
    write_types(version, *input_.reads);
    write_bounds(version);
    write_outcomes(version, body_.outcomes);
    version.boolean(body_.timeout.has_value());
    if (body_.timeout) write_outcomes(version, body_.timeout->outcomes);
    write_labels(version);
    return {base::hash128(version.bytes()).hex(), base::hash128(state.bytes()).hex()};
  }

 private:
  ByteWriter write_state() {
    ByteWriter out;
    out.string("state");
    write_types(out, *input_.state_reads);
    out.boolean(body_.by_all);
    write_keys(out, body_.by);
    out.u32(static_cast<std::uint32_t>(ast_.pattern(body_.pattern).items.size()));
    visit_items(ast_, body_.pattern, [&](const dsl::PatternItem& item) { write_item(out, item); });
    write_duration(out, body_.within);
    write_expr(out, body_.having);
    return out;
  }

  void write_types(ByteWriter& out, const FieldReads& reads) {
    out.u32(static_cast<std::uint32_t>(types_.size()));
    for (const auto id : types_) {
      const auto& type = input_.schema->types[id.index()];
      std::map<std::string, const event::Field*> fields;
      std::set<std::string> features;
      for (const auto& [read_type, slot] : reads) {
        if (read_type != id) continue;
        const auto& field = type.fields[slot];
        if (field.derived) {
          features.insert(input_.features->identity_of(id, slot));
        } else {
          fields[field.name] = &field;
        }
      }
      out.string(type.name);
      out.u32(static_cast<std::uint32_t>(fields.size()));
      for (const auto& [name, field] : fields) {
        out.string(name);
        out.string(field->type.name());
        out.boolean(field->optional);
      }
      if (features.empty()) continue;
      out.string("feature reads");
      out.u32(static_cast<std::uint32_t>(features.size()));
      for (const auto& feature : features) out.string(feature);
    }
  }

  void write_names(ByteWriter& out, const std::vector<dsl::Name>& names) {
    out.u32(static_cast<std::uint32_t>(names.size()));
    for (const auto& name : names) out.string(name.text);
  }

  void write_keys(ByteWriter& out, const std::optional<dsl::Keys>& keys) {
    out.boolean(keys.has_value());
    if (keys) write_names(out, keys->fields);
  }

  void write_duration(ByteWriter& out, const std::optional<dsl::DurationArg>& arg) {
    out.boolean(arg.has_value());
    if (arg) out.i64(bounds_.duration_ms(*arg).value_or(0));
  }

  void write_number(ByteWriter& out, const std::optional<dsl::NumberArg>& arg) {
    out.boolean(arg.has_value());
    if (arg) out.i64(bounds_.number(*arg).value_or(0));
  }

  void write_expr(ByteWriter& out, dsl::ExprId id) {
    out.boolean(id.valid());
    if (id.valid()) append_hash(out, exprs_.hash(ast_, id));
  }

  // ---- patterns ---------------------------------------------------------------------------------

  void write_item(ByteWriter& out, const dsl::PatternItem& item) {
    out.boolean(item.link.has_value());
    if (item.link) {
      static constexpr std::string_view kLinks[] = {"then", "next", "every"};
      out.string(kLinks[static_cast<std::size_t>(item.link->kind)]);
      write_duration(out, item.link->after);
      write_duration(out, item.link->within);
    }
    write_quantifier(out, item);
    if (const auto* part = std::get_if<dsl::Part>(&item.body)) {
      out.string("part");
      out.u32(numbers_.of_item.at(&item));
      write_tested(out, part->types, part->by, part->where);
    } else if (const auto* absence = std::get_if<dsl::Absence>(&item.body)) {
      out.string(absence->next ? "without next" : "without");
      write_tested(out, absence->types, absence->by, absence->where);
      write_duration(out, absence->duration);
    } else {
      write_group(out, std::get<dsl::Group>(item.body));
    }
    out.boolean(item.until.has_value());
    if (item.until) {
      out.string(item.until->type ? item.until->type->text : "");
      write_expr(out, item.until->condition);
    }
  }

  void write_quantifier(ByteWriter& out, const dsl::PatternItem& item) {
    out.boolean(item.quantifier.has_value());
    if (item.quantifier) {
      write_number(out, item.quantifier->min);
      write_number(out, item.quantifier->max);
      out.boolean(item.quantifier->optional);
    }
    static constexpr std::string_view kInner[] = {"then", "in a row", "in any combination"};
    out.string(kInner[static_cast<std::size_t>(item.inner)]);
    out.boolean(item.greedy);
  }

  void write_tested(ByteWriter& out, const dsl::TypeSet& types, const std::optional<dsl::Keys>& by,
                    dsl::ExprId where) {
    write_names(out, types.types);
    write_names(out, types.among);
    write_keys(out, by);
    write_expr(out, where);
  }

  void write_group(ByteWriter& out, const dsl::Group& group) {
    static constexpr std::string_view kGroups[] = {"group", "any of", "all of", "some of"};
    out.string(kGroups[static_cast<std::size_t>(group.kind)]);
    out.i64(group.kind == dsl::GroupKind::kSomeOf ? bounds_.number(group.count).value_or(0) : 0);
    out.u32(static_cast<std::uint32_t>(group.patterns.size()));
    for (const auto inner : group.patterns) {
      out.u32(static_cast<std::uint32_t>(ast_.pattern(inner).items.size()));
    }
  }

  // ---- what only the version covers -------------------------------------------------------------

  void write_bounds(ByteWriter& out) {
    out.boolean(body_.skip.has_value());
    if (body_.skip) {
      static constexpr std::string_view kSkips[] = {"past last", "none", "to next", "to first",
                                                    "to last"};
      out.string(kSkips[static_cast<std::size_t>(body_.skip->kind)]);
      out.u32(body_.skip->name ? exprs_.ordinal(body_.skip->name->text).value_or(0) : 0);
    }
    write_number(out, body_.report);
    write_number(out, body_.limit);
    write_duration(out, body_.cooldown);
    out.boolean(body_.pick_any);
    out.boolean(body_.unbounded);
    out.boolean(body_.even_when_warming);
  }

  void write_outcomes(ByteWriter& out, const std::vector<dsl::Outcome>& outcomes) {
    out.u32(static_cast<std::uint32_t>(outcomes.size()));
    for (const auto& outcome : outcomes) {
      std::visit([&](const auto& clause) { write_outcome(out, clause); }, outcome);
    }
  }

  void write_outcome(ByteWriter& out, const dsl::DecideClause& clause) {
    out.string("decide");
    out.string(clause.decision.text);
    out.boolean(clause.final);
  }
  void write_outcome(ByteWriter& out, const dsl::ScoreClause& clause) {
    out.string("score");
    write_expr(out, clause.value);
  }
  void write_outcome(ByteWriter& out, const dsl::TagClause& clause) {
    out.string("tag");
    out.string(clause.tag);
  }
  void write_outcome(ByteWriter& out, const dsl::ReasonClause& clause) {
    out.string("reason");
    out.u32(static_cast<std::uint32_t>(clause.text.segments.size()));
    for (const auto& segment : clause.text.segments) {
      out.string(segment.text);
      write_expr(out, segment.expr);
    }
  }
  void write_outcome(ByteWriter& out, const dsl::EmitClause& clause) {
    out.string("emit");
    out.u32(static_cast<std::uint32_t>(clause.items.size()));
    for (const auto& item : clause.items) {
      out.string(item.name.text);
      write_expr(out, item.value);
    }
  }
  void write_outcome(ByteWriter& out, const dsl::SendClause& clause) {
    out.string("send");
    out.string(clause.sink);
  }
  void write_outcome(ByteWriter& out, const dsl::ListChangeClause& clause) {
    out.string(clause.add ? "add" : "remove");
    write_expr(out, clause.value);
    out.string(clause.list.text);
    write_duration(out, clause.duration);
  }

  // A rule without `active` writes nothing, so that its version is what it was without this clause.
  void write_active(ByteWriter& out) {
    if (!body_.active) return;
    out.string("active");
    for (const auto& moment : {body_.active->from, body_.active->until}) {
      const auto ms = moment ? event::parse_rfc3339(*moment) : std::nullopt;
      out.boolean(ms.has_value());
      out.i64(ms.value_or(0));
    }
  }

  void write_labels(ByteWriter& out) {
    static constexpr std::string_view kModes[] = {"live", "shadow", "off", "canary"};
    out.string(kModes[body_.mode ? static_cast<std::size_t>(body_.mode->kind) : 0]);
    if (body_.mode && body_.mode->kind == dsl::ModeKind::kCanary) {
      out.u32(canary_ppm(body_.mode->percent).value_or(0));
    }
    write_active(out);
    out.string(input_.rule.decl->description);
    out.string(body_.owner.value_or(""));
    out.string(body_.severity.value_or(""));
    out.u32(static_cast<std::uint32_t>(body_.meta.size()));
    for (const auto& entry : body_.meta) {
      out.string(entry.name.text);
      write_expr(out, entry.value);
    }
  }

  const HashInput& input_;
  const dsl::Ast& ast_;
  const dsl::RuleBody& body_;
  PartNumbers numbers_;
  std::vector<event::EventTypeId> types_;
  ExprHasher exprs_;
  dsl::Diagnostics unused_;  // a rule with errors is not hashed
  BoundReader bounds_;
};

}  // namespace

RuleHashes rule_hashes(const HashInput& input) { return RuleHasher(input).hashes(); }

}  // namespace weir::compiler
