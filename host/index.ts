/** The public API: re-exports only, in the order of the pipeline. */
export { flash, flashImage } from './flash.js';
export { info } from './info.js';
export { verify } from './verify.js';
export { erase } from './erase.js';
export { run } from './run.js';
export type { AfterFlash, BoardInfo, EraseOptions, EraseReport, FlashOptions, ImageOptions, InfoReport, JobOptions, Report, ReportDetails, RunOptions, RunReport, VerifyReport } from './flash-options.js';
export { readImage, decodeImage } from './image/read-image.js';
export type { Image, Segment } from './image/image.js';
export { openLink } from './link/open-link.js';
export type { Link } from './link/link.js';
export { buildPlan } from './plan/build-plan.js';
export type { Plan } from './plan/plan.js';
export { EXIT_CODES, StageFlashError } from './errors.js';
export { PHASES, type EventSink, type JobEvent, type Phase } from './events.js';
