// The data that the demo application carries and checks: 128 KiB of primes, 128 KiB of Collatz step counts. Integers only, so that
// every machine makes the same bytes.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const PRIME_COUNT = 32_768;
const COLLATZ_COUNT = 65_536;

function firstPrimes(count) {
  const limit = 400_000; // the 32768th prime is 386093
  const composite = new Uint8Array(limit);
  const primes = [];
  for (let candidate = 2; primes.length < count; candidate++) {
    if (composite[candidate]) continue;
    primes.push(candidate);
    for (let multiple = candidate * candidate; multiple < limit; multiple += candidate) composite[multiple] = 1;
  }
  return primes;
}

function collatzSteps(start) {
  let steps = 0;
  for (let value = start; value > 1; steps++) value = value % 2 === 0 ? value / 2 : 3 * value + 1;
  return steps;
}

const primes = new DataView(new ArrayBuffer(4 * PRIME_COUNT));
firstPrimes(PRIME_COUNT).forEach((prime, index) => primes.setUint32(4 * index, prime, true));
const collatz = new DataView(new ArrayBuffer(2 * COLLATZ_COUNT));
for (let start = 0; start < COLLATZ_COUNT; start++) collatz.setUint16(2 * start, collatzSteps(start), true);

const folder = process.argv[2];
writeFileSync(join(folder, 'primes.bin'), new Uint8Array(primes.buffer));
writeFileSync(join(folder, 'collatz.bin'), new Uint8Array(collatz.buffer));
