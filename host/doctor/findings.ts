/**
 * Every trouble that the doctor can name: what it means, what to change. The evidence is added by the examination that saw it. Data only;
 * names are stable, because programs read them.
 */
import type { Finding } from '../flash-options.js';

const REACHED_ROM = 'reset the board with BOOT0 high';

export const FINDINGS = {
  refused: ['Nobody listens on that port, or the converter has a client already: most accept one.', 'Check the port; end other programs that use it; wait until the converter has forgotten a broken connection (up to seven minutes).'],
  busy: ['The converter takes no client now: another one holds it, or a broken connection is not yet forgotten.', 'End other clients; set its keep-alive to 15–60 s and let the newest client win, where it offers that.'],
  unreachable: ['No packet finds the way to the converter and back.', 'Check address, route, VPN and firewall, and that the converter has power.'],
  'half-open': ['The connection looked alive and carried nothing: a router or the converter has dropped it without a word.', 'Set the converter\'s keep-alive to 15–60 s and its number of connections to 1, newest wins; look for a firewall or NAT on the way.'],
  'connection-lost': ['The converter, or something on the way, ended the connection in the middle of the work.', 'Look for a second client, a connection limit, a restart of the converter; stage-flash bears it only while its stub works.'],
  'idle-close': ['The converter ends connections on which the board is silent for a while.', 'Set its idle or inactivity time-out to 0 (never); some call it a non-persistent or short connection.'],
  'idle-silence': ['A connection that was quiet for a while is dead, and nobody is told: a NAT has forgotten it, or the converter restarts without traffic.', 'Set the converter\'s keep-alive to 15 s, and its restart or reset on no data to 0 (never).'],
  outage: ['The way to the board was dead for a while and came back: a cell or satellite that was lost, a voice call, a rain fade.', 'Nothing, if it is rare: stage-flash waits for it. Else look after antenna, signal and operator.'],
  'no-answer': ['Nothing answers as a bootloader, on any rate.', `Check in this order: ${REACHED_ROM} (a wrong first byte makes it deaf until the next reset); 8E1 in the converter; TX and RX crossed; PB15 not pulled low on H74x.`],
  application: ['The board talks, but not as a bootloader: its application runs, or the converter speaks itself.', `Let the board enter its bootloader: ${REACHED_ROM}, or use --enter, --enter-cmd, --enter-send.`],
  'stub-at-work': ['The stub of an earlier job is at work on this board. Nothing was sent that could disturb it.', 'Run the command that began the job, on the same machine, and it goes on; --takeover ends it and begins anew.'],
  banner: ['The converter greets each client with words of its own. stage-flash discards them, other tools may not.', 'Switch the greeting off (ser2net: no banner).'],
  'stale-cache': ['The converter keeps what the board says while nobody listens, and hands it to the next client as if it were new.', 'Switch on “clear buffer on connect”.'],
  'identity-prefix': ['The converter puts a text of its own before every packet.', 'Switch its identity, registration or ID packet off.'],
  echo: ['Whatever is sent comes back: a two-wire bus, an echoing converter, a bridge between TX and RX.', 'Switch the echo off; on RS-485 switch the receiver off while sending.'],
  'half-duplex': ['One pair of wires for both directions (RS-485): the converter does not hear the board while it sends, nor for a moment afterwards.', 'Add half-duplex=1 to the URL of the link: then nobody speaks while the other does. Where even 0x7F seems unanswered, the converter turns around too slowly: the bootloader answers after 35 µs. Set its turnaround or release delay to the shortest, or use a full-duplex line (RS-232, RS-422, 3.3 V UART).'],
  'no-parity': ['The converter sends no parity bit: 8N1 (or 8N2), where the bootloader wants even parity. A byte with an odd number of ones passes, most others do not.', 'Set the converter to 8 data bits, even parity, one stop bit (8E1).'],
  'odd-parity': ['Bit rate and bits are right, and every byte is refused: the parity is odd.', 'Set the converter to 8 data bits, even parity, one stop bit (8E1).'],
  'wrong-rate': ['What comes is garbage: the bootloader has measured another bit rate than the converter has now, or noise for its first byte.', 'Reset the board into its bootloader, and let 0x7F at the right rate be the first that it hears.'],
  'bit-rate': ['The line runs at another rate than the link says. All deadlines and the pace of sending are reckoned from that.', 'Say the rate in the link (?baud=…), or set the converter to it.'],
  'ff-doubled': ['0xFF is doubled: one end speaks telnet, the other is raw.', 'Set the converter to raw TCP (no telnet, no RFC 2217), or use rfc2217://.'],
  'ff-stripped': ['0xFF is swallowed: one end takes it for a telnet command.', 'Set the converter to raw TCP (no telnet, no RFC 2217), or use rfc2217://.'],
  xonxoff: ['0x11 and 0x13 are swallowed: they are taken for XON and XOFF.', 'Set flow control to none in the converter; where that cannot be, flash with --avoid-xonxoff.'],
  'sync-pattern': ['The converter obeys 55 AA 55 in the stream as a change of its own settings and swallows it. (It was told the settings that it should have.)', 'Switch off its baud-rate synchronisation (“RFC2217-like”). stage-flash never sends the pattern by accident, other tools do.'],
  'modem-escape': ['0x10 0x03 from the board takes the modem out of data mode; until the next connection nothing passes.', 'Let the modem use a transparent mode without an escape sequence.'],
  'bytes-lost': ['Single bytes get lost, for no reason that they share: noise, overruns in the converter, a poor ground.', 'Check cable, ground and rate; lower the bit rate on both sides.'],
  'bytes-changed': ['Single bytes arrive changed: noise on the line, a poor ground, a rate at the edge.', 'Check cable, ground and rate; lower the bit rate on both sides.'],
  'heartbeat-network': ['The converter sends signs of life to the host, between the bytes of the board.', 'Switch the network heartbeat off.'],
  'heartbeat-line': ['Bytes that nobody here has sent reach the board: the converter\'s heartbeat to the serial side, or another client.', 'Switch the serial heartbeat off; stop other clients of the port.'],
  'second-client': ['Somebody else sends to the board through the same converter: eight bytes are a Modbus request. (The converter\'s own heartbeat would look alike.)', 'Stop the poller (SCADA), and set the converter\'s number of connections to 1.'],
  'board-reset': ['The board was reset while it was examined: by a watchdog, its supply, or somebody.', 'Find out who does that, and reset it into its bootloader once more: a job needs minutes without a reset.'],
  'resets-on-connect': ['The converter resets the board whenever somebody connects.', 'Switch that off (DTR or RTS on connect), or leave BOOT0 high for the whole job.'],
  'slow-packing': ['The converter holds the board\'s bytes back before it sends them on, and each answer pays for it.', 'Set packing or force-transmit time to the smallest, no delimiter, no fixed packet length; in a modem the smallest gathering time.'],
  'delayed-packets': ['The converter waits with each packet until the one before is acknowledged (Nagle\'s algorithm).', 'Switch Nagle\'s algorithm off in the converter (TCP_NODELAY), if it lets you: a job bears it, other tools do not.'],
  'small-buffer': ['The converter loses what arrives in one burst, and its buffer is smaller than stage-flash reckons with (960 bytes).', 'Switch on its back-pressure (TCP flow control) or enlarge its buffer. Jobs will repeat what is lost, and last longer.'],
  'mtu-hole': ['Large packets vanish on the way, and everything behind them: a tunnel with a smaller MTU whose error messages are filtered.', 'Set the MTU of the tunnel, or of this machine\'s interface, to 1280–1380.'],
  'datagrams-lost': ['The network loses more datagrams than a session bears well.', 'Use TCP where the converter offers it.'],
  'read-out-protection': ['The bootloader refuses to read: read-out protection level 1. No job can run.', 'Lifting it erases the whole flash: STM32CubeProgrammer, or `stm32flash -k` (Readout Unprotect).'],
} as const satisfies Readonly<Record<string, readonly [meaning: string, remedy: string]>>;

export type FindingName = keyof typeof FINDINGS;

/** @param evidence what was seen, a sentence without its full stop */
export function finding(name: FindingName, evidence: string): Finding {
  const [meaning, remedy] = FINDINGS[name];
  return { name, evidence, meaning, remedy };
}
