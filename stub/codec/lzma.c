#include "lzma.h"

#define CERTAIN_BITS 11u
#define ADAPTATION_SHIFT 5u
#define RANGE_LEAST (1u << 24)
#define FIRST_BYTES 5u /* zero, then the first four of the code */

/* Speed and size at once: what is called often is inlined where a loop is, and nowhere else. */
#define INLINE inline __attribute__((always_inline))
#define NOINLINE __attribute__((noinline))

#define STATES 12u
#define STATE_AFTER_MATCH 7u /* from here on the last symbol was none of the literals */
#define POSITION_STATES 16u
#define SHORTEST_MATCH 2u
#define SINGLE_BYTE 4u /* instead of the number of a distance */
#define FIRST_SPECIAL_SLOT 4u
#define FIRST_ALIGNED_SLOT 14u
#define ALIGN_BITS 4u
#define LITERAL_MODELS 0x300u
#define MOST_LITERAL_BITS 4u
#define MOST_POSITION_BITS 4u
#define LC 0u
#define LP 4u
#define PB 8u

/* A length: a choice, a second one, then trees of 8, 8 and 256. */
#define LENGTH_LOW 2u
#define LENGTH_MIDDLE (LENGTH_LOW + POSITION_STATES * 8)
#define LENGTH_HIGH (LENGTH_MIDDLE + POSITION_STATES * 8)
#define LENGTH_MODELS (LENGTH_HIGH + 256)

/* The table of models, as in host/codec/lzma-model.ts. */
#define IS_MATCH 0u
#define IS_REPEAT (IS_MATCH + STATES * POSITION_STATES)
#define IS_REPEAT_0 (IS_REPEAT + STATES)
#define IS_REPEAT_1 (IS_REPEAT_0 + STATES)
#define IS_REPEAT_2 (IS_REPEAT_1 + STATES)
#define IS_LONG_REPEAT_0 (IS_REPEAT_2 + STATES)
#define SLOT (IS_LONG_REPEAT_0 + STATES * POSITION_STATES)
#define SPECIAL (SLOT + 4 * 64)
#define ALIGN (SPECIAL + 128 - FIRST_ALIGNED_SLOT)
#define MATCH_LENGTH (ALIGN + 16)
#define REPEAT_LENGTH (MATCH_LENGTH + LENGTH_MODELS)
#define LITERAL (REPEAT_LENGTH + LENGTH_MODELS)

_Static_assert(LITERAL + (LITERAL_MODELS << MOST_LITERAL_BITS) == LZMA_MOST_MODELS, "LZMA_MOST_MODELS is what the table needs");

/* A nibble of the parameters. */
static uint32_t parameter(const struct lzma *lzma, uint32_t at)
{
    return lzma->setup.parameters >> at & 15;
}

bool lzma_begin(struct lzma *lzma)
{
    const uint32_t literal_bits = parameter(lzma, LC) + parameter(lzma, LP);
    lzma->literal_position_mask = (1u << parameter(lzma, LP)) - 1;
    lzma->position_mask = (1u << parameter(lzma, PB)) - 1;
    lzma->coder.input = lzma->setup.input;
    lzma->coder.taken = lzma->position = lzma->state = lzma->copy_left = 0;
    for (uint32_t at = 0; at < 4; at++) {
        lzma->distances[at] = 0;
    }
    for (uint32_t at = 0; at < LZMA_MOST_MODELS; at++) {
        lzma->setup.models[at] = 1u << (CERTAIN_BITS - 1);
    }
    return literal_bits <= MOST_LITERAL_BITS && parameter(lzma, PB) <= MOST_POSITION_BITS;
}

static INLINE void take_byte(const struct lzma *lzma, struct lzma_coder *coder)
{
    coder->code = coder->code << 8 | *coder->input++;
    coder->taken++;
    if (coder->input == lzma->setup.input_end) {
        coder->input = lzma->setup.input_begin;
    }
}

static INLINE void widen(const struct lzma *lzma, struct lzma_coder *coder)
{
    if (coder->range < RANGE_LEAST) {
        coder->range <<= 8;
        take_byte(lzma, coder);
    }
}

/* One decision, as the lowest bit of `node`. Whoever makes several keeps coder and node in registers: most of all time is spent here.
   The adaptation is p += (2048 - p) / 32 after a 0, p -= p / 32 after a 1: both are a shift of the way to a target. */
