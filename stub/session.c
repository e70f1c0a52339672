#include "session.h"
#include "start.h"
#include "clock.h"
#include "crc32.h"
#include "facts.h"
#include "fault.h"
#include "flash.h"
#include "frame.h"
#include "memory.h"
#include "registers.h"
#include "script.h"
#include "uart.h"
#include "watchdog.h"
#include "window.h"
#include "wire.gen.h"

/* A line on which nothing has come for so long is quiet. */
#define LINE_QUIET_MS 100u
/* Keeps the promise of WIRE_TICK_MS with room. */
#define TICK_MS (WIRE_TICK_MS - LINE_QUIET_MS)
/* The host may wait for so much of the window. */
#define MUCH_EXECUTED (WIRE_WINDOW_LEAST_BYTES / 4)

/* What the host has asked for and not been answered yet. Each is answered once, when the line is free. */
static struct {
    bool facts, progress, digest, leave, rate, take;
    bool data; /* DATA has come since the last PROGRESS */
    uint32_t facts_offset, digest_offset, leave_offset, rate_offset;
    uint32_t poll; /* offset of the last POLL */
    uint32_t leave_how;
    uint32_t from_rate, to_rate;
    uint32_t next_token;
    uint32_t patience_ms;   /* at another rate than the first: without a frame for so long, the first one again; 0: for ever */
    uint32_t heard_ms;      /* the last frame */
    uint32_t line_bytes;    /* from the line … */
    uint32_t line_ms;       /* … and when the last of them came */
    uint32_t told_ms;       /* when the last PROGRESS went out … */
    uint32_t told_executed; /* … and what it said */
    uint32_t told_pieces;
    uint32_t now_ms;        /* of the last turn of the loop */
    uint8_t request[WIRE_DIGEST_BYTES + 8 * WIRE_MAX_RANGES]; /* the last DIGEST or READ */
    uint32_t request_length;
    uint32_t read_at; /* in a READ: the range that is being told; it gets shorter with each answer */
} self;

_Static_assert(WIRE_DIGEST_BYTES == WIRE_READ_BYTES && WIRE_DIGEST_RANGES_AT == WIRE_READ_RANGES_AT, "DIGEST and READ are laid out alike");

/* A message of these fields and nothing else: they go to `to`. */
static bool has_fields(const struct frame *frame, uint8_t *to, uint32_t length)
{
    const bool has_them = frame->length == length;
    if (has_them) {
        frame_copy(frame, 0, to, length);
    }
    return has_them;
}

static void hear(const struct frame *frame)
{
    uint8_t fields[WIRE_RATE_BYTES > WIRE_TAKE_BYTES ? WIRE_RATE_BYTES : WIRE_TAKE_BYTES];
    switch (frame->type) {
    case WIRE_TYPE_HELLO:
        self.facts = true;
        self.facts_offset = frame->offset;
        break;
    case WIRE_TYPE_DATA:
        window_store(frame);
        self.data = true;
        break;
    case WIRE_TYPE_POLL:
        self.poll = frame->offset;
        self.progress = true;
        break;
    case WIRE_TYPE_DIGEST:
    case WIRE_TYPE_READ:
        if (frame->length >= WIRE_DIGEST_BYTES && frame->length <= sizeof self.request) {
            frame_copy(frame, 0, self.request, frame->length);
            self.request_length = frame->length;
            self.digest_offset = frame->offset;
            self.digest = frame->type == WIRE_TYPE_DIGEST;
            self.read_at = self.digest ? frame->length : WIRE_READ_RANGES_AT;
        }
        break;
    case WIRE_TYPE_LEAVE:
        if (has_fields(frame, fields, WIRE_LEAVE_BYTES)) {
            self.leave_how = load_u32(fields);
            self.leave_offset = frame->offset;
            self.leave = true;
        }
        break;
    case WIRE_TYPE_TAKE:
        if (has_fields(frame, fields, WIRE_TAKE_BYTES)) {
            self.next_token = load_u32(fields + WIRE_TAKE_TOKEN_AT);
            REGISTER(WIRE_STUB_BASE_ADDRESS, WIRE_STUB_OPTIONS_AT) = load_u32(fields + WIRE_TAKE_OPTIONS_AT);
            self.take = true;
        }
        break;
    case WIRE_TYPE_RATE:
        if (has_fields(frame, fields, WIRE_RATE_BYTES)) {
            self.from_rate = load_u32(fields + WIRE_RATE_FROM_AT);
            self.to_rate = load_u32(fields + WIRE_RATE_TO_AT);
            self.patience_ms = load_u32(fields + WIRE_RATE_PATIENCE_MS_AT);
            self.rate_offset = frame->offset;
            self.rate = true;
        }
        break;
    default:
        break;
    }
}

