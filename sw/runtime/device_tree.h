/* The two facts that the runtime wants of a flattened device tree.
 * Source: Devicetree Specification 0.4, chapter 5. */
#ifndef KILBURN_SW_RUNTIME_DEVICE_TREE_H
#define KILBURN_SW_RUNTIME_DEVICE_TREE_H

#include <stdint.h>

struct device_tree_facts {
  unsigned harts;        /* nodes cpu@...; 0: there is no device tree */
  uint64_t memory_bytes; /* of the node memory@...; two cells each for address and size */
};

struct device_tree_facts device_tree_read(const void* tree);

#endif
