#include "apps/schema/schema_inference.h"

#include <algorithm>
#include <array>
#include <set>
#include <unordered_set>

#include "apps/schema/field_names.h"

namespace weir::apps {
namespace {

constexpr std::array<std::string_view, 5> kTypeFields = {"type", "event_type", "event", "kind",
                                                         "record_type"};
constexpr size_t kMaxFieldsPerEvent = 2'000;
constexpr size_t kMaxKeys = 3;
constexpr std::string_view kTimeField = "ts";  // the name under which conditions know the time

// The value that names the record's type, or null.
const FieldValue* FindType(const Record& record) {
  for (const std::string_view name : kTypeFields) {
    for (const FieldValue& value : record) {
      if (value.path == name && value.shape == ValueShape::kScalar &&
          value.kind == ScalarKind::kString) {
        return &value;
      }
    }
  }
  return nullptr;
}

std::string Counted(uint64_t count, std::string_view noun) {
  return std::to_string(count) + " " + std::string(noun) + (count == 1 ? "" : "s");
}

// Which fields play which part in an event; null where none does.
struct Roles {
  const FieldStatistics* time = nullptr;
  const FieldStatistics* id = nullptr;
  const FieldStatistics* label = nullptr;
};

// True if rank, not 0, beats that of `best`.
bool Better(int rank, int best_rank) { return rank > 0 && (best_rank == 0 || rank < best_rank); }

template <typename Fields>
Roles AssignRoles(const Fields& fields, uint64_t records) {
  Roles roles;
  int time_rank = 0;
  int id_rank = 0;
  for (const FieldStatistics& field : fields) {
    if (field.opaque() > 0) continue;
    const bool always = field.present() == records;
    // A time by any name is better than none.
    const int rank = TimeRank(field.path()) > 0 ? TimeRank(field.path()) : 100;
    const bool named = rank < 100 || SuggestsTime(field.path());
    const bool text_time = field.Guess(false).type == "time";
    if (always && field.IsTime() && (named || text_time) && Better(rank, time_rank)) {
      roles.time = &field;
      time_rank = rank;
    }
    if (always && field.IsUnique() && Better(IdRank(field.path()), id_rank)) {
      roles.id = &field;
      id_rank = IdRank(field.path());
    }
    const bool label = SuggestsLabel(field.path()) && field.present() > 0 &&
                       (field.IsBinary() || field.Guess(false).type.starts_with("enum") ||
                        field.path().find("fraud") != std::string::npos);
    if (label && roles.label == nullptr) roles.label = &field;
  }
  return roles;
}

// What a reader should know about the field, or nothing.
std::string NoteOf(const FieldStatistics& field, const TypeGuess& guess, const Roles& roles) {
  std::vector<std::string> notes;
  if (!guess.known) notes.emplace_back("no value in this file: the type is a guess");
  if (guess.misfits > 0) notes.push_back(Counted(guess.misfits, "value") + " of another type");
  if (field.opaque() > 0) {
    notes.push_back(Counted(field.opaque(), "value") + " that no field can hold");
  }
  if (field.repeated() > 0) {
    notes.push_back("twice in " + Counted(field.repeated(), "record"));
  }
  if (&field != roles.time && SuggestsTime(field.path()) && guess.type != "time" && guess.known) {
    if (field.LooksLikeEpochSeconds()) {
      notes.emplace_back("seconds? a time is in milliseconds or RFC 3339");
    } else if (guess.type == "string") {
      notes.emplace_back("not read as a time: it would be RFC 3339 with an offset");
    }
  }
  if (&field != roles.id && field.path() == "id") notes.emplace_back("not unique");
  std::string text;
  for (const std::string& note : notes) text += (text.empty() ? "" : "; ") + note;
  return text;
}

// Names that the rest of the event should not use for something else.
std::set<std::string> ReservedNames(const Roles& roles) {
  std::set<std::string> taken;
  if (roles.time != nullptr) taken.insert(std::string(kTimeField));
  return taken;
}

}  // namespace

void SchemaInference::AddLine(std::string_view line) {
  const bool blank = line.find_first_not_of(" \t\r") == std::string_view::npos;
  if (options_.format == InputFormat::kCsv) {
    if (blank && !csv_.incomplete()) return;
    switch (csv_.ReadLine(line, record_)) {
      case CsvReader::Result::kRecord:
        AddRecord(record_);
        return;
      case CsvReader::Result::kMalformed:
        ++malformed_;
        return;
      case CsvReader::Result::kHeader:
      case CsvReader::Result::kIncomplete:
        return;
    }
  }
  if (blank) return;
  if (const std::optional<Record> record = ReadJsonRecord(line)) {
    AddRecord(*record);
  } else {
    ++malformed_;
  }
}

SchemaInference::Group* SchemaInference::FindGroup(const Record& record) {
  const FieldValue* type = FindType(record);
  std::pair<std::string, std::string> key;
  if (type != nullptr) key = {type->path, type->text};
  const auto found = groups_by_type_.find(key);
  if (found != groups_by_type_.end()) return &groups_[found->second];
  if (groups_.size() >= kMaxEvents) return nullptr;
  groups_by_type_.emplace(key, groups_.size());
  Group& group = groups_.emplace_back();
  group.type_field = key.first;
  group.type_value = key.second;
  return &group;
}

void SchemaInference::AddRecord(const Record& record) {
  ++records_;
  Group* group = FindGroup(record);
  if (group == nullptr) {
    ++undeclared_;
    return;
  }
  ++group->records;
  for (const FieldValue& value : record) {
    if (!group->type_field.empty() && value.path == group->type_field) continue;
    const auto [at, added] = group->positions.try_emplace(value.path, group->fields.size());
    if (added) {
      if (group->fields.size() >= kMaxFieldsPerEvent) {
        group->positions.erase(at);
        continue;
      }
      group->fields.emplace_back(value.path);
    }
    group->fields[at->second].Add(value);
  }
}

EventProposal SchemaInference::ProposeEvent(const Group& group, std::string name,
                                            std::span<const std::string> keys) const {
  EventProposal event{.name = std::move(name),
                      .type_field = group.type_field,
                      .type_value = group.type_value,
                      .records = group.records};
  const bool untyped_cells = options_.format == InputFormat::kCsv;
  const Roles roles = AssignRoles(group.fields, group.records);
  if (roles.time == nullptr) {
    event.notes.emplace_back("no field is a time in every record: give one as `time ts from ...`");
  }
  std::set<std::string> taken = ReservedNames(roles);
  std::map<std::string, std::string> names;  // by path; what can be a key
  for (const FieldStatistics& field : group.fields) {
    if (field.opaque() > 0 && field.present() == 0) {
      event.notes.push_back("left out, no field can hold it: " + field.path());
      continue;
    }
    const TypeGuess guess = field.Guess(untyped_cells);
    FieldProposal proposal{.type = guess.type,
                           .optional = field.present() < group.records,
                           .path = field.path(),
                           .note = NoteOf(field, guess, roles)};
    if (&field == roles.time) {
      proposal.role = "time";
      proposal.name = kTimeField;
    } else {
      proposal.name = MakeIdentifier(field.path(), taken);
      if (&field == roles.id) proposal.role = "id";
      if (&field == roles.label) {
        proposal.role = "label";
        // A kind of fraud that this file does not show is a label all the same.
        if (guess.type.starts_with("enum")) proposal.type = "string";
      }
      if (proposal.role.empty() && guess.type == "string" && SuggestsPersonalData(field.path())) {
        proposal.role = "pii";
      }
    }
    if (proposal.role.empty() || proposal.role == "pii") names[field.path()] = proposal.name;
    event.fields.push_back(std::move(proposal));
  }
  for (const std::string& path : keys) {
    if (event.likely_keys.size() == kMaxKeys) break;
    const auto named = names.find(path);
    if (named != names.end()) event.likely_keys.push_back(named->second);
  }
  return event;
}

// The paths whose values come again and again, over the events of all types: a key ties a login to
// a transfer, so one type alone does not show it. Best first.
std::vector<std::string> SchemaInference::FindKeys() const {
  struct Use {
    uint64_t values = 0;
    std::unordered_set<uint64_t> distinct;
  };
  std::map<std::string, Use> uses;
  for (const Group& group : groups_) {
    for (const FieldStatistics& field : group.fields) {
      if (KeyRank(field.path()) == 0 || field.opaque() > 0) continue;
      Use& use = uses[field.path()];
      use.values += field.sampled();
      use.distinct.insert(field.hashes().begin(), field.hashes().end());
    }
  }
  std::vector<std::string> keys;
  for (const auto& [path, use] : uses) {
    const size_t distinct = use.distinct.size();
    if (distinct > 1 && use.values * 2 >= distinct * 3) keys.push_back(path);
  }
  std::ranges::sort(keys, {},
                    [](const std::string& path) { return std::pair(KeyRank(path), path); });
  return keys;
}

SchemaProposal SchemaInference::Propose() const {
  SchemaProposal proposal{.records = records_, .malformed = malformed_};
  if (csv_.incomplete()) ++proposal.malformed;
  const bool typed =
      std::ranges::any_of(groups_, [](const Group& group) { return !group.type_field.empty(); });
  const std::vector<std::string> keys = FindKeys();
  std::set<std::string> taken;
  for (const Group& group : groups_) {
    if (group.type_field.empty() && typed) {
      proposal.untyped = group.records;
      proposal.notes.push_back(Counted(group.records, "record") +
                               " without a type: bad input to `weir run`");
      continue;
    }
    if (!group.type_field.empty() && !IsQuotable(group.type_value)) {
      proposal.notes.push_back(Counted(group.records, "record") +
                               " of a type that cannot be written: " + group.type_value);
      continue;
    }
    const std::string& wanted = typed ? group.type_value : options_.event_name;
    const std::string plain = IsReservedWord(wanted) ? wanted + "_event" : wanted;
    proposal.events.push_back(ProposeEvent(group, MakeIdentifier(plain, taken), keys));
  }
  if (undeclared_ > 0) {
    proposal.notes.push_back(Counted(undeclared_, "record") + " of further types, not declared");
  }
  return proposal;
}

}  // namespace weir::apps