static INLINE uint32_t decide(const struct lzma *lzma, struct lzma_coder *coder, uint16_t *model, uint32_t node)
{
    const int32_t probability = *model;
    widen(lzma, coder);
    const uint32_t bound = (coder->range >> CERTAIN_BITS) * (uint32_t)probability;
    int32_t target = 1 << CERTAIN_BITS;
    uint32_t range = bound;
    node += node;
    if (coder->code >= bound) {
        coder->code -= bound;
        range = coder->range - bound;
        target = (1 << ADAPTATION_SHIFT) - 1;
        node++;
    }
    coder->range = range;
    *model = (uint16_t)(probability + ((target - probability) >> ADAPTATION_SHIFT));
    return node;
}

/* Decisions down a tree, highest bit first, until the node reaches `leaves`; returns the number of the leaf. As long as the decisions are the bits
   of `expected`, highest of eight first, each of its bits has models of its own; 0x100 and more: nothing is expected. */
static NOINLINE uint32_t tree_expecting(struct lzma *lzma, uint32_t models, uint32_t leaves, uint32_t expected, uint32_t apart)
{
    struct lzma_coder coder = lzma->coder;
    uint32_t node = 1;
    do {
        expected <<= 1;
        node = decide(lzma, &coder, &lzma->setup.models[models + apart + (expected & apart) + node], node);
        apart &= (node & 1) != 0 ? expected : ~expected;
    } while (node < leaves);
    lzma->coder = coder;
    return node - leaves;
}

static uint32_t tree(struct lzma *lzma, uint32_t models, uint32_t leaves)
{
    return tree_expecting(lzma, models, leaves, 0, 0);
}

/* One decision: a tree of two leaves. */
static uint32_t bit(struct lzma *lzma, uint32_t model)
{
    return tree(lzma, model - 1, 2);
}

/* The same as tree, but the first decision is the lowest bit. */
static uint32_t reverse_tree(struct lzma *lzma, uint32_t models, uint32_t bits)
{
    uint32_t leaf = tree(lzma, models, 1u << bits);
    uint32_t value = 0;
    for (; bits != 0; bits--, leaf >>= 1) {
        value = value << 1 | (leaf & 1);
    }
    return value;
}

static uint32_t direct_bits(struct lzma *lzma, uint32_t bits)
{
    struct lzma_coder coder = lzma->coder;
    uint32_t value = 0;
    for (; bits != 0; bits--) {
        widen(lzma, &coder);
        coder.range >>= 1;
        value <<= 1;
        if (coder.code >= coder.range) {
            coder.code -= coder.range;
            value |= 1;
        }
    }
    lzma->coder = coder;
    return value;
}

static uint32_t length(struct lzma *lzma, uint32_t models)
{
    const uint32_t position_state = lzma->position & lzma->position_mask;
    if (bit(lzma, models) == 0) {
        return SHORTEST_MATCH + tree(lzma, models + LENGTH_LOW + 8 * position_state, 8);
    }
    if (bit(lzma, models + 1) == 0) {
        return SHORTEST_MATCH + 8 + tree(lzma, models + LENGTH_MIDDLE + 8 * position_state, 8);
    }
    return SHORTEST_MATCH + 16 + tree(lzma, models + LENGTH_HIGH, 256);
}

static uint32_t distance(struct lzma *lzma, uint32_t match_length)
{
    const uint32_t tree_number = match_length < SHORTEST_MATCH + 3 ? match_length - SHORTEST_MATCH : 3;
    const uint32_t slot = tree(lzma, SLOT + 64 * tree_number, 64);
    if (slot < FIRST_SPECIAL_SLOT) {
        return slot;
    }
    const uint32_t bits = (slot >> 1) - 1;
    const uint32_t base = (2 | (slot & 1)) << bits;
    if (slot < FIRST_ALIGNED_SLOT) {
        return base + reverse_tree(lzma, SPECIAL + base - slot - 1, bits);
    }
    const uint32_t high = direct_bits(lzma, bits - ALIGN_BITS);
    return base + (high << ALIGN_BITS) + reverse_tree(lzma, ALIGN, ALIGN_BITS);
}

