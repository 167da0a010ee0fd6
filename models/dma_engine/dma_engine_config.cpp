#include "dma_engine/dma_engine_function.h"
#include "kilburn/dma_engine.h"

namespace kilburn::dma_engine {

void DmaEngineConfig::visit(ParameterVisitor& v) {
  v.integer("channels", channels, {1, DMA_ENGINE_MOST_CHANNELS}, "channels",
            "rings of descriptors, each with an MSI-X vector");
  v.integer("descriptor_cycles", descriptor_cycles, {1, 1'000'000}, "cycles",
            "work on a descriptor beside its accesses");
  v.integer("chunk_bytes", chunk_bytes, {64, 65'536, true}, "bytes",
            "largest access that the engine makes; it is in no page but one");
}

}  // namespace kilburn::dma_engine
