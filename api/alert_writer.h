// Alerts and decisions as the JSON lines of docs/cli.md: a contract, keys in that order.
//
// Used by the run session and whoever else hands out alerts. What is the same in every alert of a
// rule is rendered once, here; an alert then costs its own numbers and texts. The image must
// outlive the writer. Not thread-safe only in that the caller's string is not.
//
//   {"alert":ID,"rule":R,"version":V,"key":{..},"ts":T,"seq":N|null,"mode":M,["timeout":true,]
//    "decision":D|null,"score":S|null,"tags":[..],"reason":TEXT|null,"emit":{..},"owner":O|null,
//    "severity":S|null,"description":TEXT|null,"meta":{..},"match":{..}[,"truncated":true]
//    [,"lists":[{"list":L,"add":V[,"until":T]}, {"list":L,"remove":V}, ..]]}
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "nfa/image.h"
#include "runtime/engine.h"

namespace weir::api {

class AlertWriter {
 public:
  // `whole_events`: each event of `match` also carries its record (`--match events`).
  AlertWriter(const nfa::Image& image, bool whole_events);

  // One line with its newline.
  void append_alert(std::string& out, const runtime::Alert& alert) const;
  void append_decision(std::string& out, const runtime::Decision& decision) const;

  // What `rule` says in its alerts: RULE, of a timeout RULE.NAME.
  [[nodiscard]] const std::string& label(std::uint32_t rule, bool is_timeout) const {
    return of(rule, is_timeout).label;
  }

 private:
  // The pieces between what differs; each begins and ends where the next value stands.
  struct RuleText {
    std::string label;
    std::string head;   // ","rule":..,"version":..,"key":{
    std::string mode;   // ,"mode":..[,"timeout":true],"decision":
    std::string tags;   // ,"tags":[..],"reason":
    std::string owner;  // },"owner":..,"severity":..,"description":..,"meta":{..},"match":{
    bool has_reason = false;
  };

  [[nodiscard]] const RuleText& of(std::uint32_t rule, bool is_timeout) const {
    return texts_[std::size_t{rule} * 2 + (is_timeout ? 1 : 0)];
  }
  void append_decision_name(std::string& out, std::int32_t decision) const;
  void append_match(std::string& out, const runtime::Alert& alert) const;
  void append_changes(std::string& out, std::span<const runtime::ListChange> changes) const;
  void append_fired(std::string& out, const runtime::FiredRule& fired) const;

  const nfa::Image& image_;
  bool whole_events_;
  std::vector<RuleText> texts_;         // by rule, then its timeout's
  std::vector<std::string> decisions_;  // in quotes
};

}  // namespace weir::api
