/** `stage-flash verify`: does the flash hold the image? The stub says the digest of every range; nothing is erased or written. */
import { sectorAt } from './device/memory-map.js';
import { StageFlashError, hex32 } from './errors.js';
import type { ImageOptions, JobOptions, VerifyReport } from './flash-options.js';
import { checkImage } from './image/check-image.js';
import type { Image } from './image/image.js';
import { imageLengthBytes } from './image/image.js';
import { readImage } from './image/read-image.js';
import { visitBoard, type Visit, type VisitPlace } from './job/visit-board.js';
import { imageRanges } from './plan/image-ranges.js';
import { refuseOutsideFlash } from './plan/build-plan.js';
import { reportDetails } from './report/report.js';
import { askDigests } from './session/ask-digests.js';

/** @throws StageFlashError kind `verify` naming the sectors that differ */
export function verify(options: JobOptions & ImageOptions, place?: VisitPlace): Promise<VerifyReport> {
  return visitBoard(options, {
    begin: async (log, events) => {
      events.phase('image', `Reading ${options.imagePath}`);
      const image = (log.image = await readImage(options.imagePath, options.address === undefined ? {} : { address: options.address }));
      checkImage(image).forEach((warning) => events.warning(warning));
      return image;
    },
    work: compare,
    finish: ({ result: image, ending, log }) => {
      const details = reportDetails(log);
      return {
        outcome: 'verified',
        text: `The flash of ${log.part?.name} holds the ${imageLengthBytes(image)} bytes of ${image.source}: the board's own digest proves it. ${ending}`,
        details,
      };
    },
  }, place);
}

async function compare({ session, part, log, events }: Visit, image: Image): Promise<Image> {
  refuseOutsideFlash(image, part);
  events.phase('prove', 'Comparing the digest of the flash');
  const ranges = imageRanges(image, part);
  const digests = await askDigests(session, ranges);
  const wrong = ranges.filter((range, index) => digests[index] !== range.digest).map((range) => sectorAt(part, range.address)!.base);
  const sectors = [...new Set(wrong)];
  if (sectors.length === 0) {
    log.flash = 'proven';
    return image;
  }
  throw new StageFlashError('verify', `the flash does not hold ${image.source}: the sector${sectors.length === 1 ? '' : 's'} at ${sectors.map(hex32).join(', ')} differ${sectors.length === 1 ? 's' : ''}`, {
    hint: 'Nothing was changed. `stage-flash` with the same image writes these sectors and no others.',
  });
}
