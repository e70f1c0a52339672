/*
 * The stub from the line to the flash, on the desk under the sanitizers: what an input holds comes over the line and is executed. No input may
 * make it read or write what is not its own, harm the flash (desk-flash.c), or hang.
 *
 * The first byte of an input says what the others are. Even: a stream of operations, sent in valid frames, cut, doubled and swapped as the
 * next byte draws. Odd: bytes on the line; after each 0x00 come a type, an offset and a length, and those of the following bytes go into a valid frame.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "memory.h"
#include "wire.gen.h"

/* The lowest addresses are nobody's on the desk. */
static uint8_t recent[WIRE_RECENT_BYTES] __attribute__((aligned(8)));
#undef RECENT_ADDRESS
#define RECENT_ADDRESS ((uintptr_t)recent)

#define self frame_self
#include "frame.c"
#undef self
#define self window_self
#include "window.c"
#undef self
#define self old_content_self
#include "old-content.c"
#undef self
#define self script_self
#include "script.c"
#undef self
#define self unpack_self
#include "codec/unpack.c"
#undef self
#define self relocate_self
#include "codec/relocate.c"
#undef self
#define self workspace_self
#include "codec/workspace.c"
#undef self
#define self session_self
#include "session.c"
#undef self

#include "desk-flash.h"
#include "desk-line.h"

#define TOKEN 0x5AFE0001u
#define MOST_PIECE_BYTES 4096u
/* A session of so many bytes comes to its end, or to a halt, within so many turns. */
#define MOST_TURNS 200000u
/* A READ of the whole flash in pieces of a byte would take longer. */
#define ENOUGH_READING 2000u

enum end { NONE, LEFT, TAKEN };

static jmp_buf ended;
static uint32_t next_token;
static bool has_left;
static bool has_work;
static uint32_t now_ms;
static uint32_t random_state;
/* Both kinds of parts have their turn. */
static uint32_t window_bytes;

uint32_t memory_window_bytes(void)
{
    return window_bytes;
}

void memory_has_new_code(void)
{
}

void watchdog_begin(void)
{
}

void watchdog_feed(void)
{
}

void clock_begin(void)
{
}

uint32_t clock_ms(void)
{
    return now_ms;
}

uint32_t facts_write(uint8_t *payload)
{
    memset(payload, 0, WIRE_FACTS_BYTES);
    return WIRE_FACTS_BYTES;
}

void reset_chip(void)
{
    longjmp(ended, LEFT);
}

void start_program(uint32_t address)
{
    (void)address;
    longjmp(ended, LEFT);
}

void start_anew(uint32_t usart, uint32_t token)
{
    (void)usart;
    next_token = token;
    longjmp(ended, TAKEN);
}

static uint32_t below(uint32_t bound)
{
    random_state = random_state * 1664525u + 1013904223u;
    return (uint32_t)((uint64_t)random_state * bound >> 32);
}

/* As after the loader: nothing is left of an earlier session but what is in flash. */
static void begin_anew(uint32_t token)
{
    memset(&frame_self, 0, sizeof frame_self);
    memset(&window_self, 0, sizeof window_self);
    memset(&old_content_self, 0, sizeof old_content_self);
    memset(&script_self, 0, sizeof script_self);
    memset(&workspace_self, 0, sizeof workspace_self);
    memset(&unpack_self, 0, sizeof unpack_self);
    memset(&relocate_self, 0, sizeof relocate_self);
    memset(&session_self, 0, sizeof session_self);
    begin(0, token);
    has_work = true;
}

/* The stub's loop (session_run), until nothing moves any more. */
static void turns(uint32_t most)
{
    switch (setjmp(ended)) {
    case LEFT:
        has_left = true;
        break;
    case TAKEN:
        desk_flash_reset(next_token);
        begin_anew(next_token);
        break;
    default:
        break;
    }
    if (has_left) {
        return;
    }
    for (uint32_t count = 0; count < most; count++) {
        const bool has_ended = flash_poll();
        const uint32_t received = uart_received();
        has_work = (has_millisecond_passed(received) | has_ended | frame_is_due(received) | has_work | is_reading()) && turn(received);
        if (!has_ended && !has_work && !flash_is_busy(0) && !flash_is_busy(1) && (!is_reading() || count > ENOUGH_READING)) {
            return;
        }
    }
    if (most == MOST_TURNS) {
        fprintf(stderr, "it does not come to an end\n");
        abort();
    }
}

