#include "iommu/iommu.h"
#include "kilburn/iommu.h"

namespace kilburn::iommu {

namespace {

constexpr std::uint64_t ppn_mask = (std::uint64_t{1} << IOMMU_PPN_BITS) - 1;
constexpr std::uint64_t pid_mask = 0xFFFFF;
constexpr std::uint64_t did_mask = 0xFFFFFF;
constexpr unsigned table_end = IOMMU_MSI_CFG_TBL + IOMMU_VECTORS * IOMMU_MSI_ENTRY_BYTES;
constexpr std::uint64_t debug_defined =
    IOMMU_TR_REQ_GO | IOMMU_TR_REQ_PRIVILEGED | IOMMU_TR_REQ_EXECUTE | IOMMU_TR_REQ_NO_WRITE |
    pid_mask << IOMMU_TR_REQ_PID_SHIFT | IOMMU_TR_REQ_PV | did_mask << IOMMU_TR_REQ_DID_SHIFT;

/// Registers of 64 bits, which are written as a whole: a half is put into what they hold.
bool is_wide(unsigned offset) {
  switch (offset) {
    case IOMMU_DDTP:
    case IOMMU_CQB:
    case IOMMU_FQB:
    case IOMMU_PQB:
    case IOMMU_TR_REQ_IOVA:
    case IOMMU_TR_REQ_CTL:
    case IOMMU_ICVEC:
      return true;
    default:
      return false;
  }
}

std::uint64_t join(std::uint32_t high, std::uint32_t low) {
  return std::uint64_t{high} << 32 | low;
}

}  // namespace

/// Eight bytes at a multiple of eight.
std::uint64_t Iommu::read_whole(unsigned offset) const {
  if (offset >= IOMMU_MSI_CFG_TBL && offset < table_end) {
    const unsigned at = offset - IOMMU_MSI_CFG_TBL;
    return join(interrupts_.read_table(at + 4), interrupts_.read_table(at));
  }
  switch (offset) {
    case IOMMU_CAPABILITIES:
      return capabilities_;
    case IOMMU_FCTL:
      return interrupts_.wired() ? IOMMU_FCTL_WSI : 0;
    case IOMMU_DDTP:
      return static_cast<std::uint64_t>(directory_.mode) | directory_.root << IOMMU_PPN_SHIFT;
    case IOMMU_CQB:
      return commands_.base();
    case IOMMU_CQH:
      return join(commands_.tail(), commands_.head());
    case IOMMU_FQB:
      return faults_.base();
    case IOMMU_FQH:
      return join(faults_.tail(), faults_.head());
    case IOMMU_PQB:
      return page_requests_.base();
    case IOMMU_PQH:
      return join(page_requests_.tail(), page_requests_.head());
    case IOMMU_CQCSR:
      return join(faults_.control(), commands_.control());
    case IOMMU_PQCSR:
      return join(interrupts_.pending(), page_requests_.control());
    case IOMMU_TR_REQ_IOVA:
      return debug_address_;
    case IOMMU_TR_REQ_CTL:
      return debug_control_;
    case IOMMU_TR_RESPONSE:
      return debug_response_;
    case IOMMU_ICVEC:
      return interrupts_.vectors();
    default:
      return 0;
  }
}

std::uint64_t Iommu::read(unsigned offset, unsigned length) const {
  const std::uint64_t whole = read_whole(offset & ~7u);
  if (length == 8) return whole;
  return whole >> (offset % 8 * 8) & UINT32_MAX;
}

void Iommu::write(unsigned offset, unsigned length, std::uint64_t value, Cycles now) {
  const unsigned start = offset & ~7u;
  if (is_wide(start)) {
    if (length == 4) {
      const unsigned shift = offset % 8 * 8;
      const std::uint64_t kept = read_whole(start) & ~(std::uint64_t{UINT32_MAX} << shift);
      value = kept | (value & UINT32_MAX) << shift;
    }
    write_wide(start, value);
    return;
  }
  write_word(offset, static_cast<std::uint32_t>(value), now);
  if (length == 8) write_word(offset + 4, static_cast<std::uint32_t>(value >> 32), now);
}

void Iommu::write_wide(unsigned offset, std::uint64_t value) {
  const bool debugging = (debug_control_ & IOMMU_TR_REQ_GO) != 0;
  switch (offset) {
    case IOMMU_DDTP:
      write_ddtp(value);
      break;
    case IOMMU_CQB:
      commands_.set_base(value);
      break;
    case IOMMU_FQB:
      faults_.set_base(value);
      break;
    case IOMMU_PQB:
      if (config_.ats) page_requests_.set_base(value);
      break;
    case IOMMU_TR_REQ_IOVA:
      if (!debugging) debug_address_ = value & ~(page_bytes - 1);
      break;
    case IOMMU_TR_REQ_CTL:
      if (!debugging) debug_control_ = value & debug_defined;
      break;
    case IOMMU_ICVEC:
      interrupts_.set_vectors(value);
      break;
    default:
      break;
  }
}

/// An illegal mode, and one depth after another, leave the register as it is.
void Iommu::write_ddtp(std::uint64_t value) {
  using Mode = DirectoryPointer::Mode;
  const std::uint64_t field = value & IOMMU_DDTP_MODE_MASK;
  if (field > IOMMU_DDTP_3LVL) return;
  const auto mode = static_cast<Mode>(field);
  if (mode > Mode::bare && directory_.mode > Mode::bare && mode != directory_.mode) return;
  directory_ = {.mode = mode, .root = value >> IOMMU_PPN_SHIFT & ppn_mask};
  // No context of another directory is used any more, by transfers under way neither.
  directories_.invalidate_all();
  if (observer_ != nullptr) observer_->changed(DirectoryInvalidation{});
}

void Iommu::write_word(unsigned offset, std::uint32_t value, Cycles now) {
  if (offset >= IOMMU_MSI_CFG_TBL && offset < table_end) {
    interrupts_.write_table(offset - IOMMU_MSI_CFG_TBL, value, now);
    return;
  }
  switch (offset) {
    case IOMMU_FCTL:
      if (config_.interrupts == InterruptBy::both) {
        interrupts_.set_wired((value & IOMMU_FCTL_WSI) != 0);
      }
      break;
    case IOMMU_CQT:
      commands_.set_tail(value);
      break;
    case IOMMU_FQH:
      faults_.set_head(value);
      break;
    case IOMMU_PQH:
      if (config_.ats) page_requests_.set_head(value);
      break;
    case IOMMU_CQCSR:
      commands_.set_control(value);
      write_pending(0, now);
      break;
    case IOMMU_FQCSR:
      faults_.set_control(value);
      write_pending(0, now);
      break;
    case IOMMU_PQCSR:
      if (config_.ats) page_requests_.set_control(value);
      write_pending(0, now);
      break;
    case IOMMU_IPSR:
      write_pending(value, now);
      break;
    default:
      break;
  }
}

/// Clears what software has seen; what still stands pends again.
void Iommu::write_pending(std::uint32_t value, Cycles now) {
  interrupts_.clear(value);
  attend(now);
  if (faults_.wants_interrupt()) interrupts_.raise(InterruptSource::fault, now);
  if (page_requests_.wants_interrupt()) interrupts_.raise(InterruptSource::page_request, now);
}

Cycles Iommu::debug_translate(Cycles now) {
  const std::uint64_t control = debug_control_;
  const auto has = [control](std::uint64_t bit) { return (control & bit) != 0; };
  const bool execute = has(IOMMU_TR_REQ_EXECUTE);
  dma::Requester requester{
      .device = static_cast<std::uint32_t>(control >> IOMMU_TR_REQ_DID_SHIFT & did_mask)};
  if (has(IOMMU_TR_REQ_PV)) {
    requester.process = dma::Pasid{
        .number = static_cast<std::uint32_t>(control >> IOMMU_TR_REQ_PID_SHIFT & pid_mask),
        .privileged = has(IOMMU_TR_REQ_PRIVILEGED),
        .execute = execute};
  }
  const Access read = execute ? Access::fetch : Access::load;
  const Access access = has(IOMMU_TR_REQ_NO_WRITE) ? read : Access::store;
  const IoVirtualAddress at(debug_address_);
  const TranslatedPage found =
      translate_page({.device = requester.device, .process = requester.process, .access = access},
                     {.type = type_of(requester.type, access),
                      .device = requester.device,
                      .process = requester.process,
                      .iotval = at.value()},
                     at, now, true);
  if (found.cause) {
    debug_result_ = IOMMU_TR_RESPONSE_FAULT;
    return found.page.cost.total();
  }
  const Translation& page = found.page.translation;
  const unsigned order = page.piece_order() < IOMMU_PPN_BITS ? page.piece_order() : 0;
  debug_result_ = std::uint64_t{page.attributes} << IOMMU_TR_RESPONSE_PBMT_SHIFT;
  PageNumber frame = page.pfn;
  if (order != 0) {
    // The size in the page number: ones up to the bit below the page's, which is zero.
    frame = (frame >> order << order) | ((PageNumber{1} << (order - 1)) - 1);
    debug_result_ |= IOMMU_TR_RESPONSE_SUPERPAGE;
  }
  debug_result_ |= (frame & ppn_mask) << IOMMU_PPN_SHIFT;
  return found.page.cost.total();
}

}  // namespace kilburn::iommu
