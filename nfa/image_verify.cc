// Invariants of an image as a whole; those of one automaton are in nfa/automaton_verify.cc, those
// of a program in nfa/verify.cc.
#include <algorithm>
#include <string>

#include "nfa/automaton_verify.h"
#include "nfa/chain_verify.h"
#include "nfa/feature_verify.h"
#include "nfa/image.h"

namespace weir::nfa {

namespace {

class ImageVerifier {
 public:
  explicit ImageVerifier(const Image& image) : image_(image) {}

  base::Result<void> run() {
    check_schema();
    check_sizes();
    if (sound()) check_data();
    for (const auto& rule : image_.rules) {
      if (sound()) check_keys(rule);
    }
    if (sound()) {
      if (auto programs = check_programs(); !programs) return programs;
    }
    if (sound()) need_sound(verify_features(image_));
    for (std::uint32_t r = 0; sound() && r < image_.rules.size(); ++r) {
      if (auto automaton = verify_automaton(image_, r); !automaton) return automaton;
      if (auto rule = check_rule(r); !rule) return rule;
    }
    if (sound()) check_thresholds();
    if (sound()) need_sound(verify_chains(image_));
    if (sound()) return {};
    return base::fail(base::ErrorCode::kCorrupt, "the compiled ruleset is damaged: " + wrong_);
  }

 private:
  [[nodiscard]] bool sound() const { return wrong_.empty(); }
  void need(bool holds, const char* what) {
    if (!holds && wrong_.empty()) wrong_ = what;
  }

  void need_sound(const char* wrong) {
    if (wrong != nullptr) wrong_ = wrong;
  }

  // ---- tables -----------------------------------------------------------------------------------

  void check_type(const event::Type& type) {
    const auto kind = type.is_list() ? type.element : type.kind;
    need(kind == event::TypeKind::kEnum || type.constants.empty(), "a type with constants");
  }

  void check_schema() {
    for (const auto& type : image_.schema.types) {
      need(!type.name.empty(), "an event type without a name");
      need(type.is_input() || (type.time_path.empty() && type.id_path.empty()),
           "the place of an event that the engine makes");
      need(type.fields.size() <= Operand::kMaxIndex, "an event type with too many fields");
      bool derived = false;
      for (const auto& field : type.fields) {
        need(!field.name.empty() && field.path.empty() == field.derived, "a field without a name");
        need(field.derived || !derived, "a declared field behind a derived one");
        need(!field.derived || (field.optional && !field.read), "a derived field");
        derived = field.derived;
        check_type(field.type);
      }
    }
  }

  void check_sizes() {
    need(!image_.decisions.empty() && image_.decisions.size() < 0x7FFFFFFF, "the decisions");
    need(image_.program_rule.size() == image_.programs.size(), "the owners of conditions");
    need(image_.lists.size() <= 0xFFFF && image_.tables.size() <= 0xFFFF, "too many lists");
    for (const auto& desc : image_.threshold_registers) {
      // The summed score is the one value that there is.
      need(image_.threshold_registers.size() == 1 && desc.type.kind == event::TypeKind::kDecimal,
           "the registers of thresholds");
    }
  }

  void check_data() {
    for (const auto& list : image_.lists) {
      check_type(list.type);
      need(!list.type.is_list() && value_class(list.type) == list.values.value_class(), "a list");
    }
    for (const auto& table : image_.tables) {
      need(table.rows.key() < table.rows.columns().size(), "the key of a table");
    }
  }

  // Every key expression gives values of the same classes, whatever the event type.
  void check_keys(const RuleImage& rule) {
    need(rule.keyed == !rule.keys.empty(), "a key");
    need(rule.keys_by_part == (rule.keys.size() > 1), "keys by part");
    need(rule.keys.empty() || rule.shown_key < rule.keys.size(), "the key that is shown");
    for (const auto& key : rule.keys) check_key(key);
    if (!sound()) return;
    const auto wanted = key_classes(image_, rule);
    for (const auto& key : rule.keys) {
      for (std::size_t type = 0; type < key.slots.size(); ++type) {
        const auto& slots = key.slots[type];
        if (slots.empty()) continue;
        need(slots.size() == wanted.size(), "the fields of a key");
        for (std::size_t i = 0; sound() && i < slots.size(); ++i) {
          const auto& field = image_.schema.types[type].fields[slots[i]];
          need(value_class(field.type) == wanted[i], "the type of a key");
        }
      }
    }
    check_key_types(rule);
  }

