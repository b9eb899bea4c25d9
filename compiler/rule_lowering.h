// A rule's pattern to its automaton: conditions compiled for every position, registers laid out,
// what is live on each edge, which symbols can matter to it.
//
// Used by the rule compiler, in this order: construct; lower(); compile having and outcomes
// against registers() and part_views(); finish(). Not thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "compiler/expr_compiler.h"
#include "compiler/expr_scope.h"
#include "compiler/image_builder.h"
#include "compiler/implications.h"
#include "compiler/pattern_graph.h"
#include "dsl/ast.h"
#include "dsl/diagnostic.h"
#include "nfa/image.h"

namespace weir::compiler {

struct LoweringInput {
  const dsl::Ast* ast = nullptr;
  const event::Schema* schema = nullptr;
  const Declarations* declarations = nullptr;
  Features* features = nullptr;
  FieldReads* reads = nullptr;
  const PatternGraph* graph = nullptr;
  std::vector<std::uint8_t> part_key;  // by graph part: index in RuleImage::keys
  std::uint32_t rule = 0;              // its index in the image
  std::int64_t within_ms = nfa::kNoLimit;
  std::uint32_t limit = 10'000;
  bool has_timeout = false;
  bool even_when_warming = false;
};

class RuleLowering {
 public:
  RuleLowering(LoweringInput input, ImageBuilder& image, dsl::Diagnostics& diagnostics);

  // Compiles every condition of the pattern. False if that gave errors; then finish() is not to
  // be called, but having and outcomes may still be compiled, for their own diagnostics.
  [[nodiscard]] bool lower();

  // The rule's registers: having and outcomes add theirs.
  [[nodiscard]] nfa::RegisterTable& registers() { return registers_; }
  // What having and outcomes see: every name that some chain binds, and each unnamed part under
  // its type's name where that is unique. PartView::part is an index of Automaton::names.
  [[nodiscard]] std::vector<PartView> part_views() const;

  // Of the first part: what each type of event that it takes has to satisfy.
  [[nodiscard]] const std::vector<EventConditions>& event_conditions() const { return first_part_; }

  // Lays out the registers and fills rule.automaton and rule.condition_texts.
  void finish(nfa::RuleImage& rule);

 private:
  struct PartConditions {  // of one part, for one range of counts: by local type
    std::vector<std::optional<CompiledCondition>> by_type;  // nullopt: not of that type
  };
  struct NameInfo {
    std::string name;
    std::vector<event::EventTypeId> types;
    bool repeated = false;
  };

  void note_first_part(event::EventTypeId type, const std::vector<Conjunct>& conjuncts);
  void collect_names();
  void collect_types();
  [[nodiscard]] ExprScope scope_of(PartIndex part, std::uint32_t count_min,
                                   std::uint32_t count_max);
  [[nodiscard]] PartView view_of(PartIndex part, CountRange count) const;
  [[nodiscard]] CountRange count_after(PartIndex part) const;
  [[nodiscard]] bool compile_part(PartIndex part, std::uint32_t count_min, std::uint32_t count_max,
                                  nfa::AcceptorId* out);
  [[nodiscard]] std::uint8_t intern_symbol(std::size_t local,
                                           const std::vector<nfa::PredicateId>& all);
  void retain(PartIndex part, event::EventTypeId type);
  [[nodiscard]] nfa::AcceptorId absence(PartIndex part);
  void lower_edges();
  void mark_strict_edges();
  void lower_absences();
  void lay_out_registers();
  [[nodiscard]] std::int16_t keep_slot(std::size_t local, std::uint16_t slot);
  void keep_for_leading();
  void compute_liveness();
  void compute_interest();
  [[nodiscard]] nfa::SymbolMask symbols_of(nfa::Range<nfa::AcceptorId> list,
                                           std::size_t local) const;
  [[nodiscard]] nfa::SymbolMask symbol_of(nfa::AcceptorId acceptor, std::size_t local) const;
  void read_by(nfa::AcceptorId acceptor, std::uint64_t* events, std::uint64_t* aggregates) const;

  LoweringInput input_;
  ImageBuilder& image_;
  dsl::Diagnostics& diagnostics_;
  nfa::RegisterTable registers_;
  nfa::Automaton automaton_;
  std::vector<NameInfo> names_;
  std::vector<std::uint16_t> name_of_part_;  // by graph part; 0xFFFF: none
  std::map<std::tuple<PartIndex, std::uint32_t, std::uint32_t>, nfa::AcceptorId> acceptors_;
  std::vector<std::vector<std::vector<nfa::ConditionText>>> texts_;  // by acceptor and local type
  std::vector<EventConditions> first_part_;
  bool failed_ = false;
};

}  // namespace weir::compiler
