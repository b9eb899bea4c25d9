#include "dsl/format_layout.h"

#include <algorithm>
#include <utility>

#include "dsl/utf8.h"

namespace weir::dsl {
namespace {

constexpr std::size_t kIndent = 2;
constexpr std::size_t kContinuation = 4;

std::string blanks(std::size_t count) { return std::string(count, ' '); }

std::size_t width(std::string_view text) {
  std::size_t cells = 0;
  while (!text.empty()) {
    const CodePoint point = first_code_point(text);
    cells += static_cast<std::size_t>(cell_width(point.value));
    text.remove_prefix(point.bytes);
  }
  return cells;
}

// ---- attaching comments ------------------------------------------------------------------------

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n\f\v") == std::string_view::npos;
}

// Is `offset` the first of its line, with an empty line above?
bool blank_line_above(std::string_view source, std::uint32_t offset) {
  const std::size_t line = source.rfind('\n', offset == 0 ? 0 : offset - 1);
  if (offset == 0 || line == std::string_view::npos) return false;
  if (!is_blank(source.substr(line, offset - line))) return false;
  if (line == 0) return true;
  const std::size_t above = source.rfind('\n', line - 1);
  const std::size_t from = above == std::string_view::npos ? 0 : above;
  return is_blank(source.substr(from, line - from));
}

class Attacher {
 public:
  explicit Attacher(std::string_view source) : source_(source) {}

  void block(LayoutNode& node, const std::vector<Comment>& comments) {
    std::vector<LayoutNode*> order;
    for (LayoutNode& child : node.children) order.push_back(&child);
    std::ranges::stable_sort(order, {}, &LayoutNode::begin);
    std::map<LayoutNode*, std::vector<Comment>> inside;
    for (const Comment& comment : comments) {
      const auto after =
          std::ranges::upper_bound(order, comment.span.begin, {}, &LayoutNode::begin);
      LayoutNode* const before = after == order.begin() ? nullptr : *(after - 1);
      LayoutNode* const next = after == order.end() ? nullptr : *after;
      if (before != nullptr && comment.span.begin < before->end) {
        inside[before].push_back(comment);
      } else if (!comment.own_line && before != nullptr) {
        trail(*before, before->trailing, text(comment));
      } else if (!comment.own_line && !node.head.empty()) {
        trail(node, node.head_trailing, text(comment));
      } else if (next != nullptr) {
        next->leading.push_back(remark(comment));
      } else {
        node.last.push_back(remark(comment));
      }
    }
    for (LayoutNode* child : order) {
      child->blank_before = blank_line_above(source_, child->begin);
      const auto found = inside.find(child);
      const std::vector<Comment> none;
      const std::vector<Comment>& own = found == inside.end() ? none : found->second;
      if (child->block) {
        block(*child, own);
      } else {
        for (const Comment& comment : own) within(*child, comment);
      }
    }
  }

 private:
  std::string text(const Comment& comment) const {
    std::string whole(source_.substr(comment.span.begin, comment.span.end - comment.span.begin));
    for (char& c : whole) {
      if (c == '\r' || c == '\f' || c == '\v') c = ' ';
    }
    while (!whole.empty() && (whole.back() == ' ' || whole.back() == '\t')) whole.pop_back();
    return whole;
  }
  Remark remark(const Comment& comment) const {
    return {text(comment), blank_line_above(source_, comment.span.begin)};
  }

  // One comment fits behind a line; an earlier one is put above.
  static void trail(LayoutNode& node, std::optional<std::string>& place, std::string text) {
    if (place) node.leading.push_back({std::move(*place), false});
    place = std::move(text);
  }

  void within(LayoutNode& node, const Comment& comment) const {
    std::size_t atom = 1;
    while (atom < node.head.size() && (node.head[atom].allowed == Break::kNever ||
                                       node.head[atom].anchor <= comment.span.begin)) {
      ++atom;
    }
    if (atom >= node.head.size()) {
      if (comment.own_line || node.trailing) {
        node.leading.push_back({text(comment), false});
      } else {
        node.trailing = text(comment);
      }
      return;
    }
    LayoutNode::Gap& gap = node.gaps[atom];
    if (!comment.own_line && !gap.trailing && gap.own.empty()) {
      gap.trailing = text(comment);
    } else {
      gap.own.push_back(text(comment));
    }
  }

