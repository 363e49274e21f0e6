/**
 * The passes of a network as lists of calls: forward, and back in two ways.
 *
 * @module
 */
import { forksOf } from "../nn/forks.ts";
import type { Network, PlacedLayer } from "../nn/mod.ts";
import type { Activation, Backend, Call, LayerCalls } from "./backend.ts";

/** What is wanted of the backward passes. */
export interface WantedGradients {
  readonly ofInput: boolean;
  readonly ofParameters: boolean;
}

/** The calls of all layers, in the order in which they are made. */
export interface Passes<A extends Activation> {
  readonly output: A;
  readonly forward: readonly Call[];
  readonly backward: readonly Call[];
  /** As the backward pass, but each image's squared gradient length in place of the parameters' gradients. */
  readonly squares: readonly Call[];
  /** What an update behind the backward pass of a step of training makes of the batch's statistics. */
  readonly statistics: readonly Call[];
}

/** An activation that a branch and the sum behind it both read. */
interface Fork<A> {
  readonly activation: A;
  /** What the sums add to its gradient: called when the branch has written it. */
  readonly added: Call[];
}

/** The layers cut where branches begin: nothing is one group across a fork, whose activation must be there. */
function stretchesOf(layers: readonly PlacedLayer[], isFork: (layer: PlacedLayer) => boolean): PlacedLayer[][] {
  const stretches: PlacedLayer[][] = [[]];
  for (const placed of layers) {
    if (isFork(placed)) stretches.push([]);
    stretches.at(-1)!.push(placed);
  }
  return stretches;
}

/** Places the layers of a network one behind the other and strings their calls together. */
export function passesOf<A extends Activation>(
  backend: Backend<A>,
  network: Network,
  input: A,
  { ofInput, ofParameters }: WantedGradients,
): Passes<A> {
  const begins = forksOf(network.layers);
  const isFork = ({ name }: PlacedLayer) => begins.has(name);
  const forks = new Map<string, Fork<A>>();
  const placed: (LayerCalls<A> & { readonly added: readonly Call[] })[] = [];
  let activation = input, ownsInput = false, reachesParameters = false;
  for (const group of stretchesOf(network.layers, isFork).flatMap((stretch) => backend.groups(stretch))) {
    const first = group[0]!, added: Call[] = [];
    if (isFork(first)) {
      forks.set(first.name, { activation, added });
      // The sum still needs what it adds.
      ownsInput = false;
    }
    const fork = first.layer.kind === "add" ? forks.get(first.layer.from) : undefined;
    reachesParameters ||= group.some(({ parameters }) => Object.keys(parameters).length > 0);
    const withGradient = ofInput || (ofParameters && reachesParameters);
    const site = { input: activation, withGradient, ownsInput };
    const calls = backend.place(group, fork ? { ...site, other: fork.activation } : site);
    if (fork?.activation.gradient) fork.added.push(...calls.otherGradient ?? []);
    placed.push({
      ...calls,
      parameterGradients: ofParameters ? calls.parameterGradients : [],
      inputGradient: activation.gradient ? calls.inputGradient : [],
      added,
    });
    // A flatten alone hands its input on: what may not be overwritten in front of it may not be behind it.
    ownsInput ||= group.some(({ layer }) => layer.kind !== "flatten");
    activation = calls.output;
  }
  const backward = (which: "parameterGradients" | "exampleSquares") =>
    placed.toReversed().flatMap((layer) => [...layer.events, ...layer[which], ...layer.inputGradient, ...layer.added]);
  return {
    output: activation,
    forward: placed.flatMap((layer) => layer.forward),
    backward: backward("parameterGradients"),
    squares: backward("exampleSquares"),
    statistics: ofParameters ? placed.flatMap(({ statistics = [] }) => statistics) : [],
  };
}
