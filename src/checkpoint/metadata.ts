/**
 * What a saved model tells in the metadata of its file: version, step, settings, training record, the names of what is
 * kept beside the parameters, and the shapes of those stored as living weights.
 *
 * @module
 */
import type { Checkpoint } from "./checkpoint.ts";
import { CheckpointError, quote } from "./errors.ts";
import { recordFault, type TrainingRecord } from "./record.ts";
import { readObject, settingsAsJson } from "./settings.ts";

/** Files of living weights are of the second version: a reader of the first one must refuse them. */
const DENSE_VERSION = "1", LIVING_VERSION = "2";
const VERSION_KEY = "tacet.version";
const STEP_KEY = "tacet.step";
const SETTINGS_KEY = "tacet.settings";
const OTHER_KEY = "tacet.other";
const RECORD_KEY = "tacet.training";
const LIVING_KEY = "tacet.living";

/** Shapes by the names of the parameters. */
type Shapes = Map<string, readonly number[]>;

/** What the metadata tell. */
export interface Metadata extends Pick<Checkpoint, "step" | "settings" | "record"> {
  /** The names of what is kept beside the parameters, to be read by `takeOther`; undefined if there is nothing. */
  readonly other: string | undefined;
  /** The shapes of the parameters stored as living weights. */
  readonly living: Shapes;
}

/** The metadata of a checkpoint's file, where `other` tells the names of what is kept beside the parameters. */
export function writeMetadata(checkpoint: Checkpoint, other: string, living: Shapes): Record<string, string> {
  const { step, settings, record } = checkpoint;
  return {
    [VERSION_KEY]: living.size > 0 ? LIVING_VERSION : DENSE_VERSION,
    [STEP_KEY]: String(step),
    [SETTINGS_KEY]: settingsAsJson(settings),
    ...(Object.keys(checkpoint.other ?? {}).length > 0 && { [OTHER_KEY]: other }),
    ...(record && { [RECORD_KEY]: JSON.stringify(record) }),
    ...(living.size > 0 && { [LIVING_KEY]: JSON.stringify(Object.fromEntries(living)) }),
  };
}

/**
 * What the metadata tell; undefined if another tool wrote the file.
 *
 * @throws {CheckpointError} if they are damaged, or a newer version of this library wrote them.
 */
export function readMetadata(metadata: Record<string, string>, fileName: string): Metadata | undefined {
  const texts = new Map(Object.entries(metadata));
  const version = texts.get(VERSION_KEY);
  if (version === undefined) return undefined;
  if (version !== DENSE_VERSION && version !== LIVING_VERSION) {
    const found = `checkpoint version ${quote(version)}`,
      expected = `version "${DENSE_VERSION}" or "${LIVING_VERSION}"`;
    throw new CheckpointError(fileName, found, `${expected}; a newer version of the library may read it`);
  }
  const stepText = texts.get(STEP_KEY) ?? "", step = Number(stepText);
  if (!/^\d+$/.test(stepText) || !Number.isSafeInteger(step)) {
    throw new CheckpointError(fileName, `step ${quote(stepText)}`, "an integer from 0");
  }
  const settings = readObject("settings", texts.get(SETTINGS_KEY), fileName);
  const shapes = version === LIVING_VERSION ? readObject("shapes", texts.get(LIVING_KEY), fileName) : {};
  for (const [name, shape] of Object.entries(shapes)) {
    if (!Array.isArray(shape)) {
      throw new CheckpointError(fileName, `no shape of ${quote(name)}`, "an array of integers");
    }
  }
  const record = readRecord(texts.get(RECORD_KEY), fileName);
  const living = new Map(Object.entries(shapes as Record<string, readonly number[]>));
  return { step, settings, other: texts.get(OTHER_KEY), living, ...(record && { record }) };
}

/** The training record; undefined in files of before there was one. */
function readRecord(text: string | undefined, fileName: string): TrainingRecord | undefined {
  if (text === undefined) return undefined;
  const record = readObject("training record", text, fileName), fault = recordFault(record);
  // Spending that is not understood must not be left out.
  if (fault) throw new CheckpointError(fileName, fault.found, `${fault.expected}; a newer version may read it`);
  return record as unknown as TrainingRecord;
}
