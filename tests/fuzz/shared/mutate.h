/* Mutations that know how a module is built, so that most results are still modules: sections and
   bodies are dropped, doubled, swapped and taken from another module, instructions become others
   of the same shape, numbers change, and all sizes are written anew. */
#ifndef TESTS_FUZZ_SHARED_MUTATE_H
#define TESTS_FUZZ_SHARED_MUTATE_H

#include <stddef.h>
#include <stdint.h>

/* In place, up to `most` bytes; returns the new size. What is no module is mutated as bytes. */
size_t mutate_module(uint8_t *data, size_t size, size_t most, unsigned seed);

/* A part of `other` put into `data`, the result in `out`. */
size_t mutate_splice(const uint8_t *data, size_t size, const uint8_t *other, size_t other_size,
                     uint8_t *out, size_t most, unsigned seed);

/* What libFuzzer looks for, in each fuzzer of modules. */
#define MUTATE_MODULES                                                                             \
    size_t LLVMFuzzerCustomMutator(uint8_t *, size_t, size_t, unsigned);                           \
    size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed)         \
    {                                                                                              \
        return mutate_module(data, size, most, seed);                                              \
    }                                                                                              \
    size_t LLVMFuzzerCustomCrossOver(const uint8_t *, size_t, const uint8_t *, size_t, uint8_t *,  \
                                     size_t, unsigned);                                            \
    size_t LLVMFuzzerCustomCrossOver(const uint8_t *data, size_t size, const uint8_t *other,       \
                                     size_t other_size, uint8_t *out, size_t most, unsigned seed)  \
    {                                                                                              \
        return mutate_splice(data, size, other, other_size, out, most, seed);                      \
    }

#endif
