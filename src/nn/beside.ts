/**
 * What training tools save beside a network's parameters, told by its name: the state of optimizers, counters, rates;
 * and the prefixes that wrappers put before all names.
 *
 * Source: the parameters' names of MindSpore 2's optimizers and of its train cells; PyTorch's DataParallel,
 * `torch.compile` and batch normalisation.
 *
 * @module
 */

/**
 * Before a parameter's name where there is a value for each of its: "moments.fc1.weight" (momentum), "moment1." and
 * "moment2." (Adam), "accum." and "stat." (SGD) and the like.
 */
const STATES: ReadonlySet<string> = /* @__PURE__ */ new Set(
  ("moments moment moment1 moment2 vhat accum accum_update accumulation stat linear ms mean_grad adam_m adam_v " +
    "lamb_m lamb_v exp_avg exp_avg_sq velocity momentum_buffer ax eta mu prev step_size").split(" "),
);
/** Numbers of a run. No parameter of a network has such a name: those have a layer's before them. */
const NUMBERS: ReadonlySet<string> = /* @__PURE__ */ new Set(
  ("learning_rate lr momentum weight_decay loss_scale scale_sense global_step step steps step_num epoch epochs " +
    "epoch_num batch_num beta1_power beta2_power current_iterator_step last_overflow_iterator_step").split(" "),
);
/** All that is kept under the optimizer's own name. */
const OPTIMIZER = /^(?:optimizer|optim|opt_state)[._]/;
/** Of batch normalisation; a counter, whatever type it is stored in. */
const COUNTER = /(?:^|\.)num_batches_tracked$/;
/** Before every name: MindArmour's suppressed cell, MindSpore's train cells, DataParallel, torch.compile. */
const WRAPPERS = /^(?:(?:module|_orig_mod|networks?)\.)+/;

/** The name without the prefixes of known wrappers. */
export function unwrapped(name: string): string {
  return name.replace(WRAPPERS, "");
}

/** Is the prefix that of known wrappers, and no more? */
export function isWrapper(prefix: string): boolean {
  return prefix !== "" && unwrapped(prefix) === "";
}

/**
 * Is this the name of something that training keeps beside the parameters?
 *
 * @param isParameter whether a parameter has that name; "velocity.weight" is state only where "weight" is a parameter,
 * or where nothing is known of it (the default)
 */
export function isBeside(name: string, isParameter: (name: string) => boolean = () => true): boolean {
  const bare = unwrapped(name), wrapper = name.slice(0, name.length - bare.length);
  if (NUMBERS.has(bare) || OPTIMIZER.test(bare) || COUNTER.test(bare)) return true;
  const dot = bare.indexOf("."), of = bare.slice(dot + 1);
  return dot > 0 && STATES.has(bare.slice(0, dot)) && (isParameter(of) || isParameter(wrapper + of));
}