  void check_key(const KeyExpr& key) {
    need(!key.fields.empty(), "a key without fields");
    need(key.slots.size() == image_.schema.types.size(), "the fields of a key");
    for (std::size_t type = 0; sound() && type < key.slots.size(); ++type) {
      const auto& fields = image_.schema.types[type].fields;
      need(key.slots[type].empty() || key.slots[type].size() == key.fields.size(),
           "the fields of a key");
      for (const auto slot : key.slots[type]) {
        need(slot < fields.size() && !fields[slot].type.is_list() && !fields[slot].derived,
             "a field of a key");
      }
    }
  }

  void check_key_types(const RuleImage& rule) {
    const auto& types = rule.automaton.types;
    for (const auto& by_type : rule.key_types) need(by_type.size() == types.size(), "keys by type");
    if (!rule.keyed) return;
    need(rule.key_types.size() <= rule.keys.size(), "keys by type");
    for (const auto type : types) {
      need(type.valid() && type.index() < image_.schema.types.size(), "an event type");
      const bool keyed =
          sound() && (rule.keys_by_part || !rule.keys.front().slots[type.index()].empty());
      need(keyed, "an event type without a key");
    }
  }

  // ---- programs ---------------------------------------------------------------------------------

  base::Result<void> check_programs() {
    std::vector<ValueClass> lists;
    for (const auto& list : image_.lists) lists.push_back(list.values.value_class());
    std::vector<VerifyContext::Table> tables;
    for (const auto& table : image_.tables) tables.push_back(table.rows.shape());
    VerifyContext context;
    context.schema = &image_.schema;
    context.lists = lists;
    context.tables = tables;
    for (std::size_t i = 0; i < image_.programs.size(); ++i) {
      const auto owner = image_.program_rule[i];
      context.registers = {};
      if (owner == Image::kThresholds) {
        context.registers = image_.threshold_registers;
      } else if (owner != Image::kNoRule) {
        need(owner < image_.rules.size(), "the owner of a condition");
        if (!sound()) return {};
        context.registers = image_.rules[owner].automaton.registers;
      }
      if (auto checked = verify(image_.programs[i], context); !checked) return checked;
    }
    for (const auto id : image_.predicates) {
      need(id.valid() && id.index() < image_.programs.size(), "a condition");
      if (!sound()) return {};
      need(image_.program_rule[id.index()] == Image::kNoRule, "a shared condition");
      need(image_.programs[id.index()].condition, "a condition that is none");
    }
    return {};
  }

  void check_thresholds() {
    for (const auto& threshold : image_.thresholds) {
      check_decision(threshold.decision);
      need(threshold.decision >= 0, "the decision of a threshold");
      need(is_match_program(threshold.program, Image::kThresholds, true), "a threshold");
    }
  }

  void check_decision(std::int32_t decision) {
    need(decision >= -1 && decision < static_cast<std::int32_t>(image_.decisions.size()),
         "a decision");
  }

  // A program that runs without an event at hand.
  [[nodiscard]] bool is_match_program(ProgramId id, std::uint32_t owner, bool condition) const {
    if (!id.valid() || id.index() >= image_.programs.size()) return false;
    const auto actual = image_.program_rule[id.index()];
    const Program& program = image_.programs[id.index()];
    return (actual == owner || actual == Image::kNoRule) && !program.event_type.valid() &&
           program.condition == condition;
  }

  // ---- rules ------------------------------------------------------------------------------------

  base::Result<void> check_rule(std::uint32_t index) {
    const RuleImage& rule = image_.rules[index];
    for (const auto& condition : rule.having) {
      need(is_match_program(condition.program, index, true), "a condition of `having`");
      if (sound()) check_reads(condition.program, condition.registers, rule);
    }
    const bool named = rule.skip == SkipKind::kToFirst || rule.skip == SkipKind::kToLast;
    need(!named || rule.skip_name < rule.automaton.names.size(), "the part to skip to");
    need(rule.report >= 1, "the number of matches to report");
    need(rule.cooldown_ms >= 0, "the cooldown");
    const bool canary = rule.mode == RuleMode::kCanary;
    need(canary ? rule.canary_ppm >= 1 && rule.canary_ppm <= 1'000'000 : rule.canary_ppm == 0,
         "the share of a canary");
    need(rule.active_from_ms < rule.active_until_ms, "the times of activity");
    check_outcomes(rule.outcomes, index);
    need(rule.timeout.size() <= 1, "more than one timeout");
    need(rule.timeout.empty() || rule.automaton.keeps_timeouts, "a timeout that is not kept");
    for (const auto& timeout : rule.timeout) check_outcomes(timeout.outcomes, index);
    return check_texts(index);
  }

