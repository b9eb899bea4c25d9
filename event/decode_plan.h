// Which parts of a record matter, worked out once from a schema: the paths that some type looks
// at as a tree, how the type is found, and per type what goes into which slot. Used by the readers.
// Immutable once built; refers to the schema, which must outlive it.
//
// Invariants
// 1. Every path that stands in some type as a read field, time, id or type has one CaptureId.
// 2. Node 0 is the record itself; a child's index is greater than its parent's.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/error.h"
#include "event/reader.h"
#include "event/schema.h"
#include "event/token.h"

namespace weir::event {

struct StringHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const {
    return std::hash<std::string_view>{}(text);
  }
};
template <typename T>
using StringMap = std::unordered_map<std::string, T, StringHash, std::equal_to<>>;

struct PathNode {
  StringMap<std::uint32_t> children;  // by key
  CaptureId capture;                  // valid if the value here is itself wanted
  std::vector<CaptureId> below;       // all captures strictly below
};

// What an enum's text is looked up in; small sets are compared one by one.
class ConstantTable {
 public:
  explicit ConstantTable(const std::vector<std::string>& constants);
  [[nodiscard]] std::int64_t find(std::string_view text) const;  // -1 if it is none

 private:
  static constexpr std::size_t kFew = 8;
  const std::vector<std::string>* constants_;
  StringMap<std::int64_t> by_text_;  // only if there are many
};

struct FieldPlan {
  const Field* field;
  std::uint32_t slot;
  CaptureId capture;
  ConstantTable constants;  // of the field's enum
  // A label that is read for a backtest, not for --strict: no value of it makes a record bad. What
  // its type does not take is absent and counted; text is also a bool or number, as it is written.
  bool is_label = false;
};

struct TypePlan {
  const EventType* type;
  CaptureId time;                 // invalid if the type has no time (rows of tables)
  CaptureId id;                   // invalid if the type has no identity
  std::vector<FieldPlan> fields;  // those to parse, in slot order
};

// One place where a type may be named, and what each text there means.
struct TypeSelector {
  CaptureId capture;
  std::vector<std::string> path;
  StringMap<EventTypeId> by_value;
};

class DecodePlan {
 public:
  [[nodiscard]] static base::Result<DecodePlan> build(const Schema& schema,
                                                      const ReaderOptions& options);

  [[nodiscard]] const std::vector<PathNode>& nodes() const { return nodes_; }
  [[nodiscard]] std::size_t captures() const { return capture_names_.size(); }
  // By CaptureId: the path, joined by dots.
  [[nodiscard]] const std::vector<std::string>& capture_names() const { return capture_names_; }
  [[nodiscard]] const std::vector<TypeSelector>& selectors() const { return selectors_; }
  // The type that all records are of, or none.
  [[nodiscard]] EventTypeId forced_type() const { return forced_type_; }
  [[nodiscard]] const TypePlan& type(EventTypeId id) const { return types_[id.index()]; }

 private:
  void add_type(const EventType& type, bool strict);
  void add_selectors(const Schema& schema);
  [[nodiscard]] CaptureId capture(const std::vector<std::string>& path);
  void link_below();

  std::vector<PathNode> nodes_;
  std::vector<std::uint32_t> parents_;  // beside nodes_
  std::vector<std::string> capture_names_;
  std::vector<TypePlan> types_;  // by EventTypeId
  std::vector<TypeSelector> selectors_;
  EventTypeId forced_type_;
};

// a.b.c, as messages and CSV headers write a path.
[[nodiscard]] std::string join_path(const std::vector<std::string>& path);

}  // namespace weir::event
