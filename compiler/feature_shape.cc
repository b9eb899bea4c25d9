#include "compiler/feature_shape.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "compiler/bounds.h"
#include "compiler/expr_compiler.h"
#include "nfa/builtins.h"

namespace weir::compiler {
namespace {

using dsl::DiagnosticCode;
using event::TypeKind;
using nfa::AggregateKind;
using nfa::FeatureImage;

class ShapeReader {
 public:
  ShapeReader(const ShapeInput& input, dsl::Diagnostics& diagnostics)
      : input_(input),
        aggregate_(*input.aggregate),
        diagnostics_(diagnostics),
        bounds_(*input.declared, diagnostics, input.arguments),
        errors_before_(diagnostics.error_count()) {}

  std::optional<FeatureImage> read() {
    shape_.excluding_current = aggregate_.excluding_current;
    const bool known = read_function();
    if (read_source()) {
      const bool field_ok = read_field();
      if (known && field_ok) check_aggregate();
      read_key();
    }
    if (known) read_quantile();
    read_window();
    if (known) check_rate();
    const bool complete = known && aggregate_.by && aggregate_.window != dsl::WindowKind::kNone &&
                          shape_.source.valid();
    if (!complete || diagnostics_.error_count() > errors_before_) return std::nullopt;
    return std::move(shape_);
  }

 private:
  [[nodiscard]] const event::EventType& source() const {
    return input_.schema->types[shape_.source.index()];
  }

  // ---- what is aggregated -----------------------------------------------------------------------

  bool read_function() {
    const auto kind = nfa::aggregate_kind_of(aggregate_.function.text);
    if (kind) {
      shape_.aggregate = *kind;
      return true;
    }
    auto& issue = diagnostics_.add(DiagnosticCode::kUnknownFunction, aggregate_.function.span,
                                   "there is no aggregate `" + aggregate_.function.text + "`");
    std::vector<std::string_view> known;
    issue.help = "the aggregates over a window are";
    for (int i = 0; i <= static_cast<int>(AggregateKind::kRate); ++i) {
      known.push_back(nfa::aggregate_kind_name(static_cast<AggregateKind>(i)));
      issue.help += (i == 0 ? " `" : ", `") + std::string(known.back()) + "`";
    }
    suggest_name(issue, aggregate_.function, known);
    return false;
  }

  bool read_source() {
    const dsl::Name& name = aggregate_.type;
    if (name.text.empty()) return false;
    shape_.source = input_.schema->find(name.text);
    if (shape_.source.valid()) return true;
    const Declared& declared = *input_.declared;
    if (declared.poisoned.contains(name.text)) return false;
    auto& issue = diagnostics_.add(DiagnosticCode::kUnknownEventType, name.span,
                                   "there is no event type `" + name.text + "`");
    suggest_name(issue, name, declared.event_names());
    return false;
  }

  // The slot of a field that a rule may see.
  std::optional<std::uint16_t> find(const dsl::Name& name) {
    const auto slot = source().find_field(name.text);
    if (!slot) {
      auto& issue = diagnostics_.add(DiagnosticCode::kUnknownField, name.span,
                                     "`" + source().name + "` has no field `" + name.text + "`");
      std::vector<std::string_view> known;
      for (const auto& field : source().fields) {
        if (!field.derived) known.push_back(field.name);
      }
      suggest_name(issue, name, known);
      return std::nullopt;
    }
    if (source().fields[*slot].role == event::FieldRole::kLabel) {
      diagnostics_.add(DiagnosticCode::kLabelInRule, name.span,
                       "`" + name.text + "` is a label: rules must not see it");
      return std::nullopt;
    }
    return static_cast<std::uint16_t>(*slot);
  }

  bool read_field() {
    if (!aggregate_.field) return true;
    const auto slot = find(*aggregate_.field);
    if (slot) shape_.slot = *slot;
    return slot.has_value();
  }

  void check_aggregate() {
    const bool has_field = shape_.slot != FeatureImage::kNoSlot;
    const event::Type* type = has_field ? &source().fields[shape_.slot].type : nullptr;
    const auto result = nfa::feature_type(shape_.aggregate, type);
    const std::string function(nfa::aggregate_kind_name(shape_.aggregate));
    if (result) {
      shape_.result = *result;
    } else if (!has_field) {
      auto& issue = diagnostics_.add(DiagnosticCode::kBadAggregate, aggregate_.type.span,
                                     "`" + function + "` is computed over a field of the events");
      const auto example = fitting_field();
      issue.help = example.empty()
                       ? "write it behind the event type: `" + source().name + ".field`"
                       : "as in `" + function + "(" + source().name + "." + example + " ...)`";
    } else {
      auto& issue =
          diagnostics_.add(DiagnosticCode::kTypeMismatch, aggregate_.field->span,
                           "`" + function + "` is not for fields of type " + type->name());
      issue.help = "it is for " + std::string(taken_types());
    }
  }

