// Names: how a field or event of a data file is called in Weir, and what its name suggests.
// Used by the schema inference. Functions only; no state.
#pragma once

#include <set>
#include <string>
#include <string_view>

namespace weir::apps {

// [A-Za-z_][A-Za-z0-9_]*, reserved or not.
bool IsIdentifier(std::string_view name);

// One of the words that are keywords everywhere (language reference, L2.7).
bool IsReservedWord(std::string_view name);

// `time`, `id`, `label`, `pii`: at the start of a field's line these may be read as its role.
bool IsRoleWord(std::string_view name);

// An identifier as near to `name` as can be: "Card Number" gives card_number, "a.b" gives a_b, an
// identifier itself. Not in `taken`, to which it is added (a second a_b becomes a_b_2).
std::string MakeIdentifier(std::string_view name, std::set<std::string>& taken);

// The name as it stands in a declaration of a field: in backquotes if it is a reserved word or
// could be read as a role.
std::string QuoteField(std::string_view name);

// Whether the text can stand between quotes as it is: not empty, no control character, and none of
// " \ { }, which mean something there.
bool IsQuotable(std::string_view text);

// Guesses from the last component of a path, which may be in snake case or camel case.
bool SuggestsTime(std::string_view path);
bool SuggestsMoney(std::string_view path);
bool SuggestsCoordinate(std::string_view path);
bool SuggestsLabel(std::string_view path);
bool SuggestsPersonalData(std::string_view path);
// A value set that is not closed however few values a sample shows: keys, countries, merchants.
bool SuggestsOpenSet(std::string_view path);

// How likely the field is what rules are keyed by: 0 not at all, else 1 is best.
int KeyRank(std::string_view path);
// How likely it is the event's identity, and its time; 0 not at all, else 1 is best.
int IdRank(std::string_view path);
int TimeRank(std::string_view path);

}  // namespace weir::apps
