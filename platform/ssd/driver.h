// A driver of an NVM Express controller without an operating system: PCI Express, registers, admin
// commands, queues. Its calls are made in a process of the simulation.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <vector>

#include "pcie/link.h"
#include "platform/ssd/host_bus.h"
#include "platform/ssd/queue_pair.h"

namespace kilburn::ssd {

struct NamespaceFacts {
  std::uint32_t id = 0;
  std::uint64_t sectors = 0;        ///< of 512 bytes
  std::uint64_t block_sectors = 1;  ///< of a logical block
};

struct ControllerFacts {
  std::uint64_t capacity_bytes = 0;
  std::uint64_t transfer_bytes = 0;  ///< largest of a command
};

/// Errors: InputError with the command and its status, where the controller refuses one that the
/// configuration asked for; std::logic_error where it does not answer.
class Driver {
 public:
  struct Place {
    pcie::RoutingId function{};
    Address registers = 0;  ///< where BAR 0 is to lie
    Address messages = 0;   ///< of the message target
  };
  Driver(HostBus& bus, HostMemory& memory, MessageTarget& messages, Place place);

  /// `ats`: the function may ask for translations.
  void start(bool ats);
  /// Normal shutdown: what is in the write buffer is in flash afterwards.
  void stop();

  [[nodiscard]] const ControllerFacts& facts() const { return facts_; }
  [[nodiscard]] std::vector<NamespaceFacts> namespaces();
  /// Of no sectors: there is no such namespace.
  [[nodiscard]] NamespaceFacts name_space(std::uint32_t id);
  /// Made and attached; its id.
  std::uint32_t make_namespace(std::uint64_t sectors);
  /// The pair's interrupts come with `vector`.
  void create(const QueuePair& queue, unsigned vector);

  /// Asks for the namespace's new size; `done` is called by `look` when it has ended.
  using Done = std::function<void(const CommandEnd& end)>;
  void resize(const NamespaceFacts& of, std::uint64_t sectors, Done done);
  /// At the admin queue's completions.
  void look();

  void ring_submissions(const QueuePair& queue) { ring(2U * queue.id(), queue.tail()); }
  void ring_completions(const QueuePair& queue) { ring(2U * queue.id() + 1, queue.head()); }

 private:
  [[nodiscard]] Address config(unsigned offset) const;
  [[nodiscard]] unsigned capability(unsigned id);
  [[nodiscard]] unsigned extended_capability(unsigned id);
  void set_up_function(bool ats);
  void enable();
  void wait_for(std::uint32_t mask, std::uint32_t value);
  void ring(std::uint32_t doorbell, std::uint32_t value) {
    bus_.store(place_.registers + NVME_DOORBELLS + Address{doorbell} * NVME_DOORBELL_BYTES, value,
               4);
  }
  void submit(const Command& command, Done done);
  CommandEnd carry_out(const Command& command);
  /// The same of one that must not fail; `what` is told where it does.
  CommandEnd require(const Command& command, const std::string& what);
  void identify(std::uint32_t structure, std::uint32_t name_space);
  [[nodiscard]] std::uint64_t word(unsigned offset, unsigned length) const;

  HostBus& bus_;
  HostMemory& memory_;
  MessageTarget& messages_;
  Place place_;
  QueuePair admin_;
  IoVirtualAddress page_;                               ///< of data of admin commands
  std::deque<std::pair<std::uint16_t, Done>> waiting_;  ///< by command id
  std::uint16_t next_id_ = 0;
  ControllerFacts facts_;
};

}  // namespace kilburn::ssd
