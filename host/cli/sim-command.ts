/**
 * `stage-flash sim`: serves a virtual board over TCP, UDP or a pseudo-terminal in real time, so that a job, or any AN3155 tool, can be
 * rehearsed without a board. It ends with SIGINT or SIGTERM, saves the flash and tells what the board has seen.
 */
import type { Command } from 'commander';
import { InvalidArgumentError, Option } from 'commander';
import type { BoardOptions } from '../board/board-options.js';
import { BOARD_OPTION_KEYS, BOARD_OPTIONS, optionName, parseBoardOptions } from '../board/board-options.js';
import { createWorld } from '../board/create-world.js';
import { FAULTS } from '../board/faults.js';
import { saveFlashFile } from '../board/flash-file.js';
import { LINK_PROFILES } from '../board/link-profiles.js';
import { bridgePty } from '../board/pty-bridge.js';
import { describeStatistics, statisticsOf } from '../board/statistics.js';
import type { Server } from '../board/server.js';
import type { TcpServerOptions } from '../board/tcp-server.js';
import { listenTcp } from '../board/tcp-server.js';
import { listenUdp } from '../board/udp-server.js';
import { BoardViolation } from '../board/violations.js';
import { WallClock } from '../board/wall-clock.js';
import type { World } from '../board/world.js';
import { StageFlashError } from '../errors.js';
import type { CommandContext } from './command-context.js';
import { beginResultFile } from './result-file.js';
import { describeBoardEvent } from './sim-events.js';

export type SimContext = Pick<CommandContext, 'stdout' | 'stderr' | 'signal'>;

interface Endpoint {
  readonly transport: 'tcp' | 'udp';
  readonly host: string;
  readonly port: number;
  /** A terminal in front of the TCP port. */
  readonly ptyLink?: string;
}

interface SimArguments {
  readonly listen: Endpoint;
  readonly secondClient: TcpServerOptions['secondClient'];
  readonly stats?: string;
  readonly list?: boolean;
}

const DEFAULT_ENDPOINT = 'tcp://127.0.0.1:7000';
const SAVE_PERIOD_MS = 10_000;
/** What carries the bytes is decided by where the board listens. */
const OPTION_KEYS = BOARD_OPTION_KEYS.filter((key) => key !== 'transport');

/** Aborting the context's signal ends the server in order: that is its only end. */
export function addSimCommand(program: Command, context: SimContext): void {
  const command = program
    .command('sim')
    .description('serve a virtual board, to rehearse a job without hardware')
    .addOption(listenOption())
    .addOption(new Option('--second-client <what>', 'what becomes of a client that comes while there is one').choices(['refuse', 'replace']).default('refuse'))
    .option('--stats <file>', 'write what the board has seen as JSON at the end')
    .option('--list', 'list link profiles and faults');
  for (const key of OPTION_KEYS) {
    const { help, default: defaultText } = BOARD_OPTIONS[key];
    const text = defaultText === '' ? help : `${help} (default: ${defaultText})`;
    if ('isList' in BOARD_OPTIONS[key]) command.option(`--${optionName(key)} <value>`, text, (value: string, list?: string[]) => [...(list ?? []), value]);
    else command.option(`--${optionName(key)} <value>`, text);
  }
  command.action(async (values: SimArguments & Readonly<Record<string, unknown>>) => {
    if (values.list === true) context.stdout.write(listOfChoices());
    else await serve(values, boardOptionsFrom(values, values.listen), context);
  });
}

function boardOptionsFrom(values: Readonly<Record<string, unknown>>, { transport }: Endpoint): BoardOptions {
  const given = OPTION_KEYS.flatMap((key) => {
    const value = values[key];
    const texts = Array.isArray(value) ? value : value === undefined ? [] : [value];
    return texts.map((text): readonly [string, string] => [optionName(key), String(text)]);
  });
  return parseBoardOptions([...given, ['transport', transport]]);
}