  std::string_view source_;
};

// ---- printing ----------------------------------------------------------------------------------

std::string join(const std::vector<Atom>& atoms, std::size_t begin, std::size_t end) {
  std::string text;
  for (std::size_t i = begin; i < end; ++i) {
    if (i > begin && atoms[i].space) text += ' ';
    text += atoms[i].text;
  }
  return text;
}

// Lays out the atoms of one node as lines, without the indentation of the first.
class LineBreaker {
 public:
  LineBreaker(const std::vector<Atom>& atoms, std::size_t indent)
      : atoms_(atoms), indent_(indent) {}

  void run(std::size_t begin, std::size_t end) { split(begin, end, 1); }
  void comment_behind(const std::string& text) { lines_.back() += "  " + text; }
  void comment_line(const std::string& text) {
    lines_.push_back(blanks(indent_ + kContinuation) + text);
  }

  std::string text() const {
    std::string all;
    for (std::size_t i = 0; i < lines_.size(); ++i) {
      if (i > 0) all += '\n';
      all += lines_[i];
    }
    return all;
  }

 private:
  std::size_t room() const {
    const std::size_t indent = lines_.empty() ? indent_ : indent_ + kContinuation;
    return kFormatColumns > indent ? kFormatColumns - indent : 1;
  }
  void push(std::string text) {
    lines_.push_back(lines_.empty() ? std::move(text) : blanks(indent_ + kContinuation) + text);
  }

  void split(std::size_t begin, std::size_t end, int level) {
    std::string whole = join(atoms_, begin, end);
    if (level > static_cast<int>(Break::kAnywhere) || width(whole) <= room()) {
      push(std::move(whole));
      return;
    }
    if (level == static_cast<int>(Break::kAnywhere)) return fill(begin, end);
    std::size_t from = begin;
    for (std::size_t i = begin + 1; i <= end; ++i) {
      if (i < end && static_cast<int>(atoms_[i].allowed) != level) continue;
      split(from, i, level + 1);
      from = i;
    }
  }

  void fill(std::size_t begin, std::size_t end) {
    std::string line = atoms_[begin].text;
    std::size_t used = width(line);
    std::size_t from = begin + 1;
    while (from < end) {
      std::size_t to = from + 1;  // up to the next place that allows a break
      while (to < end && atoms_[to].allowed == Break::kNever) ++to;
      const std::string piece = join(atoms_, from, to);
      const std::size_t blank = atoms_[from].space ? 1 : 0;
      if (atoms_[from].allowed != Break::kNever && used + blank + width(piece) > room()) {
        push(std::exchange(line, piece));
        used = width(line);
      } else {
        line += blanks(blank) + piece;
        used += blank + width(piece);
      }
      from = to;
    }
    push(std::move(line));
  }

  const std::vector<Atom>& atoms_;
  std::size_t indent_;
  std::vector<std::string> lines_;
};

bool has_comments(const LayoutNode& node) {
  if (!node.leading.empty() || node.head_trailing || !node.gaps.empty() || !node.last.empty() ||
      node.trailing) {
    return true;
  }
  return std::ranges::any_of(node.children, has_comments);
}

std::vector<const LayoutNode*> by_rank(const LayoutNode& node) {
  std::vector<const LayoutNode*> order;
  for (const LayoutNode& child : node.children) order.push_back(&child);
  std::ranges::stable_sort(order, [](const LayoutNode* a, const LayoutNode* b) {
    return std::pair(a->rank, a->begin) < std::pair(b->rank, b->begin);
  });
  return order;
}

std::string leaf(const LayoutNode& node, std::size_t indent) {
  LineBreaker breaker(node.head, indent);
  std::size_t from = 0;
  for (const auto& [atom, gap] : node.gaps) {
    breaker.run(from, atom);
    if (gap.trailing) breaker.comment_behind(*gap.trailing);
    for (const std::string& own : gap.own) breaker.comment_line(own);
    from = atom;
  }
  breaker.run(from, node.head.size());
  return breaker.text();
}

// The block on one line, or nothing if it has comments or does not fit.
std::optional<std::string> on_one_line(const LayoutNode& node, std::size_t indent) {
  if (!node.head_trailing && node.last.empty() && node.children.empty()) {
    return join(node.head, 0, node.head.size()) + " {}" + node.tail;
  }
  if (!node.one_line || node.head_trailing || !node.last.empty() ||
      std::ranges::any_of(node.children, has_comments)) {
    return std::nullopt;
  }
  std::string text = join(node.head, 0, node.head.size()) + " {";
  const LayoutNode* before = nullptr;
  for (const LayoutNode* child : by_rank(node)) {
    if (child->block) return std::nullopt;
    text += before == nullptr               ? std::string_view(" ")
            : before->joins && child->joins ? std::string_view("  ")
                                            : node.separator;
    text += join(child->head, 0, child->head.size());
    before = child;
  }
  text += " }" + node.tail;
  if (width(text) + indent > kFormatColumns) return std::nullopt;
  return text;
}

class Printer {
 public:
  std::string take() { return std::move(out_); }