static void tell_progress(void)
{
    uint8_t *const payload = uart_answer_payload();
    const struct flash_error *const error = flash_error();
    store_u32(payload + WIRE_PROGRESS_EXECUTED_AT, script_executed());
    store_u32(payload + WIRE_PROGRESS_POLL_AT, self.poll);
    store_u32(payload + WIRE_PROGRESS_STATUS_AT, error->status);
    store_u32(payload + WIRE_PROGRESS_DETAIL_AT, error->detail);
    store_u32(payload + WIRE_PROGRESS_FLASH_STATUS_AT, error->sr);
    store_u32(payload + WIRE_PROGRESS_LINE_BYTES_AT, uart_received());
    store_u32(payload + WIRE_PROGRESS_DISCARDED_BYTES_AT, frame_discarded());
    store_u32(payload + WIRE_PROGRESS_LINE_ERRORS_AT, uart_line_errors());
    store_u16(payload + WIRE_PROGRESS_ERASED_AT, (uint16_t)flash_erased());
    store_u16(payload + WIRE_PROGRESS_BUSY_AT, (uint16_t)(flash_is_busy(0) | flash_is_busy(1) << 1));
    store_u32(payload + WIRE_PROGRESS_PROGRAMMED_AT, flash_programmed());
    uart_answer(WIRE_TYPE_PROGRESS, window_received(), WIRE_PROGRESS_BYTES + window_map(payload + WIRE_PROGRESS_MAP_AT));
    self.told_ms = self.now_ms;
    self.told_executed = script_executed();
    self.told_pieces = script_pieces();
    self.progress = self.data = false;
}

static void tell_digests(void)
{
    uint8_t *const payload = uart_answer_payload();
    uint32_t length = 0;
    for (uint32_t at = WIRE_DIGEST_RANGES_AT; at + 8 <= self.request_length; at += 8, length += 4) {
        store_u32(payload + length, flash_digest(load_u32(self.request + at), load_u32(self.request + at + 4)));
    }
    uart_answer(WIRE_TYPE_DIGESTS, self.digest_offset, length);
    self.digest = false;
}

/* The next piece of what READ wants, or an empty one where it cannot be had. */
static void tell_content(void)
{
    uint8_t *const payload = uart_answer_payload();
    uint8_t *const range = self.request + self.read_at;
    const uint32_t address = load_u32(range);
    const uint32_t left = load_u32(range + 4);
    const uint32_t wanted = load_u32(self.request + WIRE_READ_PIECE_BYTES_AT);
    const uint32_t most = wanted - 1 < WIRE_MOST_CONTENT_BYTES ? wanted : WIRE_MOST_CONTENT_BYTES;
    const uint32_t length = most < left ? most : left;
    const bool is_flash = flash_holds(address, left);
    const bool is_read = is_flash && flash_read(address, length, payload);
    store_u32(range, address + length);
    store_u32(range + 4, left - length);
    if (!is_flash || length == left) {
        self.read_at += 8;
    }
    uart_answer(WIRE_TYPE_CONTENT, address, is_read ? length : 0);
}

static void tell_facts(void)
{
    uart_answer(WIRE_TYPE_FACTS, self.facts_offset, facts_write(uart_answer_payload()));
    self.facts = false;
}

static void tell_rated(void)
{
    const uint32_t divider = uart_divider(self.from_rate, self.to_rate);
    store_u32(uart_answer_payload(), divider);
    uart_answer(WIRE_TYPE_RATED, self.rate_offset, WIRE_RATED_BYTES);
    uart_divide(divider);
    self.rate = false;
}

static void notice_silence(void)
{
    const uint32_t silent_ms = self.now_ms - self.heard_ms;
    /* Nobody is heard at this rate: at the first one somebody was. */
    if (self.patience_ms != 0 && silent_ms > self.patience_ms) {
        uart_divide(uart_divider(1, 1));
        self.patience_ms = 0;
    }
    /* The host has gone for good, and what it wanted is proven: it may start. */
    if (script_patience_ms() != 0 && silent_ms > script_patience_ms()) {
        reset_chip();
    }
}

