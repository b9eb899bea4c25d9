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
    }
    if (pos_ == before) return;
  }
}

void Parser::pattern_item(Pattern& pattern, bool& has_part) {
  const std::uint32_t begin = peek().begin;
  if (at(Word::kWithout)) {
    if (auto item = absence()) {
      item->span = since(begin);
      pattern.items.push_back(std::move(*item));
    }
    return;
  }
  PatternItem item;
  if (at(Word::kThen)) {
    const Token then = peek();
    item.link = link();
    const bool bare =
        item.link && item.link->kind == LinkKind::kThen && !item.link->after && !item.link->within;
    // `then` alone joins the first part to the absences before it.
    if (!has_part && !(bare && !pattern.items.empty())) {
      report(DiagnosticCode::kSyntax, span(then),
             pattern.items.empty() ? "a pattern begins with a part, not with `then`"
                                   : "the first part of a pattern has no gap to what is before it");
    }
    if (!has_part) item.link.reset();
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

std::optional<Link> Parser::link() {
  Link result;
  const std::uint32_t begin = take().begin;  // then
  if (accept(Word::kNext)) {
    result.kind = LinkKind::kNext;
  } else if (accept(Word::kEvery)) {
    result.kind = LinkKind::kEvery;
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
  while (at(Word::kOptional)) {
    if (result.optional) {
      report(DiagnosticCode::kDuplicateClause, here(), "`optional` is given twice");
    }
    take();
    result.optional = true;
  }
  using Form = Quantifier::Form;
  result.min.value = 1;
  const bool counted = at(TokenKind::kInt) && !at(Word::kOf, 1);
  const bool named = at_name() && (at(TokenKind::kPlus, 1) || at(TokenKind::kDotDot, 1));
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
    if (accept(TokenKind::kPlus)) {
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

void Parser::check_quantifier(Quantifier& quantifier) {
  const bool counted = !quantifier.min.name && quantifier.max && !quantifier.max->name;
  if (!counted || quantifier.form == Quantifier::Form::kOnce) return;
  if (quantifier.max->value == 0) {
    Diagnostic& d = report(DiagnosticCode::kBadCount, quantifier.span,
                           "a part that is taken 0 times takes nothing");
    d.help = "leave the part out, or write `without` if no such event may come";
    quantifier.min.value = quantifier.max->value = 1;
  } else if (quantifier.min.value > quantifier.max->value) {
    std::swap(quantifier.min.value, quantifier.max->value);
    const std::string meant =
        std::to_string(quantifier.min.value) + ".." + std::to_string(quantifier.max->value);
    const Span range = quantifier.min.span.to(quantifier.max->span);
    Diagnostic& d = report(DiagnosticCode::kBadCount, range,
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
    auto type = name("an event type");
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
      auto type = name("an event type");
      if (!type) break;
      result.among.push_back(std::move(*type));
    } while (accept(TokenKind::kComma));
    close_bracket(TokenKind::kRightParen, open);
  }
  result.span = since(begin);
  return result;
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
    report(DiagnosticCode::kMisplacedClause, here(),
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
    return correct_word(kWords) && (at(Word::kWhere) || at(Word::kUntil) || at(Word::kGreedy)) &&
           modifier(item);
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
  } else {
    Diagnostic& d = unexpected("`a row` or `any combination`");
    d.notes.push_back({first, "after this `in`"});
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

std::optional<PatternItem> Parser::absence() {
  Absence result;
  take();  // without
  result.next = accept(Word::kNext);
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
    } else if (!correct_word({Word::kWhere, Word::kThen, Word::kWithin, Word::kWithout})) {
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
