// Any bytes from GDB: as a stream, and, past the checksums, line by line as requests to a session
// with two harts, which run for a moment where a request lets them.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "gdb/small_machine.h"
#include "platform/gdb/packet.h"
#include "platform/gdb/session.h"

namespace {

using namespace kilburn::gdb;

constexpr kilburn::Cycles moment = 50;

void require(bool condition) {
  if (!condition) __builtin_trap();
}

void require_read_back(const std::string& reply) {
  if (reply.size() > PacketReader::most) return;
  PacketReader reader;
  reader.feed(framed(reply));
  const auto incoming = reader.next();
  require(incoming && incoming->kind == Incoming::Kind::packet && incoming->data == reply);
  require(!reader.next());
}

class Conversation {
 public:
  void request(std::string_view text) {
    const Answer answer = session_.answer(text);
    require_read_back(answer.text);
    if (answer.demand == Demand::resume) require_read_back(run());
  }

 private:
  std::string run() {
    unsigned stopped = 0;
    for (unsigned i = 0; i < machine_.harts(); ++i) {
      if (machine_.debugger(i).halted()) continue;
      kilburn::riscv::Hart& hart = machine_.hart(i);
      if (hart.run(hart.cycles() + moment) == kilburn::riscv::RunEnd::debugger) stopped = i;
    }
    for (unsigned i = 0; i < machine_.harts(); ++i) machine_.debugger(i).halt();
    return session_.stop_reply(stopped, Session::trap);
  }

  testing::SmallMachine machine_{2};
  Session session_{machine_};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view input(reinterpret_cast<const char*>(data), size);
  Conversation conversation;
  PacketReader reader;
  reader.feed(input);
  while (const auto incoming = reader.next()) {
    if (incoming->kind == Incoming::Kind::packet) conversation.request(incoming->data);
  }
  while (!input.empty()) {
    const std::string_view line = input.substr(0, input.find('\n'));
    conversation.request(line);
    input.remove_prefix(std::min(line.size() + 1, input.size()));
  }
  return 0;
}
