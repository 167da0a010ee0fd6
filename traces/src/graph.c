/* Breadth-first search over a large random graph, and the maker of that graph.
 *
 *   graph make FILE SCALE SEED   writes 2^SCALE vertices with 16 * 2^SCALE directed edges
 *   graph search FILE SEED       maps FILE and searches from 64 vertices, or until all is reached
 *
 * The graph is an R-MAT graph (Chakrabarti, Zhan, Faloutsos, 2004) with the parameters of Graph500,
 * stored as compressed rows: offsets (64-bit) and targets (32-bit).
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { EDGE_FACTOR = 16, SEARCHES = 64 };

/* xorshift64* (Vigna, 2016) */
static uint64_t next_random(uint64_t* state) {
  *state ^= *state >> 12;
  *state ^= *state << 25;
  *state ^= *state >> 27;
  return *state * 0x2545F4914F6CDD1DULL;
}

static void* must(void* memory) {
  if (memory == NULL || memory == MAP_FAILED) {
    perror("graph");
    exit(1);
  }
  return memory;
}

/* One edge: in each of `scale` steps a quadrant, with probabilities 0.57, 0.19, 0.19, 0.05 (in
 * 256ths, eight steps to a random number). */
static void random_edge(unsigned scale, uint64_t* state, uint32_t* from, uint32_t* to) {
  uint64_t random = 0;
  *from = *to = 0;
  for (unsigned step = 0; step < scale; ++step) {
    random = step % 8 == 0 ? next_random(state) : random >> 8;
    const unsigned sample = random & 255;
    *from = *from << 1 | (sample >= 195);
    *to = *to << 1 | ((sample >= 146 && sample < 195) || sample >= 244);
  }
}

/* Spreads the well-connected vertices over the whole range, as Graph500 does. */
static uint32_t scatter(uint32_t vertex, unsigned scale) {
  return (uint32_t)((vertex * 0x9E3779B97F4A7C15ULL) >> (64 - scale));
}

static void make(const char* name, unsigned scale, uint64_t seed) {
  const uint64_t vertices = 1ULL << scale, edges = vertices * EDGE_FACTOR;
  uint64_t* offsets = must(calloc(vertices + 1, sizeof *offsets));
  uint32_t* targets = must(malloc(edges * sizeof *targets));
  uint32_t from, to;
  uint64_t state = seed;
  for (uint64_t i = 0; i < edges; ++i) {
    random_edge(scale, &state, &from, &to);
    ++offsets[scatter(from, scale)];
  }
  uint64_t sum = 0;
  for (uint64_t v = 0; v <= vertices; ++v) {
    uint64_t degree = offsets[v];
    offsets[v] = sum;
    sum += degree;
  }
  state = seed; /* the same edges again, each to its place */
  for (uint64_t i = 0; i < edges; ++i) {
    random_edge(scale, &state, &from, &to);
    targets[offsets[scatter(from, scale)]++] = scatter(to, scale);
  }
  memmove(offsets + 1, offsets, vertices * sizeof *offsets); /* undo the ++ */
  offsets[0] = 0;
  FILE* file = must(fopen(name, "wb"));
  if (fwrite(&vertices, sizeof vertices, 1, file) != 1 ||
      fwrite(offsets, sizeof *offsets, vertices + 1, file) != vertices + 1 ||
      fwrite(targets, sizeof *targets, edges, file) != edges || fclose(file) != 0) {
    perror(name);
    exit(1);
  }
}

static void search(const char* name, uint64_t seed) {
  const int descriptor = open(name, O_RDONLY);
  struct stat status;
  if (descriptor < 0 || fstat(descriptor, &status) != 0) {
    perror(name);
    exit(1);
  }
  const uint64_t* file =
      must(mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, descriptor, 0));
  const uint64_t vertices = file[0];
  const uint64_t* offsets = file + 1;
  const uint32_t* targets = (const uint32_t*)(offsets + vertices + 1);
  uint32_t* parent = must(calloc(vertices, sizeof *parent)); /* parent + 1; 0: not reached */
  uint32_t* queue = must(malloc(vertices * sizeof *queue));
  uint64_t state = seed, reached = 0;
  for (int i = 0; i < SEARCHES; ++i) {
    const uint32_t root = (uint32_t)(next_random(&state) % vertices);
    if (parent[root] != 0) continue;
    uint64_t head = 0, tail = 0;
    parent[root] = root + 1;
    queue[tail++] = root;
    while (head < tail) {
      const uint32_t vertex = queue[head++];
      for (uint64_t at = offsets[vertex]; at < offsets[vertex + 1]; ++at) {
        const uint32_t target = targets[at];
        if (parent[target] != 0) continue;
        parent[target] = vertex + 1;
        queue[tail++] = target;
      }
    }
    reached += tail;
  }
  printf("%llu of %llu vertices reached\n", (unsigned long long)reached,
         (unsigned long long)vertices);
}

int main(int argc, char** argv) {
  if (argc == 5 && strcmp(argv[1], "make") == 0) {
    make(argv[2], (unsigned)atoi(argv[3]), strtoull(argv[4], NULL, 10));
  } else if (argc == 4 && strcmp(argv[1], "search") == 0) {
    search(argv[2], strtoull(argv[3], NULL, 10));
  } else {
    fprintf(stderr, "usage: graph make FILE SCALE SEED | graph search FILE SEED\n");
    return 2;
  }
  return 0;
}
