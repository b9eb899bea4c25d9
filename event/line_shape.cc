#include "event/line_shape.h"

#include <algorithm>
#include <cstring>

#include "event/json_scan.h"
#include "event/value_decode.h"

namespace weir::event {
namespace {

// Digits, and perhaps a point and digits, as the quick ways of reading numbers take them.
bool is_simple_number(std::string_view text, std::size_t most_whole, std::size_t most_fraction) {
  const std::size_t point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  if (whole.empty() || whole.size() > most_whole) return false;
  if (point == text.npos) return text.find_first_not_of("0123456789") == text.npos;
  const std::string_view fraction = text.substr(point + 1);
  return fraction.size() <= most_fraction && whole.find_first_not_of("0123456789") == whole.npos &&
         fraction.find_first_not_of("0123456789") == fraction.npos;
}

bool is_plain_string(const Token& token) {
  return token.kind == TokenKind::kString && !token.escaped;
}
bool is_number(const Token& token, std::size_t most_whole, std::size_t most_fraction) {
  return token.kind == TokenKind::kNumber &&
         is_simple_number(token.text(), most_whole, most_fraction);
}
bool is_bool(const Token& token) {
  return token.kind == TokenKind::kTrue || token.kind == TokenKind::kFalse;
}

ValueOp op_of_field(const Token& token, TypeKind kind) {
  switch (kind) {
    case TypeKind::kBool:
      return is_bool(token) ? ValueOp::kBool : ValueOp::kAny;
    case TypeKind::kInt:
      return is_number(token, 15, 0) ? ValueOp::kInt : ValueOp::kAny;
    case TypeKind::kDecimal:
      return is_number(token, 8, 4) ? ValueOp::kDecimal : ValueOp::kAny;
    case TypeKind::kString:
      return is_plain_string(token) ? ValueOp::kString : ValueOp::kAny;
    case TypeKind::kEnum:
      return is_plain_string(token) ? ValueOp::kEnum : ValueOp::kAny;
    default:
      return ValueOp::kAny;
  }
}

ValueOp op_of(const Token& token, const std::vector<ValueTarget>& targets) {
  if (targets.empty()) {
    if (is_plain_string(token)) return ValueOp::kSkipString;
    if (is_number(token, 7, 7) || is_number(token, 15, 0)) return ValueOp::kSkipNumber;
    return is_bool(token) ? ValueOp::kSkipBool : ValueOp::kAny;
  }
  if (targets.size() > 1) return ValueOp::kAny;
  switch (targets[0].kind) {
    case ValueTarget::Kind::kTime:
      if (is_plain_string(token)) return ValueOp::kTimeText;
      return is_number(token, 15, 0) ? ValueOp::kTimeMs : ValueOp::kAny;
    case ValueTarget::Kind::kId:
      return is_plain_string(token) ? ValueOp::kId : ValueOp::kAny;
    case ValueTarget::Kind::kField:
      return op_of_field(token, targets[0].field->field->type.kind);
    case ValueTarget::Kind::kUnknownType:
      break;
  }
  return ValueOp::kAny;
}

// Walks a line that is known to be good, and cuts it where its values stand.
class ShapeMaker {
 public:
  ShapeMaker(const DecodePlan& plan, EventTypeId type, std::string_view unknown)
      : plan_(plan), unknown_(unknown), targets_(plan.captures()), selects_(plan.captures()) {
    for (const TypeSelector& selector : plan.selectors()) {
      selects_[selector.capture.index()] = true;
    }
    if (type.valid()) look_as(plan.type(type));
  }

  bool make(const char* object) {
    text_ = object;
    nodes_ = {0};
    const char* p = skip_space(object + 1);
    while (true) {
      if (*p == '}') {
        ++p;
        nodes_.pop_back();
        if (nodes_.empty()) return cut(p, ValueOp::kEnd);
      } else {
        p = take_member(p);
        if (p == nullptr) return false;
        if (entered_) continue;
      }
      p = skip_space(p);
      if (*p == ',') p = skip_space(p + 1);
    }
  }

