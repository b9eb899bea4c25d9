// Writes a schema proposal in Weir's syntax. See schema_inference.h.
#include <string>
#include <string_view>

#include "apps/schema/field_names.h"
#include "apps/schema/schema_inference.h"

namespace weir::apps {
namespace {

// A comment ends with its line, so text of the file must not break it.
std::string Comment(std::string_view text) {
  constexpr size_t kMaxBytes = 200;
  std::string comment = "# ";
  for (const char c : text.substr(0, kMaxBytes)) {
    comment.push_back(static_cast<unsigned char>(c) < ' ' || c == '\x7f' ? '?' : c);
  }
  // Not half a character: bytes of a UTF-8 sequence that the cut has left.
  if (text.size() > kMaxBytes) {
    while (static_cast<unsigned char>(comment.back()) >= 0x80) comment.pop_back();
    comment += "...";
  }
  return comment;
}

std::string FieldLine(const FieldProposal& field) {
  std::string line;
  if (!field.role.empty()) line = field.role + " ";
  // After a role the next word is the name, whatever it is.
  const bool plain = !field.role.empty() && !IsReservedWord(field.name);
  line += plain ? field.name : QuoteField(field.name);
  // The role `time` needs no type. The others keep theirs: a line of two words would be read as a
  // name and its type.
  if (field.role != "time") line += " " + field.type + (field.optional ? "?" : "");
  if (field.path != field.name) line += " from \"" + field.path + "\"";
  if (!field.note.empty()) line += "  " + Comment(field.note);
  return line;
}

std::string EventHead(const EventProposal& event) {
  std::string head = "event " + event.name;
  const bool mapped =
      !event.type_field.empty() && (event.type_field != "type" || event.type_value != event.name);
  if (mapped) head += " from \"" + event.type_field + "\" = \"" + event.type_value + "\"";
  return head + " {";
}

}  // namespace

std::string FormatSchema(const SchemaProposal& proposal) {
  std::string text = Comment(std::to_string(proposal.records) + " records read, " +
                             std::to_string(proposal.malformed) + " malformed lines skipped") +
                     "\n";
  for (const std::string& note : proposal.notes) text += Comment(note) + "\n";
  for (const EventProposal& event : proposal.events) {
    text += "\n";
    if (event.type_field.empty()) {
      text += Comment("no field names the type: run with --type " + event.name) + "\n";
    }
    for (const std::string& note : event.notes) text += Comment(note) + "\n";
    text += EventHead(event) + "  " +
            Comment(std::to_string(event.records) + (event.records == 1 ? " record" : " records")) +
            "\n";
    if (!event.likely_keys.empty()) {
      std::string keys;
      for (const std::string& key : event.likely_keys) {
        keys += (keys.empty() ? "by " : ", or by ") + QuoteField(key);
      }
      text += "  " + Comment("likely keys of rules: " + keys) + "\n";
    }
    for (const FieldProposal& field : event.fields) text += "  " + FieldLine(field) + "\n";
    text += "}\n";
  }
  return text;
}

}  // namespace weir::apps
