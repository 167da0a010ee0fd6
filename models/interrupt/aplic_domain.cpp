#include "interrupt/aplic_domain.h"

#include <algorithm>
#include <cassert>

namespace kilburn::interrupt {
namespace {

constexpr std::uint32_t hart_field = ~std::uint32_t{0} << APLIC_TARGET_HART_SHIFT;
constexpr std::uint32_t guest_field = std::uint32_t{APLIC_TARGET_GUEST_MASK}
                                      << APLIC_TARGET_GUEST_SHIFT;

std::uint32_t bytes_reversed(std::uint32_t value) {
  return __builtin_bswap32(value);
}

/// The number of a word in an array of bits that begins at `first`; none where `offset` lies
/// elsewhere.
std::optional<unsigned> word_of(unsigned offset, unsigned first) {
  if (offset < first || offset >= first + 4 * APLIC_WORDS) return std::nullopt;
  return (offset - first) / 4;
}

unsigned hart_of(std::uint32_t target) {
  return target >> APLIC_TARGET_HART_SHIFT;
}

}  // namespace

AplicDomain::AplicDomain(Delivery delivery, bool has_guests,
                         const std::vector<InterruptLine>& external)
    : delivery_(delivery),
      target_mask_(hart_field |
                   (delivery == Delivery::direct
                        ? std::uint32_t{APLIC_TARGET_PRIORITY_MASK}
                        : APLIC_TARGET_IDENTITY_MASK | (has_guests ? guest_field : 0))) {
  if (!direct()) return;
  for (const InterruptLine& line : external) idcs_.push_back({.line = line});
}

void AplicDomain::input(unsigned number, bool level) {
  assert(number != 0 && number < aplic_sources && "the board has no such source");
  Source& source = sources_[number];
  const bool before = source.rectified();
  source.level = level;
  const bool now = source.rectified();
  if (now && !before) pend(source);
  if (!now && source.level_sensitive()) source.pending = false;
  drive_lines();
}

void AplicDomain::set_implemented(unsigned number, bool implemented) {
  Source& source = sources_[number];
  if (source.implemented == implemented) return;
  source = {.implemented = implemented, .level = source.level};
  drive_lines();
}

void AplicDomain::pend(Source& source) {
  if (!source.pending) ++counts_.requests;
  source.pending = true;
}

// By software, where 4.7 lets it: of a level-sensitive source the wire decides, with direct
// delivery alone, with messages together with software.
void AplicDomain::set_pending(unsigned number) {
  if (number == 0 || number >= aplic_sources || !active(number)) return;
  Source& source = sources_[number];
  if (!source.level_sensitive() || (!direct() && source.rectified())) pend(source);
}

void AplicDomain::clear_pending(unsigned number) {
  if (number == 0 || number >= aplic_sources || !active(number)) return;
  Source& source = sources_[number];
  if (!source.level_sensitive() || !direct()) source.pending = false;
}

void AplicDomain::set_mode(unsigned number, std::uint32_t value) {
  Source& source = sources_[number];
  if (!source.implemented) return;
  std::uint32_t mode = value & APLIC_SOURCECFG_MODE_MASK;
  const bool reserved = mode > APLIC_DETACHED && mode < APLIC_EDGE_RISING;
  // A domain without children makes zero of what would delegate.
  if (reserved || (value & APLIC_SOURCECFG_DELEGATE) != 0) mode = APLIC_INACTIVE;
  if (mode == APLIC_INACTIVE) {
    source = {.implemented = true, .level = source.level};
    return;
  }
  if (source.mode == APLIC_INACTIVE) set_target(source, 0);
  source.mode = static_cast<std::uint8_t>(mode);
  // A level that is there already is an interrupt; an edge that has been is none.
  if (!source.level_sensitive()) return;
  if (source.rectified()) {
    pend(source);
  } else {
    source.pending = false;
  }
}

void AplicDomain::set_target(Source& source, std::uint32_t value) {
  source.target = value & target_mask_;
  const bool without_priority = (source.target & APLIC_TARGET_PRIORITY_MASK) == 0;
  if (direct() && without_priority) source.target |= 1;
}

template <class Predicate>
std::uint32_t AplicDomain::bits(unsigned word, Predicate predicate) const {
  std::uint32_t result = 0;
  for (unsigned bit = 0; bit < 32; ++bit) {
    const unsigned number = word * 32 + bit;
    if (number != 0 && number < aplic_sources && predicate(sources_[number])) result |= 1u << bit;
  }
  return result;
}

template <class Action>
void AplicDomain::each(unsigned word, std::uint32_t bits, Action action) {
  for (unsigned bit = 0; bit < 32; ++bit) {
    const unsigned number = word * 32 + bit;
    if ((bits >> bit & 1) != 0 && number != 0 && number < aplic_sources) action(number);
  }
}

std::uint32_t AplicDomain::top(unsigned hart) const {
  const std::uint32_t threshold = idcs_[hart].threshold;
  std::uint32_t best = threshold == 0 ? APLIC_TARGET_PRIORITY_MASK + 1 : threshold;
  unsigned found = 0;
  for (unsigned number = 1; number < aplic_sources; ++number) {
    const Source& source = sources_[number];
    const std::uint32_t priority = source.target & APLIC_TARGET_PRIORITY_MASK;
    if (!source.pending || !source.enabled || hart_of(source.target) != hart || priority >= best) {
      continue;
    }
    best = priority;
    found = number;
  }
  return found == 0 ? 0 : found << APLIC_TOPI_SOURCE_SHIFT | best;
}

std::uint32_t AplicDomain::claim(unsigned hart) {
  const std::uint32_t claimed = top(hart);
  if (claimed == 0) {
    ++counts_.empty_claims;
    idcs_[hart].force = false;
  } else {
    ++counts_.claims;
    Source& source = sources_[claimed >> APLIC_TOPI_SOURCE_SHIFT];
    if (!source.level_sensitive()) source.pending = false;
  }
  drive_lines();
  return claimed;
}

void AplicDomain::drive_lines() {
  for (unsigned hart = 0; hart < idcs_.size(); ++hart) {
    Idc& idc = idcs_[hart];
    idc.line.set(interrupts_enabled_ && idc.delivery && (idc.force || top(hart) != 0));
  }
}

bool AplicDomain::has_message() const {
  if (direct()) return false;
  return genmsi_ || (interrupts_enabled_ && std::ranges::any_of(sources_, [](const Source& source) {
                       return source.pending && source.enabled;
                     }));
}

std::optional<AplicMessage> AplicDomain::take_message() {
  if (!has_message()) return std::nullopt;
  std::uint32_t target = 0;
  if (genmsi_) {
    target = *genmsi_;
    genmsi_.reset();
  } else {
    Source& source = *std::ranges::find_if(
        sources_, [](const Source& each) { return each.pending && each.enabled; });
    source.pending = false;
    target = source.target;
  }
  return AplicMessage{.hart = hart_of(target),
                      .guest = target >> APLIC_TARGET_GUEST_SHIFT & APLIC_TARGET_GUEST_MASK,
                      .identity = target & APLIC_TARGET_IDENTITY_MASK};
}

void AplicDomain::write_genmsi(std::uint32_t value) {
  if (direct() || genmsi_) return;
  genmsi_written_ = value & (hart_field | APLIC_TARGET_IDENTITY_MASK);
  genmsi_ = genmsi_written_;
}

std::uint32_t AplicDomain::read_idc(unsigned offset) {
  const unsigned hart = offset / APLIC_IDC_STRIDE;
  if (hart >= idcs_.size()) return 0;
  switch (offset % APLIC_IDC_STRIDE) {
    case APLIC_IDELIVERY:
      return idcs_[hart].delivery ? 1 : 0;
    case APLIC_IFORCE:
      return idcs_[hart].force ? 1 : 0;
    case APLIC_ITHRESHOLD:
      return idcs_[hart].threshold;
    case APLIC_TOPI:
      return top(hart);
    case APLIC_CLAIMI:
      return claim(hart);
    default:
      return 0;
  }
}

void AplicDomain::write_idc(unsigned offset, std::uint32_t value) {
  const unsigned hart = offset / APLIC_IDC_STRIDE;
  if (hart >= idcs_.size()) return;
  Idc& idc = idcs_[hart];
  switch (offset % APLIC_IDC_STRIDE) {
    case APLIC_IDELIVERY:
      idc.delivery = (value & 1) != 0;
      break;
    case APLIC_IFORCE:
      idc.force = (value & 1) != 0;
      break;
    case APLIC_ITHRESHOLD:
      idc.threshold = value & APLIC_TARGET_PRIORITY_MASK;
      break;
    default:
      break;
  }
}

std::uint32_t AplicDomain::read(unsigned offset) {
  assert(offset % 4 == 0 && "the module refuses other accesses");
  if (offset == APLIC_DOMAINCFG) {
    return APLIC_DOMAINCFG_READ_ONLY | (interrupts_enabled_ ? APLIC_DOMAINCFG_IE : 0) |
           (direct() ? 0 : APLIC_DOMAINCFG_DM);
  }
  if (offset < APLIC_SOURCECFG + 4 * aplic_sources) return sources_[offset / 4].mode;
  if (const auto word = word_of(offset, APLIC_SETIP)) {
    return bits(*word, [](const Source& source) { return source.pending; });
  }
  if (const auto word = word_of(offset, APLIC_IN_CLRIP)) {
    return bits(*word, [](const Source& source) { return source.rectified(); });
  }
  if (const auto word = word_of(offset, APLIC_SETIE)) {
    return bits(*word, [](const Source& source) { return source.enabled; });
  }
  if (offset == APLIC_GENMSI) return genmsi_written_ | (genmsi_ ? APLIC_GENMSI_BUSY : 0);
  if (offset > APLIC_TARGET && offset < APLIC_TARGET + 4 * aplic_sources) {
    return sources_[(offset - APLIC_TARGET) / 4].target;
  }
  return offset >= APLIC_IDC ? read_idc(offset - APLIC_IDC) : 0;
}

void AplicDomain::write(unsigned offset, std::uint32_t value) {
  assert(offset % 4 == 0 && "the module refuses other accesses");
  const auto set_enabled = [this](unsigned number, bool enabled) {
    if (number != 0 && number < aplic_sources && active(number)) sources_[number].enabled = enabled;
  };
  if (offset == APLIC_DOMAINCFG) {
    interrupts_enabled_ = (value & APLIC_DOMAINCFG_IE) != 0;
  } else if (offset < APLIC_SOURCECFG + 4 * aplic_sources) {
    set_mode(offset / 4, value);
  } else if (const auto setip = word_of(offset, APLIC_SETIP)) {
    each(*setip, value, [this](unsigned number) { set_pending(number); });
  } else if (const auto clrip = word_of(offset, APLIC_IN_CLRIP)) {
    each(*clrip, value, [this](unsigned number) { clear_pending(number); });
  } else if (const auto setie = word_of(offset, APLIC_SETIE)) {
    each(*setie, value, [&](unsigned number) { set_enabled(number, true); });
  } else if (const auto clrie = word_of(offset, APLIC_CLRIE)) {
    each(*clrie, value, [&](unsigned number) { set_enabled(number, false); });
  } else if (offset == APLIC_SETIPNUM || offset == APLIC_SETIPNUM_LE) {
    set_pending(value);
  } else if (offset == APLIC_SETIPNUM_BE) {
    set_pending(bytes_reversed(value));
  } else if (offset == APLIC_CLRIPNUM) {
    clear_pending(value);
  } else if (offset == APLIC_SETIENUM) {
    set_enabled(value, true);
  } else if (offset == APLIC_CLRIENUM) {
    set_enabled(value, false);
  } else if (offset == APLIC_GENMSI) {
    write_genmsi(value);
  } else if (offset > APLIC_TARGET && offset < APLIC_TARGET + 4 * aplic_sources) {
    Source& source = sources_[(offset - APLIC_TARGET) / 4];
    if (source.mode != APLIC_INACTIVE) set_target(source, value);
  } else if (offset >= APLIC_IDC) {
    write_idc(offset - APLIC_IDC, value);
  }
  drive_lines();
}

void AplicDomain::reset() {
  interrupts_enabled_ = false;
  genmsi_.reset();
  genmsi_written_ = 0;
  for (Source& source : sources_) source = {.level = source.level};
  for (Idc& idc : idcs_) {
    idc.delivery = idc.force = false;
    idc.threshold = 0;
  }
  drive_lines();
}

}  // namespace kilburn::interrupt
