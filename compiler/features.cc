// The identity of a feature is the XXH3-128 of, as base/bytes.h writes them: "feature 1", the name
// of the source, its conditions in canonical form (compiler/expr_ir.h), sorted; the aggregate, the
// field and its type, p; the fields of the key and their types; the window; whether the current
// event is excluded. FROZEN, but for the canonical form of conditions: a build that writes them
// otherwise takes the feature for another one, and starts its windows anew.
#include "compiler/features.h"

#include <algorithm>
#include <utility>

#include "base/bytes.h"
#include "base/hash.h"
#include "compiler/feature_shape.h"
#include "compiler/suspicion.h"

namespace weir::compiler {

using dsl::DiagnosticCode;
using nfa::FeatureImage;

namespace {

nfa::Program never() {
  nfa::Program program;
  program.code.push_back({.op = nfa::Opcode::kReject});
  return program;
}

const dsl::Aggregate& syntax_of(const InlineAggregate& aggregate) {
  return aggregate.written != nullptr ? *aggregate.written : aggregate.ast->aggregate(aggregate.id);
}

// The arguments of a define as bounds and quantiles take them.
std::map<std::string, ParamValue, std::less<>> param_values(const InlineAggregate& aggregate) {
  std::map<std::string, ParamValue, std::less<>> out;
  for (const auto& [name, constant] : aggregate.constants) {
    out[name] = {constant.type, constant.value, constant.text};
  }
  return out;
}

}  // namespace

// ---- compiling ---------------------------------------------------------------------------------

std::optional<FeatureId> Features::named(const std::string& name) {
  const auto view = declared_.names.features.find(name);
  if (view == declared_.names.features.end()) return std::nullopt;
  const dsl::FeatureDecl& decl = *view->second.decl;
  const std::string known_as = name_for_reader(name);
  const auto [place, added] = named_.try_emplace(known_as);
  if (!added) {
    if (place->second.open) report_circle(name);
    hides_ = hides_ || place->second.hides;
    return place->second.id;
  }
  place->second.open = true;
  const bool hides_before = std::exchange(hides_, false);
  open_.push_back(name);
  std::optional<FeatureId> id;
  if (decl.aggregate.valid()) {
    id = compile({view->second.ast, decl.aggregate, {}, {}}, context_.diagnostics);
  }
  open_.pop_back();
  Named& known = named_[known_as];
  known.open = false;
  // A circle that it closes has been told, where the circle was.
  if (known.circular) id = std::nullopt;
  known.id = id;
  known.hides = hides_;
  hides_ = hides_ || hides_before;
  if (id && !known.hides) add_name(*id, name);
  return id;
}

void Features::add_name(FeatureId id, const std::string& name) {
  auto& names = entries_[id.index()].image.names;
  if (std::ranges::find(names, name) == names.end()) names.push_back(name);
}

void Features::report_circle(const std::string& name) {
  const auto first = std::ranges::find(open_, name);
  std::string way;
  for (auto each = first; each != open_.end(); ++each) {
    named_[name_for_reader(*each)].circular = true;
    if (each != first) way += (way.empty() ? " by way of `" : ", `") + *each + "`";
  }
  const dsl::FeatureDecl& decl = *declared_.names.features.find(name)->second.decl;
  context_.diagnostics
      .add(DiagnosticCode::kFeatureCycle, decl.name.span, "`" + name + "` reads itself" + way)
      .help = "a feature is computed from what others say before it";
}

std::optional<FeatureId> Features::unnamed(const InlineAggregate& aggregate,
                                           dsl::Diagnostics& diagnostics) {
  const auto id = compile(aggregate, diagnostics);
  if (id) {
    unnamed_of_rule_[{aggregate.ast, aggregate.id.value}].insert(
        entries_[id->index()].image.state_identity);
  }
  return id;
}

std::optional<nfa::FeatureImage> Features::column(const InlineAggregate& aggregate,
                                                  dsl::Diagnostics& diagnostics) {
  const auto id = compile(aggregate, diagnostics);
  if (!id) return std::nullopt;
  const FeatureImage& image = entries_[id->index()].image;
  note_reads(image);
  return image;
}

void Features::note_reads(const FeatureImage& image) {
  for (const auto slot : image.key) field_reads_.emplace(image.source, slot);
  if (image.slot != FeatureImage::kNoSlot) field_reads_.emplace(image.source, image.slot);
}

std::optional<FeatureId> Features::compile(const InlineAggregate& aggregate,
                                           dsl::Diagnostics& diagnostics) {
  const dsl::Aggregate& syntax = syntax_of(aggregate);
  if (depth_ == kMaxDepth) {
    too_deep(syntax, diagnostics);
    return std::nullopt;
  }
  ++depth_;
  dsl::Diagnostics found;
  const auto arguments = param_values(aggregate);
  const event::Schema& schema = context_.image.image.schema;
  auto shape = feature_shape({aggregate.ast, &syntax, &declared_, &schema, &arguments}, found);
  Entry entry;
  if (shape) entry.image = std::move(*shape);
  entry.image.source = schema.find(syntax.type.text);
  bool ok = shape.has_value();
  if (entry.image.source.valid() && syntax.where.valid()) {
    ok = compile_where(aggregate, entry, found) && ok;
  }
  if (is_hidden(syntax.type.text)) hide(entry);
  --depth_;
  Suspicion suspicion(context_, declared_);
  suspicion.note(syntax.type.text);
  for (const auto& issue : found.list()) {
    if (!suspicion.falls_on(issue)) diagnostics.add(issue.code, issue.span, issue.message) = issue;
  }
  if (!ok) return std::nullopt;
  find_level(entry);
  if (entry.image.level >= kMaxDepth) {
    too_deep(syntax, diagnostics);
    return std::nullopt;
  }
  return intern(std::move(entry));
}

void Features::too_deep(const dsl::Aggregate& aggregate, dsl::Diagnostics& diagnostics) {
  diagnostics.add(DiagnosticCode::kExpressionTooLarge, aggregate.span,
                  "features read each other more than " + std::to_string(kMaxDepth) + " deep");
}

bool Features::compile_where(const InlineAggregate& aggregate, Entry& entry,
                             dsl::Diagnostics& diagnostics) {
  nfa::RegisterTable registers;  // stays empty: there are no parts
  ExprScope scope;
  scope.schema = &context_.image.image.schema;
  scope.declarations = &declared_.names;
  scope.features = this;
  scope.registers = &registers;
  scope.reads = &field_reads_;
  scope.at_hand = entry.image.source;
  scope.at_hand_types = {entry.image.source};
  scope.constants = aggregate.constants;
  scope.outer_names = aggregate.outer_names;
  auto condition =
      compile_condition({aggregate.ast, syntax_of(aggregate).where}, scope, diagnostics);
  if (!condition.ok) return false;
  const auto add = [&](const nfa::Program& program, std::string canonical, std::string text) {
    if (std::ranges::find(entry.conditions, canonical) != entry.conditions.end()) return;
    entry.image.where.push_back(context_.image.add_predicate(program, canonical));
    entry.image.where_texts.push_back(std::move(text));
    entry.conditions.push_back(std::move(canonical));
  };
  if (condition.verdict == CompiledCondition::Verdict::kNeverTrue) add(never(), "false", "false");
  for (auto& conjunct : condition.conjuncts) {
    add(conjunct.condition, std::move(conjunct.canonical), std::move(conjunct.text));
  }
  std::ranges::sort(entry.conditions);
  return true;
}

// L5.3: no alert of a shadow rule counts for who is not in shadow itself.
void Features::hide(Entry& entry) {
  entry.image.where = {context_.image.add_predicate(never(), "false")};
  entry.image.where_texts = {"false"};
  entry.conditions = {"false"};
  hides_ = true;
}

void Features::find_level(Entry& entry) const {
  const nfa::Image& image = context_.image.image;
  const auto made = stages_.find(entry.image.source);
  if (made != stages_.end()) entry.image.stage = made->second;
  for (const auto predicate : entry.image.where) {
    const auto& program = image.programs[image.predicates[predicate.index()].index()];
    for (const auto slot : program.slots_read()) {
      const auto read = slots_.find({entry.image.source, slot});
      if (read == slots_.end()) continue;
      const auto& other = entries_[order_[read->second.feature].index()].image;
      entry.image.level = std::max(entry.image.level, other.level + 1);
      entry.image.stage = std::max(entry.image.stage, other.stage);
    }
  }
}

FeatureId Features::intern(Entry entry) {
  entry.image.state_identity = identity(entry);
  const FeatureId next(entries_.size());
  const auto [place, added] = by_identity_.try_emplace(entry.image.state_identity, next);
  if (added) entries_.push_back(std::move(entry));
  return place->second;
}

std::string Features::identity(const Entry& entry) const {
  const FeatureImage& image = entry.image;
  const auto& source = context_.image.image.schema.types[image.source.index()];
  base::ByteWriter out;
  out.string("feature 1");
  out.string(source.name);
  out.u32(static_cast<std::uint32_t>(entry.conditions.size()));
  for (const auto& condition : entry.conditions) out.string(condition);
  out.string(nfa::aggregate_kind_name(image.aggregate));
  const bool has_field = image.slot != FeatureImage::kNoSlot;
  out.string(has_field ? source.fields[image.slot].name : "");
  out.string(has_field ? source.fields[image.slot].type.name() : "");
  out.u16(image.quantile);
  out.u32(static_cast<std::uint32_t>(image.key.size()));
  for (const auto slot : image.key) {
    out.string(source.fields[slot].name);
    out.string(source.fields[slot].type.name());
  }
  out.u8(static_cast<std::uint8_t>(image.window.kind));
  out.i64(image.window.length_ms);
  out.i64(image.window.every_ms);
  out.u32(image.window.events);
  out.u8(static_cast<std::uint8_t>(image.window.unit));
  out.string(image.window.zone);
  out.boolean(image.excluding_current);
  return base::hash128(out.bytes()).hex();
}

std::optional<FeatureId> Features::with_aggregate(FeatureId id, nfa::AggregateKind kind) {
  Entry entry;
  entry.image = entries_[id.index()].image;
  entry.conditions = entries_[id.index()].conditions;
  if (entry.image.slot == FeatureImage::kNoSlot) return std::nullopt;
  const auto& source = context_.image.image.schema.types[entry.image.source.index()];
  const event::Type& field = source.fields[entry.image.slot].type;
  const auto result = nfa::feature_type(kind, &field);
  if (!result) return std::nullopt;
  entry.image.names.clear();
  entry.image.aggregate = kind;
  entry.image.result = *result;
  entry.image.quantile = 0;
  return intern(std::move(entry));
}

// ---- reads -------------------------------------------------------------------------------------

std::string Features::shown(FeatureId id) const {
  const FeatureImage& image = entries_[id.index()].image;
  return image.names.empty() ? image.text(context_.image.image.schema) : image.names.front();
}

const event::Type& Features::key_type(FeatureId id, std::size_t place) const {
  const FeatureImage& image = entries_[id.index()].image;
  const auto& source = context_.image.image.schema.types[image.source.index()];
  return source.fields[image.key[place]].type;
}

std::uint32_t Features::place_of(FeatureId id) {
  Entry& entry = entries_[id.index()];
  if (entry.place >= 0) return static_cast<std::uint32_t>(entry.place);
  entry.place = static_cast<std::int32_t>(order_.size());
  order_.push_back(id);
  note_reads(entry.image);
  return static_cast<std::uint32_t>(entry.place);
}

std::optional<FeatureSlot> Features::read(event::EventTypeId type, FeatureId id,
                                          std::vector<FeatureKeyPart> key,
                                          const std::string& shown) {
  nfa::Image& image = context_.image.image;
  auto& fields = image.schema.types[type.index()].fields;
  FeatureSlot result;
  const FeatureImage& feature = entries_[id.index()].image;
  result.may_be_absent = feature.aggregate != nfa::AggregateKind::kCount &&
                         feature.aggregate != nfa::AggregateKind::kSum;
  result.identity = feature.state_identity;
  for (const auto& part : key) {
    const bool field = part.slot != FeatureImage::kNoSlot;
    result.identity += field ? " " + fields[part.slot].name : " [" + part.canonical + "]";
    const bool optional = field ? fields[part.slot].optional : !part.program.slots_read().empty();
    result.may_be_absent = result.may_be_absent || optional;
  }
  const auto [known, added] = reads_.try_emplace({type, result.identity});
  if (!added) {
    result.slot = known->second;
    return result;
  }
  if (fields.size() >= nfa::Operand::kMaxIndex) {
    reads_.erase(known);
    return std::nullopt;
  }
  nfa::FeatureRead read;
  read.type = type;
  read.feature = place_of(id);
  read.slot = static_cast<std::uint16_t>(fields.size());
  for (auto& part : key) {
    nfa::ReadKey made;
    made.slot = part.slot;
    if (part.slot != FeatureImage::kNoSlot) {
      field_reads_.emplace(type, part.slot);
    } else {
      for (const auto slot : part.program.slots_read()) field_reads_.emplace(type, slot);
      const auto [program, is_new] = key_programs_.try_emplace({type, part.canonical});
      if (is_new) {
        program->second = context_.image.add_program(std::move(part.program), nfa::Image::kNoRule);
      }
      made.program = program->second;
    }
    read.key.push_back(made);
  }
  event::Field field;
  field.name = shown;
  field.type = feature.result;
  field.optional = true;
  field.derived = true;
  fields.push_back(std::move(field));
  result.slot = known->second = read.slot;
  slots_[{type, read.slot}] = {read.feature, result.identity};
  image.feature_reads.push_back(std::move(read));
  return result;
}

// ---- hashes ------------------------------------------------------------------------------------

std::string Features::identity_of(const std::string& name) {
  const auto id = named(name);
  return id ? entries_[id->index()].image.state_identity : "";
}

const std::set<std::string>& Features::identities_of(const dsl::Ast& ast,
                                                     dsl::AggregateId id) const {
  static const std::set<std::string> kNone;
  const auto found = unnamed_of_rule_.find({&ast, id.value});
  return found == unnamed_of_rule_.end() ? kNone : found->second;
}

const std::string& Features::identity_of(event::EventTypeId type, std::uint16_t slot) const {
  return slots_.find({type, slot})->second.identity;
}

// ---- the whole ---------------------------------------------------------------------------------

// In an image of their own, so that they leave no trace in this one.
void Features::check_others() {
  ImageBuilder unused;
  unused.image.schema = context_.image.image.schema;
  const CompileContext context{context_.sources, context_.asts, context_.files,
                               context_.options, unused,        context_.diagnostics};
  Features others(context, declared_);
  for (const auto& [name, view] : declared_.names.features) {
    const bool known = named_.contains(name) || named_.contains(name + " in shadow");
    if (!known) static_cast<void>(others.named(name));
  }
  for (const auto& ast : context_.asts) {
    for (const auto& decl : ast.declarations) {
      const auto* feature = std::get_if<dsl::FeatureDecl>(&decl);
      if (feature == nullptr || !feature->broken || !feature->aggregate.valid()) continue;
      static_cast<void>(others.compile({&ast, feature->aggregate, {}, {}}, context_.diagnostics));
    }
  }
}

void Features::finish() {
  auto& features = context_.image.image.features;
  for (const FeatureId id : order_) {
    features.push_back(entries_[id.index()].image);
    std::ranges::sort(features.back().names);
  }
}

}  // namespace weir::compiler
