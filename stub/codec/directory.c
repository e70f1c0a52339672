#include "directory.h"

#include "filters.h"
#include "relocate.h"

/* Seven bits a byte, highest first; all bytes but the last have the eighth set. */
static uint32_t number(const struct lzma_setup *decoded, uint32_t directory_bytes, uint32_t *at)
{
    uint32_t value = 0;
    uint32_t byte;
    do {
        byte = decoded->recent[(*at)++ & decoded->recent_mask];
        value = value << 7 | (byte & 0x7F);
    } while (byte >= 0x80 && *at < directory_bytes);
    return value;
}

/* The sign is the lowest bit. */
static uint32_t change(uint32_t value)
{
    return value >> 1 ^ -(value & 1);
}

bool directory_read(const struct lzma_setup *decoded, const struct unpack_content *content)
{
    struct unpack_span *span = content->spans;
    const uint32_t bytes = content->directory_bytes;
    uint32_t left = content->content_bytes;
    uint32_t address = 0;
    uint32_t shift = 0;
    for (uint32_t at = 0; left != 0; span++) {
        const uint32_t length = number(decoded, bytes, &at);
        if ((length & 1) != 0) {
            address += change(number(decoded, bytes, &at));
        }
        if (span == content->spans_end || length < 2 || length > left + 1) {
            return false;
        }
        span->length = length & ~1u;
        span->address = address;
        span->filter = number(decoded, bytes, &at);
        if (span->filter >= FILTER_COPY) {
            shift += change(span->filter - FILTER_COPY);
            span->filter = FILTER_COPY;
            relocation_learn(address - shift, shift);
        }
        span->shift = shift;
        address += span->length;
        left -= span->length;
    }
    return true;
}

uint32_t locate(struct place *place, uint32_t position)
{
    while (position < place->begins) {
        place->span--;
        place->begins -= place->span->length;
    }
    while (position - place->begins >= place->span->length) {
        place->begins += place->span->length;
        place->span++;
    }
    return place->span->address + position - place->begins;
}