  void check_reads(ProgramId id, const std::vector<std::uint16_t>& registers,
                   const RuleImage& rule) {
    for (const auto reg : registers) need(reg < rule.automaton.registers.size(), "a register");
    for (const auto reg : image_.programs[id.index()].registers_read()) {
      need(std::ranges::find(registers, reg) != registers.end(),
           "a register that is read and not loaded");
    }
  }

  void check_value(const ValueExpr& value, std::uint32_t rule) {
    need(is_match_program(value.program, rule, false), "the value of an outcome");
    if (!sound()) return;
    check_type(value.type);
    need(image_.programs[value.program.index()].result == value.type, "the type of an outcome");
    check_reads(value.program, value.registers, image_.rules[rule]);
  }

  void check_outcomes(const Outcomes& outcomes, std::uint32_t rule) {
    check_decision(outcomes.decision);
    need(outcomes.score.size() <= 1, "more than one score");
    for (const auto& score : outcomes.score) {
      check_value(score, rule);
      need(score.type.kind == event::TypeKind::kDecimal, "the type of a score");
    }
    for (const auto& value : outcomes.reason_values) check_value(value, rule);
    for (const auto& emit : outcomes.emits) check_value(emit.value, rule);
    for (const auto& change : outcomes.list_changes) check_list_change(change, rule);
    for (const auto& segment : outcomes.reason) {
      need(segment.value < static_cast<std::int64_t>(outcomes.reason_values.size()), "a reason");
    }
  }

  void check_list_change(const Outcomes::ListChange& change, std::uint32_t rule) {
    check_value(change.value, rule);
    need(change.list < image_.lists.size(), "the list that an outcome changes");
    need(change.ttl_ms >= Outcomes::ListChange::kForEver, "a time to live");
    if (!sound()) return;
    const ListImage& list = image_.lists[change.list];
    need(value_class(change.value.type) == list.values.value_class(), "a value of a list");
    const RuleMode mode = image_.rules[rule].mode;
    const bool may = mode == RuleMode::kLive || mode == RuleMode::kCanary;
    need(list.changes || !may, "a list that changes");
  }

  // What `explain` says of each condition: beside the acceptors, with programs of its own.
  base::Result<void> check_texts(std::uint32_t index) {
    const RuleImage& rule = image_.rules[index];
    const auto& automaton = rule.automaton;
    need(rule.condition_texts.size() == automaton.acceptors.size(), "the texts of conditions");
    VerifyContext context;
    context.schema = &image_.schema;
    context.registers = automaton.registers;
    std::vector<ValueClass> lists;
    for (const auto& list : image_.lists) lists.push_back(list.values.value_class());
    std::vector<VerifyContext::Table> tables;
    for (const auto& table : image_.tables) tables.push_back(table.rows.shape());
    context.lists = lists;
    context.tables = tables;
    for (const auto& by_type : rule.condition_texts) {
      need(by_type.size() == automaton.types.size(), "the texts of conditions");
      for (std::size_t local = 0; sound() && local < by_type.size(); ++local) {
        for (const auto& text : by_type[local]) {
          if (auto checked = check_text(text.values, automaton.types[local], context); !checked) {
            return checked;
          }
        }
      }
    }
    return {};
  }

  base::Result<void> check_text(const ExplainTemplate& text, event::EventTypeId type,
                                const VerifyContext& context) {
    for (const auto& segment : text.segments) {
      if (!segment.has_value) continue;
      need(!segment.value.condition, "a value in a text");
      need(segment.value.slots_read().empty() || segment.value.event_type == type,
           "a value in a text");
      if (auto checked = verify(segment.value, context); !checked) return checked;
    }
    return {};
  }

  const Image& image_;
  std::string wrong_;
};

}  // namespace

base::Result<void> verify_image(const Image& image) { return ImageVerifier(image).run(); }

}  // namespace weir::nfa
