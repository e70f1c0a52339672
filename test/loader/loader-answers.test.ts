import { describe, expect, test } from 'vitest';
import { LoaderAnswers } from '../../host/loader/loader-answers.js';

const TOKEN = 0x2a6b_9c4d;
const USART1 = 0x4001_1000;

const words = (...values: readonly number[]): Uint8Array => new Uint8Array(Uint32Array.from(values).buffer);

function heard(...pieces: readonly Uint8Array[]): LoaderAnswers {
  const answers = new LoaderAnswers(TOKEN, [0x2000_4900, 0x2000_4a00]);
  for (const piece of pieces) answers.push(piece);
  return answers;
}

describe('the loader says', () => {
  test('where it hears us', () => {
    expect(heard(words(TOKEN, USART1)).usart).toBe(USART1);
  });

  test('which chunks it has stored', () => {
    const answers = heard(words(TOKEN, 0x2000_4900, TOKEN, 0x2000_4a00, TOKEN, 0x2000_4900));
    expect([...answers.stored]).toEqual([0x2000_4900, 0x2000_4a00]);
    expect(answers.usart).toBeUndefined();
    expect(answers.incomplete).toBe(false);
  });

  test('nothing of a chunk that was never sent', () => {
    expect(heard(words(TOKEN, 0x2000_4b00, TOKEN, 0)).stored.size).toBe(0);
  });

  test('that the program is started, and what comes behind that is the program’s', () => {
    const answers = heard(words(TOKEN, 0x2000_4900, TOKEN, 0x5a3c_96a5), Uint8Array.of(0x48), Uint8Array.of(0x69));
    expect(answers.started).toBe(true);
    expect([...answers.takeTrailing()]).toEqual([0x48, 0x69]);
    expect(answers.otherBytes).toBe(0);
  });

  test('that the stub is incomplete', () => {
    expect(heard(words(TOKEN, 0xffff_fffe)).incomplete).toBe(true);
  });

  test.each([1, 2, 3, 4])('where it hears us, in a greeting that lacks its first %i bytes', (missing) => {
    for (let cut = 0; cut <= 8 - missing; cut++) {
      const said = words(TOKEN, USART1).subarray(missing);
      const answers = heard(Uint8Array.of(0x1f), said.subarray(0, cut), said.subarray(cut));
      expect([answers.usart, answers.cutUsart]).toEqual([undefined, USART1]);
    }
    expect(heard(words(TOKEN, USART1)).cutUsart).toBeUndefined();
  });

  test('the same, wherever its words are split and whatever stands around them', () => {
    const noise = Uint8Array.of(0x79, 0x4d, 0x9c, 0x00, 0x7f);
    const said = Buffer.concat([noise, words(TOKEN, USART1), noise, words(TOKEN, 0x2000_4900)]);
    for (let cut = 0; cut <= said.length; cut++) {
      const answers = heard(said.subarray(0, cut), said.subarray(cut));
      expect(answers.usart).toBe(USART1);
      expect([...answers.stored]).toEqual([0x2000_4900]);
      expect(answers.otherBytes).toBe(2 * noise.length);
      expect(answers.answerBytes).toBe(16);
    }
  });
});

describe('the loader does not say', () => {
  test('anything with another token', () => {
    const answers = heard(words(TOKEN ^ 0x100, USART1), words(TOKEN ^ 0x100, 0x2000_4900));
    expect([answers.usart, answers.stored.size, answers.incomplete]).toEqual([undefined, 0, false]);
  });

  test('anything when FACTS begin: their header is token and offset 0', () => {
    const answers = heard(words(TOKEN, 0), Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8));
    expect([answers.usart, answers.stored.size, answers.answerBytes]).toEqual([undefined, 0, 0]);
  });
});
