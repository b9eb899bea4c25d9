// The layout of an automaton inside an image. FROZEN: a change takes a new image version.
#include "nfa/image_io.h"

namespace weir::nfa {

namespace {

void show(ImageIo& io, TypeAcceptor& acceptor) {
  io.plain(acceptor.symbol);
  io.plain(acceptor.conditions);
}

void show(ImageIo& io, DynamicCondition& condition) {
  io.plain(condition.program);
  io.plain(condition.registers);
}

void show(ImageIo& io, Acceptor& acceptor) {
  io.plain(acceptor.part);
  io.plain(acceptor.key_expr);
  io.plain(acceptor.next_types);
  io.plain(acceptor.by_type);
}

void show(ImageIo& io, TrailingAbsence& absence) {
  io.plain(absence.acceptor);
  io.plain(absence.next);
  io.plain(absence.duration_ms);
}

void show(ImageIo& io, Ending& ending) {
  io.plain(ending.trailing);
  io.plain(ending.live_events);
  io.plain(ending.live_aggregates);
  io.plain(ending.needs_start);
}

void show(ImageIo& io, Position& position) {
  io.plain(position.part);
  io.plain(position.acceptor);
  io.plain(position.edges);
  io.plain(position.endings);
}

void show(ImageIo& io, Edge& edge) {
  io.plain(edge.from);
  io.plain(edge.to);
  io.choice(edge.kind, EdgeKind::kEvery);
  io.plain(edge.after_ms);
  io.plain(edge.within_ms);
  io.plain(edge.guards);
  io.plain(edge.next_guards);
  io.plain(edge.stops);
  io.plain(edge.kills);
  io.plain(edge.shadows);
  io.plain(edge.strict);
  io.plain(edge.needs_last_time);
  io.plain(edge.interest);
  io.plain(edge.live_events);
  io.plain(edge.live_aggregates);
}

void show(ImageIo& io, LeadingAbsence& absence) {
  io.plain(absence.acceptor);
  io.plain(absence.duration_ms);
  io.plain(absence.reads_first);
}

void show(ImageIo& io, PartInfo& part) {
  io.plain(part.name);
  io.plain(part.source);
  io.plain(part.min_count);
  io.plain(part.absence);
}

void show(ImageIo& io, EventRegister& reg) {
  io.plain(reg.name);
  io.plain(reg.first);
}

void show(ImageIo& io, RunAggregate& aggregate) {
  io.choice(aggregate.kind, RegisterKind::kKeyField);
  io.plain(aggregate.name);
  io.choice(aggregate.type, event::TypeKind::kList);
  io.list(aggregate.kept);
}

void show(ImageIo& io, RegisterSource& source) {
  io.choice(source.from, RegisterSource::From::kCompleting);
  io.plain(source.index);
  io.list(source.kept);
}

template <typename T>
void show_all(ImageIo& io, std::vector<T>& items) {
  io.list(items, [&io](T& item) { show(io, item); });
}

}  // namespace

void show(ImageIo& io, Automaton& automaton) {
  io.list(automaton.types);
  io.list(automaton.local_type);
  io.list(automaton.names);
  show_all(io, automaton.parts);
  io.list(automaton.part_name);
  io.list(automaton.part_label);
  io.plain(automaton.labels_shared);
  show_all(io, automaton.acceptors);
  show_all(io, automaton.type_acceptors);
  show_all(io, automaton.conditions);
  io.list(automaton.register_lists);
  io.list(automaton.acceptor_lists);
  io.list(automaton.interests);
  io.list(automaton.symbols, [&io](std::vector<Automaton::Symbol>& symbols) {
    io.list(symbols, [&io](Automaton::Symbol& symbol) { io.plain(symbol.predicates); });
  });
  io.list(automaton.predicates);
  show_all(io, automaton.positions);
  show_all(io, automaton.edges);
  io.list(automaton.shadows);
  io.plain(automaton.start_edges);
  show_all(io, automaton.leading);
  show_all(io, automaton.trailing);
  show_all(io, automaton.endings);
  io.list(automaton.registers, [&io](RegisterDesc& desc) { io.own(desc); });
  show_all(io, automaton.sources);
  show_all(io, automaton.event_registers);
  show_all(io, automaton.aggregates);
  io.list_of_lists(automaton.kept_slots);
  io.list_of_lists(automaton.kept_is_text);
  io.list(automaton.start_interest);
  io.list(automaton.leading_interest);
  io.list(automaton.other_interest);
  io.list(automaton.part_interest);
  io.plain(automaton.strict);
  io.plain(automaton.split_by_start);
  io.plain(automaton.within_ms);
  io.plain(automaton.limit);
  io.plain(automaton.keeps_timeouts);
  io.plain(automaton.even_when_warming);
}

}  // namespace weir::nfa