  // A number before all else; not the key, of which there is one value.
  [[nodiscard]] std::string fitting_field() const {
    std::string fitting;
    for (const auto& field : source().fields) {
      if (field.derived || field.role == event::FieldRole::kLabel || is_key(field.name)) continue;
      if (!nfa::feature_type(shape_.aggregate, &field.type)) continue;
      if (nfa::feature_type(AggregateKind::kStddev, &field.type)) return field.name;
      if (fitting.empty()) fitting = field.name;
    }
    return fitting;
  }

  [[nodiscard]] bool is_key(const std::string& field) const {
    return aggregate_.by && std::ranges::find(aggregate_.by->fields, field, &dsl::Name::text) !=
                                aggregate_.by->fields.end();
  }

  [[nodiscard]] std::string_view taken_types() const {
    switch (shape_.aggregate) {
      case AggregateKind::kSum:
      case AggregateKind::kAvg:
        return "numbers and durations";
      case AggregateKind::kMin:
      case AggregateKind::kMax:
      case AggregateKind::kQuantile:
        return shape_.aggregate == AggregateKind::kQuantile
                   ? "numbers, times and durations"
                   : "numbers, times, durations and strings";
      case AggregateKind::kStddev:
        return "numbers";
      default:
        return "all but lists";
    }
  }

  // Per second of what? A session and a number of events have no length of their own.
  void check_rate() {
    const bool length = aggregate_.window != dsl::WindowKind::kSession &&
                        aggregate_.window != dsl::WindowKind::kLastN;
    if (shape_.aggregate != AggregateKind::kRate || length) return;
    diagnostics_
        .add(DiagnosticCode::kBadAggregate, aggregate_.function.span,
             "`rate` is per second of the window's length, which this window does not have")
        .help = "as in `over 1h`, `over 1h every 5m`, `each 1h` or `each day in \"UTC\"`";
  }

  // ---- quantile ---------------------------------------------------------------------------------

  void read_quantile() {
    const bool wanted = shape_.aggregate == AggregateKind::kQuantile;
    if (!wanted && aggregate_.arguments.empty()) return;
    const std::string function(nfa::aggregate_kind_name(shape_.aggregate));
    if (!wanted) {
      diagnostics_.add(DiagnosticCode::kBadAggregate,
                       input_.ast->expr(aggregate_.arguments.front()).span,
                       "`" + function + "` takes no argument");
      return;
    }
    if (aggregate_.arguments.empty()) {
      diagnostics_
          .add(DiagnosticCode::kBadAggregate, aggregate_.function.span,
               "which quantile? `quantile` takes a number from 0 to 1")
          .help = "as in `quantile(0.95)(" + aggregate_.type.text + "." +
                  (aggregate_.field ? aggregate_.field->text : "field") + " ...)`";
      return;
    }
    const auto p = quantile_value(aggregate_.arguments.front());
    if (!p) return;
    if (*p > 0 && *p <= nfa::kWholeQuantile) {
      shape_.quantile = static_cast<std::uint16_t>(*p);
      return;
    }
    diagnostics_
        .add(DiagnosticCode::kBadAggregate, input_.ast->expr(aggregate_.arguments.front()).span,
             "a quantile lies above 0 and at 1 at most")
        .help = "0.5 is the median, 1 the largest value";
  }

  // p in ten-thousandths, whatever its range.
  std::optional<event::Int128> quantile_value(dsl::ExprId id) {
    if (!id.valid()) return std::nullopt;
    const dsl::Expr& expr = input_.ast->expr(id);
    if (expr.kind == dsl::ExprKind::kName && input_.arguments != nullptr) {
      const auto argument = input_.arguments->find(expr.text);
      if (argument != input_.arguments->end()) return scaled(argument->second, expr.span);
    }
    nfa::RegisterTable registers;
    const auto scope = constant_scope(*input_.schema, input_.declared->names, registers);
    const auto value = compile_value({input_.ast, id}, scope, std::nullopt, diagnostics_);
    if (!value.ok || !value.constant) return std::nullopt;
    return scaled({value.type, *value.constant, ""}, expr.span);
  }

