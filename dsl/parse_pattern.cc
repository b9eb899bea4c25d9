// Patterns (L3).
#include "dsl/parser_impl.h"

namespace weir::dsl {

PatternId Parser::pattern() {
  Pattern result;
  const std::uint32_t begin = peek().begin;
  if (depth_ <= kMaxDepth) pattern_items(result);
  check_absences(result);
  result.span = result.items.empty() ? here() : since(begin);
  ast_.patterns.push_back(std::move(result));
  return PatternId(ast_.patterns.size() - 1);
}

// Items up to what is none. After an item that could not be read: from the next `then` or
// `without`.
void Parser::pattern_items(Pattern& pattern) {
  bool has_part = false;
  for (const PatternItem& item : pattern.items) {
    has_part = has_part || !std::holds_alternative<Absence>(item.body);
  }
  bool first = pattern.items.empty();
  while (first || at(Word::kThen) || at(Word::kWithout)) {
    first = false;
    const std::size_t before = pos_;
    pattern_item(pattern, has_part);
    skip_separators(group_depth_ == 0);
    const bool only_absences = !has_part && !pattern.items.empty();
    if (only_absences && (at_name() || at(TokenKind::kInt) || at(TokenKind::kLeftParen)) &&
        !begins_clause(0)) {
      unexpected("`then` before the first part");
      first = true;
    } else {
      skip_rest_of_item();
    }
    if (pos_ == before) return;
  }
}

// What follows a part or an absence and is neither a link nor the end of the pattern is reported
// here, and skipped up to one of them: the pattern goes on behind it.
void Parser::skip_rest_of_item() {
  if (group_depth_ > 0 || at(Word::kThen) || at(Word::kWithout) || block_ends()) return;
  if (nearly_clause_word()) return;  // clause() corrects it
  if (!at_clause_word() && !peek().bad) unknown_clause();
}

// `then not X`, `when not X`, `then without X`: what stands before a `without`, and instead of it.
// True: an absence follows.
bool Parser::mend_absence(const Token& before, bool linked) {
  if (at(Word::kNot) && (at_name(1) || at(Word::kNext, 1))) {
    const Span wrong = span(before).to(here());
    Diagnostic& d =
        report(DiagnosticCode::kSyntax, wrong, "that an event does not come is said by `without`");
    replace(d, wrong, "without");
    tokens_[pos_].word = Word::kWithout;
    return true;
  }
  if (!linked || !at(Word::kWithout)) return false;
  Diagnostic& d =
      mend(DiagnosticCode::kSyntax, span(before), "`without` stands without a `then` before it");
  replace(d, {source_, before.begin, peek().begin}, "");
  return true;
}

void Parser::pattern_item(Pattern& pattern, bool& has_part) {
  const Token before = peek();
  const std::uint32_t begin = before.begin;
  PatternItem item;
  if (at(Word::kThen)) {
    item.link = link();
    const bool next = item.link->kind == LinkKind::kNext;
    if (mend_absence(before, true)) return absence_item(pattern, begin, next);
    check_first_link(pattern, span(before), has_part, item);
  } else if (at(Word::kWithout) || mend_absence(before, false)) {
    return absence_item(pattern, begin, false);
  }
  if (!part(item)) {
    if (!at_sync() && !at(TokenKind::kRightBrace)) skip_to_sync(group_depth_ > 0);
    has_part = true;  // one was meant
    return;
  }
  has_part = true;
  item.span = since(begin);
  pattern.items.push_back(std::move(item));
}

void Parser::absence_item(Pattern& pattern, std::uint32_t begin, bool next) {
  auto item = absence(next);
  if (!item) return;
  item->span = since(begin);
  pattern.items.push_back(std::move(*item));
}

// `then` alone joins the first part to the absences before it; else the first part has no link.
void Parser::check_first_link(const Pattern& pattern, Span then, bool has_part, PatternItem& item) {
  if (has_part) return;
  const bool bare = item.link->kind == LinkKind::kThen && !item.link->after && !item.link->within;
  if (!bare || pattern.items.empty()) {
    report(DiagnosticCode::kSyntax, then,
           pattern.items.empty() ? "a pattern begins with a part, not with `then`"
                                 : "the first part of a pattern has no gap to what is before it");
  }
  item.link.reset();
}

std::optional<Link> Parser::link() {
  Link result;
  const std::uint32_t begin = take().begin;  // then
  // `then nxt auth`: of two names in a row the first was to be a word of the link.
  if (at_name(1) && !peek(1).line_start && !begins_clause(1)) {
    correct_word({Word::kNext, Word::kEvery, Word::kAfter, Word::kWithin});
  }
  if (accept(Word::kNext)) {
    result.kind = LinkKind::kNext;
  } else if (accept(Word::kEvery)) {
    result.kind = LinkKind::kEvery;
  }
  if (result.kind != LinkKind::kThen && (at(Word::kNext) || at(Word::kEvery))) {
    Diagnostic& d =
        mend(DiagnosticCode::kSyntax, here(), "a link has one of `next` and `every`, not both");
    replace(d, here(), "");
    take();
  }
  while (at(Word::kAfter) || at(Word::kWithin)) {
    const bool after = at(Word::kAfter);
    std::optional<DurationArg>& limit = after ? result.after : result.within;
    if (limit) report(DiagnosticCode::kDuplicateClause, here(), shown(peek()) + " is given twice");
    take();
    limit = duration("a duration");
  }
  result.span = since(begin);
  return result;
}

bool Parser::part(PatternItem& item) {
  if (!quantifier(item)) return false;
  if (at_group()) return group(item);
  return single(item);
}

// ---- quantifiers -------------------------------------------------------------------------------

bool Parser::quantifier(PatternItem& item) {
  Quantifier result;
  const std::uint32_t begin = peek().begin;
  while (accept(Word::kOptional)) result.optional = true;
  using Form = Quantifier::Form;
  result.min.value = 1;
  const bool at_least = at(Word::kAt) && peek(1).kind == TokenKind::kWord &&
                        text(peek(1)) == "least" && at(TokenKind::kInt, 2);
  if (at_least) {  // `at least 3`
    Diagnostic& d = mend(DiagnosticCode::kSyntax, span(peek()).to(span(peek(2))),
                         "a least number of repetitions is written with a `+`");
    replace(d, span(peek()).to(span(peek(2))), std::string(text(peek(2))) + "+");
    take();
    take();
  }
  const bool counted = at(TokenKind::kInt) && !at(Word::kOf, 1);
  const bool named =
      at_name() && (at(TokenKind::kDotDot, 1) || (at(TokenKind::kPlus, 1) && begins_repeated(2)));
  if (accept(Word::kSome)) {
    result.form = Form::kSome;
  } else if (at(Word::kAny) && at(Word::kNumber, 1)) {
    take();
    take();
    if (!accept(Word::kOf)) unexpected("`of` of `any number of`");
    result.form = Form::kAnyNumber;
    result.min.value = 0;
  } else if (counted || named) {
    const auto least = number("a number");
    if (!least) return false;
    result.min = *least;
    result.form = Form::kExact;
    if (accept(TokenKind::kPlus) || at_least || or_more(*least)) {
      result.form = Form::kAtLeast;
    } else if (accept(TokenKind::kDotDot)) {
      result.form = Form::kRange;
      const auto most = number("the greatest number of repetitions");
      if (!most) return false;
      result.max = *most;
    } else {
      result.max = *least;
    }
  } else if (!result.optional) {
    return true;
  }
  if (result.form == Form::kOnce) result.max = result.min;
  result.span = since(begin);
  check_quantifier(result);
  item.quantifier = std::move(result);
  return true;
}

// What a repetition can be of: in `auth+ as x` the `+` follows the type.
bool Parser::begins_repeated(std::size_t ahead) const {
  if (at_name(ahead)) return !begins_clause(ahead) && !peek(ahead).line_start;
  return at(TokenKind::kLeftParen, ahead) || at(TokenKind::kInt, ahead) ||
         ((at(Word::kAny, ahead) || at(Word::kAll, ahead)) && at(Word::kOf, ahead + 1));
}

// `3 or more auth`, the number taken.
bool Parser::or_more(const NumberArg& least) {
  const bool follows = at(Word::kOr) && peek(1).kind == TokenKind::kWord && text(peek(1)) == "more";
  if (!follows) return false;
  const Span wrong = least.span.to(span(peek(1)));
  Diagnostic& d =
      mend(DiagnosticCode::kSyntax, wrong, "a least number of repetitions is written with a `+`");
  replace(d, wrong, std::string(sources_.text(least.span)) + "+");
  take();
  take();
  return true;
}

void Parser::check_quantifier(Quantifier& quantifier) {
  const bool counted = !quantifier.min.name && quantifier.max && !quantifier.max->name;
  if (!counted || quantifier.form == Quantifier::Form::kOnce) return;
  if (quantifier.max->value == 0) {
    Diagnostic& d = mend(DiagnosticCode::kBadCount, quantifier.span,
                         "a part that is taken 0 times takes nothing");
    d.help = "leave the part out, or write `without` if no such event may come";
    quantifier.min.value = quantifier.max->value = 1;
  } else if (quantifier.min.value > quantifier.max->value) {
    std::swap(quantifier.min.value, quantifier.max->value);
    const std::string meant =
        std::to_string(quantifier.min.value) + ".." + std::to_string(quantifier.max->value);
    const Span range = quantifier.min.span.to(quantifier.max->span);
    Diagnostic& d = mend(DiagnosticCode::kBadCount, range,
                         "the least number of repetitions is greater than the greatest");
    d.suggestions.push_back({range, meant, "did you mean `" + meant + "`?"});
  }
}

// ---- groups ------------------------------------------------------------------------------------

bool Parser::at_group() const {
  return at(TokenKind::kLeftParen) || ((at(Word::kAny) || at(Word::kAll)) && at(Word::kOf, 1)) ||
         ((at(TokenKind::kInt) || at_name()) && at(Word::kOf, 1));
}

bool Parser::group(PatternItem& item) {
  DepthScope scope(*this);
  if (!scope.allowed("the pattern")) return false;
  Group result;
  if (!at(TokenKind::kLeftParen)) {
    if (at(Word::kAny)) {
      result.kind = GroupKind::kAnyOf;
      take();
    } else if (at(Word::kAll)) {
      result.kind = GroupKind::kAllOf;
      take();
    } else {
      result.kind = GroupKind::kSomeOf;
      if (const auto count = number("a number")) result.count = *count;
    }
    take();  // of
  }
  const Span open = here();
  if (!accept(TokenKind::kLeftParen)) {
    unexpected("`(` of the group");
    return false;
  }
  ++group_depth_;
  expression_failed_ = false;
  do {
    result.patterns.push_back(pattern());
    expression_failed_ = too_deep_;
  } while (result.kind != GroupKind::kSequence && accept(TokenKind::kComma));
  --group_depth_;
  close_bracket(TokenKind::kRightParen, open);
  expression_failed_ = false;
  if (group_depth_ == 0) too_deep_ = false;
  item.body = std::move(result);
  while (modifier(item)) {
  }
  return true;
}

// ---- parts -------------------------------------------------------------------------------------

bool Parser::single(PatternItem& item) {
  Part result;
  auto set = types();
  const bool understood = set.has_value();
  if (understood) result.types = std::move(*set);
  item.body = std::move(result);
  while (modifier(item)) {
  }
  return understood;
}

std::optional<TypeSet> Parser::types() {
  TypeSet result;
  const std::uint32_t begin = peek().begin;
  do {
    auto type = type_name();
    if (!type) return std::nullopt;
    result.types.push_back(std::move(*type));
  } while (accept(Word::kOr) || accept(TokenKind::kOrOr));
  if (at(Word::kAmong)) {
    take();
    const Span open = here();
    if (!accept(TokenKind::kLeftParen)) {
      unexpected("`(` after `among`");
      return std::nullopt;
    }
    do {
      auto type = type_name();
      if (!type) break;
      result.among.push_back(std::move(*type));
    } while (accept(TokenKind::kComma));
    close_bracket(TokenKind::kRightParen, open);
  }
  result.span = since(begin);
  return result;
}

// A reserved word that goes on with the pattern is no name that lacks its backquotes: the type is
// missing before it.
std::optional<Name> Parser::type_name() {
  const bool could_be_meant =
      at(Word::kAny) || at(Word::kAll) || at(Word::kSome) || at(Word::kTrue) || at(Word::kFalse);
  const bool clause = block_ == Block::kRule && !peek().quoted && begins_clause(0);
  if (!clause && (at_name() || could_be_meant || !at(TokenKind::kWord))) {
    return name("an event type");
  }
  unexpected("an event type");
  return std::nullopt;
}

// ---- modifiers ---------------------------------------------------------------------------------

// `followed by`: it is read as `then`.
bool Parser::foreign_link() {
  if (!at(TokenKind::kWord) || peek().quoted || peek().word != Word::kOther) return false;
  const std::string_view word = text(peek());
  const bool two = word == "followed" && at(Word::kBy, 1);
  if (!two && word != "followedBy" && word != "followed_by") return false;
  const Span wrong = two ? here().to(span(peek(1))) : here();
  replace(mend(DiagnosticCode::kUnknownKeyword, wrong, "the next event is joined by `then`"), wrong,
          "then");
  if (two) take();
  tokens_[pos_].word = Word::kThen;
  return true;
}

// `auth x` for `auth as x`.
bool Parser::name_without_as(std::optional<Name>& named) {
  const bool stands_there = at_name() && !peek().line_start && !peek().bad;
  if (!stands_there || named || begins_clause(0)) return false;
  const Span place{source_, peek().begin, peek().begin};
  const std::string spelled(text(peek()));
  Diagnostic& d = mend(DiagnosticCode::kSyntax, here(),
                       "a part's name stands after `as`: `as " + spelled + "`");
  d.suggestions.push_back({place, "as ", "write `as " + spelled + "`"});
  named = take_name();
  return true;
}

// `auth+`, `auth*`, `auth?`, `auth[3]`: a repetition stands before the type.
bool Parser::late_quantifier(PatternItem& item) {
  const Token sign = peek();
  const bool bracket =
      at(TokenKind::kLeftBracket) && at(TokenKind::kInt, 1) && at(TokenKind::kRightBracket, 2);
  const bool plain = at(TokenKind::kPlus) || at(TokenKind::kStar) || at(TokenKind::kQuestion);
  if ((!plain && !bracket) || sign.line_start) return false;
  Quantifier meant;
  meant.min.value = 1;
  std::string before = "1+ ";
  meant.form = Quantifier::Form::kAtLeast;
  if (sign.kind == TokenKind::kStar) {
    before = "any number of ";
    meant.form = Quantifier::Form::kAnyNumber;
    meant.min.value = 0;
  } else if (sign.kind == TokenKind::kQuestion) {
    before = "optional ";
    meant.form = Quantifier::Form::kOnce;
    meant.optional = true;
    meant.max = meant.min;
  } else if (bracket) {
    before = std::string(text(peek(1))) + " ";
    meant.form = Quantifier::Form::kExact;
    meant.min.value = integer(peek(1));
    meant.max = meant.min;
  }
  const Span wrong = bracket ? here().to(span(peek(2))) : here();
  // A part that may be left out makes other mistakes of the pattern likely: they are not told.
  Diagnostic& d = report(DiagnosticCode::kSyntax, wrong,
                         "a repetition stands before the type: `" + before + "...`");
  const auto* part = std::get_if<Part>(&item.body);
  if (part != nullptr && previous().end == part->types.span.end) {
    const Span whole = part->types.span.to(wrong);
    replace(d, whole, before + std::string(sources_.text(part->types.span)));
  }
  for (int tokens = bracket ? 3 : 1; tokens > 0; --tokens) take();
  meant.span = wrong;
  if (!item.quantifier) item.quantifier = std::move(meant);
  return true;
}

// What beginners write where a modifier could stand.
bool Parser::foreign_modifier(PatternItem& item) {
  if (foreign_link() || nearly_clause_word()) return false;
  Part* const part = std::get_if<Part>(&item.body);
  const bool conditioned = item.until || (part != nullptr && part->where.valid());
  if (conditioned) return false;
  if (late_quantifier(item)) return true;
  return part != nullptr && name_without_as(part->name);
}

// One of what follows the types of a part, or a group. False: there is none.
bool Parser::modifier(PatternItem& item) {
  static const std::vector<Word> kWords = {
      Word::kWhere,  Word::kUntil, Word::kGreedy, Word::kThen,   Word::kWithout, Word::kWithin,
      Word::kDecide, Word::kScore, Word::kReason, Word::kHaving, Word::kCooldown};
  Part* const part = std::get_if<Part>(&item.body);
  const bool conditioned = item.until || (part != nullptr && part->where.valid());
  const auto misplaced = [&] {
    if (!conditioned) return;
    mend(DiagnosticCode::kMisplacedClause, here(),
         shown(peek()) + " stands before `where` and `until`");
  };
  const auto only_of_part = [&] {
    if (part != nullptr) return;
    report(DiagnosticCode::kMisplacedClause, here(),
           "a group has no " + shown(peek()) + "; its parts have");
  };
  if (at(Word::kIn)) {
    misplaced();
    inner(item);
  } else if (at(Word::kGreedy)) {
    misplaced();
    take();
    item.greedy = true;
  } else if (at(Word::kAs)) {
    misplaced();
    only_of_part();
    if (part != nullptr && part->name) {
      report(DiagnosticCode::kDuplicateClause, here(), "the part has a name already");
    }
    take();
    auto named = name("a name for the part");
    if (part != nullptr) part->name = std::move(named);
  } else if (at(Word::kBy)) {
    misplaced();
    only_of_part();
    if (part != nullptr && part->by) {
      report(DiagnosticCode::kDuplicateClause, here(), "the part has a `by` already");
    }
    take();
    auto key = keys(false);
    if (part != nullptr) part->by = std::move(key);
  } else if (at(Word::kWhere) || at(Word::kUntil)) {
    if (at(Word::kWhere)) only_of_part();
    part_condition(item, at(Word::kUntil));
  } else {
    if (!foreign_link() && correct_word(kWords)) {
      return (at(Word::kWhere) || at(Word::kUntil) || at(Word::kGreedy)) && modifier(item);
    }
    return foreign_modifier(item);
  }
  return true;
}

void Parser::inner(PatternItem& item) {
  const Span first = here();
  take();  // in
  if (at(Word::kA) && at(Word::kRow, 1)) {
    take();
    take();
    item.inner = Inner::kInARow;
  } else if (at(Word::kAny) && at(Word::kCombination, 1)) {
    take();
    take();
    item.inner = Inner::kAnyCombination;
  } else if (at(Word::kRow)) {
    const Span wrong = first.to(here());
    replace(mend(DiagnosticCode::kSyntax, wrong, "a strict repetition is said by `in a row`"),
            wrong, "in a row");
    take();
    item.inner = Inner::kInARow;
  } else {
    Diagnostic& d = unexpected("`a row` or `any combination`");
    d.notes.push_back({first, "after this `in`"});
    if (at_name() && !peek().line_start && !begins_clause(0)) take();  // no name of the part
  }
}

void Parser::part_condition(PatternItem& item, bool until) {
  Part* const part = std::get_if<Part>(&item.body);
  const Span word = here();
  const bool twice = until ? item.until.has_value() : part != nullptr && part->where.valid();
  if (twice) {
    report(DiagnosticCode::kDuplicateClause, word, shown(peek()) + " is given twice").help =
        until ? "" : "join conditions with `and`";
  }
  take();
  if (until) {
    auto parsed = stop();
    if (!twice) item.until = std::move(parsed);
    return;
  }
  const ExprId where = condition();
  if (part != nullptr && !twice) part->where = where;
}

std::optional<Stop> Parser::stop() {
  Stop result;
  const std::uint32_t begin = peek().begin;
  if (at_name() && at(Word::kWhere, 1)) {
    result.type = take_name();
    take();
  }
  result.condition = condition();
  if (!result.condition.valid()) return std::nullopt;
  result.span = since(begin);
  return result;
}

// ---- absences ----------------------------------------------------------------------------------

std::optional<PatternItem> Parser::absence(bool next) {
  Absence result;
  take();  // without
  result.next = accept(Word::kNext) || next;
  auto set = types();
  const bool understood = set.has_value();
  if (understood) result.types = std::move(*set);
  bool usable = understood;
  while (!at(Word::kThen) && !at(Word::kWithout) && !at(Word::kWithin)) {
    const Span word = here();
    const auto twice = [&](bool given) {
      if (given) report(DiagnosticCode::kDuplicateClause, word, shown(peek()) + " is given twice");
      take();
    };
    if (at(Word::kAs)) {
      twice(result.name.has_value());
      result.name = name("a name for the absent event");
    } else if (at(Word::kBy)) {
      twice(result.by.has_value());
      result.by = keys(false);
    } else if (at(Word::kWhere)) {
      twice(result.where.valid());
      result.where = condition();
      usable = usable && result.where.valid();  // without its condition it would forbid too much
    } else if (at(Word::kFor)) {
      twice(result.duration.has_value());
      result.duration = duration("a duration");
    } else if (foreign_link() ||
               (!correct_word({Word::kWhere, Word::kThen, Word::kWithin, Word::kWithout}) &&
                (nearly_clause_word() || result.where.valid() || !understood ||
                 !name_without_as(result.name)))) {
      break;
    }
  }
  if (!understood && !at_sync() && !at(TokenKind::kRightBrace)) skip_to_sync(group_depth_ > 0);
  if (!usable) return std::nullopt;
  PatternItem item;
  item.body = std::move(result);
  return item;
}

// `for` belongs to the first or the last gap, `without next` follows something (L3). The order of
// the items alone tells.
void Parser::check_absences(Pattern& pattern) {
  std::size_t last_part = pattern.items.size();
  for (std::size_t i = pattern.items.size(); i-- > 0 && last_part == pattern.items.size();) {
    if (!std::holds_alternative<Absence>(pattern.items[i].body)) last_part = i;
  }
  bool part_before = false;
  for (std::size_t i = 0; i < pattern.items.size(); ++i) {
    Absence* const absence = std::get_if<Absence>(&pattern.items[i].body);
    if (absence == nullptr) {
      part_before = true;
      continue;
    }
    const Span where = pattern.items[i].span;
    if (part_before && i < last_part && last_part < pattern.items.size() && absence->duration) {
      diagnostics_
          .add(DiagnosticCode::kMisplacedFor, absence->duration->span,
               "a `without` between two parts ends where the next part is taken, it has no `for`")
          .help = "a limit on the gap is written `then within 10m ...`";
      absence->duration.reset();
      broken_ = true;
    }
    if (!part_before && absence->next && last_part < pattern.items.size()) {
      diagnostics_.add(DiagnosticCode::kAbsencePlacement, where,
                       "`without next` needs a part before it");
      absence->next = false;
      broken_ = true;
    }
  }
}

}  // namespace weir::dsl
