#include "trace/event_codec.h"

#include <concepts>
#include <limits>
#include <utility>

namespace kilburn::trace {
namespace {

/// Puts each field it is given.
class FieldWriter {
 public:
  explicit FieldWriter(std::vector<std::byte>& to) : to_(to) {}
  template <class Field>
  void operator()(const Field& field) {
    put_varint(to_, static_cast<std::uint64_t>(field));
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
    ok = ok && value && *value <= largest<Field>();
    if (ok) field = static_cast<Field>(*value);
  }
  bool ok = true;

 private:
  template <class Field>
  static constexpr std::uint64_t largest() {
    if constexpr (std::same_as<Field, Invalidation::Operation>) {
      return static_cast<std::uint64_t>(Invalidation::Operation::by_frame);
    } else {
      return std::numeric_limits<Field>::max();
    }
  }
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
std::optional<Event> get_alternative(std::size_t wanted, ByteReader& from,
                                     std::index_sequence<index...>) {
  std::optional<Event> result;
  const auto get = [&]<class Alternative>(Alternative alternative) {
    FieldReader reader(from);
    fields(reader, alternative);
    if (reader.ok) result = alternative;
  };
  ((wanted == index ? get(std::variant_alternative_t<index, Event>{}) : void()), ...);
  return result;
}

}  // namespace

void put_event(std::vector<std::byte>& to, const CodedEvent& coded) {
  to.push_back(static_cast<std::byte>(coded.event.index()));
  to.push_back(std::byte{coded.requester});
  std::visit([&](const auto& event) { fields(FieldWriter(to), event); }, coded.event);
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
