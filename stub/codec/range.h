/*
 * The range decoder under LZMA: packed bytes → decisions, each with a model of how likely a 0 is. All of it is inlined, and whoever decides keeps the
 * coder in variables of its own, that is in registers: most of all time is spent here. Knows nothing of what is decided.
 */
#ifndef RANGE_H
#define RANGE_H

#include <stdbool.h>
#include <stdint.h>

#define INLINE inline __attribute__((always_inline))

#define CERTAIN_BITS 11u
#define ADAPTATION_SHIFT 5u
#define RANGE_LEAST (1u << 24)

/* Where the input lies: what comes behind the end is at the beginning. */
struct range_ring {
    const uint8_t *begin;
    const uint8_t *end;
};

struct range_coder {
    uint32_t range;
    uint32_t code;
    const uint8_t *input; /* the next byte */
    uint32_t taken;       /* bytes of input used */
};

static INLINE void take_byte(struct range_coder *coder, const struct range_ring *ring)
{
    coder->code = coder->code << 8 | *coder->input++;
    coder->taken++;
    if (coder->input == ring->end) {
        coder->input = ring->begin;
    }
}

static INLINE void widen(struct range_coder *coder, const struct range_ring *ring)
{
    if (__builtin_expect(coder->range < RANGE_LEAST, false)) {
        coder->range <<= 8;
        take_byte(coder, ring);
    }
}

/* One decision, as the lowest bit of `node`: the way down a tree from there. The model moves by a 32nd of what it was off. */
static INLINE uint32_t decide(struct range_coder *coder, const struct range_ring *ring, uint16_t *model, uint32_t node)
{
    widen(coder, ring);
    uint32_t probability = *model;
    const uint32_t bound = (coder->range >> CERTAIN_BITS) * probability;
    node *= 2;
    if (coder->code < bound) {
        coder->range = bound;
        probability += ((1u << CERTAIN_BITS) - probability) >> ADAPTATION_SHIFT;
    } else {
        coder->code -= bound;
        coder->range -= bound;
        probability -= probability >> ADAPTATION_SHIFT;
        node++;
    }
    *model = (uint16_t)probability;
    return node;
}

static INLINE bool bit(struct range_coder *coder, const struct range_ring *ring, uint16_t *model)
{
    return decide(coder, ring, model, 0) != 0;
}

/* How many decisions are a 1 before one is a 0, or `most`; the models are so far apart. */
static INLINE uint32_t ones(struct range_coder *coder, const struct range_ring *ring, uint16_t *models, uint32_t apart, uint32_t most)
{
    uint32_t count = 0;
    while (count < most && bit(coder, ring, models + apart * count)) {
        count++;
    }
    return count;
}

/* Goes on down a tree whose leaves begin at `leaves`, to one of them. */
static INLINE uint32_t descend(struct range_coder *coder, const struct range_ring *ring, uint16_t *models, uint32_t node, uint32_t leaves)
{
    do {
        node = decide(coder, ring, models + node, node);
    } while (node < leaves);
    return node;
}

/* The number of a leaf, the first decision being its highest bit. */
static INLINE uint32_t tree(struct range_coder *coder, const struct range_ring *ring, uint16_t *models, uint32_t leaves)
{
    return descend(coder, ring, models, 1, leaves) - leaves;
}

/* The same, but the first decision is the lowest bit. */
static INLINE uint32_t reverse_tree(struct range_coder *coder, const struct range_ring *ring, uint16_t *models, uint32_t bits)
{
    uint32_t value = 0;
    uint32_t node = 1;
    uint32_t at = 0;
    do {
        node = decide(coder, ring, models + node, node);
        value |= (node & 1) << at++;
    } while (at != bits);
    return value;
}

/* As likely one as the other. */
static INLINE uint32_t direct_bits(struct range_coder *coder, const struct range_ring *ring, uint32_t bits)
{
    uint32_t value = 0;
    for (; bits != 0; bits--) {
        widen(coder, ring);
        coder->range >>= 1;
        value <<= 1;
        if (coder->code >= coder->range) {
            coder->code -= coder->range;
            value++;
        }
    }
    return value;
}

#endif
