/**
 * The suppress control in plain float32, weight by weight, every operation rounded as numpy rounds it: written from the
 * definition alone, so that all engines, the reference engine among them, have something to be judged by.
 */

const f = Math.fround;

/** A parameter: `masked` ones may fall silent. */
export interface Layer {
  readonly name: string;
  readonly count: number;
  readonly masked: boolean;
  readonly minNum: number;
  readonly isLowerClip: boolean;
  readonly upperBound: number;
}

/** When operations come, and how far they go. */
export interface Plan {
  readonly endEpoch: number;
  readonly batchNum: number;
  readonly startEpoch: number;
  readonly maskTimes: number;
  readonly lr: number;
  readonly sparseEnd: number;
}

/** One parameter as it stands. */
interface State {
  readonly layer: Layer;
  readonly weights: Float32Array;
  /** 1 where a weight is kept, 0 where it is suppressed. */
  mask: Uint8Array;
  deWeight: Float32Array;
  lastCount: number;
}

/** Gradient descent: g' = deWeight + g * mask, w -= lr * g'. */
function descend({ layer, weights, mask, deWeight }: State, gradients: Float32Array, lr: number): void {
  for (let i = 0; i < weights.length; i++) {
    const along = layer.masked ? f(deWeight[i]! + f(gradients[i]! * mask[i]!)) : gradients[i]!;
    weights[i] = f(weights[i]! - f(f(lr) * along));
  }
}

/** The exact path: a walk in index order. */
function suppressExact(state: State, stop: number, lr: number): void {
  const { layer: { minNum, isLowerClip, upperBound }, weights, mask, deWeight } = state;
  const count = weights.length, low = f(0.005), high = f(upperBound);
  const threshold = weights.map(Math.abs).sort()[stop - 1]!;
  let gone = 0;
  for (const [i, w] of weights.entries()) {
    const magnitude = Math.abs(w);
    const inwards = (bound: number) => f(f(w - (w > 0 ? bound : -bound)) / f(lr));
    deWeight[i] = 0;
    if (mask[i] === 0 || magnitude <= threshold && gone < count - minNum && gone < stop) {
      mask[i] = 0;
      deWeight[i] = f(w / f(lr));
      gone++;
    } else if (magnitude <= threshold) deWeight[i] = inwards(Math.min(low, threshold));
    else if (isLowerClip && magnitude <= low && threshold > f(0.0025)) deWeight[i] = inwards(low);
    else if (magnitude > high) deWeight[i] = inwards(high);
  }
  state.lastCount = gone;
}

/**
 * The approximate path: a threshold among the distinct magnitudes of what is kept, and so a matter of every last bit.
 */
function suppressApproximate(state: State, stop: number, lr: number): void {
  const { weights, mask, lastCount } = state, isFirst = lastCount === 0;
  const kept = weights.filter((_, i) => mask[i] !== 0).map(Math.abs);
  const candidates = isFirst ? weights.map(Math.abs) : Float32Array.from(new Set(kept));
  const rank = Math.min(stop - lastCount, candidates.length - 1);
  if (rank <= 0) return;
  const threshold = candidates.sort()[rank - 1]!;
  if (threshold <= 0 && !isFirst) return;
  state.mask = Uint8Array.from(weights, (w) => Math.abs(w) > threshold ? 1 : 0);
  state.deWeight = weights.map((w, i) => state.mask[i] ? 0 : f(w / f(lr)));
  state.lastCount = state.mask.reduce((gone, one) => gone + 1 - one, 0);
}

/** What an operation left: masks and deWeights of the masked layers by name. */
export interface Operation {
  readonly step: number;
  readonly masks: Readonly<Record<string, Uint8Array>>;
  readonly deWeights: Readonly<Record<string, Float32Array>>;
}

/** The whole control over parameters that are changed in place. */
export class Float32Control {
  readonly #plan: Plan;
  readonly #states: readonly State[];
  #step = 0;
  #last = 0;
  #began = 0;
  #sparsity = 0;

  /** `values` are the first weights, by layer. */
  constructor(plan: Plan, layers: readonly Layer[], values: Readonly<Record<string, Float32Array>>) {
    this.#plan = plan;
    this.#states = layers.map((layer) => ({
      layer,
      weights: values[layer.name]!.slice(),
      mask: new Uint8Array(layer.count).fill(1),
      deWeight: new Float32Array(layer.count),
      lastCount: 0,
    }));
  }

  /** The weights as they are now. */
  get values(): Record<string, Float32Array> {
    return Object.fromEntries(this.#states.map(({ layer, weights }) => [layer.name, weights.slice()]));
  }

  /** One step of training with these gradients, and the operation that follows it, if one does. */
  step(gradients: Readonly<Record<string, Float32Array>>): Operation | undefined {
    const { lr, batchNum, startEpoch, endEpoch, maskTimes, sparseEnd } = this.#plan;
    for (const state of this.#states) descend(state, gradients[state.layer.name]!, lr);
    const epoch = Math.floor(this.#step / batchNum) + 1, inEpoch = this.#step % batchNum + 1, step = ++this.#step;
    if (epoch < startEpoch) return;
    this.#began ||= step;
    const all = (endEpoch - startEpoch + 1) * batchNum;
    if (step < this.#last + all / maskTimes && !(epoch === endEpoch && inEpoch === batchNum - 2)) {
      for (const { deWeight } of this.#states) deWeight.fill(0);
      return;
    }
    this.#last = step;
    const target = sparseEnd * (1 - (1 - (step - this.#began) / all) ** 3);
    this.#sparsity = Math.min(sparseEnd, Math.max(this.#sparsity, target));
    for (const [index, state] of this.#states.entries()) this.#suppress(state, index);
    const masked = this.#states.filter(({ layer }) => layer.masked);
    return {
      step,
      masks: Object.fromEntries(masked.map(({ layer, mask }) => [layer.name, mask.slice()])),
      deWeights: Object.fromEntries(masked.map(({ layer, deWeight }) => [layer.name, deWeight.slice()])),
    };
  }

  #suppress(state: State, index: number): void {
    const { layer: { masked, count, minNum }, lastCount } = state;
    const stop = Math.floor(count * Math.min(1 - Math.min(minNum, count) / count, this.#sparsity));
    const approximate = index > 0 && count > 10_000;
    if (!masked || stop <= 0 || approximate && stop < lastCount + 1) return;
    if (approximate) suppressApproximate(state, stop, this.#plan.lr);
    else suppressExact(state, stop, this.#plan.lr);
  }
}
