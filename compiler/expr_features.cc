// The values of features in expressions. Where an event is at hand, a feature is one of its slots,
// a derived one. In `having` and outcomes it is that slot of the event which completes the match,
// kept like any other field of it.
#include <algorithm>

#include "compiler/expr_codegen.h"
#include "compiler/expr_lower.h"
#include "compiler/expr_render.h"
#include "nfa/builtins.h"

namespace weir::compiler {

using dsl::DiagnosticCode;
using dsl::Expr;
using dsl::ExprKind;
using dsl::Span;
using event::TypeKind;
using nfa::AggregateKind;
using nfa::FeatureImage;

// False, and reported: no feature has a value here.
bool Lowering::features_allowed(const Step& step, Span span) {
  if (step.env->constants_only) {
    diagnostics_.add(DiagnosticCode::kNotConstant, span,
                     "the value of a feature is not known before any event");
    return false;
  }
  if (scope_.features != nullptr) return true;
  diagnostics_.add(DiagnosticCode::kNotAValue, span,
                   "a feature has no value here: there is no event and no key");
  return false;
}

// Names a feature, or is one.
bool Lowering::is_feature(ExprRef ref) const {
  const Expr& expr = at(ref);
  if (expr.kind == ExprKind::kAggregate) return true;
  return expr.kind == ExprKind::kName && !expr.quoted &&
         scope_.declarations->features.contains(expr.text);
}

// Of what is_feature(); nothing if it is wrong, which is reported.
std::optional<FeatureId> Lowering::feature_of(const Step& step, ExprRef ref) {
  const Expr& expr = at(ref);
  if (expr.kind == ExprKind::kName) return scope_.features->named(expr.text);
  InlineAggregate aggregate{ref.ast, expr.aggregate, scope_.constants, scope_.outer_names};
  for (const PartView& part : scope_.parts) aggregate.outer_names.insert(part.name);
  for (const auto& part : scope_.later_parts) aggregate.outer_names.insert(part);
  for (const Binding& binding : step.env->bindings) {
    const bool constant =
        binding.part.empty() && binding.value.valid() && build_.is_constant(binding.value);
    if (constant) {
      const IrNode& node = graph_[binding.value];
      aggregate.constants[binding.name] = {node.type, node.value, node.text};
    } else {
      aggregate.constants.erase(binding.name);
      aggregate.outer_names.insert(binding.name);
    }
  }
  // A field of the source is meant, where it has one of that name.
  const auto source = scope_.schema->find(ref.ast->aggregate(expr.aggregate).type.text);
  if (source.valid()) {
    std::erase_if(aggregate.outer_names, [&](const std::string& name) {
      return scope_.schema->types[source.index()].find_field(name).has_value();
    });
  }
  return scope_.features->unnamed(aggregate, diagnostics_);
}

IrId Lowering::aggregate_value(const Step& step) {
  const Expr& expr = at(step);
  if (!features_allowed(step, expr.span)) return IrId();
  const auto id = feature_of(step, step.expr);
  return id ? feature_value(*id, expr.span, scope_.features->shown(*id)) : IrId();
}

IrId Lowering::named_feature(const Step& step, const std::string& name) {
  const Expr& expr = at(step);
  if (!features_allowed(step, expr.span)) return IrId();
  const auto id = scope_.features->named(name);
  return id ? feature_value(*id, expr.span, name) : IrId();
}

// ---- slots -------------------------------------------------------------------------------------

std::optional<FeatureSlot> Lowering::read_feature(event::EventTypeId type, FeatureId id,
                                                  std::vector<FeatureKeyPart> key, Span span,
                                                  const std::string& shown) {
  auto slot = scope_.features->read(type, id, std::move(key), shown);
  if (!slot) {
    diagnostics_.add(
        DiagnosticCode::kExpressionTooLarge, span,
        "`" + scope_.schema->types[type.index()].name + "` carries too many values of features");
  }
  return slot;
}

// The fields of the type that are called as those of the feature's key.
std::optional<std::vector<FeatureKeyPart>> Lowering::own_key(event::EventTypeId type, FeatureId id,
                                                             Span span, const std::string& shown) {
  const FeatureImage& feature = (*scope_.features)[id];
  const event::EventType& here = scope_.schema->types[type.index()];
  std::vector<FeatureKeyPart> key;
  for (std::size_t i = 0; i < feature.key_fields.size(); ++i) {
    const std::string& name = feature.key_fields[i];
    const event::Type& wanted = scope_.features->key_type(id, i);
    const auto slot = here.find_field(name);
    const event::Field* field = slot ? &here.fields[*slot] : nullptr;
    if (field != nullptr && field->role == event::FieldRole::kLabel) {
      diagnostics_.add(DiagnosticCode::kLabelInRule, span,
                       "`" + name + "` is a label: rules must not see it");
      return std::nullopt;
    }
    if (field == nullptr || field->type != wanted) {
      std::string places;
      for (const auto& each : feature.key_fields) places += (places.empty() ? "" : ", ") + each;
      diagnostics_
          .add(DiagnosticCode::kFeatureKey, span,
               field == nullptr
                   ? "`" + here.name + "` has no field `" + name + "`, by which `" + shown +
                         "` is kept"
                   : "`" + name + "` is of type " + field->type.name() + " in `" + here.name +
                         "`, but `" + shown + "` is kept by one of type " + wanted.name())
          .help = feature.names.empty() ? "declare it as a feature, and name the key: `F[...]`"
                                        : "say for which: `" + feature.names.front() +
                                              "[...]`, with a value for (" + places + ")";
      return std::nullopt;
    }
    FeatureKeyPart part;
    part.slot = static_cast<std::uint16_t>(*slot);
    key.push_back(std::move(part));
  }
  return key;
}

// `part.F`: the slot in an event of the part. Nothing, and reported: there is no such thing.
std::optional<std::uint16_t> Lowering::part_feature_slot(event::EventTypeId type,
                                                         const Expr& named) {
  const bool known = !named.quoted && scope_.declarations->features.contains(named.text);
  if (!known || scope_.features == nullptr) {
    unknown_field(scope_.schema->types[type.index()], named);
    return std::nullopt;
  }
  const auto id = scope_.features->named(named.text);
  if (!id) return std::nullopt;
  auto key = own_key(type, *id, named.span, named.text);
  if (!key) return std::nullopt;
  const auto slot = read_feature(type, *id, std::move(*key), named.span, named.text);
  return slot ? std::optional(slot->slot) : std::nullopt;
}

// ---- values ------------------------------------------------------------------------------------

// The value for the key of the event at hand, or of the event that completes the match.
IrId Lowering::feature_value(FeatureId id, Span span, const std::string& shown) {
  if (!scope_.at_hand.valid()) {
    return completing_value(id, span, shown, [&](const CompletingEvent& event) {
      std::optional<std::vector<FeatureKeyPart>> key(std::in_place);
      for (const auto& name : (*scope_.features)[id].key_fields) {
        const auto slot = event.fields.find(name);
        if (slot == event.fields.end()) {
          auto& issue = diagnostics_.add(
              DiagnosticCode::kFeatureKey, span,
              "`" + shown + "` is kept by `" + name + "`, which is not in the key of the rule");
          const bool named = !scope_.parts.empty() && !(*scope_.features)[id].names.empty();
          if (named) {
            const std::string member = scope_.parts.back().name + "." + shown;
            issue.help = "say as of which event: `" + member + "`";
          }
          return std::optional<std::vector<FeatureKeyPart>>();
        }
        FeatureKeyPart part;
        part.slot = slot->second;
        key->push_back(std::move(part));
      }
      return key;
    });
  }
  auto key = own_key(scope_.at_hand, id, span, shown);
  if (!key) return IrId();
  const auto slot = read_feature(scope_.at_hand, id, std::move(*key), span, shown);
  return slot ? feature_leaf(id, *slot, span, shown) : IrId();
}

IrId Lowering::feature_leaf(FeatureId id, const FeatureSlot& slot, Span span,
                            const std::string& shown) {
  if (scope_.reads != nullptr) scope_.reads->emplace(scope_.at_hand, slot.slot);
  IrNode n;
  n.op = IrOp::kSlot;
  n.type = (*scope_.features)[id].result;
  n.index = slot.slot;
  n.text = shown;
  n.identity = slot.identity;
  n.span = span;
  n.may_be_absent = slot.may_be_absent;
  return build_.leaf(std::move(n));
}

// A register of the derived slot, for each type that the completing event may have.
IrId Lowering::completing_value(FeatureId id, Span span, const std::string& shown,
                                const KeyOfCompleting& key) {
  if (scope_.completing.empty()) {
    diagnostics_
        .add(DiagnosticCode::kFeatureAtDeadline, span,
             "the value of a feature here is not supported yet: " + scope_.no_completing)
        .help = "look at it in a `where`, or as of a part's event: `part.feature`";
    return IrId();
  }
  nfa::RegisterDesc desc;
  desc.part = nfa::RegisterDesc::kCompleting;
  desc.field = shown;
  desc.type = (*scope_.features)[id].result;
  desc.field_type = desc.type;
  bool absent = false;
  for (const CompletingEvent& event : scope_.completing) {
    auto parts = key(event);
    if (!parts) return IrId();
    const auto slot = read_feature(event.type, id, std::move(*parts), span, shown);
    if (!slot) return IrId();
    absent = absent || slot->may_be_absent;
    desc.slots.push_back({event.type, slot->slot});
    if (scope_.reads != nullptr) scope_.reads->emplace(event.type, slot->slot);
  }
  return register_leaf(std::move(desc), span, absent);
}

// ---- F[x] --------------------------------------------------------------------------------------

void Lowering::visit_index(const Step& step) {
  const Expr& expr = at(step);
  const ExprRef base_ref = arg(step, 0);
  const Expr& base = at(base_ref);
  const bool name = base.kind == ExprKind::kName && !base.quoted;
  if (name && scope_.declarations->tables.contains(base.text)) {
    diagnostics_
        .add(DiagnosticCode::kNotAValue, expr.span,
             "a row of table `" + base.text + "` is not a value")
        .help = "name a column: `" + base.text + "[...].column`";
    return push(IrId());
  }
  const bool of_part = base.kind == ExprKind::kMember && !base.quoted &&
                       scope_.declarations->features.contains(base.text);
  if (!is_feature(base_ref) && !of_part) {
    if (name) {
      unknown_name(base);
    } else {
      diagnostics_.add(DiagnosticCode::kNotAValue, expr.span,
                       "only features and tables are asked for a key");
    }
    return push(IrId());
  }
  if (!features_allowed(step, expr.span)) return push(IrId());
  std::vector<ExprRef> keys;
  for (std::size_t i = 1; i < expr.args.size(); ++i) keys.push_back(arg(step, i));
  push_combine(step, keys);
}

IrId Lowering::combine_index(const Step& step, const std::vector<IrId>& args) {
  const auto target = feature_target(step, arg(step, 0));
  if (!target) return IrId();
  return target_value(*target, target->id, &args, at(step).span, target->shown);
}

// F, an aggregate, or part.F; nothing if it is wrong, which is reported.
std::optional<Lowering::FeatureTarget> Lowering::feature_target(const Step& step, ExprRef ref) {
  const Expr& expr = at(ref);
  FeatureTarget target;
  std::optional<FeatureId> id;
  if (expr.kind == ExprKind::kMember) {
    const PartRef part = part_ref(step, {ref.ast, expr.args[0]});
    if (part.part == nullptr) {
      if (!part.error) unknown_name(at(ExprRef{ref.ast, expr.args[0]}));
      return std::nullopt;
    }
    target.part = part;
    target.shown = expr.text;
    id = scope_.features->named(expr.text);
  } else {
    id = feature_of(step, ref);
    if (id) target.shown = expr.kind == ExprKind::kName ? expr.text : scope_.features->shown(*id);
  }
  if (!id) return std::nullopt;
  target.id = *id;
  return target;
}

// Of the target's feature or one made of it, for its own key or for the keys given.
IrId Lowering::target_value(const FeatureTarget& target, FeatureId id,
                            const std::vector<IrId>* keys, Span span, const std::string& shown) {
  if (target.part) return feature_of_part(*target.part, id, keys, span, shown);
  return keys != nullptr ? feature_at(id, *keys, span, shown) : feature_value(id, span, shown);
}

// part.F, part.F[x]: a register of the derived slot, for each type that the part may take.
IrId Lowering::feature_of_part(const PartRef& ref, FeatureId id, const std::vector<IrId>* keys,
                               Span span, const std::string& name) {
  std::string shown = name;
  const auto fitted =
      keys != nullptr ? fitted_keys(id, *keys, span, &shown) : std::optional(std::vector<IrId>());
  if (!fitted) return IrId();
  nfa::RegisterDesc desc;
  desc.which = ref.part->repeated ? ref.which : nfa::RegisterWhich::kLast;
  desc.part = ref.part->part;
  desc.part_name = ref.part->name;
  desc.field = shown;
  desc.type = (*scope_.features)[id].result;
  desc.field_type = desc.type;
  bool absent = ref.part->count.min == 0;
  for (const event::EventTypeId type : ref.part->types) {
    CompletingEvent event;  // of whose fields none makes a key: only constants do
    event.type = type;
    auto parts = keys != nullptr ? completing_key(*fitted, event) : own_key(type, id, span, name);
    if (!parts) return IrId();
    const auto slot = read_feature(type, id, std::move(*parts), span, shown);
    if (!slot) return IrId();
    absent = absent || slot->may_be_absent;
    desc.slots.push_back({type, slot->slot});
    if (scope_.reads != nullptr) scope_.reads->emplace(type, slot->slot);
  }
  if (ref.part->count.is_exactly(0)) return build_.absent(desc.type, span);
  return register_leaf(std::move(desc), span, absent);
}

// The keys as values of the feature's types; `shown` gets them behind it. Nothing: reported.
std::optional<std::vector<IrId>> Lowering::fitted_keys(FeatureId id, const std::vector<IrId>& keys,
                                                       Span span, std::string* shown) {
  const auto& fields = (*scope_.features)[id].key_fields;
  const std::string name = *shown;
  if (keys.size() != fields.size()) {
    std::string places;
    for (const auto& each : fields) places += (places.empty() ? "" : ", ") + each;
    diagnostics_.add(DiagnosticCode::kFeatureKey, span,
                     "`" + name + "` is kept by (" + places + "): it is asked for " +
                         std::to_string(fields.size()) +
                         (fields.size() == 1 ? " value" : " values") + ", not " +
                         std::to_string(keys.size()));
    return std::nullopt;
  }
  std::vector<IrId> fitted;
  *shown += "[";
  for (std::size_t i = 0; i < keys.size(); ++i) {
    *shown += (i > 0 ? ", " : "") + render(graph_, keys[i]);
    const IrId key = build_.convert_to(keys[i], scope_.features->key_type(id, i),
                                       "the key `" + fields[i] + "` of `" + name + "`");
    if (!key.valid()) return std::nullopt;
    fitted.push_back(key);
  }
  *shown += ']';
  return fitted;
}

IrId Lowering::feature_at(FeatureId id, const std::vector<IrId>& keys, Span span,
                          const std::string& name) {
  std::string shown = name;
  const auto fitted = fitted_keys(id, keys, span, &shown);
  if (!fitted) return IrId();
  if (std::ranges::any_of(*fitted, [&](IrId key) { return build_.is_absent(key); })) {
    return build_.absent((*scope_.features)[id].result, span);
  }
  if (!scope_.at_hand.valid()) {
    return completing_value(id, span, shown, [&](const CompletingEvent& event) {
      return completing_key(*fitted, event);
    });
  }
  std::vector<FeatureKeyPart> parts;
  for (const IrId key : *fitted) {
    auto part = key_part(key);
    if (!part) return IrId();
    parts.push_back(std::move(*part));
  }
  const auto slot = read_feature(scope_.at_hand, id, std::move(parts), span, shown);
  return slot ? feature_leaf(id, *slot, span, shown) : IrId();
}

std::optional<std::vector<FeatureKeyPart>> Lowering::completing_key(const std::vector<IrId>& keys,
                                                                    const CompletingEvent& event) {
  std::vector<FeatureKeyPart> parts;
  for (const IrId key : keys) {
    auto part = completing_key_part(key, event);
    if (!part) return std::nullopt;
    parts.push_back(std::move(*part));
  }
  return parts;
}

// A field of the event at hand, or an expression over it.
std::optional<FeatureKeyPart> Lowering::key_part(IrId key) {
  std::vector<IrId> todo = {key};
  while (!todo.empty()) {
    const IrNode& node = graph_[todo.back()];
    todo.pop_back();
    todo.insert(todo.end(), node.args.begin(), node.args.end());
    if (node.op == IrOp::kRegister) {
      diagnostics_
          .add(DiagnosticCode::kFeatureKeyUnsupported, node.span,
               "the key of a feature cannot be made of an earlier event yet")
          .help = "keys are made of fields of the event at hand, and of constants";
      return std::nullopt;
    }
    if (node.op == IrOp::kSlot && !node.identity.empty()) {
      diagnostics_.add(DiagnosticCode::kFeatureKeyUnsupported, node.span,
                       "the key of a feature cannot be made of the value of another yet");
      return std::nullopt;
    }
  }
  FeatureKeyPart part;
  const IrNode& node = graph_[key];
  if (node.op == IrOp::kSlot) {
    part.slot = static_cast<std::uint16_t>(node.index);
    return part;
  }
  auto program = generate_value(graph_, key, scope_.at_hand);
  if (!program) {
    diagnostics_.add(DiagnosticCode::kExpressionTooLarge, node.span,
                     "with its defines put in, this expression is too large");
    return std::nullopt;
  }
  part.program = std::move(*program);
  part.canonical = print(graph_, key);
  return part;
}

// In having and outcomes: a constant, or what is a field of the completing event.
std::optional<FeatureKeyPart> Lowering::completing_key_part(IrId key,
                                                            const CompletingEvent& event) {
  const IrNode& node = graph_[key];
  FeatureKeyPart part;
  if (node.op == IrOp::kConst) {
    if (auto program = generate_value(graph_, key, event.type)) part.program = std::move(*program);
    part.canonical = print(graph_, key);
    return part;
  }
  if (node.op == IrOp::kRegister) {
    const nfa::RegisterDesc& desc = (*scope_.registers)[node.index];
    const bool bare = scope_.bare_part && desc.kind == nfa::RegisterKind::kField &&
                      desc.part == scope_.parts[*scope_.bare_part].part;
    if (desc.kind == nfa::RegisterKind::kKeyField || bare) {
      const auto slot = event.fields.find(desc.field);
      if (slot != event.fields.end()) {
        part.slot = slot->second;
        return part;
      }
    }
  }
  diagnostics_
      .add(DiagnosticCode::kFeatureKeyUnsupported, node.span,
           "here the key of a feature cannot be made of this yet")
      .help = "it is a constant, or in outcomes a field of the rule's key";
  return std::nullopt;
}

// ---- zscore ------------------------------------------------------------------------------------

// zscore(x, F), zscore(x, F[k]): the mean is the sum by the count, which no rounding has touched.
void Lowering::visit_zscore(const Step& step) {
  const Expr& expr = at(step);
  const auto refuse = [&](Span span, const std::string& message) {
    diagnostics_.add(DiagnosticCode::kBadArguments, span, message).help =
        "as in `zscore(amount, spend_30d)`, where spend_30d is a feature over a field of numbers";
    push(IrId());
  };
  if (expr.args.size() != 2) return refuse(expr.span, "`zscore` takes a value and a feature");
  ExprRef feature = arg(step, 1);
  std::vector<ExprRef> operands = {arg(step, 0)};
  if (at(feature).kind == ExprKind::kIndex) {
    const Expr& index = at(feature);
    for (std::size_t i = 1; i < index.args.size(); ++i) {
      operands.push_back({feature.ast, index.args[i]});
    }
    feature = {feature.ast, index.args[0]};
  }
  const Expr& named = at(feature);
  const bool of_part = named.kind == ExprKind::kMember && !named.quoted &&
                       scope_.declarations->features.contains(named.text);
  if (!is_feature(feature) && !of_part) {
    return refuse(at(feature).span, "the second argument of `zscore` is a feature");
  }
  if (!features_allowed(step, expr.span)) return push(IrId());
  push_combine(step, operands);
}

IrId Lowering::combine_zscore(const Step& step, const std::vector<IrId>& args) {
  const Expr& expr = at(step);
  ExprRef feature = arg(step, 1);
  const bool indexed = at(feature).kind == ExprKind::kIndex;
  if (indexed) feature = {feature.ast, at(feature).args[0]};
  const auto target = feature_target(step, feature);
  if (!target) return IrId();
  const auto sum = scope_.features->with_aggregate(target->id, AggregateKind::kSum);
  const auto count = scope_.features->with_aggregate(target->id, AggregateKind::kCount);
  const auto deviation = scope_.features->with_aggregate(target->id, AggregateKind::kStddev);
  if (!sum || !count || !deviation) {
    diagnostics_
        .add(DiagnosticCode::kBadAggregate, at(feature).span,
             "`zscore` compares with a feature over a field of numbers")
        .help = "the feature says of which field, key and window the mean and the deviation are";
    return IrId();
  }
  if (!is_number(graph_[args[0]].type.kind)) {
    build_.mismatch(expr.span, "`zscore` is for numbers", args[0], IrId());
    return IrId();
  }
  const std::vector<IrId> key(args.begin() + 1, args.end());
  std::vector<IrId> operands = {build_.widen(args[0], TypeKind::kFloat)};
  for (const FeatureId each : {*sum, *count, *deviation}) {
    const IrId read = target_value(*target, each, indexed ? &key : nullptr, expr.span,
                                   scope_.features->shown(each));
    if (!read.valid()) return IrId();
    operands.push_back(build_.widen(read, TypeKind::kFloat));
  }
  const IrId made =
      build_.call(static_cast<std::uint32_t>(nfa::Builtin::kZscore), operands, expr.span);
  if (made.valid() && graph_[made].op == IrOp::kCall) {
    std::string shown = target->part ? target->part->part->name + "." : "";
    shown += target->shown;
    for (std::size_t i = 0; i < key.size(); ++i) {
      shown += (i == 0 ? "[" : ", ") + render(graph_, key[i]);
    }
    graph_.nodes[made.index()].identity = shown + (indexed ? "]" : "");
  }
  return made;
}

}  // namespace weir::compiler
