#include <algorithm>
#include <cstring>
#include <string>

#include "trace/block_codec.h"
#include "trace/bytes.h"
#include "trace/event_codec.h"

namespace kilburn::trace {
namespace {

constexpr std::size_t batch_records = 2048;  // 32 KiB of records: they stay in the cache
constexpr std::size_t copy_group = 4;        // records copied at once: one line

/// A control byte spelled out as masks: no branch depends on the predictor.
struct Control {
  std::uint64_t stride;  ///< all ones where it takes part
  std::uint64_t gap;
  std::uint8_t bytes;
  bool valid;
};
constexpr auto controls = [] {
  std::array<Control, 256> table{};
  for (unsigned i = 0; i < 256; ++i) {
    const auto predictor = static_cast<Predictor>(i >> 4);
    const auto mask = [&](Predictor p) { return predictor == p ? ~std::uint64_t{0} : 0; };
    const bool valid = i >> 4 < predictors && (i & 15) <= 8;
    table[i] = {.stride = mask(Predictor::stride),
                .gap = mask(Predictor::gap),
                .bytes = static_cast<std::uint8_t>(valid ? i & 15 : 0),
                .valid = valid};
  }
  return table;
}();

[[noreturn]] void corrupt(const char* what) {
  throw CorruptBlock(what);
}

template <class Value>
Value must(std::optional<Value> value, const char* what) {
  if (!value) corrupt(what);
  return *value;
}

}  // namespace

void BlockDecoder::start(std::span<const std::byte> content) {
  ByteReader reader(content);
  sections_ = must(reader.get<BlockSections>(), "its section lengths are missing");
  const BlockSections& s = sections_;
  const std::uint64_t total = sizeof s + std::uint64_t{s.shape_bytes} + s.event_bytes +
                              2 * std::uint64_t{s.tokens} + s.controls + s.delta_bytes +
                              s.frame_controls + s.frame_bytes;
  if (total != content.size()) corrupt("its section lengths do not add up");
  if (s.records > max_block_records || s.shapes > max_shapes || s.events > s.records) {
    corrupt("it claims too many records");
  }
  if (s.frame_controls != 0 && s.frame_controls != s.records) {
    corrupt("not every record has a physical address");
  }
  read_shapes(*reader.take(s.shape_bytes), s.shapes);
  read_events(*reader.take(s.event_bytes), s.events);
  const auto section = [&](std::size_t bytes) { return *reader.take(bytes); };
  const auto tokens = section(2 * std::size_t{s.tokens});
  const auto controls_section = section(s.controls);
  const auto deltas = section(s.delta_bytes);
  const auto frame_controls = section(s.frame_controls);
  const auto frame_bytes = section(s.frame_bytes);
  token_ = tokens.data();
  token_end_ = token_ + tokens.size();
  control_ = controls_section.data();
  control_end_ = control_ + controls_section.size();
  delta_ = deltas.data();
  delta_end_ = delta_ + deltas.size();
  frame_control_ = frame_controls.data();
  frame_ = frame_bytes.data();
  frame_end_ = frame_ + frame_bytes.size();
  frames_ = {};
  previous_ = 0;
  decoded_ = 0;
  batch_ = 0;
  next_event_ = 0;
  records_.resize(batch_records + max_sequence + copy_group);
}

void BlockDecoder::read_shapes(std::span<const std::byte> bytes, std::uint32_t shapes) {
  ByteReader reader(bytes);
  shapes_.clear();
  templates_.clear();
  slots_.clear();
  Address end = 0;
  for (std::uint32_t i = 0; i < shapes; ++i) {
    constexpr const char* cut = "its shapes are cut short";
    const auto requester = must(reader.get<std::uint8_t>(), cut);
    const auto length = must(reader.get<std::uint8_t>(), cut);
    end += unzigzag(must(reader.varint(), cut));
    const auto spelling = must(reader.take(length), cut);
    if (length == 0 || length > max_sequence) corrupt("a shape has no allowed length");
    // Every shape occurs at least once, so hostile content cannot ask for more memory than that.
    if (templates_.size() + length > sections_.records) corrupt("its shapes outgrow its records");
    Shape shape{.first = static_cast<std::uint32_t>(templates_.size()),
                .length = length,
                .first_slot = static_cast<std::uint32_t>(slots_.size()),
                .slots = 0};
    for (std::uint32_t at = 0; at < length; ++at) {
      const auto code = std::to_integer<unsigned>(spelling[at]);
      const auto kind = static_cast<Kind>(code >> 6);
      if (kind == Kind::event) corrupt("a shape holds an event");
      if (kind != Kind::fetch) slots_.push_back({.position = at});
      templates_.push_back({.kind = kind,
                            .size = static_cast<std::uint8_t>((code & 63) + 1),
                            .requester = requester});
    }
    // The spelling gives the end of the last fetch: the addresses follow from there downwards.
    Address address = end;
    for (std::size_t at = templates_.size(); at-- > shape.first;) {
      if (templates_[at].kind != Kind::fetch) continue;
      address -= templates_[at].size;
      templates_[at].address = address;
    }
    shape.slots = static_cast<std::uint32_t>(slots_.size()) - shape.first_slot;
    shapes_.push_back(shape);
  }
  if (!reader.empty()) corrupt("bytes follow its last shape");
  templates_.resize(templates_.size() + copy_group);
}

void BlockDecoder::read_events(std::span<const std::byte> bytes, std::uint32_t events) {
  ByteReader reader(bytes);
  events_.clear();
  event_requesters_.clear();
  for (std::uint32_t i = 0; i < events; ++i) {
    const auto coded = must(get_event(reader), "an event is not valid");
    event_requesters_.push_back(coded.requester);
    events_.push_back(coded.event);
  }
  if (!reader.empty()) corrupt("bytes follow its last event");
}

Batch BlockDecoder::next() {
  decode_records();
  if (batch_ > sections_.records - decoded_) corrupt("it holds more records than it claims");
  if (batch_ == 0) {
    const bool whole = decoded_ == sections_.records && control_ == control_end_ &&
                       delta_ == delta_end_ && frame_ == frame_end_ &&
                       next_event_ == events_.size();
    if (!whole) corrupt("it holds other than it claims");
    return {};
  }
  if (has_physical()) decode_frames(batch_);
  decoded_ += static_cast<std::uint32_t>(batch_);
  return {.records = {records_.data(), batch_},
          .events = events_,
          .physical =
              has_physical() ? std::span<const Address>(physical_) : std::span<const Address>()};
}

void BlockDecoder::decode_records() {
  // Locals, so that the compiler need not store them back for each record.
  Record* out = records_.data();
  Record* const end = out + batch_records;
  const std::byte* token = token_;
  const std::byte* control = control_;
  const std::byte* delta = delta_;
  Address previous = previous_;
  while (out < end && token != token_end_) {
    std::uint16_t number;
    std::memcpy(&number, token, sizeof number);
    token += sizeof number;
    if (number == 0) {
      if (next_event_ == events_.size()) corrupt("it refers to an event that it does not hold");
      *out++ = {.event = next_event_,
                .kind = Kind::event,
                .size = 0,
                .requester = event_requesters_[next_event_]};
      ++next_event_;
      continue;
    }
    if (number > shapes_.size()) corrupt("it refers to a shape that it does not hold");
    const Shape shape = shapes_[number - 1u];
    if (static_cast<std::size_t>(control_end_ - control) < shape.slots) {
      corrupt("its data addresses are cut short");
    }
    const Record* from = templates_.data() + shape.first;
    for (std::uint32_t i = 0; i < shape.length; i += copy_group) {
      std::memcpy(out + i, from + i, copy_group * sizeof(Record));
    }
    bool valid = true;
    Slot* slot = slots_.data() + shape.first_slot;
    for (Slot* const last = slot + shape.slots; slot != last; ++slot) {
      const Control& c = controls[std::to_integer<unsigned>(*control++)];
      const Address predicted =
          slot->last + (slot->stride & c.stride) + ((previous + slot->gap - slot->last) & c.gap);
      const Address address = predicted + unzigzag(load_bytes(delta, c.bytes));
      delta += c.bytes;
      valid &= c.valid;
      slot->stride = address - slot->last;
      slot->gap = address - previous;
      slot->last = address;
      out[slot->position].address = address;
      previous = address;
    }
    if (!valid || delta > delta_end_) corrupt("a data address is not valid");
    out += shape.length;
  }
  batch_ = static_cast<std::size_t>(out - records_.data());
  token_ = token;
  control_ = control;
  delta_ = delta;
  previous_ = previous;
}

void BlockDecoder::decode_frames(std::size_t records) {
  physical_.resize(records);
  for (std::size_t i = 0; i < records; ++i) {
    const auto bytes = std::to_integer<unsigned>(*frame_control_++);
    if (bytes > 8 || static_cast<std::size_t>(frame_end_ - frame_) < bytes) {
      corrupt("its physical addresses are cut short");
    }
    const std::uint64_t delta = unzigzag(load_bytes(frame_, bytes));
    frame_ += bytes;
    const Record& record = records_[i];
    if (record.kind == Kind::event) {
      physical_[i] = 0;
      continue;
    }
    const PageNumber page = record.address >> page_shift;
    const PageNumber frame = frames_.predict(page) + delta;
    frames_.update(page, frame);
    physical_[i] = frame << page_shift | record.address % page_bytes;
  }
}

}  // namespace kilburn::trace
