#include "lzma.h"

#define FIRST_BYTES 5u /* zero, then the first four of the code */

/* What is seldom called, and has enough variables of its own, leaves the registers of lzma_run() alone. */
#define NOINLINE __attribute__((noinline))

#define STATES 12u
#define STATE_AFTER_MATCH 7u /* from here on the last symbol was none of the literals */
#define POSITION_STATES 16u
#define SHORTEST_MATCH 2u
#define LAST_DISTANCES 4u
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

_Static_assert(IS_REPEAT_2 == IS_REPEAT + 3 * STATES, "which distance comes again is told by decisions so far apart");
_Static_assert(LITERAL + (LITERAL_MODELS << MOST_LITERAL_BITS) == LZMA_MOST_MODELS, "LZMA_MOST_MODELS is what the table needs");

/* A nibble of the parameters. */
static uint32_t parameter(const struct lzma *lzma, uint32_t at)
{
    return lzma->setup.parameters >> at & 15;
}

bool lzma_begin(struct lzma *lzma)
{
    const uint32_t lc = parameter(lzma, LC);
    const uint32_t lp = parameter(lzma, LP);
    const uint32_t pb = parameter(lzma, PB);
    lzma->literal_position_mask = (1u << lp) - 1;
    lzma->literal_context_shift = 8 - lc;
    lzma->position_mask = (1u << pb) - 1;
    lzma->coder.input = lzma->setup.input;
    lzma->coder.taken = lzma->position = lzma->last = lzma->state = lzma->copy_left = 0;
    lzma->setup.recent[lzma->setup.recent_mask] = 0; /* what counts as the byte before the first */
    for (uint32_t at = 0; at < LAST_DISTANCES; at++) {
        lzma->distances[at] = 0;
    }
    for (uint32_t at = 0; at < LZMA_MOST_MODELS; at++) {
        lzma->setup.models[at] = 1u << (CERTAIN_BITS - 1);
    }
    return lc + lp <= MOST_LITERAL_BITS && pb <= MOST_POSITION_BITS;
}

/* Two decisions tell in which tree a length is found; the shorter ones have a tree for each place that pb tells apart. */
static INLINE uint32_t length(const struct lzma *lzma, struct range_coder *coder, uint16_t *models)
{
    const struct range_ring *const ring = &lzma->setup.ring;
    const uint32_t which = ones(coder, ring, models, 1, 2);
    const bool is_short = which < 2;
    const uint32_t place = is_short ? 8 * (lzma->position & lzma->position_mask) : 0;
    return SHORTEST_MATCH + 8 * which + tree(coder, ring, models + LENGTH_LOW + 8 * POSITION_STATES * which + place, is_short ? 8 : 256);
}

static INLINE uint32_t distance(struct range_coder *coder, const struct range_ring *ring, uint16_t *models, uint32_t match_length)
{
    const uint32_t tree_number = match_length < SHORTEST_MATCH + 3 ? match_length - SHORTEST_MATCH : 3;
    const uint32_t slot = tree(coder, ring, models + SLOT + 64 * tree_number, 64);
    if (slot < FIRST_SPECIAL_SLOT) {
        return slot;
    }
    uint32_t bits = (slot >> 1) - 1;
    uint32_t value = (2 | (slot & 1)) << bits;
    if (slot < FIRST_ALIGNED_SLOT) {
        models += SPECIAL + value - slot - 1;
    } else {
        models += ALIGN;
        value += direct_bits(coder, ring, bits - ALIGN_BITS) << ALIGN_BITS;
        bits = ALIGN_BITS;
    }
    return value + reverse_tree(coder, ring, models, bits);
}

/* What follows the decision that no literal comes. Up to four more tell whether the distance is a new one, or which of the last. */
static NOINLINE void begin_copy(struct lzma *lzma)
{
    struct range_coder coder = lzma->coder;
    const struct range_ring *const ring = &lzma->setup.ring;
    uint16_t *const models = lzma->setup.models;
    uint32_t *const distances = lzma->distances;
    const uint32_t state = lzma->state;
    const uint32_t was_match = state < STATE_AFTER_MATCH ? 0 : 3;
    const uint32_t repeats = ones(&coder, ring, models + IS_REPEAT + state, STATES, LAST_DISTANCES);
    if (repeats == 1 && !bit(&coder, ring, models + IS_LONG_REPEAT_0 + state * POSITION_STATES + (lzma->position & lzma->position_mask))) {
        lzma->copy_left = 1;
        lzma->state = was_match ? 11 : 9;
    } else {
        const bool is_new = repeats == 0;
        uint32_t which = is_new ? LAST_DISTANCES - 1 : repeats - 1;
        const uint32_t again = distances[which];
        for (; which != 0; which--) {
            distances[which] = distances[which - 1];
        }
        lzma->copy_left = length(lzma, &coder, models + (is_new ? MATCH_LENGTH : REPEAT_LENGTH));
        lzma->state = STATE_AFTER_MATCH + !is_new + was_match;
        distances[0] = is_new ? distance(&coder, ring, models, lzma->copy_left) : again;
    }
    lzma->coder = coder;
}

