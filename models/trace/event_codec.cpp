#include "trace/event_codec.h"

#include <algorithm>
#include <array>
#include <concepts>
#include <cstdint>
#include <limits>
#include <utility>

namespace kilburn::trace {
namespace {

/// The numbers of operations in files: position is number. Only the end may grow.
constexpr std::array operations = {
    Invalidation::Operation::all,      Invalidation::Operation::by_vmid,
    Invalidation::Operation::by_asid,  Invalidation::Operation::by_va_asid,
    Invalidation::Operation::by_va,    Invalidation::Operation::by_guest_frame,
    Invalidation::Operation::by_realm, Invalidation::Operation::by_frame,
};
std::uint64_t number_of(Invalidation::Operation operation) {
  return static_cast<std::uint64_t>(std::ranges::find(operations, operation) - operations.begin());
}

/// The numbers of events in files, by the same rule.
template <class Alternative>
constexpr std::uint8_t event_number = UINT8_MAX;
template <>
constexpr std::uint8_t event_number<ContextSwitch> = 0;
template <>
constexpr std::uint8_t event_number<Map> = 1;
template <>
constexpr std::uint8_t event_number<Unmap> = 2;
template <>
constexpr std::uint8_t event_number<Invalidate> = 3;
template <>
constexpr std::uint8_t event_number<OwnershipChange> = 4;

/// Puts each field it is given.
class FieldWriter {
 public:
  explicit FieldWriter(std::vector<std::byte>& to) : to_(to) {}
  template <class Field>
  void operator()(const Field& field) {
    if constexpr (std::same_as<Field, Invalidation::Operation>) {
      put_varint(to_, number_of(field));
    } else {
      put_varint(to_, static_cast<std::uint64_t>(field));
    }
  }

 private:
  std::vector<std::byte>& to_;
};

/// Gets each field it is given; after a field that is missing or too large, `ok` is false.
class FieldReader {
 public:
  explicit FieldReader(ByteReader& from) : from_(from) {}
  template <class Field>
  void operator()(Field& field) {
    const auto value = from_.varint();
    if constexpr (std::same_as<Field, Invalidation::Operation>) {
      ok = ok && value && *value < operations.size();
      if (ok) field = operations[*value];
    } else {
      ok = ok && value && *value <= std::numeric_limits<Field>::max();
      if (ok) field = static_cast<Field>(*value);
    }
  }
  bool ok = true;

 private:
  ByteReader& from_;
};

void fields(auto&& each, auto& context) requires requires {
  context.vmid;
}
{
  each(context.asid);
  each(context.vmid);
  each(context.realm);
}
void fields(auto&& each, auto& event) requires requires {
  event.context;
}
{ fields(each, event.context); }
void fields(auto&& each, auto& event) requires requires {
  event.va;
}
{
  each(event.va);
  each(event.pages);
  if constexpr (requires { event.realm; }) each(event.realm);
}
void fields(auto&& each, auto& event) requires requires {
  event.invalidation;
}
{
  each(event.invalidation.operation);
  each(event.invalidation.vpn);
  each(event.invalidation.pfn);
  each(event.invalidation.pages);
  fields(each, event.invalidation.context);
  each(event.invalidation.last_level);
}

template <std::size_t... index>
std::optional<Event> get_alternative(std::uint8_t wanted, ByteReader& from,
                                     std::index_sequence<index...>) {
  std::optional<Event> result;
  const auto get = [&]<class Alternative>(Alternative alternative) {
    FieldReader reader(from);
    fields(reader, alternative);
    if (reader.ok) result = alternative;
  };
  ((wanted == event_number<std::variant_alternative_t<index, Event>>
        ? get(std::variant_alternative_t<index, Event>{})
        : void()),
   ...);
  return result;
}

}  // namespace

void put_event(std::vector<std::byte>& to, const CodedEvent& coded) {
  std::visit(
      [&]<class Alternative>(const Alternative& event) {
        to.push_back(std::byte{event_number<Alternative>});
        to.push_back(std::byte{coded.requester});
        fields(FieldWriter(to), event);
      },
      coded.event);
}

std::optional<CodedEvent> get_event(ByteReader& from) {
  const auto type = from.get<std::uint8_t>();
  const auto requester = from.get<std::uint8_t>();
  if (!type || !requester) return std::nullopt;
  const auto event =
      get_alternative(*type, from, std::make_index_sequence<std::variant_size_v<Event>>{});
  if (!event) return std::nullopt;
  return CodedEvent{*requester, *event};
}

}  // namespace kilburn::trace