/* In pieces of whole units; some come twice, some before their turn, damaged or not at all. All come in the end, as far as the window reaches. */
static void send_stream(const uint8_t *stream, uint32_t length)
{
    static uint8_t units[WIRE_WINDOW_LEAST_BYTES];
    memset(units, 0, sizeof units);
    memcpy(units, stream, length);
    const uint32_t padded = (length + WIRE_UNIT_BYTES - 1) / WIRE_UNIT_BYTES * WIRE_UNIT_BYTES;
    for (uint32_t at = 0; at < padded;) {
        const uint32_t left = padded - at;
        uint32_t piece = (1 + below(MOST_PIECE_BYTES / WIRE_UNIT_BYTES)) * WIRE_UNIT_BYTES;
        piece = piece < left ? piece : left;
        switch (below(8)) {
        case 0:
            desk_line_frame(WIRE_TYPE_DATA, 0, at, units + at, left < MOST_PIECE_BYTES ? left : MOST_PIECE_BYTES);
            break;
        case 1:
            desk_line_bytes(units + at, piece);
            now_ms += 50;
            break;
        case 2:
            /* Its end gets lost; what comes next is looked for inside it. */
            desk_line_frame(WIRE_TYPE_DATA, 0, at, units + at, piece);
            desk_line_lose(1 + below(piece));
            turns(1);
            now_ms += below(2) * 50;
            break;
        case 3:
            if (at + piece < padded) {
                desk_line_frame(WIRE_TYPE_DATA, 0, at + piece, units + at + piece, padded - at - piece < MOST_PIECE_BYTES ? padded - at - piece : MOST_PIECE_BYTES);
            }
            break;
        default:
            desk_line_frame((uint8_t)(WIRE_TYPE_DATA | below(2) * WIRE_SEVERAL_MASKS), (uint8_t)below(256), at, units + at, piece);
            at += piece;
        }
        turns(1 + below(20));
    }
}

static void send_line(const uint8_t *bytes, uint32_t length)
{
    while (length != 0) {
        if (*bytes != 0 || length < 8) {
            desk_line_bytes(bytes++, 1);
            length--;
            continue;
        }
        uint32_t payload = load_u16(bytes + 6) % WIRE_MAX_PAYLOAD_BYTES;
        payload = payload < length - 8 ? payload : length - 8;
        desk_line_frame(bytes[1], bytes[2], (uint32_t)bytes[3] * WIRE_UNIT_BYTES + (bytes[4] & 1u) + ((uint32_t)bytes[5] << 24), bytes + 8, payload);
        turns(1 + below(20));
        bytes += 8 + payload;
        length -= 8 + payload;
    }
}

static void *map(uint32_t address, uint32_t bytes)
{
    void *const memory = mmap((void *)(uintptr_t)address, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
    if (memory == MAP_FAILED) {
        perror("an address of the chip is taken");
        exit(1);
    }
    return memory;
}

static void begin_session(uint32_t seed)
{
    static bool is_mapped;
    if (!is_mapped) {
        is_mapped = true;
        desk_line_begin();
        map(IWDG1_BASE & ~0xFFFu, 0x1000);
        map(WINDOW_ADDRESS, WIRE_WINDOW_MOST_BYTES);
        map(WIRE_COPIES_ADDRESS, WIRE_COPIES_END - WIRE_COPIES_ADDRESS);
        map(WIRE_STUB_BASE_ADDRESS & ~0xFFFu, 0x4000);
        desk_flash_begin();
        crc32_begin();
        /* The desk has the codec linked in; this stands for what CODEC brings (seeds.ts). */
        REGISTER(WIRE_STUB_BASE_ADDRESS, WIRE_STUB_CODEC_CRC_AT) = ~crc32_add(CRC32_BEGIN, (const uint8_t *)"code", 4);
    }
    window_bytes = seed % 2 == 0 ? WIRE_WINDOW_LEAST_BYTES : WIRE_WINDOW_MOST_BYTES;
    now_ms = 0;
    has_left = false;
    random_state = seed;
    desk_flash_reset(seed);
    desk_line_reset(seed);
    REGISTER(WIRE_STUB_BASE_ADDRESS, WIRE_STUB_OPTIONS_AT) = 0;
    begin_anew(TOKEN);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2 || size > WIRE_WINDOW_LEAST_BYTES) {
        return 0;
    }
    begin_session(data[1]);
    (data[0] & 1u ? send_line : send_stream)(data + 2, (uint32_t)size - 2);
    for (uint32_t second = 0; second < 3; second++) {
        turns(MOST_TURNS);
        now_ms += 1000;
    }
    return 0;
}