/* The byte at the last distance. */
static INLINE int32_t repeated_byte(const struct lzma *lzma)
{
    const uint32_t position = lzma->position - lzma->distances[0] - 1;
    return lzma->distances[0] <= lzma->setup.recent_mask ? lzma->setup.recent[position & lzma->setup.recent_mask] : lzma_old_byte(position);
}

/* `expected`: the byte at the last distance, after a match. */
static INLINE void literal(struct lzma *lzma, struct range_coder *coder, uint32_t expected)
{
    const struct range_ring *const ring = &lzma->setup.ring;
    const uint32_t state = lzma->state;
    const uint32_t context = ((lzma->position & lzma->literal_position_mask) << 8 | lzma->last) >> lzma->literal_context_shift;
    uint16_t *const models = lzma->setup.models + LITERAL + LITERAL_MODELS * context;
    uint32_t node = 1;
    if (state >= STATE_AFTER_MATCH) {
        /* As long as the decisions are the bits of what is expected, each has models of its own. */
        uint32_t bit_expected;
        do {
            expected <<= 1;
            bit_expected = expected & 0x100;
            node = decide(coder, ring, models + 0x100 + bit_expected + node, node);
        } while (node < 0x100 && bit_expected == (node & 1) << 8);
    }
    if (node < 0x100) {
        node = descend(coder, ring, models, node, 0x100);
    }
    lzma->last = node & 0xFF;
    lzma->setup.recent[lzma->position++ & lzma->setup.recent_mask] = (uint8_t)node;
    lzma->state = state < 4 ? 0 : state < 10 ? state - 3 : state - 6;
}

/* The first of five bytes is 0 and falls out of the code again. */
static void begin_code(struct range_coder *coder, const struct range_ring *ring)
{
    while (coder->taken < FIRST_BYTES) {
        take_byte(coder, ring);
    }
    coder->range = UINT32_MAX;
}

/* Goes on with a match. False: not now. */
static NOINLINE bool copy(struct lzma *lzma, uint32_t until)
{
    const uint32_t mask = lzma->setup.recent_mask;
    uint8_t *const recent = lzma->setup.recent;
    const uint32_t begin = lzma->position;
    const uint32_t end = until - begin < lzma->copy_left ? until : begin + lzma->copy_left;
    uint32_t to = begin;
    uint32_t from = begin - lzma->distances[0] - 1;
    if (lzma->distances[0] <= mask) {
        while (to != end) {
            recent[to++ & mask] = recent[from++ & mask];
        }
    }
    while (to != end) {
        const int32_t byte = lzma_old_byte(from++);
        if (byte < 0) {
            break;
        }
        recent[to++ & mask] = (uint8_t)byte;
    }
    lzma->position = to;
    lzma->last = recent[(to - 1) & mask];
    lzma->copy_left -= to - begin;
    return to == end;
}

enum lzma_result lzma_run(struct lzma *lzma, uint32_t until, uint32_t received)
{
    enum lzma_result result = LZMA_REACHED;
    if (!copy(lzma, until)) {
        return LZMA_WANTS_HISTORY;
    }
    struct range_coder coder = lzma->coder;
    while (lzma->position != until) {
        if (received - coder.taken < LZMA_MOST_SYMBOL_BYTES && received != lzma->setup.packed_bytes) {
            result = LZMA_WANTS_INPUT;
            break;
        }
        const int32_t expected = lzma->state < STATE_AFTER_MATCH ? 0 : repeated_byte(lzma);
        if (expected < 0) {
            result = LZMA_WANTS_HISTORY;
            break;
        }
        if (coder.taken == 0) {
            begin_code(&coder, &lzma->setup.ring);
        }
        if (!bit(&coder, &lzma->setup.ring, lzma->setup.models + IS_MATCH + lzma->state * POSITION_STATES + (lzma->position & lzma->position_mask))) {
            literal(lzma, &coder, (uint32_t)expected);
            continue;
        }
        lzma->coder = coder;
        begin_copy(lzma);
        coder = lzma->coder;
        if (lzma->distances[0] >= lzma->position) {
            result = LZMA_BROKEN;
            break;
        }
        if (!copy(lzma, until)) {
            result = LZMA_WANTS_HISTORY;
            break;
        }
    }
    lzma->coder = coder;
    return coder.taken > lzma->setup.packed_bytes ? LZMA_BROKEN : result;
}