  // The children of a block, each on lines of its own, or joined where they may be.
  void children(const LayoutNode& node, std::size_t indent, bool top) {
    const std::size_t start = out_.size();
    const LayoutNode* before = nullptr;
    bool before_tall = false;
    std::size_t line_width = 0;
    for (const LayoutNode* child : by_rank(node)) {
      const std::string text = render(*child, indent);
      const bool tall = text.find('\n') != std::string::npos;
      const bool joined = before != nullptr && before->joins && child->joins && !before_tall &&
                          !tall && !before->trailing && child->leading.empty() &&
                          !child->blank_before && line_width + 2 + width(text) <= kFormatColumns;
      if (joined) {
        out_.back() = ' ';  // in place of the newline
        out_ += " " + text;
        line_width += 2 + width(text);
      } else {
        const bool apart = top && before != nullptr && (before_tall || tall);
        remarks(child->leading, indent, start, apart);
        if (child->blank_before || (apart && child->leading.empty())) blank(start);
        out_ += blanks(indent) + text;
        line_width = indent + width(text);
      }
      if (child->trailing) out_ += "  " + *child->trailing;
      out_ += '\n';
      before = child;
      before_tall = tall;
    }
    remarks(node.last, indent, start, false);
  }

 private:
  void blank(std::size_t start) {
    if (out_.size() > start && !out_.ends_with("\n\n")) out_ += '\n';
  }

  void remarks(const std::vector<Remark>& list, std::size_t indent, std::size_t start, bool apart) {
    for (std::size_t i = 0; i < list.size(); ++i) {
      if (list[i].blank_before || (apart && i == 0)) blank(start);
      out_ += blanks(indent) + list[i].text + "\n";
    }
  }

  static std::string render(const LayoutNode& node, std::size_t indent) {
    if (!node.block) return leaf(node, indent);
    if (auto line = on_one_line(node, indent)) return *line;
    Printer inner;
    inner.children(node, indent + kIndent, false);
    std::string text = leaf_head(node, indent) + " {";
    if (node.head_trailing) text += "  " + *node.head_trailing;
    return text + "\n" + inner.take() + blanks(indent) + "}" + node.tail;
  }

  static std::string leaf_head(const LayoutNode& node, std::size_t indent) {
    LineBreaker breaker(node.head, indent);
    breaker.run(0, node.head.size());
    return breaker.text();
  }

  std::string out_;
};

}  // namespace

void AtomWriter::put(std::string_view text) {
  atoms_.push_back({std::string(text), !glue_next_, next_break_, next_anchor_});
  glue_next_ = false;
  next_break_ = Break::kNever;
  next_anchor_ = 0;
}

void AtomWriter::glue(std::string_view text) {
  if (atoms_.empty()) return put(text);
  atoms_.back().text += text;
}

void AtomWriter::allow(Break kind, std::uint32_t anchor) {
  if (atoms_.empty()) return;
  next_break_ = kind;
  next_anchor_ = anchor;
}

void attach_comments(LayoutNode& file, std::string_view source,
                     const std::vector<Comment>& comments) {
  Attacher(source).block(file, comments);
}

std::string print_layout(const LayoutNode& file) {
  Printer printer;
  printer.children(file, 0, true);
  return printer.take();
}

}  // namespace weir::dsl
