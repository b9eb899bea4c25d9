// The features of a compilation (language L4.1, L4.2): from their syntax to FeatureImage, each
// once, and the derived slots in which their values are read (nfa/feature.h).
//
// Made by compile() when all declarations are gathered; the expression compiler asks it for what a
// condition names or writes, and a feature is compiled when it is first asked for. What nothing
// asks for is checked, but stays out of the image. Not thread-safe.
//
// Invariants
// 1. Features are equal by what they mean: the same source, conditions, aggregate, field, key and
//    window, whatever they are called and in whatever order their conditions stand.
// 2. A feature gets its place in the image when it is first read, so one that reads others in its
//    conditions stands behind them. They may do so kMaxDepth deep, and not in a circle.
// 3. Nothing here may be called while a reference to the fields of an event type is held: reads
//    add slots to them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "compiler/declarations.h"
#include "compiler/expr_compiler.h"
#include "nfa/feature.h"

namespace weir::compiler {

using FeatureId = base::Id<struct FeatureTag>;

// One part of a read's key, as the expression compiler has it.
struct FeatureKeyPart {
  std::uint16_t slot = nfa::FeatureImage::kNoSlot;
  nfa::Program program;   // if there is no slot
  std::string canonical;  // of the program
};

struct FeatureSlot {
  std::uint16_t slot = 0;
  bool may_be_absent = false;
  std::string identity;  // the feature's, and what makes the key
};

// An aggregate that stands in an expression, and what is around it.
struct InlineAggregate {
  const dsl::Ast* ast = nullptr;
  dsl::AggregateId id;
  std::map<std::string, BoundConstant, std::less<>> constants;  // arguments of a define
  std::set<std::string, std::less<>> outer_names;               // that mean nothing within it
  const dsl::Aggregate* written = nullptr;  // what stands there, with what is said elsewhere
};

class Features {
 public:
  static constexpr std::size_t kMaxDepth = 32;

  Features(const CompileContext& context, const Declared& declared)
      : context_(context), declared_(declared) {}

  // One that is declared; nothing if it is wrong, which is reported once.
  [[nodiscard]] std::optional<FeatureId> named(const std::string& name);
  // One that stands in an expression; nothing if it is wrong, which `diagnostics` are told.
  [[nodiscard]] std::optional<FeatureId> unnamed(const InlineAggregate& aggregate,
                                                 dsl::Diagnostics& diagnostics);
  // A column of a stream, which nothing reads; nothing if it is wrong. The fields that it is made
  // of count as read.
  [[nodiscard]] std::optional<nfa::FeatureImage> column(const InlineAggregate& aggregate,
                                                        dsl::Diagnostics& diagnostics);
  // The same with another aggregate; nothing if its field has no such aggregate.
  [[nodiscard]] std::optional<FeatureId> with_aggregate(FeatureId id, nfa::AggregateKind kind);

  [[nodiscard]] const nfa::FeatureImage& operator[](FeatureId id) const {
    return entries_[id.index()].image;
  }
  // The first name, or the text of one that has none.
  [[nodiscard]] std::string shown(FeatureId id) const;
  // Of the key's field at a place.
  [[nodiscard]] const event::Type& key_type(FeatureId id, std::size_t place) const;

  // The slot in which events of the type carry the feature's value for that key. `shown` names it
  // for people. Nothing: the type has no room for it.
  [[nodiscard]] std::optional<FeatureSlot> read(event::EventTypeId type, FeatureId id,
                                                std::vector<FeatureKeyPart> key,
                                                const std::string& shown);
  // Has a place in the image though no event carries its value.
  void keep(FeatureId id) { (void)place_of(id); }

  // ---- alerts as events (compiler/chains.h) ----
  // Events of the type come into being at this stage.
  void set_stage(event::EventTypeId type, std::uint32_t stage) {
    if (type.valid() && stage > 0) stages_[type] = stage;
  }

  // ---- for hashes (compiler/rule_hash.h) ----
  // `shadow`: the rule that asks from now on sees alerts of shadow rules (L5.3).
  void begin_rule(bool shadow) {
    unnamed_of_rule_.clear();
    shadow_ = shadow;
  }
  // Of a feature by its name; empty if it is wrong.
  [[nodiscard]] std::string identity_of(const std::string& name);
  // Of the aggregate at this place, as the present rule has asked for it.
  [[nodiscard]] const std::set<std::string>& identities_of(const dsl::Ast& ast,
                                                           dsl::AggregateId id) const;
  // Of the slot that a read was given.
  [[nodiscard]] const std::string& identity_of(event::EventTypeId type, std::uint16_t slot) const;

  // Reports what is wrong with the features that nothing has asked for.
  void check_others();
  // Fills Image::features. Reads are in it already.
  void finish();
  // Fields that features and the keys of their reads are made of.
  [[nodiscard]] const FieldReads& field_reads() const { return field_reads_; }

 private:
  struct Entry {
    nfa::FeatureImage image;
    std::vector<std::string> conditions;  // canonical, sorted: what its identity is made of
    std::int32_t place = -1;              // in the image
  };
  struct Named {
    bool open = false;      // being compiled
    bool circular = false;  // it reads itself
    bool hides = false;     // it leaves out alerts that who asks does not see
    std::optional<FeatureId> id;
  };

  std::optional<FeatureId> compile(const InlineAggregate& aggregate, dsl::Diagnostics& diagnostics);
  bool compile_where(const InlineAggregate& aggregate, Entry& entry, dsl::Diagnostics& diagnostics);
  static void too_deep(const dsl::Aggregate& aggregate, dsl::Diagnostics& diagnostics);
  void report_circle(const std::string& name);
  FeatureId intern(Entry entry);
  [[nodiscard]] std::string identity(const Entry& entry) const;
  std::uint32_t place_of(FeatureId id);
  void note_reads(const nfa::FeatureImage& image);
  void add_name(FeatureId id, const std::string& name);
  void hide(Entry& entry);
  void find_level(Entry& entry) const;
  [[nodiscard]] bool is_hidden(const std::string& event_type) const {
    return !shadow_ && declared_.shadow_alerts.contains(event_type);
  }
  // By name, and for whom where that makes a difference.
  [[nodiscard]] std::string name_for_reader(const std::string& name) const {
    return shadow_ && !declared_.shadow_alerts.empty() ? name + " in shadow" : name;
  }

  const CompileContext& context_;
  const Declared& declared_;
  std::vector<Entry> entries_;
  std::map<std::string, FeatureId> by_identity_;
  std::vector<FeatureId> order_;  // by place in the image
  std::map<std::string, Named, std::less<>> named_;
  std::map<std::pair<const dsl::Ast*, std::uint32_t>, std::set<std::string>> unnamed_of_rule_;
  struct Slot {
    std::uint32_t feature = 0;  // place in the image
    std::string identity;
  };
  std::map<std::pair<event::EventTypeId, std::string>, std::uint16_t> reads_;  // by identity
  std::map<std::pair<event::EventTypeId, std::uint16_t>, Slot> slots_;
  std::map<std::pair<event::EventTypeId, std::string>, nfa::ProgramId> key_programs_;
  std::vector<std::string> open_;  // features being compiled, the innermost last
  FieldReads field_reads_;
  std::size_t depth_ = 0;
  std::map<event::EventTypeId, std::uint32_t> stages_;  // of events that the engine makes
  bool shadow_ = false;
  bool hides_ = false;  // the feature being compiled, as Named::hides
};

}  // namespace weir::compiler