/* Which of the last distances comes again: its number, or 4 for the first without a length. */
static uint32_t repeated_distance(struct lzma *lzma)
{
    const uint32_t state = lzma->state;
    if (bit(lzma, IS_REPEAT_0 + state) == 0) {
        return bit(lzma, IS_LONG_REPEAT_0 + state * POSITION_STATES + (lzma->position & lzma->position_mask)) == 0 ? SINGLE_BYTE : 0;
    }
    if (bit(lzma, IS_REPEAT_1 + state) == 0) {
        return 1;
    }
    return 2 + bit(lzma, IS_REPEAT_2 + state);
}

/* What follows the decision that no literal comes. */
static void begin_copy(struct lzma *lzma)
{
    uint32_t *const distances = lzma->distances;
    const uint32_t was_match = lzma->state < STATE_AFTER_MATCH ? 0 : 3;
    const uint32_t is_repeat = bit(lzma, IS_REPEAT + lzma->state);
    uint32_t which = is_repeat ? repeated_distance(lzma) : 3;
    if (which == SINGLE_BYTE) {
        lzma->copy_left = 1;
        lzma->state = was_match ? 11 : 9;
        return;
    }
    const uint32_t again = distances[which];
    for (; which != 0; which--) {
        distances[which] = distances[which - 1];
    }
    lzma->copy_left = length(lzma, is_repeat ? REPEAT_LENGTH : MATCH_LENGTH);
    lzma->state = STATE_AFTER_MATCH + is_repeat + was_match;
    distances[0] = is_repeat ? again : distance(lzma, lzma->copy_left);
}

/* The byte at the last distance. */
static int32_t repeated_byte(const struct lzma *lzma)
{
    const uint32_t position = lzma->position - lzma->distances[0] - 1;
    return lzma->distances[0] <= lzma->setup.recent_mask ? lzma->setup.recent[position & lzma->setup.recent_mask] : lzma_old_byte(position);
}

static INLINE void put(struct lzma *lzma, uint32_t byte)
{
    lzma->setup.recent[lzma->position++ & lzma->setup.recent_mask] = (uint8_t)byte;
}

/* `expected`: the byte at the last distance, after a match. */
static void literal(struct lzma *lzma, uint32_t expected)
{
    const uint32_t state = lzma->state;
    const uint32_t before = lzma->position == 0 ? 0u : lzma->setup.recent[(lzma->position - 1) & lzma->setup.recent_mask];
    const uint32_t lc = parameter(lzma, LC);
    const uint32_t context = ((lzma->position & lzma->literal_position_mask) << lc) + (before >> (8 - lc));
    put(lzma, tree_expecting(lzma, LITERAL + LITERAL_MODELS * context, 0x100, expected, state < STATE_AFTER_MATCH ? 0 : 0x100));
    lzma->state = state < 4 ? 0 : state < 10 ? state - 3 : state - 6;
}

/* The first of five bytes is 0 and falls out of the code again. */
static void begin_code(struct lzma *lzma)
{
    while (lzma->coder.taken < FIRST_BYTES) {
        take_byte(lzma, &lzma->coder);
    }
    lzma->coder.range = UINT32_MAX;
}

enum lzma_result lzma_run(struct lzma *lzma, uint32_t until, uint32_t received)
{
    while (lzma->position != until) {
        const int32_t expected = lzma->state < STATE_AFTER_MATCH ? 0 : repeated_byte(lzma);
        if (expected < 0) {
            return LZMA_WANTS_HISTORY;
        }
        if (lzma->copy_left != 0) {
            lzma->copy_left--;
            put(lzma, (uint32_t)expected);
            continue;
        }
        if (received - lzma->coder.taken < LZMA_MOST_SYMBOL_BYTES && received != lzma->setup.packed_bytes) {
            return LZMA_WANTS_INPUT;
        }
        if (lzma->coder.taken == 0) {
            begin_code(lzma);
        }
        if (bit(lzma, IS_MATCH + lzma->state * POSITION_STATES + (lzma->position & lzma->position_mask)) != 0) {
            begin_copy(lzma);
        } else {
            literal(lzma, (uint32_t)expected);
        }
        if (lzma->distances[0] >= lzma->position || lzma->coder.taken > lzma->setup.packed_bytes) {
            return LZMA_BROKEN;
        }
    }
    return LZMA_REACHED;
}