async function serve(values: SimArguments, options: BoardOptions, { stderr, signal }: SimContext): Promise<void> {
  const tell = (text: string): void => stderr.write(`sim: ${text}\n`);
  const statsFile = values.stats === undefined ? undefined : beginResultFile(values.stats, {});
  const world = createWorld(options);
  const save = (): void => {
    if (options.flashFile !== undefined) saveFlashFile(options.flashFile, world.board.chip);
  };
  let fail: (error: unknown) => void = () => undefined;
  const failure = new Promise<never>((_, reject) => (fail = reject));
  failure.catch(() => {}); // it may come before anybody waits for it
  const clock = new WallClock(world, {
    scale: options.timeScale ?? 1,
    onBehind: (behindMs) => tell(`this machine is too slow: the board is ${(behindMs / 1000).toFixed(1)} s late`),
    onFailure: (error) => fail(error instanceof BoardViolation ? accusation(error) : error),
  });
  const server = await listen(world, clock, values, tell);
  const timer = setInterval(() => {
    try {
      save();
    } catch (error) {
      fail(error);
    }
  }, SAVE_PERIOD_MS);
  clock.start();
  const { ptyLink } = values.listen;
  const bridge = ptyLink === undefined ? undefined : await bridgePty(ptyLink, server.port, fail);
  const endpoint = ptyLink === undefined ? `${values.listen.transport}://${server.host}:${server.port}` : `pty:${ptyLink}, which knows no parity: 8N1 there`;
  tell(`${options.chip.name} listens on ${endpoint}; Ctrl-C ends it`);
  for (const event of world.boardEvents) tell(describeBoardEvent(event));
  world.onBoardEvent = (event) => tell(describeBoardEvent(event));
  try {
    await Promise.race([untilAborted(signal), failure]);
  } finally {
    await bridge?.stop();
    await server.close();
    clock.stop();
    clearInterval(timer);
    tell(describeStatistics(statisticsOf(world)));
    save();
    statsFile?.write(statisticsOf(world));
  }
}

function listen(world: World, clock: WallClock, { listen: endpoint, secondClient }: SimArguments, tell: (text: string) => void): Promise<Server> {
  const options = { host: endpoint.host, port: endpoint.port, onClient: tell };
  return endpoint.transport === 'udp' ? listenUdp(world, clock, options) : listenTcp(world, clock, { ...options, secondClient });
}

/** The program on the board is to blame, and the user may want to see how it goes on. */
function accusation(error: BoardViolation): StageFlashError {
  return new StageFlashError('stub', `the program on the board did what silicon may not forgive: ${error.message}`, {
    hint: `--tolerate ${error.violation.name} lets the board go on.`,
    cause: error,
  });
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

function listOfChoices(): string {
  const rows = (title: string, table: Readonly<Record<string, { readonly help: string }>>): string[] => {
    const width = Math.max(...Object.keys(table).map((name) => name.length));
    return [title, ...Object.entries(table).map(([name, { help }]) => `  ${name.padEnd(width)}  ${help}`), ''];
  };
  const faults = Object.entries(FAULTS).map(([name, { help, argument }]) => {
    return [argument === undefined ? name : `${name}=${argument.form}`, { help: argument === undefined ? help : `${help} (default: ${argument.default})` }] as const;
  });
  return [...rows('Link profiles (--profile):', LINK_PROFILES), ...rows('Faults (--fault):', Object.fromEntries(faults))].join('\n');
}

function listenOption(): Option {
  const help = 'tcp://ADDRESS:PORT or udp://ADDRESS:PORT (without an address only this machine is served, port 0 takes a free one), or pty:LINK, a terminal made by socat';
  return new Option('--listen <url>', help).argParser(parseListen).default(parseListen(DEFAULT_ENDPOINT), DEFAULT_ENDPOINT);
}

function parseListen(text: string): Endpoint {
  const ptyLink = /^pty:(.+)$/.exec(text)?.[1];
  if (ptyLink !== undefined) return { transport: 'tcp', host: '127.0.0.1', port: 0, ptyLink };
  const [, transport, host, port] = /^(tcp|udp):\/\/(\[[\da-f:.]+\]|[^:/\s]*):(\d{1,5})\/?$/i.exec(text) ?? [];
  if (Number(port) > 65_535) throw new InvalidArgumentError('A port is a number from 0 to 65535.');
  if (port === undefined) throw new InvalidArgumentError('It is written tcp://127.0.0.1:7000, udp://127.0.0.1:7000 or pty:/tmp/board.');
  return {
    transport: transport?.toLowerCase() === 'udp' ? 'udp' : 'tcp',
    host: host === undefined || host === '' ? '127.0.0.1' : host.replace(/^\[(.*)\]$/, '$1'),
    port: Number(port),
  };
}
