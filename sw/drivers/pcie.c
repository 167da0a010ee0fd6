#include "drivers/pcie.h"

#include "drivers/mmio.h"
#include "kilburn/board.h"

enum { DEVICES = 32, FUNCTIONS = 8 };

static uintptr_t address_of(struct pcie_function at, unsigned offset) {
  return BOARD_ECAM + ((uintptr_t)at.device << PCIE_ECAM_DEVICE_SHIFT) +
         ((uintptr_t)at.function << PCIE_ECAM_FUNCTION_SHIFT) + offset;
}

uint32_t pcie_read(struct pcie_function at, unsigned offset, unsigned length) {
  const uintptr_t address = address_of(at, offset);
  switch (length) {
    case 1:
      return mmio_read8(address);
    case 2:
      return *(volatile uint16_t*)address;
    default:
      return mmio_read32(address);
  }
}

void pcie_write(struct pcie_function at, unsigned offset, unsigned length, uint32_t value) {
  const uintptr_t address = address_of(at, offset);
  switch (length) {
    case 1:
      mmio_write8(address, (uint8_t)value);
      break;
    case 2:
      *(volatile uint16_t*)address = (uint16_t)value;
      break;
    default:
      mmio_write32(address, value);
      break;
  }
}

bool pcie_find(uint16_t vendor, uint16_t device, struct pcie_function* found) {
  for (unsigned d = 0; d < DEVICES; d++) {
    for (unsigned f = 0; f < FUNCTIONS; f++) {
      const struct pcie_function at = {.device = d, .function = f};
      if (pcie_read(at, PCIE_VENDOR, 4) == ((uint32_t)device << 16 | vendor)) {
        *found = at;
        return true;
      }
    }
  }
  return false;
}

unsigned pcie_capability(struct pcie_function at, uint8_t id) {
  unsigned offset = pcie_read(at, PCIE_CAPABILITIES, 1);
  while (offset != 0 && pcie_read(at, offset, 1) != id) offset = pcie_read(at, offset + 1, 1);
  return offset;
}

unsigned pcie_extended_capability(struct pcie_function at, uint16_t id) {
  unsigned offset = 0x100;
  while (offset != 0 && pcie_read(at, offset, 2) != id) offset = pcie_read(at, offset, 4) >> 20;
  return offset;
}

static unsigned bar_register(unsigned bar) {
  return PCIE_BAR0 + 4 * bar;
}

static bool is_wide(struct pcie_function at, unsigned bar) {
  return pcie_read(at, bar_register(bar), 4) & PCIE_BAR_64;
}

uint64_t pcie_bar_bytes(struct pcie_function at, unsigned bar) {
  const unsigned low = bar_register(bar);
  const uint32_t before = pcie_read(at, low, 4);
  pcie_write(at, low, 4, 0xFFFFFFFF);
  uint64_t mask = pcie_read(at, low, 4) & ~UINT64_C(0xF);
  pcie_write(at, low, 4, before);
  if (mask == 0) return 0;
  if (is_wide(at, bar)) {
    const uint32_t above = pcie_read(at, low + 4, 4);
    pcie_write(at, low + 4, 4, 0xFFFFFFFF);
    mask |= (uint64_t)pcie_read(at, low + 4, 4) << 32;
    pcie_write(at, low + 4, 4, above);
  } else {
    mask |= UINT64_C(0xFFFFFFFF) << 32;
  }
  return ~mask + 1;
}

uint64_t pcie_place_bars(struct pcie_function at, uint64_t address) {
  pcie_write(at, PCIE_COMMAND, 2, 0);
  for (unsigned bar = 0; bar < PCIE_BARS; bar++) {
    const uint64_t bytes = pcie_bar_bytes(at, bar);
    if (bytes == 0) continue;
    address = (address + bytes - 1) & ~(bytes - 1);
    pcie_write(at, bar_register(bar), 4, (uint32_t)address);
    if (is_wide(at, bar)) pcie_write(at, bar_register(++bar), 4, (uint32_t)(address >> 32));
    address += bytes;
  }
  pcie_write(at, PCIE_COMMAND, 2, PCIE_COMMAND_MEMORY | PCIE_COMMAND_MASTER);
  return address;
}

uint64_t pcie_bar_address(struct pcie_function at, unsigned bar) {
  const uint64_t low = pcie_read(at, bar_register(bar), 4) & ~UINT64_C(0xF);
  return is_wide(at, bar) ? (uint64_t)pcie_read(at, bar_register(bar + 1), 4) << 32 | low : low;
}

unsigned pcie_interrupt_source(struct pcie_function at) {
  return BOARD_IRQ_PCIE + (pcie_read(at, PCIE_INTERRUPT_PIN, 1) - 1 + at.device) % 4;
}

void pcie_reset(struct pcie_function at) {
  const unsigned express = pcie_capability(at, PCIE_CAPABILITY_EXPRESS);
  pcie_write(at, express + PCIE_EXPRESS_DEVICE_CONTROL, 2, PCIE_EXPRESS_START_FLR);
}
