/*
 * The stub's own frame.c and crc32.c, run on the desk: bytes in, frames out. `uart.h` and `clock.h` are played here; the ring lies where
 * the chip has it.
 *
 * Each line of standard input: `whole` or `bytes` (all bytes arrive at once, or one by one), the token and the bytes, all in hexadecimal.
 * Each line of output: the frames found, as type, offset and payload. The last line says how many lines there were.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "frame.c"

#define MOST_BYTES 20000u
#define LONG_QUIET_MS 1000u

static uint32_t received;
static uint32_t now_ms;

uint32_t uart_received(void)
{
    return received;
}

uint32_t clock_ms(void)
{
    return now_ms;
}

static void print_frames(void)
{
    struct frame frame;
    while (frame_next(received, &frame)) {
        static uint8_t payload[WIRE_MAX_PAYLOAD_BYTES];
        frame_copy(&frame, 0, payload, frame.length);
        printf("%u:%u:", (unsigned)frame.type, (unsigned)frame.offset);
        for (uint32_t at = 0; at < frame.length; at++) {
            printf("%02x", payload[at]);
        }
        printf(" ");
    }
}

static void receive(uint8_t byte)
{
    ((volatile uint8_t *)RING_ADDRESS)[received & (RING_BYTES - 1u)] = byte;
    received++;
}

int main(void)
{
    static char line[2 * MOST_BYTES + 100];
    static char bytes[2 * MOST_BYTES + 1];
    char mode[8];
    unsigned token;
    unsigned lines = 0;
    if (mmap((void *)RING_ADDRESS, RING_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == MAP_FAILED) {
        perror("the ring's address is taken");
        return 1;
    }
    crc32_begin();
    for (; fgets(line, sizeof line, stdin) != NULL; lines++) {
        bytes[0] = 0;
        if (sscanf(line, "%7s %x %40000s", mode, &token, bytes) < 2) {
            fprintf(stderr, "line %u is not understood\n", lines + 1);
            return 1;
        }
        /* A new session; where it begins in the ring is another place each time. */
        memset(&self, 0, sizeof self);
        self.done = self.wanted = self.seen = received;
        frame_begin(token);
        for (const char *digits = bytes; *digits != 0; digits += 2) {
            const char pair[3] = {digits[0], digits[1], 0};
            receive((uint8_t)strtoul(pair, NULL, 16));
            if (strcmp(mode, "bytes") == 0) {
                print_frames();
            }
        }
        print_frames();
        now_ms += LONG_QUIET_MS;
        print_frames();
        printf("\n");
    }
    printf("%u lines\n", lines);
    return 0;
}
