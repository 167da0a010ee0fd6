#include <algorithm>
#include <cassert>
#include <cstring>

#include "trace/block_codec.h"
#include "trace/bytes.h"
#include "trace/event_codec.h"

namespace kilburn::trace {
namespace {

constexpr std::size_t bucket_count = 2 * (std::size_t{max_shapes} + 1);

/// Kind and size of one record in a shape: size - 1 in the low six bits.
std::byte spell(const Record& record) {
  assert(record.size >= 1 && record.size <= max_access_bytes && "an access is 1 to 64 bytes");
  return static_cast<std::byte>(static_cast<unsigned>(record.kind) << 6 | (record.size - 1u));
}

}  // namespace

BlockEncoder::BlockEncoder(std::uint32_t capacity, bool physical)
    : capacity_(capacity), physical_(physical), buckets_(bucket_count) {
  assert(capacity <= max_block_records && "the decoder refuses larger blocks");
}

std::size_t BlockEncoder::append(const Batch& batch, std::size_t from) {
  const std::size_t end =
      from + std::min<std::size_t>(batch.records.size() - from, capacity_ - records_);
  std::size_t at = from;
  // Closing the open sequence adds a shape, and take() one more.
  while (at < end && shapes_.size() + 2 <= max_shapes) {
    if (batch.records[at].kind == Kind::event) {
      append_event(batch.records[at], batch.events[batch.records[at].event]);
      ++at;
      continue;
    }
    at += extend_sequence(batch.records.subspan(at, end - at));
    if (at < end) close_sequence();
  }
  if (physical_) {
    for (std::size_t i = from; i < at; ++i) encode_frame(batch.records[i], batch.physical[i]);
  }
  records_ += static_cast<std::uint32_t>(at - from);
  return at - from;
}

/// Takes the records that continue the open sequence, and returns how many.
std::size_t BlockEncoder::extend_sequence(std::span<const Record> records) {
  // Locals: a store of bytes may change any member, for all that the compiler knows.
  unsigned length = length_;
  unsigned data_length = data_length_;
  Address expected = expected_;
  bool has_fetch = has_fetch_;
  const std::uint8_t requester = length == 0 ? records[0].requester : requester_;
  std::size_t taken = 0;
  for (const Record& record : records) {
    const bool fetch = record.kind == Kind::fetch;
    // No short cuts: one branch instead of five.
    const bool ends = (length == max_sequence) | (record.kind == Kind::event) |
                      (record.requester != requester) |
                      (fetch & (length != 0) & ((record.address != expected) | !has_fetch));
    if (ends) break;
    spelling_[length++] = spell(record);
    // Stored either way, kept where it is data: again no branch.
    data_[data_length] = record.address;
    data_length += fetch ? 0 : 1;
    expected = fetch ? record.address + record.size : expected;
    has_fetch |= fetch;
    ++taken;
  }
  length_ = length;
  data_length_ = data_length;
  expected_ = expected;
  has_fetch_ = has_fetch;
  requester_ = requester;
  return taken;
}

void BlockEncoder::append_event(const Record& record, const Event& event) {
  close_sequence();
  tokens_.reserve(2);
  tokens_.put(0, 2);
  put_event(event_bytes_, {record.requester, event});
  ++events_;
}

void BlockEncoder::close_sequence() {
  if (length_ == 0) return;
  const std::uint16_t token = find_shape();
  tokens_.reserve(2);
  tokens_.put(token, 2);
  controls_.reserve(data_length_);
  deltas_.reserve(8 * std::size_t{data_length_});
  Slot* slot = slots_.data() + shapes_[token - 1u].first_slot;
  for (unsigned i = 0; i < data_length_; ++i) encode_address(slot[i], data_[i]);
  length_ = data_length_ = 0;
  has_fetch_ = false;
}

bool BlockEncoder::is_open_sequence(const Shape& shape) const {
  return shape.end == (has_fetch_ ? expected_ : 0) && shape.length == length_ &&
         shape.requester == requester_ &&
         std::memcmp(shape_bytes_.data() + shape.first_byte, spelling_.data(), length_) == 0;
}

/// The token of the open sequence's shape, which is added where it is new.
std::uint16_t BlockEncoder::find_shape() {
  const Address end = has_fetch_ ? expected_ : 0;
  std::uint64_t hash = end ^ std::uint64_t{requester_} << 56 ^ length_;
  std::memset(spelling_.data() + length_, 0, 8);  // the words below may reach past the end
  for (unsigned at = 0; at < length_; at += 8) {
    std::uint64_t word;
    std::memcpy(&word, spelling_.data() + at, sizeof word);
    hash = (hash ^ word) * 0x9E3779B97F4A7C15u;
    hash ^= hash >> 32;
  }
  const auto tag = static_cast<std::uint16_t>(hash >> 48);
  std::size_t index = hash % bucket_count;
  for (; buckets_[index].token != 0; index = (index + 1) % bucket_count) {
    const Bucket bucket = buckets_[index];
    if (bucket.hash == tag && is_open_sequence(shapes_[bucket.token - 1u])) return bucket.token;
  }
  add_shape(end);
  buckets_[index] = {tag, static_cast<std::uint16_t>(shapes_.size())};
  return buckets_[index].token;
}

void BlockEncoder::add_shape(Address end) {
  shape_bytes_.push_back(std::byte{requester_});
  shape_bytes_.push_back(static_cast<std::byte>(length_));
  put_varint(shape_bytes_, zigzag(end - newest_end_));
  newest_end_ = end;
  shapes_.push_back({.end = end,
                     .first_byte = static_cast<std::uint32_t>(shape_bytes_.size()),
                     .first_slot = static_cast<std::uint32_t>(slots_.size()),
                     .length = static_cast<std::uint8_t>(length_),
                     .requester = requester_});
  append_bytes(shape_bytes_, std::span(spelling_).first(length_));
  slots_.resize(slots_.size() + data_length_);
}

void BlockEncoder::encode_address(Slot& slot, Address address) {
  const std::array<std::uint64_t, predictors> deltas = {zigzag(address - slot.last - slot.stride),
                                                        zigzag(address - slot.last),
                                                        zigzag(address - previous_ - slot.gap)};
  unsigned best = deltas[1] < deltas[0] ? 1 : 0;
  best = deltas[2] < deltas[best] ? 2 : best;
  const unsigned bytes = byte_length(deltas[best]);
  controls_.put(best << 4 | bytes, 1);
  deltas_.put(deltas[best], bytes);
  slot.stride = address - slot.last;
  slot.gap = address - previous_;
  slot.last = address;
  previous_ = address;
}

void BlockEncoder::encode_frame(const Record& record, Address physical) {
  const PageNumber page = record.address >> page_shift;
  const PageNumber frame = physical >> page_shift;
  std::uint64_t delta = 0;
  if (record.kind != Kind::event) {
    assert((physical ^ record.address) % page_bytes == 0 && "translation keeps the page offset");
    delta = zigzag(frame - frames_.predict(page));
    frames_.update(page, frame);
  }
  frame_controls_.reserve(1);
  frame_bytes_.reserve(8);
  frame_controls_.put(byte_length(delta), 1);
  frame_bytes_.put(delta, byte_length(delta));
}

std::vector<std::byte> BlockEncoder::take() {
  close_sequence();
  const auto length = [](std::size_t bytes) { return static_cast<std::uint32_t>(bytes); };
  const BlockSections sections{.records = records_,
                               .events = events_,
                               .shapes = length(shapes_.size()),
                               .tokens = length(tokens_.bytes().size() / 2),
                               .shape_bytes = length(shape_bytes_.size()),
                               .event_bytes = length(event_bytes_.size()),
                               .controls = length(controls_.bytes().size()),
                               .delta_bytes = length(deltas_.bytes().size()),
                               .frame_controls = length(frame_controls_.bytes().size()),
                               .frame_bytes = length(frame_bytes_.bytes().size())};
  std::vector<std::byte> content;
  put(content, sections);
  append_bytes(content, shape_bytes_);
  append_bytes(content, event_bytes_);
  append_bytes(content, tokens_.bytes());
  append_bytes(content, controls_.bytes());
  append_bytes(content, deltas_.bytes());
  append_bytes(content, frame_controls_.bytes());
  append_bytes(content, frame_bytes_.bytes());
  clear();
  return content;
}

void BlockEncoder::clear() {
  records_ = events_ = 0;
  previous_ = newest_end_ = 0;
  std::ranges::fill(buckets_, Bucket{});
  shapes_.clear();
  slots_.clear();
  frames_ = {};
  shape_bytes_.clear();
  event_bytes_.clear();
  for (ByteSink* sink : {&tokens_, &controls_, &deltas_, &frame_controls_, &frame_bytes_}) {
    sink->clear();
  }
}

}  // namespace kilburn::trace
