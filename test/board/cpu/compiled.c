/*
 * Ordinary C for the CPU engine: what a compiler makes of tables, sorting, unaligned copies, 64-bit and soft floating-point arithmetic.
 * Each result has its counterpart in compiled.test.ts, computed in another language.
 */
#include <stdint.h>
#include <stddef.h>

struct results {
	uint32_t crc;
	uint32_t sorted;
	uint32_t parsed;
	uint32_t copied;
	uint64_t mixed;
	uint64_t quotients;
	float harmonic;
	uint32_t padding;
	double root;
};

#define COUNT 500u

static uint32_t numbers[COUNT];
static uint8_t bytes[2048];
static uint32_t seed;

static uint32_t next(void)
{
	seed = seed * 1664525u + 1013904223u;
	return seed;
}

static uint32_t crc32(const uint8_t *at, size_t length)
{
	uint32_t crc = 0xFFFFFFFFu;
	while (length-- != 0) {
		crc ^= *at++;
		for (int bit = 0; bit < 8; bit++)
			crc = (crc >> 1) ^ (0xEDB88320u & -(crc & 1u));
	}
	return ~crc;
}

static void sort(int32_t *from, int32_t *to)
{
	while (from < to) {
		int32_t pivot = from[(to - from) / 2];
		int32_t *left = from, *right = to;
		while (left <= right) {
			while (*left < pivot) left++;
			while (*right > pivot) right--;
			if (left <= right) {
				int32_t kept = *left;
				*left++ = *right;
				*right-- = kept;
			}
		}
		sort(from, right);
		from = left;
	}
}

/* A dense switch: a table branch at -O2 and -Os. */
static uint32_t parse(const uint8_t *at, size_t length)
{
	uint32_t value = 0;
	for (size_t i = 0; i < length; i++) {
		switch (at[i] % 9) {
		case 0: value += at[i]; break;
		case 1: value ^= value << 5; break;
		case 2: value = (value >> 7) | (value << 25); break;
		case 3: value *= 33; break;
		case 4: value = ~value; break;
		case 5: value -= 0x01020304u; break;
		case 6: value /= at[i] + 1u; break;
		case 7: value += (uint32_t)((int32_t)value % 1000); break;
		default: value ^= 0x5A5A5A5Au; break;
		}
	}
	return value;
}

static uint32_t copy_unaligned(void)
{
	uint32_t sum = 0;
	for (size_t shift = 0; shift < 8; shift++) {
		__builtin_memcpy(bytes + 1024 + shift, bytes + 3 + shift * 2, 61);
		uint32_t word;
		__builtin_memcpy(&word, bytes + 1025 + shift, 4);
		sum += word;
	}
	return sum;
}

/* Freestanding, but the compiler may call it. */
void *memcpy(void *to, const void *from, size_t length)
{
	uint8_t *out = to;
	const uint8_t *in = from;
	while (length-- != 0) *out++ = *in++;
	return to;
}

void run(struct results *out)
{
	seed = 1;
	for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (uint8_t)(next() >> 24);
	for (size_t i = 0; i < COUNT; i++) numbers[i] = next();
	out->crc = crc32(bytes, sizeof bytes);
	out->parsed = parse(bytes, sizeof bytes);

	uint64_t mixed = 0x0123456789ABCDEFu, quotients = 0;
	for (size_t i = 0; i < COUNT; i++) {
		mixed = mixed * 6364136223846793005u + numbers[i];
		mixed ^= mixed >> 29;
		quotients += mixed / (numbers[i] | 1u) + (uint64_t)((int64_t)mixed % 1000003);
	}
	out->mixed = mixed;
	out->quotients = quotients;

	sort((int32_t *)numbers, (int32_t *)numbers + COUNT - 1);
	out->sorted = crc32((const uint8_t *)numbers, sizeof numbers);
	out->copied = copy_unaligned();

	float harmonic = 0;
	for (int i = 1; i <= 200; i++) harmonic += 1.0f / (float)i;
	out->harmonic = harmonic;
	double root = 2.0;
	for (int i = 0; i < 20; i++) root = (root + 2.0 / root) / 2.0;
	out->root = root;
}