  std::optional<event::Int128> scaled(const ParamValue& param, dsl::Span span) {
    if (param.type.kind == TypeKind::kDecimal) return param.value.decimal;
    if (param.type.kind == TypeKind::kInt) {
      return event::Int128{param.value.integer} * nfa::kWholeQuantile;
    }
    const bool real = param.type.kind == TypeKind::kFloat;
    diagnostics_.add(real ? DiagnosticCode::kBadAggregate : DiagnosticCode::kTypeMismatch, span,
                     real ? "a quantile has at most four digits after the point"
                          : "a quantile is a number, not of type " + param.type.name());
    return std::nullopt;
  }

  // ---- key --------------------------------------------------------------------------------------

  void read_key() {
    if (!aggregate_.by) return;
    for (const auto& name : aggregate_.by->fields) {
      const auto slot = find(name);
      if (!slot) continue;
      const event::Type& type = source().fields[*slot].type;
      if (std::ranges::find(shape_.key, *slot) != shape_.key.end()) {
        diagnostics_.add(DiagnosticCode::kBadKey, name.span,
                         "`" + name.text + "` is in the key already");
      } else if (!nfa::can_be_key(type)) {
        diagnostics_.add(DiagnosticCode::kBadKey, name.span,
                         "a field of type " + type.name() + " cannot be a key");
      }
      shape_.key.push_back(*slot);
      shape_.key_fields.push_back(name.text);
    }
  }

  // ---- window -----------------------------------------------------------------------------------

  std::int64_t time(const dsl::DurationArg& arg) {
    const auto ms = bounds_.checked_duration_ms(arg);
    if (!ms || *ms > 0) return ms.value_or(0);
    diagnostics_.add(DiagnosticCode::kBadBound, arg.span, "a window lasts longer than no time");
    return 0;
  }

  void read_window() {
    auto& window = shape_.window;
    switch (aggregate_.window) {
      case dsl::WindowKind::kNone:
        return;
      case dsl::WindowKind::kSliding:
        window.kind = nfa::WindowKind::kSliding;
        break;
      case dsl::WindowKind::kHopping:
        window.kind = nfa::WindowKind::kHopping;
        break;
      case dsl::WindowKind::kTumbling:
        window.kind = nfa::WindowKind::kTumbling;
        break;
      case dsl::WindowKind::kSession:
        window.kind = nfa::WindowKind::kSession;
        break;
      case dsl::WindowKind::kCalendar:
        return read_calendar();
      case dsl::WindowKind::kLastN:
        window.kind = nfa::WindowKind::kLastEvents;
        window.events = static_cast<std::uint32_t>(
            bounds_.checked_number(aggregate_.last, 1, nfa::kMaxWindowEvents).value_or(0));
        return;
    }
    window.length_ms = time(aggregate_.length);
    if (window.kind == nfa::WindowKind::kHopping) read_steps();
  }

  void read_steps() {
    auto& window = shape_.window;
    window.every_ms = time(aggregate_.every);
    if (window.every_ms == 0 || window.length_ms == 0) return;
    if (window.every_ms > window.length_ms) {
      diagnostics_.add(DiagnosticCode::kBadBound, aggregate_.every.span,
                       "the window is shorter than its step: events between would count in none");
    } else if (window.length_ms / window.every_ms > nfa::kMaxWindowSteps) {
      diagnostics_
          .add(DiagnosticCode::kBadBound, aggregate_.every.span,
               "a window has at most " + std::to_string(nfa::kMaxWindowSteps) + " steps")
          .help = "make the step longer, or leave it out: `over` alone moves with every event";
    }
  }

  void read_calendar() {
    auto& window = shape_.window;
    window.kind = nfa::WindowKind::kCalendar;
    window.unit = aggregate_.calendar_unit == "week"    ? nfa::CalendarUnit::kWeek
                  : aggregate_.calendar_unit == "month" ? nfa::CalendarUnit::kMonth
                                                        : nfa::CalendarUnit::kDay;
    window.zone = aggregate_.zone;
    if (nfa::zone_exists(window.zone)) return;
    diagnostics_
        .add(DiagnosticCode::kUnknownZone, aggregate_.zone_span,
             "there is no time zone \"" + window.zone + "\"")
        .help = "zones have IANA names, as \"Europe/London\" or \"UTC\"";
  }

  const ShapeInput& input_;
  const dsl::Aggregate& aggregate_;
  dsl::Diagnostics& diagnostics_;
  BoundReader bounds_;
  std::size_t errors_before_;
  FeatureImage shape_;
};

}  // namespace

std::optional<FeatureImage> feature_shape(const ShapeInput& input, dsl::Diagnostics& diagnostics) {
  return ShapeReader(input, diagnostics).read();
}

}  // namespace weir::compiler
