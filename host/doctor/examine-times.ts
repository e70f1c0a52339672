/**
 * How far is it, and how fast is the line? The line's rate shows in how long many bytes take; a slow network would show in one
 * direction more than in the other, so only where both tell the same rate is it the line's. Pure.
 */
import type { LinkFacts } from '../flash-options.js';
import { bitsPerCharacter, type LineSettings } from '../link/line-settings.js';
import type { Case } from './case.js';
import type { Timed } from './probe-line.js';

/** Rates that converters have. */
const STANDARD_RATES = [1200, 2400, 4800, 9600, 14_400, 19_200, 28_800, 38_400, 57_600, 76_800, 115_200, 128_000, 230_400, 256_000, 460_800, 500_000, 921_600, 1_000_000] as const;
const TOLERANCE = 0.08;
/** A spread of the round trip that is a larger part of what is measured makes the measurement worthless. */
const LARGEST_SPREAD = 0.1;

export function roundTrips(samples: readonly number[]): LinkFacts['roundTrip'] {
  const sorted = [...samples].sort((one, other) => one - other);
  if (sorted.length === 0) return undefined;
  const middle = sorted.length / 2;
  const medianMs = (sorted[Math.ceil(middle) - 1]! + sorted[Math.floor(middle)]!) / 2;
  return { minMs: sorted[0]!, medianMs, maxMs: sorted.at(-1)!, samples: sorted.length };
}

/** @returns the rate of the line, if both directions tell the same, near a rate that converters have */
export function measuredRate(line: LineSettings, up: readonly Timed[], down: readonly Timed[], spreadMs: number): number | undefined {
  const rates = [up, down].map((timed) => {
    const fastest = timed.map(({ characters, tookMs }) => ({ lineMs: tookMs, perMs: characters / tookMs })).sort((one, other) => other.perMs - one.perMs)[0];
    if (fastest === undefined || fastest.lineMs <= 0 || spreadMs > LARGEST_SPREAD * fastest.lineMs) return undefined;
    return fastest.perMs * bitsPerCharacter(line) * 1000;
  });
  const [upRate, downRate] = rates;
  if (upRate === undefined || downRate === undefined || !isNear(upRate, downRate)) return undefined;
  return STANDARD_RATES.find((rate) => isNear(upRate, rate));
}

function isNear(one: number, other: number): boolean {
  return Math.abs(one / other - 1) <= TOLERANCE;
}

/** A question of two bytes and its ACK: the round trip, whatever the rate of the line. */
const FEW_CHARACTERS = 3;

/** As far as it can be known until now. */
export function rateOf({ line, up, down }: Case): number | undefined {
  const trips = roundTrips(line.exchanges.filter(({ characters }) => characters <= FEW_CHARACTERS).map(({ tookMs }) => tookMs));
  if (trips === undefined) return undefined;
  const onTheLine = ({ characters, tookMs }: Timed): Timed => ({ characters, tookMs: tookMs - trips.minMs });
  return measuredRate(line.settings, up.map(onTheLine), down.map(onTheLine), trips.maxMs - trips.minMs);
}

export function concludeTimes(examined: Case): void {
  const { line, facts } = examined;
  const trips = roundTrips(line.samples);
  if (trips === undefined) return;
  facts.roundTrip = trips;
  const measured = line.measuredRate ?? rateOf(examined);
  const believed = line.settings.baudRate;
  facts.bitRate = { believed, ...(measured !== undefined && { measured }) };
  if (measured !== undefined && !isNear(measured, believed)) examined.found('bit-rate', `bytes pass as fast as at ${measured} baud, both ways; the link says ${believed}`);
  if (line.firstConnectMs !== undefined) facts.holdingMs = Math.max(0, trips.minMs - line.firstConnectMs);
}
