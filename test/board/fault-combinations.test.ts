/**
 * Faults, profiles and transports in seeded random combinations, against a client that knows no protocol: whatever is thrown at it, the
 * model of board, converter and network goes on, and repeats.
 */
import { describe, expect, it } from 'vitest';
import { parseBoardOptions } from '../../host/board/board-options.js';
import type { Connection } from '../../host/board/connection.js';
import { createWorld } from '../../host/board/create-world.js';
import { FAULTS } from '../../host/board/faults.js';
import { LINK_PROFILES } from '../../host/board/link-profiles.js';
import { Random } from '../../host/board/random.js';
import { statisticsOf } from '../../host/board/statistics.js';
import { msToTicks } from '../../host/board/time.js';
import type { World } from '../../host/board/world.js';

const COMBINATIONS = 50;
const BURSTS = 40;

/** What a bootloader understands, so that the board does something, flash operations among it. */
const PHRASES = [
  [0x7f], [0x00, 0xff], [0x02, 0xfd], [0x11, 0xee], [0x08, 0x00, 0x00, 0x00, 0x08], [0xff, 0x00], [0x44, 0xbb], [0x00, 0x00, 0x00, 0x01, 0x01],
  [0x31, 0xce], [0x20, 0x01, 0x00, 0x00, 0x21], [0x03, 1, 2, 3, 4, 0x07], [0x55, 0xaa, 0x55, 0x01, 0xc2, 0x00, 0x1b, 0xde],
] as const;

function pick<Choice>(choices: readonly Choice[], random: Random): Choice {
  return choices[random.below(choices.length)] as Choice;
}

/** Some faults with an early argument where the default would come too late to matter. */
const EARLY: Readonly<Record<string, string>> = {
  'power-cut@flash-op': '1:middle', reset: '40', close: '40', silence: '40', ghost: '2s', 'nat-timeout': '3s', 'idle-reboot': '3s', 'heartbeat-line': '1s', 'board-reset': '5s',
};

/** Every fault has its turn as the first one; what goes with it is drawn. */
function combination(turn: number, random: Random): string {
  const all = Object.keys(FAULTS);
  const first = all[turn % all.length] as string;
  const transport = first.startsWith('udp-') ? 'udp' : pick(['tcp', 'tcp', 'udp'], random);
  const names = all.filter((name) => transport === 'udp' || !name.startsWith('udp-'));
  const faults = [first, ...Array.from({ length: random.below(5) }, () => pick(names, random))].map((name) => (EARLY[name] === undefined ? name : `${name}=${EARLY[name]}`));
  const query = new URLSearchParams({ transport, fault: faults.join(','), seed: String(random.below(1000)), tolerate: 'all', profile: pick(Object.keys(LINK_PROFILES), random) });
  if (random.below(2) === 0) query.set('boot0', 'low');
  return query.toString();
}

/** A client that talks, listens, hangs up and comes back. @returns everything that can be seen from outside */
function live(query: string, random: Random): unknown {
  const world = createWorld(parseBoardOptions(new URLSearchParams(query)));
  const heard: number[] = [];
  let connection: Connection | undefined;
  world.run(msToTicks(600));
  for (let burst = 0; burst < BURSTS; burst++) {
    if (connection === undefined || connection.ending !== undefined) connection = world.connect();
    connection?.send(burst % 7 === 6 ? random.fill(new Uint8Array(random.below(2000))) : Uint8Array.from(pick(PHRASES, random)), world.now);
    world.run(world.now + msToTicks(random.below(1000)));
    heard.push(...(connection?.take() ?? []).flatMap((bytes) => [...bytes]));
    if (random.below(10) === 0) {
      connection?.close(world.now);
      connection = undefined;
    }
  }
  return { heard, statistics: statisticsOf(world), flash: damageOf(world) };
}

const damageOf = ({ board }: World): number[] => [...board.chip.flash.damage.keys()];

describe('faults in random combinations', () => {
  it.each(Array.from({ length: COMBINATIONS }, (_, turn) => [turn, combination(turn, new Random(turn + 1))] as const))(
    'combination %i (%s) never breaks the model, and repeats',
    (turn, query) => {
      const once = live(query, new Random(turn));
      if (turn % 10 === 0) expect(live(query, new Random(turn))).toEqual(once);
    },
  );

  it('give every fault its turn', () => {
    expect(COMBINATIONS).toBeGreaterThanOrEqual(Object.keys(FAULTS).length);
  });
});