  // A line of an unknown type is told with the type's name: it has to stand there.
  [[nodiscard]] bool names_unknown() const { return unknown_.data() == nullptr || named_; }
  std::vector<ValueHole> take() { return std::move(holes_); }

 private:
  static constexpr std::uint32_t kNoNode = 0xffffffff;

  void look_as(const TypePlan& plan) {
    if (plan.time.valid()) targets_[plan.time.index()].push_back({ValueTarget::Kind::kTime});
    if (plan.id.valid()) targets_[plan.id.index()].push_back({ValueTarget::Kind::kId});
    for (const FieldPlan& field : plan.fields) {
      targets_[field.capture.index()].push_back({ValueTarget::Kind::kField, &field});
    }
  }
  [[nodiscard]] bool is_wanted(CaptureId id) const {
    return id.valid() && (selects_[id.index()] || !targets_[id.index()].empty());
  }
  [[nodiscard]] bool leads_on(const PathNode& node) const {
    return std::ranges::any_of(node.below, [this](CaptureId id) { return is_wanted(id); });
  }

  // From a key to behind its value, or to the first key of an object that it steps into; null if
  // no shape says this.
  const char* take_member(const char* p) {
    ScanFault fault;
    Token key;
    p = skip_space(scan_scalar(p, key, fault));
    p = skip_space(p + 1);
    const std::uint32_t child = find_child(key);
    entered_ = false;
    if (child == kNoNode) return take_value(p, nullptr);
    const PathNode& node = plan_.nodes()[child];
    const bool inner = leads_on(node);
    if (!inner && !is_wanted(node.capture)) return take_value(p, nullptr);
    if (!inner) return take_value(p, &node);
    if (*p == '{' && !is_wanted(node.capture)) {
      nodes_.push_back(child);
      entered_ = true;
      return skip_space(p + 1);
    }
    Token token;
    p = scan_value(p, token, fault);
    return token.kind == TokenKind::kNull ? p : nullptr;
  }

  [[nodiscard]] std::uint32_t find_child(const Token& key) {
    std::string name(key.text());
    if (key.escaped) name.resize(unescape(key.text(), name.data()));
    const auto& children = plan_.nodes()[nodes_.back()].children;
    const auto found = children.find(name);
    return found == children.end() ? kNoNode : found->second;
  }

  const char* take_value(const char* p, const PathNode* node) {
    ScanFault fault;
    Token token;
    const char* const end = scan_value(p, token, fault);
    std::vector<ValueTarget> targets;
    if (node != nullptr) targets = targets_[node->capture.index()];
    if (node == nullptr || !selects_[node->capture.index()]) {
      const ValueOp op = op_of(token, targets);
      if (!cut(p, op)) return nullptr;
      text_ = end;
      holes_.back().targets = std::move(targets);
      return end;
    }
    // What says the type is part of the text, which may then be looked at as well.
    if (unknown_.data() == token.begin && !token.escaped) {
      targets.push_back({ValueTarget::Kind::kUnknownType});
      named_ = true;
    }
    if (targets.empty()) return end;
    if (!cut(end, ValueOp::kGiven)) return nullptr;
    text_ = end;
    holes_.back().targets = std::move(targets);
    holes_.back().given = token;
    return end;
  }

  // The text up to p, and then a value.
  bool cut(const char* p, ValueOp op) {
    const auto size = static_cast<std::size_t>(p - text_);
    bytes_ += size;
    if (holes_.size() == LineShape::kMostHoles || bytes_ > LineShape::kMostTextBytes) return false;
    holes_.push_back({std::string(text_, size), op, {}, {}});
    return true;
  }