__attribute__((noreturn)) static void leave(void)
{
    uart_answer_payload();
    uart_answer(WIRE_TYPE_LEAVING, self.leave_offset, 0);
    uart_finish();
    if (self.leave_how == 0) {
        reset_chip();
    }
    uart_end();
    start_program(self.leave_how);
}

/* Flash content must not be asked for while a bank works or operations wait. */
static bool is_executed(uint32_t offset)
{
    return (int32_t)(script_executed() - offset) >= 0 && flash_is_done();
}

/* A line with one pair of wires: what is said unasked would garble what comes. */
static bool is_only_asked(void)
{
    return REGISTER(WIRE_STUB_BASE_ADDRESS, WIRE_STUB_OPTIONS_AT) & WIRE_OPTION_ONLY_WHEN_ASKED;
}

static uint32_t report_pace_ms(void)
{
    const uint32_t pace_ms = uart_bit_cycles() * WIRE_REPORT_BITS / CLOCK_CYCLES_PER_MS;
    return pace_ms < WIRE_REPORT_LEAST_MS ? WIRE_REPORT_LEAST_MS : pace_ms > WIRE_REPORT_MOST_MS ? WIRE_REPORT_MOST_MS : pace_ms;
}

/* On a slow line reports are scarce while something comes, and the host knows how scarce; a quiet line has room for them. */
static bool is_progress_due(void)
{
    const uint32_t since_ms = self.now_ms - self.told_ms;
    const uint32_t pace_ms = report_pace_ms();
    const bool has_news = self.data || script_executed() - self.told_executed >= MUCH_EXECUTED;
    const bool is_quiet = self.now_ms - self.line_ms >= LINE_QUIET_MS;
    if (self.progress || is_only_asked()) {
        return self.progress;
    }
    const bool has_done_a_piece = script_pieces() != self.told_pieces; /* the host may wait with the next one */
    return (has_news && since_ms >= pace_ms) || (is_quiet && (has_done_a_piece || since_ms >= TICK_MS)) || (since_ms >= TICK_MS && since_ms >= pace_ms);
}

static bool is_reading(void)
{
    return self.read_at + 8 <= self.request_length;
}

/* One answer, the most urgent, when the line is free. */
static void answer(void)
{
    if (uart_is_sending() || (is_only_asked() && self.now_ms - self.line_ms < WIRE_QUIET_MS)) {
        return;
    }
    if (self.take && !flash_is_busy(0) && !flash_is_busy(1)) {
        uart_finish();
        start_anew(uart_base(), self.next_token);
    }
    if (self.leave && (flash_is_done() || flash_error()->status != WIRE_STATUS_OK)) {
        leave();
    } else if (self.facts && flash_is_done()) {
        tell_facts();
    } else if (self.digest && is_executed(load_u32(self.request))) {
        tell_digests();
    } else if (self.rate) {
        tell_rated();
    } else if (is_progress_due()) {
        tell_progress();
    } else if (is_reading() && flash_is_done()) {
        tell_content();
    }
}

/* The watchdogs are looked at once a millisecond, which is plenty; the line is looked at as often. */
static bool has_millisecond_passed(uint32_t received)
{
    const uint32_t before_ms = self.now_ms;
    self.now_ms = clock_ms();
    if (self.now_ms == before_ms) {
        return false;
    }
    watchdog_feed();
    if (received != self.line_bytes) {
        self.line_bytes = received;
        self.line_ms = self.now_ms;
    }
    notice_silence();
    return true;
}

static void begin(uint32_t usart, uint32_t token)
{
    clock_begin();
    watchdog_begin();
    crc32_begin();
    uart_begin(usart, token);
    frame_begin(token);
    flash_begin();
    window_begin(memory_window_bytes());
    self.facts = true;
}

/* Takes what has come up to this position, and does what there is. May more be done at once? */
static bool turn(uint32_t received)
{
    struct frame frame;
    while (frame_next(received, &frame)) {
        self.heard_ms = self.line_ms = self.now_ms;
        hear(&frame);
    }
    /* For another host nothing of this stream goes on but the operation under way. */
    const bool has_work = !self.take && script_run();
    answer();
    return has_work;
}

void session_run(uint32_t usart, uint32_t token)
{
    begin(usart, token);
    for (bool has_work = true;;) {
        /* A look without news costs a few register reads: that keeps the way from byte to answer short. */
        const uint32_t received = uart_received();
        if (has_millisecond_passed(received) | flash_poll() | frame_is_due(received) | has_work | (is_reading() && !uart_is_sending())) {
            has_work = turn(received);
        }
    }
}
