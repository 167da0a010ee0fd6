#include "nand/timing.h"

#include <algorithm>
#include <cassert>

namespace kilburn::nand {

Timing::Timing(const TimingConfig& config, const Geometry& geometry)
    : config_(config),
      geometry_(geometry),
      dies_(geometry.all_dies()),
      channels_(geometry.channels),
      channel_of_(geometry.all_dies()) {
  for (std::uint32_t i = 0; i < dies_.size(); ++i) channel_of_[i] = geometry.channel(DieId{i});
  statistics_.dies.resize(dies_.size());
  statistics_.channels.resize(channels_.size());
}

void Timing::submit(const Operation& operation, Nanoseconds now) {
  std::uint32_t node = 0;
  if (free_.empty()) {
    node = static_cast<std::uint32_t>(nodes_.size());
    nodes_.emplace_back();
  } else {
    node = free_.back();
    free_.pop_back();
  }
  nodes_[node] = {operation, now, none};
  ++under_way_;
  statistics_.now = std::max(statistics_.now, now);
  const std::uint32_t index = raw(operation.die);
  Die& die = dies_[index];
  if (operation.kind != Operation::Kind::erase) {
    shortest_transfer_ = std::min(shortest_transfer_, config_.transfer_ns(operation.bytes));
  }
  append(operation.background ? die.background : die.host, node);
  wake(index, now);
}

Nanoseconds Timing::earliest_end() const {
  Nanoseconds within = within_.when();
  // What happens within ends an operation after a transfer or a program: a transfer at the least.
  if (within != UINT64_MAX && config_.program_ns >= shortest_transfer_) {
    within += shortest_transfer_;
  }
  return std::min(ends_.when(), within);
}

void Timing::run_until(Nanoseconds now, OperationSink& sink) {
  while (next_event() <= now) {
    EventHeap& heap = EventHeap::earlier(ends_, within_) ? ends_ : within_;
    const EventHeap::Event event = heap.top();
    heap.pop();
    if (event.what < dies_.size()) {
      cells_done(event.what, event.when, sink);
    } else {
      transfer_done(event.what - static_cast<std::uint32_t>(dies_.size()), event.when, sink);
    }
  }
  statistics_.now = std::max(statistics_.now, now);
}

bool Timing::may_begin(const Die& die, Operation::Kind kind) const {
  if (kind == Operation::Kind::program) {
    // Its data need the register, and with a second one nothing but a program beside it.
    if (die.in.left != 0 || die.loaded.left != 0 || die.out.left != 0 || die.sensed.left != 0) {
      return false;
    }
    return !die.cells_busy || (config_.cache_program && die.kind == Operation::Kind::program);
  }
  if (die.cells_busy || die.in.left != 0 || die.loaded.left != 0 || die.sensed.left != 0) {
    return false;
  }
  return die.out.left == 0 || (config_.cache_read && kind == Operation::Kind::read);
}

Timing::Fifo* Timing::next_queue(Die& die) const {
  if (die.background.empty()) return die.host.empty() ? nullptr : &die.host;
  if (die.host.empty() || die.burst >= config_.host_burst) return &die.background;
  return &die.host;
}

Timing::Batch Timing::take_batch(std::uint32_t index, Die& die, Fifo& queue, Nanoseconds now) {
  Batch batch;
  const auto join = [&](std::uint32_t node) {
    const Nanoseconds waited = now - nodes_[node].since;
    PartStatistics& counts = statistics_.dies[index];
    ++counts.operations;
    counts.conflicts += waited != 0;
    counts.waited += waited;
    statistics_.die_wait.add(waited);
    append(batch.nodes, node);
    ++batch.left;
  };
  die.burst = &queue == &die.background || die.background.empty() ? 0 : die.burst + 1;
  join(take(queue));
  if (!config_.multi_plane) return batch;
  const Operation first = nodes_[batch.nodes.head].operation;
  std::uint32_t planes = 1u << first.plane;
  Fifo rest;
  while (!queue.empty()) {
    const std::uint32_t node = take(queue);
    const Operation& other = nodes_[node].operation;
    const bool joins = other.kind == first.kind && (planes >> other.plane & 1u) == 0 &&
                       (first.kind == Operation::Kind::erase || other.page == first.page);
    if (joins) {
      planes |= 1u << other.plane;
      join(node);
    } else {
      append(rest, node);
    }
  }
  queue = rest;
  if (batch.left > 1) statistics_.multi_plane += batch.left;
  return batch;
}

void Timing::wake(std::uint32_t index, Nanoseconds now) {
  Die& die = dies_[index];
  for (;;) {
    if (!die.cells_busy && die.loaded.left != 0) {
      const Batch batch = die.loaded;
      die.loaded = {};
      start_cells(index, batch, Operation::Kind::program, now);
    }
    Fifo* const queue = next_queue(die);
    if (queue == nullptr) break;
    const Operation::Kind kind = nodes_[queue->head].operation.kind;
    if (!may_begin(die, kind)) break;
    const Batch batch = take_batch(index, die, *queue, now);
    if (!die.busy) {
      die.busy = true;
      die.busy_since = now;
    }
    if (kind == Operation::Kind::program) {
      die.in = batch;
      queue_transfers(batch, index, now);
    } else {
      start_cells(index, batch, kind, now);
    }
  }
}

void Timing::start_cells(std::uint32_t index, const Batch& batch, Operation::Kind kind,
                         Nanoseconds now) {
  Die& die = dies_[index];
  die.cells_busy = true;
  die.kind = kind;
  die.cells = batch;
  switch (kind) {
    case Operation::Kind::read:
      statistics_.reads += batch.left;
      within_.push(now + config_.command_ns + config_.read_ns, order_++, index);
      break;
    case Operation::Kind::program:
      statistics_.programs += batch.left;
      ends_.push(now + config_.program_ns, order_++, index);
      break;
    case Operation::Kind::erase:
      statistics_.erases += batch.left;
      ends_.push(now + config_.command_ns + config_.erase_ns, order_++, index);
      break;
  }
}

void Timing::cells_done(std::uint32_t index, Nanoseconds now, OperationSink& sink) {
  Die& die = dies_[index];
  Batch batch = die.cells;
  die.cells = {};
  die.cells_busy = false;
  if (die.kind == Operation::Kind::read) {
    if (die.out.left == 0) {
      die.out = batch;
      queue_transfers(batch, index, now);
    } else {
      die.sensed = batch;
    }
  } else {
    while (!batch.nodes.empty()) finish(take(batch.nodes), now, sink);
  }
  wake(index, now);
  count_busy(index, now);
}

void Timing::queue_transfers(const Batch& batch, std::uint32_t die, Nanoseconds now) {
  const std::uint32_t index = channel_of_[die];
  Channel& channel = channels_[index];
  for (std::uint32_t node = batch.nodes.head; node != none;) {
    const std::uint32_t next = nodes_[node].next;
    nodes_[node].since = now;
    append(nodes_[node].operation.background ? channel.background : channel.host, node);
    node = next;
  }
  if (!channel.busy) start_transfer(index, now);
}

void Timing::start_transfer(std::uint32_t index, Nanoseconds now) {
  Channel& channel = channels_[index];
  Fifo& queue = channel.host.empty() ? channel.background : channel.host;
  const std::uint32_t node = take(queue);
  const Operation& operation = nodes_[node].operation;
  const Nanoseconds waited = now - nodes_[node].since;
  PartStatistics& counts = statistics_.channels[index];
  ++counts.operations;
  counts.conflicts += waited != 0;
  counts.waited += waited;
  statistics_.channel_wait.add(waited);
  const bool reads = operation.kind == Operation::Kind::read;
  const Nanoseconds takes = config_.transfer_ns(operation.bytes) + (reads ? 0 : config_.command_ns);
  counts.busy += takes;
  channel.busy = true;
  channel.node = node;
  (reads ? ends_ : within_)
      .push(now + takes, order_++, static_cast<std::uint32_t>(dies_.size()) + index);
}

void Timing::transfer_done(std::uint32_t index, Nanoseconds now, OperationSink& sink) {
  Channel& channel = channels_[index];
  const std::uint32_t node = channel.node;
  const Operation operation = nodes_[node].operation;
  const std::uint32_t die_index = raw(operation.die);
  channel.busy = false;
  Die& die = dies_[die_index];
  if (operation.kind == Operation::Kind::read) {
    if (--die.out.left == 0 && die.sensed.left != 0) {
      die.out = die.sensed;
      die.sensed = {};
      queue_transfers(die.out, die_index, now);
    }
    finish(node, now, sink);
  } else {
    // The nodes of a batch end together, by the program.
    append(die.loaded.nodes, node);
    if (--die.in.left == 0) {
      die.loaded.left = 0;
      for (std::uint32_t i = die.loaded.nodes.head; i != none; i = nodes_[i].next) {
        ++die.loaded.left;
      }
      die.in = {};
    }
  }
  if (!channel.busy && (!channel.host.empty() || !channel.background.empty())) {
    start_transfer(index, now);
  }
  wake(die_index, now);
  count_busy(die_index, now);
}

void Timing::finish(std::uint32_t node, Nanoseconds now, OperationSink& sink) {
  const std::uint32_t user = nodes_[node].operation.user;
  free_.push_back(node);
  --under_way_;
  sink.finished(user, now);
}

void Timing::count_busy(std::uint32_t index, Nanoseconds now) {
  Die& die = dies_[index];
  const bool works = die.cells_busy || die.in.left != 0 || die.out.left != 0 ||
                     die.sensed.left != 0 || die.loaded.left != 0;
  if (!die.busy || works) return;
  die.busy = false;
  statistics_.dies[index].busy += now - die.busy_since;
}

TimingStatistics Timing::statistics() const {
  TimingStatistics result = statistics_;
  for (std::size_t i = 0; i < dies_.size(); ++i) {
    if (dies_[i].busy) result.dies[i].busy += result.now - dies_[i].busy_since;
  }
  return result;
}

}  // namespace kilburn::nand