  const DecodePlan& plan_;
  std::string_view unknown_;
  std::vector<std::vector<ValueTarget>> targets_;  // by capture
  std::vector<bool> selects_;                      // by capture: it says the type
  std::vector<std::uint32_t> nodes_;               // of the objects around
  const char* text_ = nullptr;                     // where the text of the next hole begins
  std::size_t bytes_ = 0;
  std::vector<ValueHole> holes_;
  bool entered_ = false;
  bool named_ = false;
};

LineShape::Step step_of(std::string_view text, ValueOp op, std::size_t hole) {
  LineShape::Step step;
  std::memcpy(step.text, text.data(), text.size());
  step.ignored = text.size() == LineShape::kTextBytes ? 0 : ~std::uint32_t{0} << text.size();
  step.size = static_cast<std::uint32_t>(text.size());
  step.op = op;
  step.hole = static_cast<std::uint32_t>(hole);
  return step;
}

}  // namespace

LineShape::LineShape(const DecodePlan& plan, EventTypeId type, std::vector<ValueHole> holes)
    : type_(type), holes_(std::move(holes)) {
  if (type.valid()) slots_ = plan.type(type).type->fields.size();
  present_.resize(presence_words(slots_));
  row_bytes_ = slots_ * sizeof(Value) + present_.size() * sizeof(std::uint64_t);
  for (const ValueHole& hole : holes_) {
    for (const ValueTarget& target : hole.targets) {
      if (target.field != nullptr) set_present(present_.data(), target.field->slot);
    }
  }
  lay_steps();
}

void LineShape::lay_steps() {
  steps_.clear();
  bool quoted = false;  // the value before
  for (std::size_t i = 0; i < holes_.size(); ++i) {
    const ValueHole& hole = holes_[i];
    std::string text = quoted ? "\"" + hole.text : hole.text;
    quoted = is_inside_quotes(hole.op);
    if (quoted) text += '"';
    std::string_view rest = text;
    for (; rest.size() > kTextBytes; rest.remove_prefix(kTextBytes)) {
      steps_.push_back(step_of(rest.substr(0, kTextBytes), ValueOp::kMore, i));
    }
    steps_.push_back(step_of(rest, hole.op, i));
    if (hole.targets.size() == 1 && hole.targets[0].field != nullptr) {
      steps_.back().slot = hole.targets[0].field->slot;
    }
  }
  habits_.assign(steps_.size(), {});
}

std::size_t LineShape::common_steps(const LineShape& other) const {
  if (type_ != other.type_) return 0;
  const std::size_t most = std::min(steps_.size(), other.steps_.size());
  for (std::size_t i = 0; i < most; ++i) {
    const Step& a = steps_[i];
    const Step& b = other.steps_[i];
    if (a.size != b.size || std::memcmp(a.text, b.text, a.size) != 0 || a.op != b.op) return i;
  }
  return most;
}

void LineShape::name_prefixes(const LineShape* other, std::size_t common, std::uint64_t& last) {
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    const bool shared = other != nullptr && i <= common && i < other->steps_.size();
    steps_[i].prefix = shared ? other->steps_[i].prefix : ++last;
  }
}

void LineShape::measure(const char* line) {
  const char* p = line;
  for (std::size_t i = 0; steps_[i].op != ValueOp::kEnd; ++i) {
    Step& step = steps_[i];
    p += step.size;
    if (step.op == ValueOp::kMore || step.op == ValueOp::kGiven) continue;
    Token ignored;
    ScanFault fault;
    const char* const end =
        is_inside_quotes(step.op) ? find_string_stop(p) : scan_value(p, ignored, fault);
    const auto size = static_cast<std::uint32_t>(end - p);
    Habit& habit = habits_[i];
    habit = {size, habit.size == size ? habit.times + 1 : 1};
    step.usual = habit.times < kSteady ? kNoUsual : size;
    p = end;
  }
}

bool LineShape::has_text_of(const LineShape& other) const {
  return std::ranges::equal(holes_, other.holes_, {}, &ValueHole::text, &ValueHole::text);
}

void LineShape::widen(const LineShape& other) {
  for (std::size_t i = 0; i < holes_.size(); ++i) {
    if (holes_[i].op != other.holes_[i].op) holes_[i].op = ValueOp::kAny;
  }
  lay_steps();
}

std::optional<LineShape> make_line_shape(const DecodePlan& plan, EventTypeId type,
                                         std::string_view object, std::string_view unknown) {
  ShapeMaker maker(plan, type, unknown);
  if (!maker.make(object.data()) || !maker.names_unknown()) return std::nullopt;
  return LineShape(plan, type, maker.take());
}

}  // namespace weir::event
