#include "platform/gdb/session.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <utility>
#include <vector>

#include "platform/gdb/description.h"
#include "platform/gdb/packet.h"

namespace kilburn::gdb {

namespace {

constexpr const char* malformed = "E01";
constexpr const char* not_there = "E14";
constexpr const char* ok = "OK";
constexpr std::uint64_t most_bytes = 4096;  ///< of memory in one packet
constexpr unsigned general_registers = pc_number + 1;
constexpr std::size_t digits_of_register = 16;

std::string number_as_hex(std::uint64_t value) {
  return to_hex(std::as_bytes(std::span(&value, 1)));
}

std::optional<std::uint64_t> number_from_hex(std::string_view digits) {
  const auto bytes = from_hex(digits);
  if (!bytes || bytes->empty() || bytes->size() > sizeof(std::uint64_t)) return std::nullopt;
  std::uint64_t value = 0;
  std::memcpy(&value, bytes->data(), bytes->size());
  return value;
}

/// "address,length".
struct Area {
  Address address = 0;
  std::uint64_t bytes = 0;
};
std::optional<Area> take_area(std::string_view& text) {
  const auto address = take_number(text);
  if (!address || !take_prefix(text, ",")) return std::nullopt;
  const auto bytes = take_number(text);
  if (!bytes) return std::nullopt;
  return Area{*address, *bytes};
}

}  // namespace

Answer Session::answer(std::string_view request) {
  if (request.empty()) return {};
  const std::string_view rest = request.substr(1);
  switch (request.front()) {
    case '?':
      return {last_stop_};
    case 'g':
      return {read_registers()};
    case 'G':
      return {write_registers(rest)};
    case 'p':
      return {read_one(rest)};
    case 'P':
      return {write_one(rest)};
    case 'm':
      return {read_memory(rest)};
    case 'M':
      return {write_memory(rest, false)};
    case 'X':
      return {write_memory(rest, true)};
    case 'Z':
    case 'z':
      return {change_point(rest, request.front() == 'Z')};
    case 'H':
      return {select(rest)};
    case 'T':
      return {hart_of(rest) ? ok : malformed};
    case 'c':
    case 's':
      return resume(request.front(), rest);
    case 'D':
      return {ok, Demand::detach};
    case 'k':
      return {"", Demand::kill};
    default:
      return query(request);
  }
}

Answer Session::query(std::string_view request) {
  if (take_prefix(request, "qSupported")) {
    return {fmt::format("PacketSize={:x};QStartNoAckMode+;qXfer:features:read+;vContSupported+",
                        2 * most_bytes)};
  }
  if (take_prefix(request, "qXfer:features:read:target.xml:")) return {description(request)};
  if (request.starts_with("qXfer:features:read:")) return {"E00"};
  if (request == "QStartNoAckMode") return {ok, Demand::no_acknowledgements};
  if (request == "qAttached") return {"1"};
  if (request == "qC") return {fmt::format("QC{:x}", current_ + 1)};
  if (request == "qfThreadInfo") return {threads()};
  if (request == "qsThreadInfo") return {"l"};
  if (take_prefix(request, "qThreadExtraInfo,")) {
    const auto number = hart_of(request);
    if (!number) return {malformed};
    const std::string text = fmt::format("hart {}", *number);
    return {to_hex(std::as_bytes(std::span(text)))};
  }
  if (take_prefix(request, "qRcmd,")) return monitor(request);
  if (request == "vCont?") return {"vCont;c;C;s;S"};
  if (take_prefix(request, "vCont;")) return resume_each(request);
  if (take_prefix(request, "vKill;")) return {ok, Demand::kill};
  return {};
}

std::string Session::description(std::string_view range) const {
  const auto area = take_area(range);
  if (!area) return malformed;
  const std::string text = target_description(hart());
  if (area->address >= text.size()) return "l";
  const std::string part = text.substr(area->address, area->bytes);
  return (area->address + part.size() < text.size() ? "m" : "l") + part;
}

std::string Session::threads() const {
  std::string text = "m";
  for (unsigned i = 0; i < target_.harts(); ++i) {
    text += fmt::format("{}{:x}", i == 0 ? "" : ",", i + 1);
  }
  return text;
}

Answer Session::monitor(std::string_view hex) {
  const auto command = from_hex(hex);
  if (!command) return {malformed};
  std::string text = target_.monitor(*command);
  if (text.empty()) text = fmt::format("monitor {}: allowed is statistics\n", *command);
  return {.text = ok, .console = std::move(text)};
}

std::string Session::select(std::string_view request) {
  const bool steps = take_prefix(request, "c");
  if (!steps && !take_prefix(request, "g")) return malformed;
  if (request == "0" || request == "-1") return ok;
  const auto number = hart_of(request);
  if (!number) return malformed;
  (steps ? stepping_ : current_) = *number;
  return ok;
}

std::optional<unsigned> Session::hart_of(std::string_view thread) const {
  const auto number = take_number(thread);
  if (!number || !thread.empty() || *number == 0 || *number > target_.harts()) return std::nullopt;
  return static_cast<unsigned>(*number - 1);
}

std::string Session::read_registers() const {
  std::string text;
  for (unsigned i = 0; i < general_registers; ++i) {
    text += number_as_hex(read_register(hart(), i).value_or(0));
  }
  return text;
}

std::string Session::write_registers(std::string_view hex) {
  if (hex.size() < general_registers * digits_of_register) return malformed;
  for (unsigned i = 0; i < general_registers; ++i) {
    const auto value = number_from_hex(hex.substr(i * digits_of_register, digits_of_register));
    if (!value) return malformed;
    write_register(hart(), i, *value);
  }
  return ok;
}

std::string Session::read_one(std::string_view request) const {
  const auto number = take_number(request);
  if (!number || *number > privilege_number) return malformed;
  const auto value = read_register(hart(), static_cast<unsigned>(*number));
  return value ? number_as_hex(*value) : not_there;
}

std::string Session::write_one(std::string_view request) {
  const auto number = take_number(request);
  if (!number || *number > privilege_number || !take_prefix(request, "=")) return malformed;
  const auto value = number_from_hex(request);
  if (!value) return malformed;
  return write_register(hart(), static_cast<unsigned>(*number), *value) ? ok : not_there;
}

std::string Session::read_memory(std::string_view request) {
  const auto area = take_area(request);
  if (!area || area->bytes == 0 || !request.empty()) return malformed;
  std::vector<std::byte> bytes(std::min(area->bytes, most_bytes));
  return target_.read_memory(current_, area->address, bytes) ? to_hex(bytes) : not_there;
}

std::string Session::write_memory(std::string_view request, bool binary) {
  const auto area = take_area(request);
  if (!area || !take_prefix(request, ":")) return malformed;
  const auto content = binary ? std::optional(std::string(request)) : from_hex(request);
  if (!content || content->size() != area->bytes) return malformed;
  const auto bytes = std::as_bytes(std::span(*content));
  return target_.write_memory(current_, area->address, bytes) ? ok : not_there;
}

/// "type,address,kind": 0 and 1 breakpoints, 2 watches stores, 3 loads, 4 both.
std::string Session::change_point(std::string_view request, bool add) {
  const auto type = take_number(request);
  if (!type || !take_prefix(request, ",")) return malformed;
  constexpr unsigned hardware = 1;
  constexpr unsigned stores = 2;
  constexpr unsigned loads = 3;
  constexpr unsigned both = 4;
  if (*type > both) return "";
  const auto area = take_area(request);
  if (!area || (*type >= stores && area->bytes == 0)) return malformed;
  const Breakpoint breakpoint{area->address, *type == hardware};
  const Watchpoint watchpoint{area->address, area->bytes, *type == loads || *type == both,
                              *type == stores || *type == both};
  for (unsigned i = 0; i < target_.harts(); ++i) {
    HartDebugger& debugger = target_.debugger(i);
    if (*type < stores) {
      add ? debugger.add(breakpoint) : debugger.remove(breakpoint);
    } else {
      add ? debugger.add(watchpoint) : debugger.remove(watchpoint);
    }
  }
  return ok;
}

Answer Session::resume(char action, std::string_view address) {
  if (!address.empty()) {
    const auto pc = take_number(address);
    if (!pc || !address.empty()) return {malformed};
    if (!write_register(target_.hart(stepping_), pc_number, *pc)) return {malformed};
  }
  for (unsigned i = 0; i < target_.harts(); ++i) {
    target_.debugger(i).resume(action == 's' && i == stepping_);
  }
  return {"", Demand::resume};
}

/// "s:1;c": the first action that names a hart, or none, is its.
Answer Session::resume_each(std::string_view actions) {
  std::vector<char> chosen(target_.harts(), '\0');
  while (!actions.empty()) {
    const std::string_view one = actions.substr(0, actions.find(';'));
    actions.remove_prefix(std::min(one.size() + 1, actions.size()));
    const char action = one.empty() ? '\0' : one.front();
    if (action != 'c' && action != 'C' && action != 's' && action != 'S') return {malformed};
    const std::size_t colon = one.find(':');
    const std::string_view thread = colon == std::string_view::npos ? "-1" : one.substr(colon + 1);
    const auto number = hart_of(thread);
    if (!number && thread != "-1") return {malformed};
    for (unsigned i = 0; i < target_.harts(); ++i) {
      if (chosen[i] == '\0' && (!number || *number == i)) chosen[i] = action;
    }
  }
  if (std::ranges::all_of(chosen, [](char action) { return action == '\0'; })) return {malformed};
  for (unsigned i = 0; i < target_.harts(); ++i) {
    if (chosen[i] != '\0') target_.debugger(i).resume(chosen[i] == 's' || chosen[i] == 'S');
  }
  return {"", Demand::resume};
}

std::string Session::stop_reply(unsigned hart, unsigned signal) {
  current_ = stepping_ = hart;
  std::string reason;
  if (const auto hit = target_.debugger(hart).take_hit()) {
    const Watchpoint& watched = hit->watchpoint;
    const char* kind = watched.loads ? (watched.stores ? "awatch" : "rwatch") : "watch";
    reason = fmt::format("{}:{:x};", kind, hit->address);
  }
  last_stop_ = fmt::format("T{:02x}{}thread:{:x};", signal, reason, hart + 1);
  return last_stop_;
}

}  // namespace kilburn::gdb
